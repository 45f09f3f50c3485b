//! What `timeline.csv` holds.

use serde::{Deserialize, Serialize};

/// One time bin of one arm. Counts are means over replications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineRow {
    /// The arm.
    pub arm: String,
    /// Beginning of the bin, in seconds since the clock's start.
    pub from_seconds: f64,
    /// End of the bin; states are those at this instant.
    pub until_seconds: f64,
    /// Orgs disconnected at the end of the bin: mean.
    pub disconnected: f64,
    /// Smallest over replications.
    pub disconnected_min: f64,
    /// Largest over replications.
    pub disconnected_max: f64,
    /// Orgs disconnected at once, at most within the bin: mean.
    pub most_disconnected: f64,
    /// Smallest over replications.
    pub most_disconnected_min: f64,
    /// Largest over replications.
    pub most_disconnected_max: f64,
    /// Orgs stale at the end of the bin.
    pub stale: f64,
    /// Orgs stopped.
    pub stopped: f64,
    /// Orgs abandoned.
    pub abandoned: f64,
    /// Orgs revoked.
    pub revoked: f64,
    /// Orgs without an access token that the server would honour, on average over the bin.
    pub without_access: f64,
    /// Attempts that ended in this bin with a stored token.
    pub stored: f64,
    /// … refused.
    pub refused: f64,
    /// … that the client gave up on.
    pub timed_out: f64,
    /// … reset, truncated, answered 5xx or 429, lost in a crash, or broken off.
    pub failed: f64,
    /// Client-side latency in seconds of attempts that ended in this bin:
    /// median. Empty without any, and outside the focus.
    pub client_p50: Option<f64>,
    /// 90th percentile.
    pub client_p90: Option<f64>,
    /// 99th percentile.
    pub client_p99: Option<f64>,
}
