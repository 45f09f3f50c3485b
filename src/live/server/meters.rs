//! What the server counts for whoever watches it.
//!
//! These are not results: those are in the sheet and the ledger. A meter counts what came in over the
//! wire, strangers and nonsense included.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use hdrhistogram::Histogram;

use crate::base::SimDuration;
use crate::protocol::Protocol;

/// Where a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// The token endpoint of OAuth 2.0.
    Token,
    /// The token endpoint of OAuth 1.0a: swaps and renewals.
    AccessToken,
    /// A protected resource.
    Resource,
    /// The request tokens of OAuth 1.0a.
    RequestToken,
    /// The authorization endpoint of either protocol.
    Authorize,
    /// What the server says about itself.
    Metadata,
    /// Nowhere.
    Unknown,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Token,
        Self::AccessToken,
        Self::Resource,
        Self::RequestToken,
        Self::Authorize,
        Self::Metadata,
        Self::Unknown,
    ];

    /// In one word, for a label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::AccessToken => "access_token",
            Self::Resource => "resource",
            Self::RequestToken => "request_token",
            Self::Authorize => "authorize",
            Self::Metadata => "metadata",
            Self::Unknown => "unknown",
        }
    }
}

/// What the server made of a refresh attempt that presented a credential of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// A token was handed out, and sent.
    Token,
    /// The credential was refused.
    Refused,
    /// It was turned away with 429.
    Throttled,
    /// The server failed before it committed.
    Failed,
    /// The request was lost on its way: nothing was decided.
    RequestLost,
    /// The decision was lost on its way, whatever it was.
    AnswerLost,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Token,
        Self::Refused,
        Self::Throttled,
        Self::Failed,
        Self::RequestLost,
        Self::AnswerLost,
    ];

    /// In one word, for a label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Failed => "failed",
            Self::RequestLost => "request_lost",
            Self::AnswerLost => "answer_lost",
        }
    }
}

/// The meters of one server. They only ever grow, but for [`Self::in_flight`].
#[derive(Debug)]
pub struct Meters {
    requests: [AtomicU64; Route::ALL.len()],
    attempts: [[AtomicU64; Outcome::ALL.len()]; 2],
    unknown_tokens: AtomicU64,
    signature_failures: AtomicU64,
    client_failures: AtomicU64,
    undelivered: AtomicU64,
    not_accepted: AtomicU64,
    in_flight: AtomicU64,
    latency: Mutex<Histogram<u64>>,
}

/// Two days, in microseconds: what takes longer counts as this.
const LONGEST_MICROS: u64 = 2 * 86_400 * 1_000_000;

impl Meters {
    pub(super) fn new() -> Self {
        #[expect(clippy::expect_used, reason = "the bounds are constants")]
        let latency = Histogram::new_with_bounds(1, LONGEST_MICROS, 2)
            .expect("1 ≤ high / 2 and 2 ≤ 5 digits");
        Self {
            requests: Default::default(),
            attempts: Default::default(),
            unknown_tokens: AtomicU64::new(0),
            signature_failures: AtomicU64::new(0),
            client_failures: AtomicU64::new(0),
            undelivered: AtomicU64::new(0),
            not_accepted: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            latency: Mutex::new(latency),
        }
    }

    /// Requests that went this way.
    pub fn requests(&self, route: Route) -> u64 {
        self.requests[route as usize].load(Relaxed)
    }

    /// Refresh attempts with this outcome.
    pub fn attempts(&self, protocol: Protocol, outcome: Outcome) -> u64 {
        self.attempts[index(protocol)][outcome as usize].load(Relaxed)
    }

    /// Credentials that nobody was given, or that a new authorisation replaced.
    pub fn unknown_tokens(&self) -> u64 {
        self.unknown_tokens.load(Relaxed)
    }

    /// Requests of OAuth 1.0a whose signature, nonce or timestamp was not accepted.
    pub fn signature_failures(&self) -> u64 {
        self.signature_failures.load(Relaxed)
    }

    /// Requests of OAuth 2.0 whose client was unknown or failed to authenticate itself.
    pub fn client_failures(&self) -> u64 {
        self.client_failures.load(Relaxed)
    }

    /// Answers whose last byte could not be handed over: the client was gone.
    pub fn undelivered(&self) -> u64 {
        self.undelivered.load(Relaxed)
    }

    /// How often a connection could not be accepted for want of descriptors or memory, on any port.
    pub fn not_accepted(&self) -> u64 {
        self.not_accepted.load(Relaxed)
    }

    /// Requests that have arrived whole and are not done with.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Relaxed)
    }

    /// From the arrival of a request to the last byte of its answer, in microseconds of the
    /// scenario's time, two significant digits. Lost answers have no last byte.
    pub fn latency(&self) -> Histogram<u64> {
        self.latency.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn begin(&self, route: Route) {
        add(&self.requests[route as usize]);
        add(&self.in_flight);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    pub(super) fn attempt(&self, protocol: Protocol, outcome: Outcome) {
        add(&self.attempts[index(protocol)][outcome as usize]);
    }

    pub(super) fn unknown_token(&self) {
        add(&self.unknown_tokens);
    }

    pub(super) fn signature_failure(&self) {
        add(&self.signature_failures);
    }

    pub(super) fn client_failure(&self) {
        add(&self.client_failures);
    }

    pub(super) fn delivered(&self, latency: SimDuration) {
        let mut histogram = self.latency.lock().unwrap_or_else(PoisonError::into_inner);
        histogram.saturating_record(latency.as_micros());
    }

    pub(in crate::live) fn not_accepted_one(&self) {
        add(&self.not_accepted);
    }

    pub(super) fn lost(&self) {
        add(&self.undelivered);
    }
}

fn add(meter: &AtomicU64) {
    meter.fetch_add(1, Relaxed);
}

const fn index(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Oauth1a => 0,
        Protocol::Oauth2 => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meters_stand_in_the_order_of_their_names() {
        for (place, route) in Route::ALL.into_iter().enumerate() {
            assert_eq!(route as usize, place, "{}", route.name());
        }
        for (place, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place, "{}", outcome.name());
        }
    }

    #[test]
    fn what_is_counted_is_read() {
        let meters = Meters::new();
        meters.begin(Route::Token);
        meters.begin(Route::Resource);
        meters.end();
        meters.attempt(Protocol::Oauth1a, Outcome::AnswerLost);
        meters.delivered(SimDuration::from_millis(5));
        meters.delivered(SimDuration::FOREVER);
        assert_eq!(meters.requests(Route::Token), 1);
        assert_eq!(meters.in_flight(), 1);
        assert_eq!(meters.attempts(Protocol::Oauth1a, Outcome::AnswerLost), 1);
        assert_eq!(meters.attempts(Protocol::Oauth2, Outcome::AnswerLost), 0);
        let latency = meters.latency();
        assert_eq!((latency.len(), latency.value_at_quantile(0.5) / 1_000), (2, 5));
    }
}
