//! Floor 4: from YAML to a checked [`Plan`], with all errors at once and their places.
//!
//! ```text
//!  file ──tree──► Node ──change──► Node ──read──► sections ──lower──► World ┐
//!        events,        extends,          typed,            cross-field     ├─► Plan
//!        limits         --set, arms       "did you mean"    checks, times   │
//!                                          expect ─────────────────────────┘
//! ```
//!
//! Every node knows where it was written, every pass adds its errors to one sink, and a user sees them
//! all at once as [`Diagnostics`]. Absent on purpose: running anything, and serde for reading, whose
//! errors lack places and suggestions.

mod arms;
mod change;
mod confines;
mod diagnostic;
mod expect;
mod file;
mod finding;
mod load;
mod lower;
mod plan;
mod read;
mod resolve;
mod salvage;
mod schema;
mod source;
mod sweep;
mod template;
mod tree;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use file::empirical::measured_quantiles;
pub use load::{Overrides, from_bytes, load};
pub use lower::expected_orgs;
pub use plan::{
    Arm, Comparison, Expectation, Metric, Plan, Quantity, ServerMetric, Term, Unjudged,
};
pub use resolve::resolved_yaml;
pub use schema::schema;
pub use sweep::{Axis, AxisKind, AxisValue, Shown, SweepPlan, SweepRequest, load_sweep};
pub use template::{TemplateError, template};
pub use tree::{FileError, read_any, read_text};
