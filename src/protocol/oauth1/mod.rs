//! OAuth 1.0a (RFC 5849) on the wire, with the session extension (OAuth Session 1.0 Draft 1) and
//! Problem Reporting.

mod answer;
mod problem;

pub use answer::{AccessAnswer, RequestAnswer};
pub(in crate::protocol) use problem::RATE_LIMIT_EXCEEDED;
pub use problem::{Reported, read_problem};
