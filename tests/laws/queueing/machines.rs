//! The two machines under open arrivals.

use std::collections::VecDeque;

use amnesty::base::{Distribution, SimDuration, SimTime};
use amnesty::station::{
    Background, Capacity, Discipline, Foreseen, Overflow, SlowDown, StationSpec, Stepwise,
};

use super::formula::{erlang_c, loss, pollaczek_khinchine};
use super::{RUNS, arrivals, assert_is, constant, exponential, lognormal, replicate, station};

/// Nobody is ever turned away.
const ENDLESS: u32 = u32::MAX;

/// A request that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Visit {
    arrived: SimTime,
    service: SimDuration,
    /// When it was served to the end, if it was.
    done: Option<SimTime>,
}

impl Visit {
    fn sojourn(&self) -> Option<f64> {
        self.done.map(|done| done.since(self.arrived).as_secs_f64())
    }

    fn wait(&self) -> Option<f64> {
        self.sojourn().map(|sojourn| sojourn - self.service.as_secs_f64())
    }
}

fn foreseen(spec: &StationSpec, mut source: Background, count: usize) -> Vec<Visit> {
    let capacity = Capacity::constant(spec.workers);
    let mut station = Foreseen::new(capacity, spec.queue_limit, spec.slow_down);
    let visit = |_| {
        let (arrived, service) = source.pop();
        Visit { arrived, service, done: station.arrive(arrived, service).map(|span| span.done) }
    };
    (0..count).map(visit).collect()
}

/// The same for the other machine. With `patience` whoever has not been served by then is given up.
fn stepwise(
    spec: &StationSpec,
    mut source: Background,
    count: usize,
    patience: Option<SimDuration>,
) -> Vec<Visit> {
    let mut station = Stepwise::new(spec, Capacity::constant(spec.workers));
    let mut visits: Vec<Visit> = Vec::with_capacity(count);
    let mut deadlines = VecDeque::new();
    let mut finished: Vec<usize> = Vec::new();
    loop {
        let arrives = if visits.len() < count { source.next_at() } else { SimTime::NEVER };
        let leaves = deadlines.front().map_or(SimTime::NEVER, |(at, _)| *at);
        let done = station.next_deadline();
        let now = arrives.min(leaves).min(done);
        if now.is_never() {
            return visits;
        }
        if done == now {
            station.finish(now, &mut finished);
            for number in finished.drain(..) {
                visits[number].done = Some(now);
            }
        } else if leaves == now {
            let gone = deadlines.pop_front().map(|(_, number)| number);
            gone.map(|number| station.cancel(now, number));
        } else {
            let (arrived, service) = source.pop();
            let number = visits.len();
            visits.push(Visit { arrived, service, done: None });
            station.arrive(now, number, service);
            deadlines.extend(patience.map(|patience| (now + patience, number)));
        }
    }
}

/// Plays a station from empty, and looks at what comes after the first fifth.
fn visits(
    spec: &StationSpec,
    replication: u32,
    load: f64,
    service_time: &Distribution,
    count: usize,
) -> Vec<Visit> {
    let source = arrivals(replication, load, service_time);
    let mut visits = if spec.is_foreseeable() {
        foreseen(spec, source, count)
    } else {
        stepwise(spec, source, count, None)
    };
    visits.drain(..count / 5);
    visits
}

/// The mean of what is there.
fn mean_of(visits: &[Visit], of: impl Fn(&Visit) -> Option<f64>) -> f64 {
    let (sum, count) =
        visits.iter().filter_map(of).fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    sum / count
}

/// The share of those served of which this holds.
fn share(visits: &[Visit], holds: impl Fn(&Visit) -> Option<bool>) -> f64 {
    mean_of(visits, |visit| holds(visit).map(|it| f64::from(u8::from(it))))
}

fn lost(visits: &[Visit]) -> f64 {
    share(visits, |visit| Some(visit.done.is_none()))
}

/// M/M/c: how many wait, how long, and how many longer than the mean service.
#[test]
fn waiting_is_erlang_s() {
    for (workers, use_of, visible) in [
        (1, 0.5, 0.05),
        (1, 0.8, 0.06),
        (1, 0.9, 0.12),
        (2, 0.8, 0.06),
        (10, 0.8, 0.08),
        (10, 0.9, 0.12),
        (32, 0.9, 0.2),
    ] {
        let (load, c) =
            (use_of * f64::from(workers), erlang_c(workers, use_of * f64::from(workers)));
        let spare = f64::from(workers) - load;
        let [waits, wait, long] = replicate(|run| {
            let visits = visits(&station(workers, ENDLESS), run, load, &exponential(), 30_000);
            [
                share(&visits, |visit| visit.wait().map(|wait| wait > 0.0)),
                mean_of(&visits, Visit::wait),
                share(&visits, |visit| visit.wait().map(|wait| wait > 1.0)),
            ]
        });
        assert_is(&format!("{workers} at {use_of}: who waits"), waits, c, visible);
        assert_is(&format!("{workers} at {use_of}: wait"), wait, c / spare, visible);
        let law = c * (-spare).exp();
        assert_is(&format!("{workers} at {use_of}: long waits"), long, law, 2.0 * visible);
    }
}

/// M/M/1: a sojourn is exponential, so half of them are longer than its median, and so on.
#[test]
fn sojourns_have_the_percentiles_of_an_exponential() {
    for use_of in [0.5, 0.8, 0.9] {
        let percentile = |beyond: f64| -beyond.ln() / (1.0 - use_of);
        let [p50, p95, p99] = replicate(|run| {
            let visits = visits(&station(1, ENDLESS), run, use_of, &exponential(), 40_000);
            [0.5, 0.05, 0.01]
                .map(|beyond| share(&visits, |visit| Some(visit.sojourn()? > percentile(beyond))))
        });
        for (mean, beyond, visible) in [(p50, 0.5, 0.07), (p95, 0.05, 0.25), (p99, 0.01, 0.5)] {
            assert_is(&format!("beyond {beyond} at {use_of}"), mean, beyond, visible);
        }
    }
}

/// M/M/c/K: how many find no place. A rare and bursty loss takes longer runs.
#[test]
fn the_share_that_is_turned_away_is_that_of_birth_and_death() {
    for (workers, places, load, count, visible) in [
        (10, 10, 8.0, 20_000, 0.03),
        (32, 32, 28.8, 20_000, 0.05),
        (3, 8, 2.7, 20_000, 0.06),
        (1, 100, 0.95, 100_000, 0.6),
        (1, 100, 1.0, 200_000, 0.15),
        (1, 100, 1.5, 10_000, 0.02),
    ] {
        let spec = station(workers, places - workers);
        let [share] = replicate(|run| [lost(&visits(&spec, run, load, &exponential(), count))]);
        let law = loss(workers, places as usize, load);
        assert_is(&format!("{workers} of {places} at {load}"), share, law, visible);
    }
}

/// Without a queue the law of service does not matter to how many are turned away.
#[test]
fn erlang_s_loss_does_not_know_the_law_of_service() {
    for service_time in [constant(), exponential(), lognormal(1.0)] {
        let [share] =
            replicate(|run| [lost(&visits(&station(10, 0), run, 8.0, &service_time, 20_000))]);
        assert_is("loss", share, loss(10, 10, 8.0), 0.03);
    }
}

/// Who is served next, and who is turned away for whom, changes neither how many are turned away nor
/// how long those present wait together: the law of how many are there is the same.
#[test]
fn no_discipline_changes_how_many_are_turned_away() {
    use Discipline::{Fifo, Lifo};
    use Overflow::{DropOldest, Reject};
    for (discipline, overflow) in
        [(Fifo, Reject), (Fifo, DropOldest), (Lifo, Reject), (Lifo, DropOldest)]
    {
        let spec = StationSpec { discipline, overflow, ..station(2, 4) };
        let [share] = replicate(|run| [lost(&visits(&spec, run, 2.4, &exponential(), 20_000))]);
        assert_is(&format!("{discipline:?} {overflow:?}"), share, loss(2, 6, 2.4), 0.03);
    }
}

/// M/D/1 and M/G/1.
#[test]
fn waiting_is_pollaczek_s_and_khinchine_s() {
    let of_sigma = |sigma: f64| (lognormal(sigma), (sigma * sigma).exp_m1());
    for ((service_time, variance), use_of, visible) in [
        ((constant(), 0.0), 0.8, 0.06),
        ((constant(), 0.0), 0.9, 0.12),
        (of_sigma(0.6), 0.8, 0.06),
        (of_sigma(1.0), 0.6, 0.12),
    ] {
        let [wait] = replicate(|run| {
            let visits = visits(&station(1, ENDLESS), run, use_of, &service_time, 40_000);
            [mean_of(&visits, Visit::wait)]
        });
        let law = pollaczek_khinchine(use_of, variance);
        assert_is(&format!("{use_of}, variance {variance}"), wait, law, visible);
    }
}

/// Last-in first-out waits as long in the mean, but more unequally: the second moment is that of
/// first-in first-out over `1 - load` (Kendall, 1951).
#[test]
fn last_in_first_out_is_as_long_and_less_equal() {
    let load: f64 = 0.5;
    let square = |visit: &Visit| visit.wait().map(|wait| wait * wait);
    let fifo = 2.0 * load / (1.0 - load).powi(2);
    for (discipline, law) in [(Discipline::Fifo, fifo), (Discipline::Lifo, fifo / (1.0 - load))] {
        let spec = StationSpec { discipline, ..station(1, ENDLESS) };
        let [wait, squared] = replicate(|run| {
            let visits = visits(&spec, run, load, &exponential(), 40_000);
            [mean_of(&visits, Visit::wait), mean_of(&visits, square)]
        });
        assert_is(&format!("{discipline:?}: wait"), wait, pollaczek_khinchine(load, 1.0), 0.05);
        assert_is(&format!("{discipline:?}: second moment"), squared, law, 0.3);
    }
}

/// M/M/1 with a patience of five services, where the server notices that a client has gone, waiting or in
/// service. The work that is ahead of an arrival then never exceeds the patience, and has the law
/// of M/M/1 below it; so many find no end in time. It holds beyond saturation too.
#[test]
fn impatience_keeps_an_overloaded_station_useful() {
    let patience: f64 = 5.0;
    for load in [0.7_f64, 1.2, 2.0] {
        let drift = 1.0 - load;
        let decay = (-drift * patience).exp();
        let idle = 1.0 / (1.0 + load * (1.0 - decay) / drift);
        let [share] = replicate(|run| {
            let source = arrivals(run, load, &exponential());
            let visits =
                stepwise(&station(1, ENDLESS), source, 20_000, Some(SimDuration::from_secs(5)));
            [lost(&visits[4_000..])]
        });
        assert_is(&format!("given up at {load}"), share, idle * decay, 0.12);
    }
}

/// The Universal Scalability Law: `n` workers with all the work they can take do
/// `n / (1 + σ(n-1) + κn(n-1))` times what one does.
#[test]
fn saturated_workers_scale_by_the_universal_law() {
    for (workers, contention, crosstalk) in
        [(1, 0.3, 0.1), (8, 0.05, 0.0), (8, 0.0, 0.02), (32, 0.05, 0.002)]
    {
        let slow_down = SlowDown { contention, crosstalk };
        let spec = StationSpec { slow_down, ..station(workers, ENDLESS) };
        let n = f64::from(workers);
        let law = n / (1.0 + contention * (n - 1.0) + crosstalk * n * (n - 1.0));
        let [foreseen, stepwise] = replicate(|run| {
            // All of it is there in the first tenth of a second, so nobody idles after that.
            let source = || arrivals(run, 20_000.0, &exponential());
            let time_of_one = |visits: Vec<Visit>| {
                let mut done: Vec<_> = visits.iter().filter_map(|visit| visit.done).collect();
                done.sort_unstable();
                done[1_499].since(done[499]).as_secs_f64() / 1_000.0
            };
            [
                time_of_one(foreseen(&spec, source(), 2_000)),
                time_of_one(stepwise(&spec, source(), 2_000, None)),
            ]
        });
        assert_is(&format!("foreseen, {workers}"), foreseen, 1.0 / law, 0.03);
        assert_is(&format!("stepwise, {workers}"), stepwise, 1.0 / law, 0.03);
    }
}

/// First in, first out: both machines say the same of every request of a long stream.
#[test]
fn both_machines_say_the_same() {
    let slow_down = SlowDown { contention: 0.01, crosstalk: 0.001 };
    for spec in [station(1, ENDLESS), station(10, 5), StationSpec { slow_down, ..station(10, 200) }]
    {
        for run in 0..RUNS / 16 {
            let source = || arrivals(run, 0.95 * f64::from(spec.workers), &lognormal(1.0));
            let visits = stepwise(&spec, source(), 20_000, None);
            assert_eq!(foreseen(&spec, source(), 20_000), visits, "{spec:?}");
        }
    }
}
