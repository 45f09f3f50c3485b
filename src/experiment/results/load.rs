//! What a server bore where orgs meet: at a station of limited workers, at its door, beside other
//! traffic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;

/// What the server of one arm bore. Requests of the swarm, unless the name says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadSummary {
    /// Came to the server.
    pub offered: Estimate,
    /// Requests of the background load that came.
    pub background: Estimate,
    /// Those of them that found the queue full, or lost their place in it; absent if none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_rejected: Option<Estimate>,
    /// Turned away with 429.
    pub throttled: Estimate,
    /// Turned away with 503: at the door, or from the queue.
    pub rejected: Estimate,
    /// Given up because their client had gone.
    pub cancelled: Estimate,
    /// Served to the end.
    pub served: Estimate,
    /// Share of those served of which no client took in a decision: it had given up or crashed, the answer
    /// was lost or the first of two, or the server failed before it decided.
    pub wasted_share: Estimate,
    /// Workers and queue; absent where the station is unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<StationSummary>,
    /// Before and after the incident; absent without one, or where it begins with the run or ends
    /// with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goodput: Option<GoodputSummary>,
}

/// Workers and queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StationSummary {
    /// How many workers there are when none is lost.
    pub workers: u32,
    /// Busy workers ÷ available ones, over the whole run.
    pub utilisation: Estimate,
    /// The same in the time bin where it is highest.
    pub utilisation_peak: Estimate,
    /// Mean number of waiting requests over the whole run.
    pub queue_mean: Estimate,
    /// The same in the time bin where it is highest.
    pub queue_peak: Estimate,
}

/// Tokens that clients stored, before the first phase and after the last of all arms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoodputSummary {
    /// Tokens stored a second before the first phase.
    pub before_per_second: Estimate,
    /// Tokens stored a second after the last phase.
    pub after_per_second: Estimate,
    /// After ÷ before.
    pub after_share: Estimate,
    /// Share of replications in which goodput came back to 90 % of what it was, for good.
    pub recovered_share: f64,
    /// Seconds from the end of the last phase until it did: the median over replications, where one
    /// that never recovers counts as the longest. Absent if that is the median.
    pub recovered_after_seconds: Option<f64>,
}

/// What the server of one arm bore in one time bin. Counts are means over replications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadRow {
    /// The arm.
    pub arm: String,
    /// Beginning of the bin, in seconds since the clock's start.
    pub from_seconds: f64,
    /// End of the bin.
    pub until_seconds: f64,
    /// Requests of the swarm that came to the server.
    pub offered: f64,
    /// Requests of the background load that came.
    pub background: f64,
    /// Requests of the swarm turned away with 429.
    pub throttled: f64,
    /// … turned away with 503.
    pub rejected: f64,
    /// … given up because their client had gone.
    pub cancelled: f64,
    /// … served to the end.
    pub served: f64,
    /// Attempts that ended with a stored token.
    pub stored: f64,
    /// Mean number of waiting requests.
    pub waiting: f64,
    /// Mean number of busy workers.
    pub busy: f64,
    /// Mean number of available workers; none where the station is unlimited.
    pub workers: Option<f64>,
}
