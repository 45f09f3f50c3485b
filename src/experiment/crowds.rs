//! Islands of many orgs: the world, with replications and arms in parallel; or partners, in parallel too,
//! and all arms of one after another.
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
use super::tally::{Borne, Dimensions, Tally};
use crate::base::SimTime;
use crate::measure::{OrgEnd, Sheet};
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
        let orgs = self.swarm.range(0..self.swarm.orgs());
        let mut crowd = Crowd::new(stage, orgs, (self.seed, replication), self.sheet());
        let stretch = stage.end().as_micros().div_ceil(STRETCHES);
        for n in 1..=STRETCHES {
            if options.stop.load(Ordering::Relaxed) {
                return None;
            }
            crowd.play(stage, SimTime::from_micros(n * stretch).min(stage.end()));
        }
        Some(crowd.finish(stage))
    }

    fn sheet(&self) -> Sheet {
        let Dimensions { cohorts, duration, .. } = self.dimensions;
        Sheet::new(self.layout.grid.clone(), cohorts, duration)
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
        let stored = end.sheet.series.stored();
        tally.bear(arm, replication, Borne { load: end.load, stored });
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

    /// Plays all islands, each of them a partner.
    pub(super) fn run_partners(&self, options: &Options<'_>) -> Result<Tally, RunError> {
        let partners = self.swarm.partners();
        let units = partners * u64::from(self.replications);
        let begin = || Tally::new(self.dimensions, &self.layout.grid);
        let play = |unit, tally: &mut Tally| {
            #[expect(clippy::cast_possible_truncation, reason = "replications are 32 bits")]
            let replication = (unit / partners) as u32;
            self.run_partner(replication, unit % partners, tally);
        };
        self.run_units(units, options, begin, play, |tally| tally)
    }

    /// Plays all arms of one partner.
    fn run_partner(&self, replication: u32, partner: u64, tally: &mut Tally) {
        let play = |stage: &Stage| {
            let orgs = self.swarm.partner(partner);
            let mut crowd = Crowd::new(stage, orgs, (self.seed, replication), self.sheet());
            crowd.play(stage, stage.end());
            crowd.finish(stage)
        };
        let mut all = Vec::with_capacity(self.stages.len());
        for (arm, stage) in self.stages.iter().enumerate() {
            let end = play(stage);
            tally.absorb(arm, replication, &end.sheet);
            all.push(end.ends);
        }
        let mut ends = Vec::with_capacity(all.len());
        for (place, org) in self.swarm.partner(partner).enumerate() {
            ends.clear();
            ends.extend(all.iter().map(|arm| arm[place]));
            tally.compare(replication, &org, &ends);
        }
        if let (0, Some(calm)) = (replication, &self.calm) {
            let sheet = play(calm).sheet;
            for (cohort, counts) in sheet.counts.iter().enumerate() {
                tally.count_calm(cohort, counts.sent);
            }
        }
    }
}
