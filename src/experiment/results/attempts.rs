//! Refresh attempts by how they ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;

/// Refresh attempts by how they ended for the client; `total` is their sum.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Attempts {
    /// All attempts.
    pub total: Estimate,
    /// A token arrived and was stored.
    pub stored: Estimate,
    /// A token arrived and was lost before it was stored.
    pub crashed: Estimate,
    /// The server refused the credential.
    pub refused: Estimate,
    /// The client gave up waiting.
    pub timed_out: Estimate,
    /// The connection broke.
    pub reset: Estimate,
    /// The answer was cut.
    pub truncated: Estimate,
    /// A 5xx status.
    pub server_error: Estimate,
    /// A 429 status.
    pub throttled: Estimate,
    /// Broken off by their own side: a person authorised the org anew while they were under way.
    #[serde(default)]
    pub broken_off: Estimate,
    /// Still under way when the clock stopped.
    pub unfinished: Estimate,
    /// Of all attempts, those the server committed and the client did not store: lost answers.
    pub committed_and_lost: Estimate,
    /// Attempts that were not made, because a circuit breaker was open: not among those above.
    #[serde(default)]
    pub short_circuited: Estimate,
}
