//! A station as data.

use crate::base::{Distribution, SimDuration};

/// A limited station: workers, and a queue before them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StationSpec {
    /// How many requests are served at once; at least 1.
    pub workers: u32,
    /// How many requests wait at most.
    pub queue_limit: u32,
    /// Which of the waiting requests is served next.
    pub discipline: Discipline,
    /// What happens when the queue is full.
    pub overflow: Overflow,
    /// How service slows down when many workers are busy.
    pub slow_down: SlowDown,
    /// Whether a request is given up, waiting or in service, when its client has gone.
    pub cancel_on_disconnect: bool,
}

impl StationSpec {
    /// Whether a request's end is known when it arrives.
    pub fn is_foreseeable(&self) -> bool {
        self.discipline == Discipline::Fifo
            && self.overflow == Overflow::Reject
            && !self.cancel_on_disconnect
    }
}

/// Which of the waiting requests is served next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Discipline {
    /// The one that came first.
    #[default]
    Fifo,
    /// The one that came last.
    Lifo,
}

/// What happens when a request arrives and the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overflow {
    /// It is turned away with 503.
    #[default]
    Reject,
    /// It takes the place of the one that has waited longest, which is turned away with 503.
    DropOldest,
}

/// How service slows down with the number of busy workers, after Gunther's Universal Scalability Law
/// (*Guerrilla Capacity Planning*, 2007): with `n` of them busy a service takes
/// `1 + contention · (n - 1) + crosstalk · n · (n - 1)` times as long. The throughput of `n` workers is
/// then that law's; with crosstalk it falls beyond some `n`, as a database's does.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SlowDown {
    /// The share that waits for something shared (σ).
    pub contention: f64,
    /// The share that each must agree on with each (κ).
    pub crosstalk: f64,
}

impl SlowDown {
    /// Whether nothing slows down.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The factor with `busy` workers busy.
    pub fn factor(&self, busy: u32) -> f64 {
        let n = f64::from(busy.max(1));
        1.0 + self.contention * (n - 1.0) + self.crosstalk * n * (n - 1.0)
    }
}

/// What is turned away at the door before it can wait.
#[derive(Debug, Clone, PartialEq)]
pub struct AdmissionSpec {
    /// With how many requests waiting or in service a refresh is turned away; `None` for no limit. Background
    /// requests count and are let in all the same.
    pub max_concurrent: Option<u32>,
    /// The status of what is over that limit: 429 or 503.
    pub status: u16,
    /// What `Retry-After` says to those turned away; `None` to leave it out (and, of a rate limit, to
    /// say when the next token comes).
    pub retry_after: Option<SimDuration>,
    /// Token buckets; a request needs a token of each.
    pub rate_limits: Vec<RateLimit>,
}

/// A token bucket for each of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// For each of what.
    pub per: RateScope,
    /// The time in which one token comes.
    pub interval: SimDuration,
    /// How many tokens it holds at most; at least 1.
    pub burst: u32,
}

/// What a rate limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateScope {
    /// All orgs of a partner.
    Partner,
    /// All partners of a cohort: they run the same app.
    App,
    /// Everybody.
    Server,
}

/// Traffic besides refreshes that takes workers' time: open arrivals.
#[derive(Debug, Clone, PartialEq)]
pub struct BackgroundSpec {
    /// Mean arrivals a second, at a factor of 1.
    pub per_second: f64,
    /// The factor of each hour of the day (UTC); its mean is not forced to 1.
    pub by_hour: [f64; 24],
    /// How long one of them takes, in microseconds.
    pub service_time: Distribution,
}
