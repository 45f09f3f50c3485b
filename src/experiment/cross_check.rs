//! Whether the two engines agree: a live run against the virtual run of the same draws, org by org.
//!
//! Lines of the two ledgers are compared by everything but their times. Where an org's lines differ, the
//! first difference is its *fork*. On real sockets everything takes a little longer than the model says,
//! so an instant close to a deadline (a client's timeout, the edge of a phase, the clock's end) can fall
//! on its other side. Whether that is the reason is not guessed but tried: the virtual run is repeated
//! with every request taking as much longer as requests of the live run did. If it forks too, and no
//! later, the org lies *near a deadline*; if it does not, the difference is *unexplained*, and a defect.

use super::layout::Layout;
use super::trace::trace_org;
use crate::base::{Seed, SimDuration};
use crate::client::AttemptId;
use crate::live::Played;
use crate::measure::OrgEnd;
use crate::protocol::{Conclusion, Generation};
use crate::world::{Delivery, Entry, Org, Stage, Swarm};

/// How many overheads are tried on an org that differs, from the smallest that was seen to twice the
/// largest.
const TRIED: u32 = 12;

/// How a live run and the virtual one compare in one arm and replication.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossCheck {
    /// The arm.
    pub arm: String,
    /// The replication, from 0.
    pub replication: u32,
    /// How many orgs were compared.
    pub orgs: u64,
    /// How many attempts the virtual run made.
    pub attempts: u64,
    /// Orgs that have the same state, recovery and need of a person at the end.
    pub same_fate: u64,
    /// Orgs whose attempts are alike one by one.
    pub same_lines: u64,
    /// Orgs that differ near a deadline.
    pub near: Vec<Fork>,
    /// Orgs that differ for no known reason.
    pub unexplained: Vec<Fork>,
    /// By how much more than the model an attempt took.
    pub overhead: Overhead,
}

/// Where the two runs of an org part.
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    /// The org.
    pub org: Org,
    /// The line of the virtual run; `None` if it has no more.
    pub sim: Option<Entry>,
    /// The line of the live run; `None` if it has no more.
    pub live: Option<Entry>,
    /// How the org ended in virtual time.
    pub sim_end: OrgEnd,
    /// How it ended in the live run.
    pub live_end: OrgEnd,
    /// The smallest overhead that makes the virtual run fork too; `None` if none does.
    pub overhead: Option<SimDuration>,
}

/// How much longer than the model real attempts took, in the scenario's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overhead {
    /// The least.
    pub min: SimDuration,
    /// The median.
    pub p50: SimDuration,
    /// The 99th percentile.
    pub p99: SimDuration,
    /// The most.
    pub max: SimDuration,
}

impl CrossCheck {
    /// Whether nothing differs but near a deadline.
    pub const fn agrees(&self) -> bool {
        self.unexplained.is_empty()
    }
}

/// One arm and replication, as both engines play it.
pub(super) struct Pair<'a> {
    pub(super) arm: &'a str,
    pub(super) stage: &'a Stage,
    pub(super) swarm: &'a Swarm,
    pub(super) seed: Seed,
    pub(super) replication: u32,
    pub(super) layout: &'a Layout,
}

impl Pair<'_> {
    /// Holds a live run against the virtual one.
    pub(super) fn compare(&self, live: &Played) -> CrossCheck {
        let mut lines: Vec<&Entry> = live.entries.iter().collect();
        lines.sort_by_key(|entry| (entry.org, entry.attempt));
        let mut overheads = Vec::new();
        let (mut attempts, mut same_fate, mut same_lines) = (0, 0, 0);
        let mut forks = Vec::new();
        for (org, live_end) in self.swarm.range(0..self.swarm.orgs()).zip(&live.ends) {
            let theirs = of_org(&lines, org.number);
            let (sim_end, ours) = self.trace(self.stage, &org);
            attempts += ours.len() as u64;
            same_fate += u64::from(sim_end == *live_end);
            overheads.extend(ours.iter().zip(theirs).filter_map(|(sim, live)| extra(sim, live)));
            let place = fork(&ours, theirs.iter().copied());
            same_lines += u64::from(place.is_none());
            if place.is_some() || sim_end != *live_end {
                forks.push(Fork {
                    org,
                    sim: place.and_then(|place| ours.get(place)).cloned(),
                    live: place.and_then(|place| theirs.get(place)).map(|entry| (*entry).clone()),
                    sim_end,
                    live_end: *live_end,
                    overhead: None,
                });
            }
        }
        let overhead = Overhead::of(overheads);
        for fork in &mut forks {
            fork.overhead = self.excuse(fork, overhead);
        }
        let (near, unexplained) = forks.into_iter().partition(|fork| fork.overhead.is_some());
        let (arm, orgs) = (self.arm.to_owned(), self.swarm.orgs());
        let replication = self.replication;
        CrossCheck {
            arm,
            replication,
            orgs,
            attempts,
            same_fate,
            same_lines,
            near,
            unexplained,
            overhead,
        }
    }

    /// The smallest overhead tried with which the virtual run forks no later than the live one did, or,
    /// where only the end differs, ends otherwise.
    fn excuse(&self, live: &Fork, seen: Overhead) -> Option<SimDuration> {
        let (_, plain) = self.trace(self.stage, &live.org);
        let forked_at =
            [&live.live, &live.sim].into_iter().flatten().map(|entry| entry.attempt).max();
        ladder(seen).find(|overhead| {
            let later = self.stage.clone().with_overhead(*overhead);
            let (end, lines) = self.trace(&later, &live.org);
            let Some(forked_at) = forked_at else { return end != live.sim_end };
            fork(&plain, lines.iter()).is_some_and(|place| {
                let ours = [plain.get(place), lines.get(place)];
                ours.into_iter().flatten().any(|entry| entry.attempt <= forked_at)
            })
        })
    }

    fn trace(&self, stage: &Stage, org: &Org) -> (OrgEnd, Vec<Entry>) {
        trace_org(stage, org, (self.seed, self.replication), self.layout)
    }
}

/// The lines of one org, of lines sorted by org.
fn of_org<'a, 'b>(lines: &'a [&'b Entry], org: u64) -> &'a [&'b Entry] {
    let from = lines.partition_point(|entry| entry.org < org);
    let until = lines.partition_point(|entry| entry.org <= org);
    &lines[from..until]
}

/// The place of the first line that differs in more than its times.
fn fork<'a>(sim: &[Entry], live: impl ExactSizeIterator<Item = &'a Entry>) -> Option<usize> {
    let live_lines = live.len();
    let alike = sim.iter().zip(live).take_while(|(sim, live)| words(sim) == words(live)).count();
    (alike < sim.len().max(live_lines)).then_some(alike)
}

/// What a line says but for its times.
type Words = (AttemptId, Generation, Vec<Option<Generation>>, Delivery, Option<Conclusion>);

fn words(entry: &Entry) -> Words {
    let issued = entry.commits.iter().map(|commit| commit.issued).collect();
    let conclusion = entry.concluded.map(|(_, conclusion)| conclusion);
    (entry.attempt, entry.presented, issued, entry.delivery, conclusion)
}

/// By how much longer than in virtual time a live attempt took, where both were answered.
fn extra(sim: &Entry, live: &Entry) -> Option<SimDuration> {
    let answered = |entry: &Entry| match entry.concluded {
        Some((_, Conclusion::TimedOut)) | None => None,
        Some((at, _)) => Some(at.since(entry.sent_at)),
    };
    (words(sim) == words(live)).then_some(())?;
    Some(answered(live)?.saturating_sub(answered(sim)?))
}

impl Overhead {
    fn of(mut extra: Vec<SimDuration>) -> Self {
        extra.sort_unstable();
        let at = |part: usize, of: usize| {
            extra.get((extra.len() * part / of).min(extra.len().saturating_sub(1))).copied()
        };
        let [min, p50, p99, max] =
            [at(0, 1), at(1, 2), at(99, 100), at(1, 1)].map(Option::unwrap_or_default);
        Self { min, p50, p99, max }
    }
}

/// Overheads to try: from the smallest seen to twice the largest, in equal ratios.
fn ladder(seen: Overhead) -> impl Iterator<Item = SimDuration> {
    let low = seen.min.as_micros().max(1) as f64;
    let high = (seen.max.as_micros() as f64 * 2.0).max(low);
    (0..TRIED).map(move |step| {
        let rung = low * (high / low).powf(f64::from(step) / f64::from(TRIED - 1));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between two durations"
        )]
        SimDuration::from_micros(rung as u64)
    })
}
