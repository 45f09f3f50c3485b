//! Floor 2: states, counters, series, intervals; all merged as integers.

mod estimate;
mod survival;

pub use estimate::{Interval, mean_interval, paired_difference, wilson};
pub use survival::{KaplanMeier, SurvivalStep};
