//! Floor 0: time, units, ids, named draws and distributions; tables and other people's text.
//!
//! Absent on purpose: clocks and IO. Nothing here knows what an org is for.

pub mod dist;
pub mod draw;
pub mod duration;
pub mod rows;
pub mod text;
pub mod time;
pub mod unit;

pub use dist::{Distribution, DistributionError, Law, QuantileTable};
pub use draw::{Lane, OrgKey, Purpose, Seed, Stream};
pub use duration::parse_duration;
pub use time::{SimDuration, SimTime};
pub use unit::{Probability, ProbabilityError};
