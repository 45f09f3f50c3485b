//! Islands of the whole swarm: replications and arms in parallel, each island on one thread.
//!
//! ```text
//!   replication ──► arm 1 ─┬──────────┬──────────► sheet, load, how each org ended ─┐
//!                          └─► arm 2  └─► arm 3 ─► …                                ├─► tally
//!               ──► arm 4, which has nothing in common with arm 1 ─► …              ┘
//! ```
//!
//! Arms that differ only from an instant on share the island up to there, which is then cloned. What is
//! found are integers that are added up, so it does not matter which is done first.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::Scope;

use super::lineage::Lineage;
use super::run::{Experiment, Options, RunError};
use super::tally::{Borne, Tally};
use crate::base::SimTime;
use crate::measure::{AtOnce, OrgEnd};
use crate::sim::Crowd;
use crate::world::Stage;

/// So often a run looks whether it is to go on.
const STRETCHES: u64 = 256;

/// Where all islands of a run write what they found.
struct Books<'a> {
    tally: Mutex<Tally>,
    /// By replication and arm: how the orgs ended, until all arms are there.
    ends: Vec<Mutex<Vec<Option<Vec<OrgEnd>>>>>,
    done: AtomicU64,
    islands: u64,
    options: &'a Options<'a>,
}

impl Experiment<'_> {
    /// Plays all islands, each of them the whole swarm.
    pub(super) fn run_worlds(&self, options: &Options<'_>) -> Result<Tally, RunError> {
        let arms = self.stages.len();
        let pool = rayon::ThreadPoolBuilder::new();
        let pool = pool.num_threads(options.threads.unwrap_or(0)).build()?;
        let calm_runs = u64::from(self.calm.is_some());
        let books = Books {
            tally: Mutex::new(Tally::new(self.dimensions, &self.layout.grid)),
            ends: (0..self.replications).map(|_| Mutex::new(vec![None; arms])).collect(),
            done: AtomicU64::new(0),
            islands: u64::from(self.replications) * arms as u64 + calm_runs,
            options,
        };
        let lineages = Lineage::of(self.stages);
        pool.scope(|scope| {
            let books = &books;
            for replication in 0..self.replications {
                for lineage in &lineages {
                    scope.spawn(move |scope| self.play_lineage(lineage, replication, books, scope));
                }
            }
            if let Some(calm) = &self.calm {
                scope.spawn(move |_| self.count_calm_world(calm, books));
            }
        });
        if options.stop.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted);
        }
        Ok(books.tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Plays the arms of a lineage. Those that have left their leader are played as threads get free.
    fn play_lineage<'scope>(
        &'scope self,
        lineage: &'scope Lineage,
        replication: u32,
        books: &'scope Books<'_>,
        scope: &Scope<'scope>,
    ) {
        let stage = &self.stages[lineage.leader];
        let mut crowd = self.begin(stage, replication);
        for &(at, arm) in &lineage.others {
            if !play_on(&mut crowd, stage, at, books) {
                return;
            }
            let other = &self.stages[arm];
            let mut parted = crowd.part(other, at);
            scope.spawn(move |_| {
                if play_on(&mut parted, other, other.end(), books) {
                    self.enter(parted, (replication, arm), books);
                }
            });
        }
        if play_on(&mut crowd, stage, stage.end(), books) {
            self.enter(crowd, (replication, lineage.leader), books);
        }
    }

    fn begin(&self, stage: &Stage, replication: u32) -> Crowd {
        let orgs = self.swarm.range(0..self.swarm.orgs());
        Crowd::new(stage, orgs, (self.seed, replication), self.sheet())
    }

    /// Writes down what one island found, and compares the arms once all of a replication are there.
    fn enter(&self, crowd: Crowd, (replication, arm): (u32, usize), books: &Books<'_>) {
        let mut end = crowd.finish(&self.stages[arm]);
        let steps = std::mem::take(&mut end.sheet.steps);
        let at_once = AtOnce::of(steps, &self.layout.grid);
        let mut row = books.ends[replication as usize]
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        row[arm] = Some(end.ends);
        let mut tally = books.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tally.absorb(arm, replication, &end.sheet);
        tally.keep_at_once(arm, replication, at_once);
        let stored = end.sheet.series.stored();
        tally.bear(arm, replication, Borne { load: end.load, stored });
        if row.iter().all(Option::is_some) {
            let all: Vec<_> = std::mem::take(&mut *row).into_iter().flatten().collect();
            let orgs = self.swarm.range(0..self.swarm.orgs());
            tally.compare_all(replication, orgs, &all);
        }
        books.count_island();
    }

    /// Counts the attempts of a calm run, for amplification.
    fn count_calm_world(&self, calm: &Stage, books: &Books<'_>) {
        let mut crowd = self.begin(calm, 0);
        if !play_on(&mut crowd, calm, calm.end(), books) {
            return;
        }
        let end = crowd.finish(calm);
        let mut tally = books.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tally.count_calm_sheet(&end.sheet);
        books.count_island();
    }
}

impl Books<'_> {
    fn count_island(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.options.progress)(done, self.islands);
    }
}

/// Plays an island up to `until`; false if it is told to stop.
fn play_on(crowd: &mut Crowd, stage: &Stage, until: SimTime, books: &Books<'_>) -> bool {
    let stretch = stage.end().as_micros().div_ceil(STRETCHES);
    for n in 1..=STRETCHES {
        if books.options.stop.load(Ordering::Relaxed) {
            return false;
        }
        crowd.play(stage, SimTime::from_micros(n * stretch).min(until).min(stage.end()));
    }
    true
}
