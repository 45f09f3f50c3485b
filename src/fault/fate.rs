//! What happens to one attempt, drawn before anything is decided.

use super::phase::SeenAs;
use crate::base::{OrgKey, Purpose, QuantileTable, SimDuration};

/// The fate of one attempt. It depends on the attempt's name and time, never on what a server or a
/// client makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// What becomes of the request.
    pub request: RequestFate,
    /// How long the server works on it.
    pub service_time: SimDuration,
    /// What becomes of the answer, if the server decides.
    pub response: ResponseFate,
    /// Set where an intermediary delivers the request a second time, right after the first answer:
    /// how long the server works on that one. The client sees the second answer.
    pub repeated: Option<SimDuration>,
}

impl Fate {
    /// The fate of an attempt, by its name, where no phase acts: only its service time is drawn.
    #[inline]
    pub fn calm(service: &QuantileTable, key: OrgKey, (refresh, attempt): (u32, u16)) -> Self {
        let draw = key.draw(refresh, attempt, Purpose::ServiceTime);
        Self {
            request: RequestFate::Arrives,
            service_time: SimDuration::from_micros(service.at(draw)),
            response: ResponseFate::Arrives,
            repeated: None,
        }
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestFate {
    /// The server decides about it.
    Arrives,
    /// The server never sees it.
    Lost,
    /// It is turned away with 429.
    Throttled {
        /// What `Retry-After` says.
        retry_after: SimDuration,
    },
    /// The server fails before it commits.
    Fails {
        /// With which status.
        status: u16,
    },
}

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseFate {
    /// It arrives.
    Arrives,
    /// It is lost, and the client sees this.
    Lost(SeenAs),
}
