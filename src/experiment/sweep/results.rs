//! What a sweep found: the data that `sweep.json` holds and every report of it is made from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::experiment::results::Estimate;

/// Version of the layout of `sweep.json`; raised when a field changes its meaning or goes.
pub const SWEEP_VERSION: u32 = 1;

/// The findings of a sweep, and what they were found with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sweep {
    /// Layout version of this file.
    pub version: u32,
    /// Version of amnesty that made it.
    pub made_by: String,
    /// Name of the scenario.
    pub scenario: String,
    /// What the sweep is about, in its author's words.
    pub about: String,
    /// SHA-256 over the digests of the cells, in hex.
    pub digest: String,
    /// Seed of all draws.
    pub seed: u64,
    /// Number of paired replications of each cell.
    pub replications: u32,
    /// Which engine ran it.
    pub engine: String,
    /// What was varied: one dimension or two.
    pub axes: Vec<SweepAxis>,
    /// What charts and tables show.
    pub shown: Shown,
    /// Names of the arms, in the order of the scenario.
    pub arms: Vec<String>,
    /// A cell for each combination of values; those of the last dimension change fastest.
    pub cells: Vec<Cell>,
    /// What the values were held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
}

/// One dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SweepAxis {
    /// The path that was set.
    pub path: String,
    /// Unit of the values' numbers.
    pub unit: Unit,
    /// The instant after which the values lie, where they are written `degraded.end + 3h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The values: ascending where they have an order.
    pub values: Vec<SweepValue>,
}

/// What the number of a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// A share, between 0 and 1.
    Share,
    /// A plain number.
    Number,
    /// Seconds since 1970, UTC.
    Instant,
    /// Nothing: the values are words without an order.
    Words,
}

/// One value of a dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SweepValue {
    /// As it is written after `PATH=`.
    pub text: String,
    /// As a number in the unit of its dimension; absent for words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
}

/// What charts and tables show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shown {
    /// Name of the metric.
    pub metric: String,
    /// The arm that is spoken of.
    pub arm: String,
    /// The cohort; absent for all orgs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<String>,
    /// Whether it is a share of the orgs, between 0 and 1.
    pub as_share: bool,
}

/// One cell: one run of the scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// Which value of each dimension it has, from 0.
    pub at: Vec<usize>,
    /// SHA-256 of its resolved scenario, in hex.
    pub digest: String,
    /// Number of orgs.
    pub orgs: u64,
    /// Its arms, in the order of the scenario.
    pub arms: Vec<CellArm>,
}

/// The figures of one arm in one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellArm {
    /// Its name.
    pub name: String,
    /// What charts and tables show.
    pub shown: Estimate,
    /// Every metric by name, of all orgs; orgs are counted, not given as shares.
    pub figures: BTreeMap<String, Estimate>,
}

/// What the values were held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// The target as written.
    pub text: String,
    /// The arm that it is about.
    pub arm: String,
    /// Whether it is about a share of the orgs.
    pub as_share: bool,
    /// The bound, where it is one on what charts show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// The confidence at which it must be met; absent where the mean alone is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// What was found at each value, in order.
    pub values: Vec<Met>,
}

/// Whether one value meets the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Met {
    /// Whether it does.
    pub met: bool,
    /// What was found, with its interval at the target's confidence, or at 95 %.
    pub found: Estimate,
}

/// A `sweep.json` whose parts do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// No dimension, or too many.
    #[error("a sweep has one dimension or two, not {0}")]
    Axes(usize),
    /// There are more or fewer cells than combinations of values.
    #[error("{found} cells, but the values make {expected}")]
    Cells {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A cell without its place, or with other arms.
    #[error("cell {0} does not have its place, or has other arms than the sweep")]
    Cell(usize),
    /// The target was not held against every value.
    #[error("the target is judged at {found} of {expected} values")]
    Target {
        /// At how many it is.
        found: usize,
        /// How many values there are.
        expected: usize,
    },
}

impl Sweep {
    /// Makes sure that the parts of a sweep that was read fit together.
    ///
    /// # Errors
    /// [`Misfit`] says which do not.
    pub fn check(&self) -> Result<(), Misfit> {
        let counts: Vec<usize> = self.axes.iter().map(|axis| axis.values.len()).collect();
        if !(1..=2).contains(&counts.len()) {
            return Err(Misfit::Axes(counts.len()));
        }
        let expected = counts.iter().product();
        let found = self.cells.len();
        if found != expected || found == 0 {
            return Err(Misfit::Cells { found, expected });
        }
        let fits = |cell: &Cell| {
            let at = cell.at.iter().zip(&counts).all(|(at, count)| at < count);
            let arms = cell.arms.iter().map(|arm| &arm.name).eq(&self.arms);
            at && arms && cell.at.len() == counts.len()
        };
        if let Some(wrong) = self.cells.iter().position(|cell| !fits(cell)) {
            return Err(Misfit::Cell(wrong));
        }
        match &self.target {
            Some(target) if target.values.len() != expected || counts.len() > 1 => {
                Err(Misfit::Target { found: target.values.len(), expected })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The index of the first value that meets the target: the smallest, where they have an order.
    pub fn first_met(&self) -> Option<usize> {
        self.target.as_ref()?.values.iter().position(|value| value.met)
    }

    /// The cells of one arm: what is shown, in the order of the cells.
    pub fn shown_of(&self, arm: usize) -> impl Iterator<Item = Estimate> + Clone {
        self.cells.iter().filter_map(move |cell| cell.arms.get(arm)).map(|arm| arm.shown)
    }
}
