//! Scenario files: what a user sees of one that is wrong, what hostile ones meet, and what valid ones
//! mean.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod files;
mod hostile;
mod kinds;
mod messages;
mod restraint;
mod small;
mod station;
