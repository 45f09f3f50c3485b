//! Floor 2: what is measured, and how it is added up.
//!
//! Everything counted here is an integer, so that merging is exact and does not depend on the order of
//! threads or shards; floats appear when a report is computed. One org is followed by a [`Track`];
//! what it finds goes into [`Counts`], [`Spread`] and [`Series`]; what a station does goes into
//! [`Load`].

mod at_once;
mod counts;
mod estimate;
mod goodput;
mod grid;
mod latencies;
mod load;
mod log_linear;
mod series;
mod sheet;
mod spread;
mod state;
mod stretches;
mod survival;
mod track;

pub use at_once::{AtOnce, Steps};
pub use counts::{Became, Counts, Ending};
pub use estimate::{Interval, difference, mean_interval, paired_difference, wilson};
pub use goodput::Goodput;
pub use grid::TimeGrid;
pub use load::{Flow, Load};
pub use series::{LatencyBin, OUTCOMES, Outcome, Series};
pub use sheet::Sheet;
pub use spread::Spread;
pub use state::{DISCONNECTED_STATES, Means, OrgState};
pub use stretches::Stretches;
pub use survival::{KaplanMeier, SurvivalStep};
pub use track::{Keep, OrgEnd, Recorder, Row, Track, TrackBits};
