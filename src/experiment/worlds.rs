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
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::Scope;

use super::lineage::Lineage;
use super::recording::Recording;
use super::run::{Experiment, Options, RunError};
use super::tally::{Borne, Tally};
use crate::base::SimTime;
use crate::measure::{AtOnce, OrgEnd};
use crate::sim::{Crowd, CrowdEnd};
use crate::world::{Stage, Witness};

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
        if self.recording.is_some() {
            self.play_in_order(&pool, &books);
            return self.found(books);
        }
        let lineages = Lineage::of(self.stages, |_| false);
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
        self.found(books)
    }

    fn found(&self, books: Books<'_>) -> Result<Tally, RunError> {
        if self.is_stopped(books.options) {
            return Err(RunError::Interrupted);
        }
        Ok(books.tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Plays the islands in the order of their sections in the ledger, so that few sections wait for those
    /// before them. Arms that leave their leader are played at once.
    fn play_in_order(&self, pool: &rayon::ThreadPool, books: &Books<'_>) {
        let selection = self.recording.map(|recording| recording.selection);
        let orgs = 0..self.swarm.orgs();
        let lineages = [Lineage::of(self.stages, |_| false), self.recorded_lineages()];
        let lineages: Vec<_> = (0..self.replications)
            .flat_map(|replication| {
                let has = selection.is_some_and(|selection| selection.has(replication, &orgs));
                lineages[usize::from(has)].iter().map(move |lineage| (replication, lineage))
            })
            .collect();
        let next = AtomicUsize::new(0);
        pool.broadcast(|_| {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                match (lineages.get(place), &self.calm) {
                    (Some((replication, lineage)), _) => {
                        self.play_inline(lineage, *replication, books);
                    }
                    (None, Some(calm)) if place == lineages.len() => {
                        self.count_calm_world(calm, books);
                    }
                    (None, _) => return,
                }
            }
        });
    }

    /// Plays the arms of a lineage one after another. Each of them has a section.
    fn play_inline(&self, lineage: &Lineage, replication: u32, books: &Books<'_>) {
        let stage = &self.stages[lineage.leader];
        let mut crowd = self.begin(stage, replication);
        for &(at, arm) in &lineage.others {
            if !self.play_on(&mut crowd, stage, at, (books.options, &mut ())) {
                return;
            }
            let parted = crowd.part(&self.stages[arm], at);
            self.play_recorded(parted, (replication, arm), books);
        }
        self.play_recorded(crowd, (replication, lineage.leader), books);
    }

    /// Plays an island in an arm to its end, and writes down its rows if they are wanted.
    fn play_recorded(&self, mut crowd: Crowd, island: (u32, usize), books: &Books<'_>) {
        let ((replication, arm), options) = (island, books.options);
        let Some(Recording { selection, sink, .. }) = self.recording else { return };
        let stage = &self.stages[arm];
        let arms = self.stages.len() as u64;
        let mut section = sink.section(u64::from(replication) * arms + arm as u64);
        let end = if selection.has(replication, &(0..self.swarm.orgs())) && selection.has_arm(arm) {
            let mut witness = selection.witness(&mut *section, island);
            let is_whole = self.play_on(&mut crowd, stage, stage.end(), (options, &mut witness));
            is_whole.then(|| crowd.finish_before(stage, &mut witness))
        } else {
            let is_whole = self.play_on(&mut crowd, stage, stage.end(), (options, &mut ()));
            is_whole.then(|| crowd.finish(stage))
        };
        section.close();
        if let Some(end) = end {
            self.enter(end, island, books);
        }
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
            if !self.play_on(&mut crowd, stage, at, (books.options, &mut ())) {
                return;
            }
            let other = &self.stages[arm];
            let mut parted = crowd.part(other, at);
            scope.spawn(move |_| {
                if self.play_on(&mut parted, other, other.end(), (books.options, &mut ())) {
                    self.enter(parted.finish(other), (replication, arm), books);
                }
            });
        }
        if self.play_on(&mut crowd, stage, stage.end(), (books.options, &mut ())) {
            self.enter(crowd.finish(stage), (replication, lineage.leader), books);
        }
    }

    fn begin(&self, stage: &Stage, replication: u32) -> Crowd {
        let orgs = self.swarm.range(0..self.swarm.orgs());
        Crowd::new(stage, orgs, (self.seed, replication), self.sheet())
    }

    /// Writes down what one island found, and compares the arms once all of a replication are there.
    fn enter(&self, mut end: CrowdEnd, (replication, arm): (u32, usize), books: &Books<'_>) {
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
        if !self.play_on(&mut crowd, calm, calm.end(), (books.options, &mut ())) {
            return;
        }
        let end = crowd.finish(calm);
        let mut tally = books.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tally.count_calm_sheet(&end.sheet);
        books.count_island();
    }

    /// Plays an island up to `until`; false if it is told to stop.
    pub(super) fn play_on<W: Witness>(
        &self,
        crowd: &mut Crowd,
        stage: &Stage,
        until: SimTime,
        (options, witness): (&Options<'_>, &mut W),
    ) -> bool {
        let stretch = stage.end().as_micros().div_ceil(STRETCHES);
        for n in 1..=STRETCHES {
            if self.is_stopped(options) {
                return false;
            }
            let until = SimTime::from_micros(n * stretch).min(until).min(stage.end());
            crowd.play_before(stage, until, witness);
        }
        true
    }
}

impl Books<'_> {
    fn count_island(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.options.progress)(done, self.islands);
    }
}
