//! The ledger as CSV: spelt in `world`, where a live server's control port reads it too.

pub use crate::world::ledger_csv::{HEADING, Spelling, conclusion, delivery, writer};
