//! Floor 6: results in, bytes out.
//!
//! ```text
//!                      ┌ text · markdown · html ── the sentence, the tables
//!   Results ───────────┼ chart (SVG ─► PNG) ────── pictures, each with its finding as title
//!                      ├ json · csv · hdr ──────── for programs; json and csv are read again
//!   Judgements ────────┼ junit · github ────────── for pipelines
//!   Sweep ─────────────┴ sweep ─────────────────── the same of many runs: table, picture, json, csv
//! ```
//!
//! Absent on purpose: files, clocks, and the running of anything. One report a file; what they share
//! in spelling stands in `words`, in cells in `table`.

pub mod chart;
pub mod cross_check;
pub mod csv;
pub mod explain;
pub mod github;
pub mod hdr;
pub mod html;
pub mod json;
pub mod junit;
pub mod ledger;
pub mod markdown;
pub mod sweep;
pub mod text;

mod caveat;
mod clock;
mod over_http;
mod rank;
mod rounding;
mod sentence;
mod table;
mod words;

pub use caveat::nothing_succeeded;
pub use rank::are_many;
pub use rounding::as_written;
pub use sentence::sentence;
