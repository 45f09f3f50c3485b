//! Whole worlds: what a door bears, seen by the engine that runs scenarios.
//!
//! Samples are the time bins of one long run, each of them hundreds of relaxation times long; the first
//! ones, while the station fills, are left out.

use amnesty::base::{Distribution, SimDuration, SimTime};
use amnesty::client::Trigger;
use amnesty::measure::{Counts, Ending, Flow, Sheet, TimeGrid};
use amnesty::sim::{Crowd, CrowdEnd};
use amnesty::station::{AdmissionSpec, Discipline, SlowDown, StationSpec};
use amnesty::world::{Stage, Swarm, World as Spec};

use super::formula::{birth_and_death, erlang_c};
use super::{RUNS, assert_is, background, exponential, lognormal, seed, station};
use crate::support::estimate::Mean;
use crate::support::{World, exactly};

/// Bins at the beginning that do not count.
const WARM_UP: usize = 2;

/// A world that was played, and its bins.
struct Played {
    end: CrowdEnd,
    grid: TimeGrid,
}

impl Played {
    fn waiting(&self) -> Mean {
        warm(self.end.load.queue_length(&self.grid))
    }

    fn busy(&self) -> Mean {
        warm(self.end.load.busy_workers(&self.grid))
    }

    /// How many pass in a second.
    fn rate(&self, flow: Flow) -> Mean {
        let rate = |(bin, (from, until)): (usize, (SimTime, SimTime))| {
            self.end.load.passed(flow, bin) as f64 / until.since(from).as_secs_f64()
        };
        warm(self.grid.bins().enumerate().map(rate))
    }
}

/// The mean over bins, those of the warm-up left out.
fn warm(bins: impl IntoIterator<Item = f64>) -> Mean {
    Mean::of(bins.into_iter().skip(WARM_UP))
}

/// A world of so many orgs that runs for [`RUNS`] bins of this length, and those of the warm-up.
fn play(
    orgs: u32,
    bin: SimDuration,
    change: impl FnOnce(World) -> World,
    server: impl FnOnce(&mut Spec),
) -> Played {
    let bins = u64::from(RUNS) + WARM_UP as u64;
    let duration = SimDuration::from_micros(bin.as_micros() * bins);
    let end = SimTime::ZERO + duration;
    let mut spec = change(World::new(seed().0).crowd(orgs)).spec(end);
    server(&mut spec);
    let grid = TimeGrid::new(duration, bin, None);
    let stage = Stage::new(spec);
    let swarm = Swarm::of(seed(), stage.world()).unwrap();
    let orgs = swarm.range(0..swarm.orgs());
    let sheet = Sheet::new(grid.clone(), stage.world().cohorts.len(), duration);
    let mut crowd = Crowd::new(&stage, orgs, (seed(), 0), sheet);
    crowd.play(&stage, end);
    let end = crowd.finish(&stage);
    assert!(end.load.balances(&grid), "flow balance and Little's law hold exactly");
    assert!(end.sheet.counts.iter().all(Counts::balances));
    Played { end, grid }
}

/// M/M/10 of background load, whether the station foresees or finds out: how many wait and are served
/// in the mean. Little's law makes that Erlang's wait times the arrivals.
#[test]
fn the_load_of_a_door_is_erlang_s() {
    let load = 8.0;
    let waiting = erlang_c(10, load) / (10.0 - load) * load;
    for discipline in [Discipline::Fifo, Discipline::Lifo] {
        let spec = StationSpec { discipline, ..station(10, u32::MAX) };
        let played = play(
            1,
            SimDuration::from_secs(2_500),
            |world| world,
            |world| {
                world.server.service_time = exactly(SimDuration::ZERO);
                world.server.station = Some(spec);
                world.server.background = Some(background(load, exponential()));
            },
        );
        assert_is("background", played.rate(Flow::Background), load, 0.02);
        assert_is("served", played.rate(Flow::BackgroundServed), load, 0.02);
        assert_is("busy", played.busy(), load, 0.02);
        assert_is("waiting", played.waiting(), waiting, 0.15);
    }
}

/// A server that is asked for twice what it can do does what the Universal Scalability Law allows.
#[test]
fn an_overloaded_door_serves_by_the_universal_law() {
    let slow_down = SlowDown { contention: 0.05, crosstalk: 0.01 };
    let law = 8.0 / (1.0 + 0.05 * 7.0 + 0.01 * 56.0);
    for discipline in [Discipline::Fifo, Discipline::Lifo] {
        let spec = StationSpec { slow_down, discipline, ..station(8, 50) };
        let played = play(
            1,
            SimDuration::from_secs(1_000),
            |world| world,
            |world| {
                world.server.station = Some(spec);
                world.server.background = Some(background(2.0 * law, exponential()));
            },
        );
        assert_is("served", played.rate(Flow::BackgroundServed), law, 0.02);
        assert_is("turned away", played.rate(Flow::BackgroundRejected), law, 0.04);
    }
}

/// Orgs that need a token again so long after they got one: 1 s and an exponential time of 9 s.
fn thinking(world: World) -> World {
    world.rules(|rules| rules.access_token_ttl = SimDuration::from_secs(1)).client(|app| {
        app.trigger = Trigger::AtExpiry;
        app.next_call = Distribution::exponential(SimDuration::from_secs(9));
        app.timeout = None;
    })
}

/// Orgs are a finite source: the more of them wait, the fewer come (the machine-repair model, M/M/c//N). How
/// long they think matters by its mean only.
#[test]
fn orgs_are_a_finite_source() {
    let (orgs, workers) = (20_u32, 2);
    let busy = |present: f64| present.min(2.0);
    let chances = birth_and_death(orgs as usize, |n| (f64::from(orgs) - n) / 10.0, busy);
    let mean = |of: &dyn Fn(f64) -> f64| -> f64 {
        chances.iter().zip(0_u32..).map(|(chance, n)| chance * of(n.into())).sum()
    };
    for discipline in [Discipline::Fifo, Discipline::Lifo] {
        let spec = StationSpec { discipline, ..station(workers, 100) };
        let played = play(orgs, SimDuration::from_secs(4_000), thinking, |world| {
            world.server.service_time = exponential();
            world.server.station = Some(spec);
        });
        assert_is("served", played.rate(Flow::Served), mean(&busy), 0.02);
        assert_is("busy", played.busy(), mean(&busy), 0.02);
        assert_is("waiting", played.waiting(), mean(&|n| n - busy(n)), 0.06);
        // What the apps saw of it: Little's law, from the other side.
        let seen = played.end.sheet.spread[0].client().mean() / 1e6;
        let sojourn = mean(&|n| n) / mean(&busy);
        assert!((seen / sojourn - 1.0).abs() < 0.03, "{seen} s against {sojourn} s");
    }
}

/// Engset's loss: of ten orgs three may be under way, and whoever is turned away thinks again. It does not
/// know the law of service either.
#[test]
fn a_limit_on_what_is_under_way_loses_by_engset_s_law() {
    let think = SimDuration::from_secs(5);
    let source = |world: World| {
        thinking(world)
            .rules(|rules| rules.access_token_ttl = SimDuration::from_micros(1))
            .client(|app| app.next_call = Distribution::exponential(think))
    };
    // Whoever comes finds the others as they are without it (Sevastyanov; Lavenberg and Reiser).
    let chances = birth_and_death(3, |n| (9.0 - n) / 5.0, |n| n);
    for service_time in [exponential(), lognormal(1.0)] {
        let played = play(10, SimDuration::from_secs(2_000), source, |world| {
            world.server.service_time = service_time;
            world.server.admission = Some(AdmissionSpec {
                max_concurrent: Some(3),
                status: 503,
                retry_after: None,
                rate_limits: Vec::new(),
            });
        });
        let (offered, rejected) = (played.rate(Flow::Offered), played.rate(Flow::Rejected));
        let shares = (WARM_UP..played.grid.len()).map(|bin| {
            let passed = |flow| played.end.load.passed(flow, bin) as f64;
            passed(Flow::Rejected) / passed(Flow::Offered)
        });
        assert_is("turned away", Mean::of(shares), chances[3], 0.06);
        let counts = &played.end.sheet.counts[0];
        let seen = counts.ended_as(Ending::ServerError) as f64 / counts.sent as f64;
        let passed = rejected.value / offered.value;
        assert!((seen / passed - 1.0).abs() < 0.05, "apps saw {seen}, the door {passed}");
    }
}
