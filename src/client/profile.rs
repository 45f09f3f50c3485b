//! How a partner's app refreshes, retries, gives up and is brought back: its whole behaviour as data.

use super::restraint::{CircuitBreaker, Per, PoolSize, RetryBudget};
use crate::base::{Distribution, Probability, SimDuration};

/// The behaviour of an app towards each of its orgs. Durations in distributions are microseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// What makes the app refresh.
    pub trigger: Trigger,
    /// Time from any instant until the app next needs a token for this org: what a lazy trigger waits
    /// for, and when a failed refresh is tried again unless a timetable says so.
    pub next_call: Distribution,
    /// How long the app waits for an answer; `None` if it sets no timeout.
    pub timeout: Option<SimDuration>,
    /// How long a call without a timeout hangs before a deploy or a supervisor ends the process.
    pub hang_limit: SimDuration,
    /// Attempts per refresh, the first included; at least 1.
    pub max_attempts: u16,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// After what a further attempt is made.
    pub retry_on: RetryOn,
    /// What the app makes of a server's `Retry-After`.
    pub retry_after: RetryAfter,
    /// How many retries the app allows itself, if it counts them.
    pub retry_budget: Option<RetryBudget>,
    /// When the app leaves an ill server alone, if ever.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// How many attempts of one partner are under way at once, if there is a limit.
    pub pool: Option<PoolSize>,
    /// What the app does when its credential is refused.
    pub on_refusal: OnRefusal,
    /// What the app does when all attempts of a refresh failed without a refusal.
    pub on_failure: OnFailure,
    /// Whether refreshes of one org can overlap.
    pub concurrency: Concurrency,
    /// How often a received answer is lost before it is stored.
    pub crash_before_store: Probability,
    /// Whether and when a stopped app reacts to an announced amnesty.
    pub reaction: Option<Reaction>,
    /// The person who re-authorises a disconnected org, if there is one.
    pub person: Option<Person>,
}

impl Profile {
    /// The plainest app with this trigger: it sets no timeout, makes one attempt, and after any
    /// failure, a refusal too, tries again when the org next needs a token. Nobody reacts to an
    /// amnesty and nobody re-authorises.
    ///
    /// None of the Xero libraries on record retries a renewal, and half of them set no timeout. How
    /// often an org needs a token (exponential, mean 5 min) and when a hanging process is ended
    /// (24 h) are assumptions.
    pub fn new(trigger: Trigger) -> Self {
        Self {
            trigger,
            next_call: Distribution::exponential(SimDuration::from_mins(5)),
            timeout: None,
            hang_limit: SimDuration::from_hours(24),
            max_attempts: 1,
            backoff: Backoff::default(),
            retry_on: RetryOn::default(),
            retry_after: RetryAfter::default(),
            retry_budget: None,
            circuit_breaker: None,
            pool: None,
            on_refusal: OnRefusal::KeepTrying { every: None },
            on_failure: OnFailure::TryLater,
            concurrency: Concurrency::SingleFlight,
            crash_before_store: Probability::NEVER,
            reaction: None,
            person: None,
        }
    }

    /// Whether an org of this app can be held up by what another org of the same partner did: by a
    /// full pool, an empty budget or an open breaker that they share.
    pub fn shares_among_orgs(&self) -> bool {
        let budget = self.retry_budget.is_some_and(|budget| budget.per == Per::Partner);
        let breaker = self.circuit_breaker.is_some_and(|breaker| breaker.per == Per::Partner);
        self.pool.is_some() || budget || breaker
    }
}

/// What makes an app refresh.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// A timer, `lead` before the access token expires.
    BeforeExpiry {
        /// How long before.
        lead: SimDuration,
    },
    /// Lazily: the first API call after the access token expired.
    AtExpiry,
    /// A timetable, whether needed or not.
    Periodic {
        /// The period.
        every: SimDuration,
        /// Where in the period.
        schedule: Schedule,
    },
    /// An API call was answered 401: the access token expired or was killed.
    OnUnauthorized,
}

/// Where in the period of a timetable the orgs stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Schedule {
    /// Spread evenly.
    #[default]
    Spread,
    /// All at multiples of the period since midnight UTC: a cron job.
    Aligned,
}

/// How long to wait before attempt 2, 3, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backoff {
    /// How the wait grows.
    pub shape: BackoffShape,
    /// How it is spread.
    pub jitter: Jitter,
}

/// How the wait between attempts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BackoffShape {
    /// No wait.
    #[default]
    None,
    /// Always the same.
    Constant {
        /// The wait.
        delay: SimDuration,
    },
    /// `base · 2^(n-1)` before attempt `n + 1`, at most `cap`.
    Exponential {
        /// The first wait.
        base: SimDuration,
        /// The longest wait.
        cap: SimDuration,
    },
}

/// How a wait is spread, after Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// Not at all.
    #[default]
    None,
    /// Uniform in `[0, wait)`.
    Full,
    /// Half the wait, plus uniform in `[0, wait / 2)`.
    Equal,
    /// Uniform in `[base, 3 · previous wait)`, at most `cap`.
    Decorrelated,
}

/// After which ends of an attempt a further one is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four independent conditions")]
pub struct RetryOn {
    /// The client gave up waiting.
    pub timeout: bool,
    /// The connection broke, or the answer was cut.
    pub reset: bool,
    /// A 5xx status.
    pub server_error: bool,
    /// A 429.
    pub throttled: bool,
}

/// What an app makes of a `Retry-After` (RFC 9110 §10.2.3) that comes with a 429 or a 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetryAfter {
    /// It makes no further attempt before that time has passed, and begins no further refresh.
    #[default]
    Obey,
    /// It does not read it.
    Ignore,
}

/// What an app does when its credential is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRefusal {
    /// It tries again, for ever, with what it holds.
    KeepTrying {
        /// The time between tries; `None` for as often as it would refresh anyway.
        every: Option<SimDuration>,
    },
    /// It keeps the credentials and stops trying.
    Stop,
    /// It deletes the credentials.
    DeleteCredentials,
}

/// What an app does when a refresh failed without a refusal (timeout, 5xx, reset …).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// It tries again when it would have anyway.
    #[default]
    TryLater,
    /// It keeps the credentials and stops trying.
    Stop,
    /// It deletes the credentials.
    DeleteCredentials,
}

/// Whether refreshes of one org can overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Concurrency {
    /// One refresh at a time.
    #[default]
    SingleFlight,
    /// Unsynchronised workers that read the same credential and write what they get.
    Racing {
        /// How many; at least 2.
        workers: u16,
        /// They start within this time of the first.
        spread: SimDuration,
    },
}

/// How stopped apps react to an announced amnesty.
#[derive(Debug, Clone, PartialEq)]
pub struct Reaction {
    /// The share of orgs whose app reacts.
    pub share: Probability,
    /// How long after the announcement.
    pub delay: Distribution,
}

/// The person who re-authorises a disconnected org.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// How likely somebody does so at all.
    pub probability: Probability,
    /// How long after the app first met the refusal, or gave up.
    pub delay: Distribution,
}
