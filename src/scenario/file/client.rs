//! The behaviour of an app, and how it is written as amendments of a preset.

use super::distribution::{Dist, Time};
use crate::base::SimDuration;
use crate::scenario::read::{List, OrNone, Share, Spanned, choice, section};

section! {
    /// How an app refreshes, retries, gives up and is brought back.
    struct ClientForm ("a client") {
        /// What makes the app refresh.
        trigger: TriggerForm = required("{ before_expiry: { lead: 1m } }");
        /// Time from any instant until the app next needs a token for this org: what a lazy trigger waits for, and when a failed refresh is tried again unless a timetable says so.
        next_call: Dist<Time> = required("{ exponential: { mean: 1h } }");
        /// How long the app waits for an answer; `none` if it sets no timeout.
        timeout: OrNone<SimDuration> = required("30s");
        /// How long a call without a timeout hangs before a deploy or a supervisor ends the process.
        hang_limit: SimDuration = or(SimDuration::from_hours(24));
        /// Attempts per refresh, the first included.
        max_attempts: Spanned<u16> = optional;
        /// How long to wait between attempts.
        backoff: BackoffForm = or(BackoffForm::None);
        /// How that wait is spread.
        jitter: JitterForm = or(JitterForm::None);
        /// After what a further attempt is made.
        retry_on: List<RetryOnForm> = or(List(RetryOnForm::ALL.to_vec()));
        /// What the app makes of the `Retry-After` of a 429 or a 503.
        retry_after: RetryAfterForm = or(RetryAfterForm::Obey);
        /// How many retries the app allows itself, beyond `max_attempts`; any number, if not given.
        retry_budget: RetryBudgetForm = optional;
        /// When the app leaves an ill server alone; never, if not given.
        circuit_breaker: CircuitBreakerForm = optional;
        /// The connections that the orgs of a partner share; any number, if not given.
        pool: PoolForm = optional;
        /// What the app does when its credential is refused.
        on_refusal: OnRefusalForm = or(OnRefusalForm::KeepTrying(KeepTryingForm { every: None }));
        /// What the app does when all attempts of a refresh failed without a refusal.
        on_failure: OnFailureForm = or(OnFailureForm::TryLater);
        /// Whether refreshes of one org can overlap.
        concurrency: ConcurrencyForm = or(ConcurrencyForm::SingleFlight);
        /// How often a received answer is lost before it is stored.
        crash_before_store: Share = or(Share(0.0));
        /// Whether and when a stopped app reacts to an announced amnesty.
        reaction: ReactionForm = optional;
        /// The person who re-authorises a disconnected org.
        person: PersonForm = optional;
    }
}

choice! {
    /// What makes an app refresh.
    enum TriggerForm ("a trigger") {
        /// A timer, some time before the access token expires.
        BeforeExpiry(BeforeExpiryForm) = "before_expiry";
        /// Lazily: the first API call after the access token expired.
        AtExpiry = "at_expiry";
        /// A timetable, whether needed or not.
        Periodic(PeriodicForm) = "periodic";
        /// An API call was answered 401.
        OnUnauthorized = "on_unauthorized";
    }
}

section! {
    /// A timer before the expiry.
    struct BeforeExpiryForm ("the particulars of `before_expiry`") {
        /// How long before the access token expires.
        lead: Spanned<SimDuration> = required("1m");
    }
}

section! {
    /// A timetable.
    struct PeriodicForm ("the particulars of `periodic`") {
        /// The period.
        every: Spanned<SimDuration> = required("20m");
        /// Where in the period the orgs stand.
        schedule: TimetableForm = or(TimetableForm::Spread);
    }
}

choice! {
    /// Where in the period of a timetable the orgs stand.
    enum TimetableForm ("a schedule") {
        /// Spread evenly.
        Spread = "spread";
        /// All at multiples of the period since midnight UTC: a cron job.
        Aligned = "aligned";
    }
}

choice! {
    /// How long to wait between attempts.
    enum BackoffForm ("a backoff") {
        /// No wait.
        None = "none";
        /// Always the same wait.
        Constant(SimDuration) = "constant";
        /// The wait doubles with each attempt.
        Exponential(ExponentialForm) = "exponential";
    }
}

section! {
    /// A wait that doubles.
    struct ExponentialForm ("the particulars of `exponential`") {
        /// The first wait.
        base: SimDuration = required("200ms");
        /// The longest wait.
        cap: SimDuration = required("30s");
    }
}

choice! {
    /// How a wait is spread, after Brooker, "Exponential Backoff And Jitter" (2015).
    enum JitterForm ("a jitter") {
        /// Not at all.
        None = "none";
        /// Uniform between nothing and the wait.
        Full = "full";
        /// Half the wait, plus up to the other half.
        Equal = "equal";
        /// Uniform between the base and three times the previous wait, at most the cap.
        Decorrelated = "decorrelated";
    }
}

choice! {
    /// An end of an attempt after which a further one is made.
    enum RetryOnForm ("a reason to retry") {
        /// The client gave up waiting.
        Timeout = "timeout";
        /// The connection broke, or the answer was cut.
        Reset = "reset";
        /// A 5xx status.
        ServerError = "server_error";
        /// A 429.
        Throttled = "throttled";
    }
}

impl RetryOnForm {
    /// Every reason.
    const ALL: [Self; 4] = [Self::Timeout, Self::Reset, Self::ServerError, Self::Throttled];
}

choice! {
    /// What an app makes of a `Retry-After`.
    enum RetryAfterForm ("what to make of `Retry-After`") {
        /// It makes no attempt before that time has passed.
        Obey = "obey";
        /// It does not read it.
        Ignore = "ignore";
    }
}

section! {
    /// A token bucket for retries: each first attempt adds a part of a token, a retry costs one.
    struct RetryBudgetForm ("a retry budget") {
        /// What a first attempt adds: the share of retries that it allows in the long run.
        ratio: Share = required("10%");
        /// The most retries that can be saved up; there are so many at the start.
        burst: Spanned<u32> = required("5");
        /// Who shares it.
        per: PerForm = or(PerForm::Partner);
    }
}

section! {
    /// A circuit breaker: after too many failures no attempt is made for a while, then one.
    struct CircuitBreakerForm ("a circuit breaker") {
        /// The share of failures that opens it: timeouts, broken connections, 5xx and 429.
        failures: Spanned<Share> = required("50%");
        /// Of the last so many attempts.
        over: Spanned<u16> = required("20");
        /// How long it stays open.
        open_for: Spanned<SimDuration> = required("30s");
        /// Who shares it.
        per: PerForm = or(PerForm::Partner);
    }
}

choice! {
    /// Who shares a budget or a breaker.
    enum PerForm ("who shares it") {
        /// All orgs of a partner: one process serves them.
        Partner = "partner";
        /// Nobody: each org has its own.
        Org = "org";
    }
}

section! {
    /// A pool of connections. What finds none free waits in the client, first in first out, and its timeout runs.
    struct PoolForm ("a pool") {
        /// How many attempts of one partner are under way at once.
        size: Spanned<u32> = required("10");
    }
}

choice! {
    /// What an app does when its credential is refused.
    enum OnRefusalForm ("what to do on a refusal") {
        /// It tries again, for ever, with what it holds.
        KeepTrying(KeepTryingForm) = bare "keep_trying";
        /// It keeps the credentials and stops trying.
        Stop = "stop";
        /// It deletes the credentials.
        DeleteCredentials = "delete_credentials";
    }
}

section! {
    /// Trying for ever.
    struct KeepTryingForm ("the particulars of `keep_trying`") {
        /// The time between tries; as often as it would refresh anyway, if not given.
        every: Spanned<SimDuration> = optional;
    }
}

choice! {
    /// What an app does when a refresh failed without a refusal.
    enum OnFailureForm ("what to do on a failure") {
        /// It tries again when it would have anyway.
        TryLater = "try_later";
        /// It keeps the credentials and stops trying.
        Stop = "stop";
        /// It deletes the credentials.
        DeleteCredentials = "delete_credentials";
    }
}

choice! {
    /// Whether refreshes of one org can overlap.
    enum ConcurrencyForm ("a concurrency") {
        /// One refresh at a time.
        SingleFlight = "single_flight";
        /// Unsynchronised workers that share one credential.
        Racing(RacingForm) = "racing";
    }
}

section! {
    /// Unsynchronised workers.
    struct RacingForm ("the particulars of `racing`") {
        /// How many workers, at least 2.
        workers: Spanned<u16> = required("2");
        /// They start within this time of the first.
        spread: SimDuration = required("1s");
    }
}

section! {
    /// How stopped apps react to an announced amnesty.
    struct ReactionForm ("a reaction") {
        /// The share of orgs whose app reacts.
        share: Share = required("60%");
        /// How long after the announcement.
        delay: Dist<Time> = required("{ lognormal: { p50: 6h, p99: 3d } }");
    }
}

section! {
    /// The person who re-authorises a disconnected org.
    struct PersonForm ("a person") {
        /// How likely somebody does so at all.
        probability: Share = required("70%");
        /// How long after the app first met the refusal, or gave up.
        delay: Dist<Time> = required("{ lognormal: { p50: 1d, p99: 10d } }");
    }
}
