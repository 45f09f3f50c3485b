//! Floor 5: arms × replications, pairing, expectations, baselines.
//!
//! [`run`] plays a checked plan and returns its [`Findings`]; [`judge`] holds them against the
//! scenario's expectations, [`baseline::compare`] against an earlier run. No files, no formatting.

pub mod baseline;
mod cross_check;
mod expected;
mod failure;
mod gathering;
mod generator;
mod judge;
mod kin;
mod layout;
mod lineage;
mod live;
mod load;
mod orgs;
mod partners;
mod recording;
pub mod results;
mod run;
mod summarise;
pub mod sweep;
mod tally;
mod trace;
mod worlds;

pub use cross_check::{CrossCheck, Fork, Overhead};
pub use expected::{LedgerSize, expected};
pub use judge::{Judgement, Verdict, judge};
pub use layout::Layout;
pub use live::{LiveFindings, LiveOptions, run_live};
pub use recording::{LedgerSection, LedgerSink, Recording, Selection};
pub use run::{Findings, Options, RunError, run, run_recorded};
pub use tally::{ArmTally, Borne, ContrastTally, Dimensions, Tally};
