//! Floor 3: one world, as every engine plays it.

mod spec;

pub use spec::{Cohort, Server, StationSpec, World};
