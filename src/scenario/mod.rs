//! Floor 4: from YAML to a checked [`Plan`], with all errors at once and their places.

mod plan;

pub use plan::{Arm, Comparison, Expectation, Metric, Plan, Quantity, Term};
