//! What a server bore, from integers to findings: replication by replication, and over time.

use super::layout::Layout;
use super::results::{GoodputSummary, LoadRow, LoadSummary, StationSummary};
use super::summarise::estimate;
use super::tally::{Borne, Tally};
use crate::base::{SimDuration, SimTime};
use crate::measure::{Counts, Ending, Flow, Goodput, TimeGrid};
use crate::scenario::Plan;
use crate::station::Capacity;

/// The load of one arm, replication by replication.
#[derive(Debug)]
pub(super) struct ArmLoad<'a> {
    grid: &'a TimeGrid,
    name: &'a str,
    runs: Vec<&'a Borne>,
    counts: Vec<Counts>,
    /// Workers over time; `None` where the station is unlimited.
    capacity: Option<Capacity>,
    /// From the first phase of all arms to the end of the last.
    incident: Option<(SimTime, SimTime)>,
}

impl<'a> ArmLoad<'a> {
    /// The load of an arm; `None` if in no arm orgs meet at the server.
    pub(super) fn of(
        plan: &'a Plan,
        layout: &'a Layout,
        tally: &'a Tally,
        arm: usize,
    ) -> Option<Self> {
        let runs = tally.borne(arm);
        (plan.orgs_meet() && !runs.is_empty()).then(|| Self {
            grid: &layout.grid,
            name: &plan.arms[arm].name,
            runs,
            counts: tally.counts(arm, None),
            capacity: plan.arms[arm].world.capacity(),
            incident: plan.incident(),
        })
    }

    /// How many passed in each replication.
    pub(super) fn passed(&self, flow: Flow) -> Vec<f64> {
        self.runs.iter().map(|run| run.load.total(flow) as f64).collect()
    }

    /// Busy workers ÷ available ones over each run; nothing where the station is unlimited.
    pub(super) fn utilisation(&self) -> Option<Vec<f64>> {
        let capacity = self.capacity.as_ref()?;
        let available = capacity.mean(SimTime::ZERO, self.grid.end());
        let of = |run: &&Borne| {
            let busy = self.over_time(&run.load.busy_workers(self.grid));
            if available > 0.0 { (busy / available).min(1.0) } else { 0.0 }
        };
        Some(self.runs.iter().map(of).collect())
    }

    /// The same in the bin of each run where it is highest. A bin without any worker has none, and
    /// workers that are taken away finish what they do: they count as no more than all.
    fn utilisation_peak(&self) -> Option<Vec<f64>> {
        let capacity = self.capacity.as_ref()?;
        let available: Vec<f64> =
            self.grid.bins().map(|(from, until)| capacity.mean(from, until)).collect();
        let of = |run: &&Borne| {
            let busy = run.load.busy_workers(self.grid);
            let shares = busy.iter().zip(&available).filter(|(_, workers)| **workers > 0.0);
            shares.map(|(busy, workers)| (busy / workers).min(1.0)).fold(0.0, f64::max)
        };
        Some(self.runs.iter().map(of).collect())
    }

    /// The mean length of the queue in the bin of each run where it is longest.
    pub(super) fn queue_peak(&self) -> Vec<f64> {
        let queues = self.runs.iter().map(|run| run.load.queue_length(self.grid));
        queues.map(|queue| queue.into_iter().fold(0.0, f64::max)).collect()
    }

    fn queue_mean(&self) -> Vec<f64> {
        let mean = |run: &&Borne| self.over_time(&run.load.queue_length(self.grid));
        self.runs.iter().map(mean).collect()
    }

    /// The mean over the run of what has a mean in each bin.
    fn over_time(&self, means: &[f64]) -> f64 {
        let seconds = self.grid.bins().map(|(from, until)| until.since(from).as_secs_f64());
        let area: f64 = seconds.zip(means).map(|(seconds, mean)| seconds * mean).sum();
        area / self.grid.end().as_secs_f64()
    }

    fn has_background(&self) -> bool {
        self.passed(Flow::Background).iter().any(|came| *came > 0.0)
    }

    /// The share of served requests whose decision no client took in.
    fn wasted(&self) -> Vec<f64> {
        let wasted = |(run, counts): (&&Borne, &Counts)| {
            let served = run.load.total(Flow::Served);
            let heard = counts.ended_as(Ending::Stored) + counts.ended_as(Ending::Refused);
            served.saturating_sub(heard) as f64 / served.max(1) as f64
        };
        self.runs.iter().zip(&self.counts).map(wasted).collect()
    }

    /// Tokens stored a second before the first phase and after the last, in each replication.
    fn around(&self) -> Option<Vec<(f64, f64)>> {
        let (from, over) = self.incident?;
        let around = |run: &&Borne| {
            let goodput = Goodput::new(self.grid, &run.stored);
            let before = goodput.per_second(SimTime::ZERO, from)?;
            Some((before, goodput.per_second(over, self.grid.end())?))
        };
        self.runs.iter().map(around).collect()
    }

    /// Goodput after the last phase ÷ goodput before the first; 0 where there was none before.
    pub(super) fn goodput_after(&self) -> Option<Vec<f64>> {
        let share = |(before, after)| if before > 0.0 { after / before } else { 0.0 };
        Some(self.around()?.into_iter().map(share).collect())
    }

    /// How long after the last phase goodput is back for good, in each replication; `None` in one
    /// where it never is.
    pub(super) fn recoveries(&self) -> Option<Vec<Option<SimDuration>>> {
        let (_, over) = self.incident?;
        let runs = self.runs.iter().zip(&self.counts).zip(self.around()?);
        let recoveries = runs.map(|((run, counts), (before, _))| {
            let cycle = cycle(counts.orgs, before);
            Goodput::new(self.grid, &run.stored).recovery(before, over, cycle)
        });
        Some(recoveries.collect())
    }

    /// Everything about it.
    pub(super) fn summary(&self) -> LoadSummary {
        let passed = |flow| estimate(self.passed(flow).into_iter());
        LoadSummary {
            offered: passed(Flow::Offered),
            background: passed(Flow::Background),
            background_rejected: self.has_background().then(|| passed(Flow::BackgroundRejected)),
            throttled: passed(Flow::Throttled),
            rejected: passed(Flow::Rejected),
            cancelled: passed(Flow::Cancelled),
            served: passed(Flow::Served),
            wasted_share: estimate(self.wasted().into_iter()),
            station: self.station(),
            goodput: self.goodput(),
        }
    }

    fn station(&self) -> Option<StationSummary> {
        Some(StationSummary {
            workers: self.capacity.as_ref()?.most(),
            utilisation: estimate(self.utilisation()?.into_iter()),
            utilisation_peak: estimate(self.utilisation_peak()?.into_iter()),
            queue_mean: estimate(self.queue_mean().into_iter()),
            queue_peak: estimate(self.queue_peak().into_iter()),
        })
    }

    fn goodput(&self) -> Option<GoodputSummary> {
        let around = self.around()?;
        let mut recoveries = self.recoveries()?;
        recoveries.sort_by_key(|after| after.unwrap_or(SimDuration::FOREVER));
        let recovered = recoveries.iter().flatten().count();
        let median = recoveries.get((recoveries.len() - 1) / 2).copied().flatten();
        Some(GoodputSummary {
            before_per_second: estimate(around.iter().map(|(before, _)| *before)),
            after_per_second: estimate(around.iter().map(|(_, after)| *after)),
            after_share: estimate(self.goodput_after()?.into_iter()),
            recovered_share: recovered as f64 / recoveries.len() as f64,
            recovered_after_seconds: median.map(SimDuration::as_secs_f64),
        })
    }

    /// Everything over time: means over replications.
    pub(super) fn rows(&self) -> Vec<LoadRow> {
        let replications = self.runs.len() as f64;
        let mean = |of: &dyn Fn(&Borne) -> f64| {
            self.runs.iter().map(|run| of(run)).sum::<f64>() / replications
        };
        let over_runs = |of: &dyn Fn(&Borne) -> Vec<f64>| {
            let mut means = vec![0.0; self.grid.len()];
            for run in &self.runs {
                means
                    .iter_mut()
                    .zip(of(run))
                    .for_each(|(mean, value)| *mean += value / replications);
            }
            means
        };
        let waiting = over_runs(&|run| run.load.queue_length(self.grid));
        let busy = over_runs(&|run| run.load.busy_workers(self.grid));
        let rows = self.grid.bins().enumerate().map(|(bin, (from, until))| {
            let passed = |flow| mean(&|run| run.load.passed(flow, bin) as f64);
            LoadRow {
                arm: self.name.to_owned(),
                from_seconds: from.as_secs_f64(),
                until_seconds: until.as_secs_f64(),
                offered: passed(Flow::Offered),
                background: passed(Flow::Background),
                throttled: passed(Flow::Throttled),
                rejected: passed(Flow::Rejected),
                cancelled: passed(Flow::Cancelled),
                served: passed(Flow::Served),
                stored: mean(&|run| run.stored[bin] as f64),
                waiting: waiting[bin],
                busy: busy[bin],
                workers: self.capacity.as_ref().map(|capacity| capacity.mean(from, until)),
            }
        });
        rows.collect()
    }
}

/// The time in which every org refreshes once, at so many tokens a second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive time; the cast saturates"
)]
fn cycle(orgs: u64, per_second: f64) -> SimDuration {
    SimDuration::from_micros((orgs as f64 / per_second.max(1e-9) * 1e6).round() as u64)
}
