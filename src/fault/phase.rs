//! Phases of an incident: windows with faults.

use crate::base::{Distribution, Probability, SimDuration, SimTime};

/// A window in which things go wrong. Faults in one phase act independently of each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Its name, unique in the scenario.
    pub name: String,
    /// When it begins. An attempt is in the phase if it reaches the server in `[from, until)`.
    pub from: SimTime,
    /// When it is over.
    pub until: SimTime,
    /// How long it takes to build up to full strength, linearly.
    pub ramp_up: SimDuration,
    /// How long before its end it begins to fade, linearly.
    pub ramp_down: SimDuration,
    /// What it does to the time the server takes.
    pub latency: Option<Latency>,
    /// Requests that never reach the server: nothing is committed.
    pub request_lost: Probability,
    /// Failures of the server before it commits.
    pub error: Option<ErrorFault>,
    /// Requests refused for now with 429.
    pub throttle: Option<Throttle>,
    /// Answers lost after the commit.
    pub response_lost: Option<ResponseLost>,
    /// Requests delivered twice by an intermediary; the client sees the second answer.
    pub duplicate: Probability,
    /// Share of the station's workers that are lost while it lasts, whomever it hits otherwise.
    pub capacity_lost: Probability,
    /// Whom it hits.
    pub reach: Reach,
}

impl Phase {
    /// A window in which nothing goes wrong yet, for everybody.
    pub fn calm(name: impl Into<String>, from: SimTime, until: SimTime) -> Self {
        Self {
            name: name.into(),
            from,
            until,
            ramp_up: SimDuration::ZERO,
            ramp_down: SimDuration::ZERO,
            latency: None,
            request_lost: Probability::NEVER,
            error: None,
            throttle: None,
            response_lost: None,
            duplicate: Probability::NEVER,
            capacity_lost: Probability::NEVER,
            reach: Reach::default(),
        }
    }
}

/// What a phase does to service times. Values are microseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Latency {
    /// Replaces the service time.
    Replace(Distribution),
    /// Multiplies it.
    Multiply(f64),
    /// Adds to it.
    Add(Distribution),
}

/// The server fails before it commits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorFault {
    /// How often.
    pub probability: Probability,
    /// With which status (500 to 599).
    pub status: u16,
}

/// The server asks the client to come back later.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// How often.
    pub probability: Probability,
    /// After what time (`Retry-After`).
    pub retry_after: SimDuration,
}

/// The server commits and the answer does not arrive.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseLost {
    /// How often.
    pub probability: Probability,
    /// What the client sees instead, with weights that sum to one.
    pub seen_as: Vec<(SeenAs, f64)>,
}

/// What a client sees of a lost answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeenAs {
    /// Nothing.
    Silence,
    /// The connection is reset.
    Reset,
    /// The body of the answer breaks off.
    Truncated,
    /// A gateway answers with this status (502, 503, 504).
    Status(u16),
    /// The connection is closed before an answer: an orderly end (FIN) where a reset is not.
    Closed,
    /// The answer breaks off within its headers, which no client tells from a closed connection.
    CutHeaders,
}

/// Whom a phase hits.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// Indices of the cohorts it hits; `None` for all.
    pub cohorts: Option<Vec<usize>>,
    /// Share of partners it hits, each with all its orgs.
    pub partners: Probability,
    /// Share of orgs it hits.
    pub orgs: Probability,
}

impl Default for Reach {
    fn default() -> Self {
        Self { cohorts: None, partners: Probability::ALWAYS, orgs: Probability::ALWAYS }
    }
}
