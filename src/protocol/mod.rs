//! Floor 1: what a client and an authorization server say to each other.
//!
//! Messages only: generations of a token family, and what a client sees of a refresh attempt. No
//! sockets and no clock; a codec turns these into bytes and back.

mod message;

pub use message::{Answer, Conclusion, Generation, Protocol};
