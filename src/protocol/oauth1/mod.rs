//! OAuth 1.0a (RFC 5849) on the wire, with the session extension (OAuth Session 1.0 Draft 1) and
//! Problem Reporting.
//!
//! ```text
//!   client                                                  server
//!   Renewal::authorization ──► Authorization: OAuth ... ──► Parameters::parse ─► verify ─► NonceBook
//!   AccessAnswer::read ◄────── 200, a form ◄─────────────── AccessAnswer::body
//!   read_problem ◄──────────── 401, a form ◄─────────────── Problem::body
//! ```
//!
//! Absent on purpose: whether a token stands. That is `authority`.

mod answer;
mod client;
mod nonce;
mod parameters;
mod problem;
mod rsa;
mod signature;
mod verify;

pub use answer::{AccessAnswer, RequestAnswer};
pub use client::{Renewal, SignedRequest, Signing};
pub use nonce::NonceBook;
pub use parameters::{Parameters, RequestLine, SignatureMethod};
pub(in crate::protocol) use problem::RATE_LIMIT_EXCEEDED;
pub use problem::{Problem, Rejection, Reported, read_problem};
pub use rsa::{RsaKey, RsaKeyError};
pub use verify::{Registration, verify};
