//! Islands of many orgs: replications and arms in parallel, each island on one thread.
//!
//! ```text
//!   replication ──► arm 1 ──► sheet, load, how each org ended ─┐
//!               ├─► arm 2 ──► …                                ├─► compared org by org ──► tally
//!               └─► …                                          ┘
//! ```
//!
//! As many islands are in memory as there are threads. What they find are integers that are added up,
//! so it does not matter which is done first.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::run::{Experiment, Options, RunError};
use super::tally::Tally;
use crate::measure::OrgEnd;
use crate::sim::{Crowd, CrowdEnd};
use crate::world::Stage;

/// What is known of a replication so far.
struct Row {
    /// How the orgs ended in each arm that is done.
    ends: Vec<Option<Vec<OrgEnd>>>,
}

impl Experiment<'_> {
    /// Plays all islands, each of them the whole swarm.
    pub(super) fn run_worlds(&self, options: &Options<'_>) -> Result<Tally, RunError> {
        let arms = self.stages.len();
        let replications = self.replications as usize;
        let calm_runs = usize::from(self.calm.is_some());
        let tasks = replications * arms + calm_runs;
        let pool = rayon::ThreadPoolBuilder::new();
        let pool = pool.num_threads(options.threads.unwrap_or(0)).build()?;
        let tally = Mutex::new(Tally::new(self.dimensions, &self.layout.grid));
        let rows = (0..replications).map(|_| Mutex::new(Row { ends: vec![None; arms] }));
        let rows: Vec<_> = rows.collect();
        let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
        pool.broadcast(|_| {
            loop {
                let task = next.fetch_add(1, Ordering::Relaxed);
                if task >= tasks || options.stop.load(Ordering::Relaxed) {
                    return;
                }
                #[expect(clippy::cast_possible_truncation, reason = "replications are 32 bits")]
                let (replication, arm) = ((task / arms) as u32, task % arms);
                match (self.stages.get(arm), &self.calm) {
                    (_, Some(calm)) if task == tasks - calm_runs => {
                        self.count_calm_world(calm, &tally, options);
                    }
                    (Some(stage), _) => {
                        if let Some(end) = self.play_world(stage, replication, options) {
                            self.enter(
                                &tally,
                                &rows[replication as usize],
                                (replication, arm),
                                end,
                            );
                        }
                    }
                    (None, _) => {}
                }
                let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
                (options.progress)(finished, tasks as u64);
            }
        });
        if options.stop.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted);
        }
        Ok(tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Plays the whole swarm as one island; `None` if it is told to stop.
    fn play_world(
        &self,
        stage: &Stage,
        replication: u32,
        options: &Options<'_>,
    ) -> Option<CrowdEnd> {
        /// So often a run looks whether it is to go on.
        const STRETCHES: u64 = 256;
        let names = (self.seed, replication);
        let orgs = self.swarm.range(0..self.swarm.orgs());
        let partners = usize::try_from(self.swarm.partners()).unwrap_or(usize::MAX);
        let mut crowd = Crowd::new(stage, orgs, names, partners, &self.layout.grid);
        let stretch = stage.end().as_micros().div_ceil(STRETCHES);
        for n in 1..=STRETCHES {
            if options.stop.load(Ordering::Relaxed) {
                return None;
            }
            let until = crate::base::SimTime::from_micros(n * stretch).min(stage.end());
            crowd.play(stage, until);
        }
        Some(crowd.finish(stage))
    }

    /// Adds what one island found, and compares the arms once all of a replication are there.
    fn enter(
        &self,
        tally: &Mutex<Tally>,
        row: &Mutex<Row>,
        (replication, arm): (u32, usize),
        end: CrowdEnd,
    ) {
        let mut row = row.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        row.ends[arm] = Some(end.ends);
        let mut tally = tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tally.absorb(arm, replication, &end.sheet);
        tally.bear(arm, &end.load);
        let all: Option<Vec<Vec<OrgEnd>>> = row.ends.iter().cloned().collect();
        let Some(all) = all else { return };
        row.ends.clear();
        let mut ends = Vec::with_capacity(all.len());
        for (place, org) in self.swarm.range(0..self.swarm.orgs()).enumerate() {
            ends.clear();
            ends.extend(all.iter().map(|arm| arm[place]));
            tally.compare(replication, &org, &ends);
        }
    }

    /// Counts the attempts of a calm run, for amplification.
    fn count_calm_world(&self, calm: &Stage, tally: &Mutex<Tally>, options: &Options<'_>) {
        let Some(end) = self.play_world(calm, 0, options) else { return };
        let mut tally = tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (cohort, counts) in end.sheet.counts.iter().enumerate() {
            tally.count_calm(cohort, counts.sent);
        }
    }
}
