//! Everything an experiment counts, as integers: merging is addition, whoever ran what.

use crate::base::SimDuration;
use crate::measure::{AtOnce, Counts, Load, OrgEnd, Series, Sheet, Spread, TimeGrid};
use crate::world::Org;

/// How many harmed orgs a contrast names.
const NAMED_ORGS: usize = 20;

/// The counts of a whole experiment, or of a part of it.
#[derive(Debug, Clone)]
pub struct Tally {
    cohorts: usize,
    arms: Vec<ArmTally>,
    /// Each arm but the first against the first.
    contrasts: Vec<ContrastTally>,
    /// Attempts per cohort in the calm run (first replication only).
    calm_attempts: Vec<u64>,
}

/// The counts of one arm.
#[derive(Debug, Clone)]
pub struct ArmTally {
    /// By replication, then by cohort.
    counts: Vec<Counts>,
    spread: Vec<Spread>,
    series: Series,
    /// What its station bore, by replication; nothing where orgs do not meet.
    borne: Vec<Option<Borne>>,
    /// How many orgs were disconnected at once, by replication.
    at_once: Vec<Option<AtOnce>>,
}

/// What the station of an arm bore in one replication, and what came of it.
#[derive(Debug, Clone)]
pub struct Borne {
    /// What came to the station, and what it did.
    pub load: Load,
    /// Attempts that ended with a stored token, in each bin.
    pub stored: Vec<u64>,
}

/// Orgs of one arm against the same orgs of the first arm.
#[derive(Debug, Clone, Default)]
pub struct ContrastTally {
    /// Orgs that needed a person there and not here, by replication.
    pub saved: Vec<u64>,
    /// Orgs that needed a person here and not there, by replication.
    pub harmed: Vec<u64>,
    /// The harmed orgs with the smallest numbers: replication, org, cohort.
    pub harmed_orgs: Vec<(u32, u64, usize)>,
}

/// The dimensions of a tally.
#[derive(Debug, Clone, Copy)]
pub struct Dimensions {
    /// Arms.
    pub arms: usize,
    /// Cohorts.
    pub cohorts: usize,
    /// Replications.
    pub replications: usize,
    /// Length of the run.
    pub duration: SimDuration,
}

impl Tally {
    /// An empty tally.
    pub fn new(dimensions: Dimensions, grid: &TimeGrid) -> Self {
        let Dimensions { arms, cohorts, replications, duration } = dimensions;
        let arm = || ArmTally {
            counts: vec![Counts::new(grid.len()); replications * cohorts],
            spread: (0..cohorts).map(|_| Spread::new(duration)).collect(),
            series: Series::new(grid.len(), grid.focus()),
            borne: vec![None; replications],
            at_once: vec![None; replications],
        };
        let contrast = ContrastTally {
            saved: vec![0; replications],
            harmed: vec![0; replications],
            harmed_orgs: Vec::new(),
        };
        Self {
            cohorts,
            arms: (0..arms).map(|_| arm()).collect(),
            contrasts: vec![contrast; arms.saturating_sub(1)],
            calm_attempts: vec![0; cohorts],
        }
    }

    /// Adds what was found in one arm and replication.
    pub(super) fn absorb(&mut self, arm: usize, replication: u32, sheet: &Sheet) {
        let arm = &mut self.arms[arm];
        let row = replication as usize * self.cohorts;
        let counts = arm.counts[row..].iter_mut().zip(&sheet.counts);
        counts.for_each(|(mine, theirs)| mine.merge(theirs));
        let spread = arm.spread.iter_mut().zip(&sheet.spread);
        spread.for_each(|(mine, theirs)| mine.merge(theirs));
        arm.series.merge(&sheet.series);
    }

    /// Keeps how many orgs of an arm were disconnected at once in one replication.
    pub(super) fn keep_at_once(&mut self, arm: usize, replication: u32, found: AtOnce) {
        self.arms[arm].at_once[replication as usize] = Some(found);
    }

    /// Keeps what the station of an arm bore in one replication.
    pub(super) fn bear(&mut self, arm: usize, replication: u32, borne: Borne) {
        self.arms[arm].borne[replication as usize] = Some(borne);
    }

    /// Compares how one org ended in each arm with how it ended in the first.
    pub(super) fn compare(&mut self, replication: u32, org: &Org, ends: &[OrgEnd]) {
        let Some((first, others)) = ends.split_first() else {
            return;
        };
        for (contrast, end) in self.contrasts.iter_mut().zip(others) {
            match (first.needed_person, end.needed_person) {
                (true, false) => contrast.saved[replication as usize] += 1,
                (false, true) => {
                    contrast.harmed[replication as usize] += 1;
                    contrast.name_harmed([(replication, org.number, org.cohort)]);
                }
                (true, true) | (false, false) => {}
            }
        }
    }

    /// Compares all orgs of an island, where each arm's ends stand in the order of `orgs`.
    pub(super) fn compare_all(
        &mut self,
        replication: u32,
        orgs: impl Iterator<Item = Org>,
        arms: &[impl AsRef<[OrgEnd]>],
    ) {
        let mut ends = Vec::with_capacity(arms.len());
        for (place, org) in orgs.enumerate() {
            ends.clear();
            ends.extend(arms.iter().filter_map(|arm| arm.as_ref().get(place)));
            self.compare(replication, &org, &ends);
        }
    }

    /// Counts what was sent in a calm island.
    pub(super) fn count_calm_sheet(&mut self, sheet: &Sheet) {
        for (cohort, counts) in sheet.counts.iter().enumerate() {
            self.count_calm(cohort, counts.sent);
        }
    }

    pub(super) fn count_calm(&mut self, cohort: usize, attempts: u64) {
        self.calm_attempts[cohort] += attempts;
    }

    /// Adds another part of the same experiment.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.arms.iter_mut().zip(&other.arms) {
            mine.counts
                .iter_mut()
                .zip(&theirs.counts)
                .for_each(|(mine, theirs)| mine.merge(theirs));
            mine.spread
                .iter_mut()
                .zip(&theirs.spread)
                .for_each(|(mine, theirs)| mine.merge(theirs));
            mine.series.merge(&theirs.series);
            let borne = mine.borne.iter_mut().zip(&theirs.borne);
            borne.for_each(|(mine, theirs)| *mine = mine.take().or_else(|| theirs.clone()));
            let at_once = mine.at_once.iter_mut().zip(&theirs.at_once);
            at_once.for_each(|(mine, theirs)| *mine = mine.take().or_else(|| theirs.clone()));
        }
        for (mine, theirs) in self.contrasts.iter_mut().zip(other.contrasts) {
            mine.saved.iter_mut().zip(&theirs.saved).for_each(|(mine, theirs)| *mine += theirs);
            mine.harmed.iter_mut().zip(&theirs.harmed).for_each(|(mine, theirs)| *mine += theirs);
            mine.name_harmed(theirs.harmed_orgs);
        }
        let calm = self.calm_attempts.iter_mut().zip(&other.calm_attempts);
        calm.for_each(|(mine, theirs)| *mine += theirs);
    }

    /// The counts of an arm's replications, in order: of one cohort, or of all.
    pub fn counts(&self, arm: usize, cohort: Option<usize>) -> Vec<Counts> {
        let rows = self.arms[arm].counts.chunks(self.cohorts);
        rows.map(|row| match cohort {
            Some(cohort) => row[cohort].clone(),
            None => sum(row),
        })
        .collect()
    }

    /// Latency and disconnection times of an arm: of one cohort, or of all.
    pub fn spread(&self, arm: usize, cohort: Option<usize>) -> Spread {
        let spread = &self.arms[arm].spread;
        if let Some(cohort) = cohort {
            return spread[cohort].clone();
        }
        let mut all = spread[0].clone();
        spread[1..].iter().for_each(|other| all.merge(other));
        all
    }

    /// Attempts over time of an arm, all replications together.
    pub fn series(&self, arm: usize) -> &Series {
        &self.arms[arm].series
    }

    /// What the station of an arm bore in each replication; empty where orgs do not meet.
    pub fn borne(&self, arm: usize) -> Vec<&Borne> {
        self.arms[arm].borne.iter().flatten().collect()
    }

    /// The most orgs of an arm that were disconnected at once, in each replication: of one cohort, or of
    /// all together.
    pub fn peaks(&self, arm: usize, cohort: Option<usize>) -> Vec<u64> {
        let peak = |found: &AtOnce| cohort.map_or(found.all, |cohort| found.cohorts[cohort]);
        let found = self.arms[arm].at_once.iter();
        found.map(|found| found.as_ref().map_or(0, peak)).collect()
    }

    /// The most orgs of an arm that were disconnected at once within each time bin: by replication.
    pub fn peaks_by_bin(&self, arm: usize) -> Vec<&[u64]> {
        self.arms[arm].at_once.iter().flatten().map(|found| found.bins.as_slice()).collect()
    }

    /// An arm against the first one; `None` for the first itself.
    pub fn contrast(&self, arm: usize) -> Option<&ContrastTally> {
        self.contrasts.get(arm.checked_sub(1)?)
    }

    /// Attempts in the calm run of the first replication: of one cohort, or of all.
    pub fn calm_attempts(&self, cohort: Option<usize>) -> u64 {
        cohort.map_or_else(|| self.calm_attempts.iter().sum(), |cohort| self.calm_attempts[cohort])
    }
}

impl ContrastTally {
    fn name_harmed(&mut self, orgs: impl IntoIterator<Item = (u32, u64, usize)>) {
        self.harmed_orgs.extend(orgs);
        self.harmed_orgs.sort_unstable();
        self.harmed_orgs.truncate(NAMED_ORGS);
    }
}

fn sum(row: &[Counts]) -> Counts {
    let mut all = row[0].clone();
    row[1..].iter().for_each(|other| all.merge(other));
    all
}
