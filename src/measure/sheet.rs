//! All findings of one arm in one replication, by cohort.

use super::at_once::Steps;
use super::counts::Counts;
use super::grid::TimeGrid;
use super::series::Series;
use super::spread::Spread;
use super::track::Recorder;
use crate::base::SimDuration;

/// The counts of one arm in one replication. Merging is addition.
#[derive(Debug, Clone)]
pub struct Sheet {
    grid: TimeGrid,
    /// Totals by cohort.
    pub counts: Vec<Counts>,
    /// Distributions by cohort.
    pub spread: Vec<Spread>,
    /// Attempts over time.
    pub series: Series,
    /// When orgs were disconnected and reconnected, by cohort.
    pub steps: Vec<Steps>,
}

impl Sheet {
    /// An empty sheet for so many cohorts and a run of `duration`.
    pub fn new(grid: TimeGrid, cohorts: usize, duration: SimDuration) -> Self {
        Self {
            counts: vec![Counts::new(grid.len()); cohorts],
            spread: (0..cohorts).map(|_| Spread::new(duration)).collect(),
            series: Series::new(grid.len(), grid.focus()),
            steps: vec![Steps::default(); cohorts],
            grid,
        }
    }

    /// The same, without the instants at which orgs were disconnected and reconnected: for whoever counts
    /// on without an end, and does not ask how many were at once.
    #[must_use]
    pub fn without_steps(mut self) -> Self {
        self.steps.fill(Steps::off());
        self
    }

    /// The time bins.
    pub const fn grid(&self) -> &TimeGrid {
        &self.grid
    }

    /// Where the findings about an org of `cohort` go.
    pub fn recorder(&mut self, cohort: usize) -> Recorder<'_> {
        Recorder {
            grid: &self.grid,
            counts: &mut self.counts[cohort],
            spread: &mut self.spread[cohort],
            series: &mut self.series,
            steps: &mut self.steps[cohort],
        }
    }
}
