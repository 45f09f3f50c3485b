//! Policies, clients and distributions as a person would say them.

use crate::authority::{ConfirmBy, GraceReply, OnReuse, Policy, Siblings};
use crate::base::{Distribution, SimDuration};
use crate::client::{
    BackoffShape, Concurrency, Jitter, OnFailure, OnRefusal, Per, Profile, RetryAfter, Schedule,
    Trigger,
};

/// A duration, rounded to what matters: `5m30s`, `90ms`, `3d4h`; or "for ever".
pub(super) fn duration(length: SimDuration) -> String {
    if length == SimDuration::FOREVER {
        return "for ever".to_owned();
    }
    let micros = length.as_micros();
    // What is below a thousandth of the whole says nothing.
    let unit = [86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1_000]
        .into_iter()
        .find(|unit| micros >= unit * 1_000)
        .unwrap_or(1);
    let rounded = (micros + unit / 2) / unit * unit;
    SimDuration::from_micros(rounded).to_string()
}

/// A distribution of durations.
pub(super) fn time_law(distribution: &Distribution) -> String {
    law(distribution, |micros| duration(time(micros)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast to an integer saturates"
)]
fn time(micros: f64) -> SimDuration {
    SimDuration::from_micros(micros.round() as u64)
}

/// A distribution with values written by `unit`.
pub(super) fn law(distribution: &Distribution, unit: impl Fn(f64) -> String) -> String {
    distribution.describe(unit)
}

/// A number to three digits with thousands apart: `52,100`.
pub(super) fn roughly(number: f64) -> String {
    let unit = 10_f64.powf((number.max(1.0).log10().floor() - 2.0).max(0.0));
    count((number / unit).round() * unit)
}

/// A whole number with thousands apart: `52,143`; small ones to one decimal.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast to an integer saturates"
)]
pub(super) fn count(number: f64) -> String {
    if number < 10.0 && number.fract() > 0.05 {
        return format!("{number:.1}");
    }
    let digits = (number.round() as u64).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A policy in a sentence.
pub(super) fn policy(policy: &Policy) -> String {
    let reuse = |on_reuse: OnReuse| match on_reuse {
        OnReuse::None => "is refused",
        OnReuse::RevokeFamily => "is refused and revokes the family",
    };
    match policy {
        Policy::Static(_) => "static: no rotation".to_owned(),
        Policy::NonRevoking(knobs) => match knobs.keep {
            None => "non-revoking: every generation stays valid".to_owned(),
            Some(keep) => format!("non-revoking: the last {keep} generations stay valid"),
        },
        Policy::Strict(knobs) => {
            format!("strict: a superseded credential {}", reuse(knobs.on_reuse))
        }
        Policy::Grace(knobs) => {
            let reply = match knobs.reply {
                GraceReply::SamePair => "the same successor",
                GraceReply::NewBranch => "a further successor",
                GraceReply::ReplaceSuccessor => "a successor that replaces the first",
            };
            let times =
                knobs.max_reuse.map_or_else(String::new, |most| format!(" at most {most} times"));
            let close = knobs.close_on_use.map_or_else(String::new, |delay| {
                format!(" or until {} after the successor's first use", duration(delay))
            });
            let window = match duration(knobs.window) {
                forever if knobs.window == SimDuration::FOREVER => forever,
                window => format!("for {window}"),
            };
            format!(
                "grace: {} after its first use{close} the previous credential gets {reply}{times}; an older one {}",
                window,
                reuse(knobs.on_reuse),
            )
        }
        Policy::CommitOnUse(knobs) => {
            let use_of = match knobs.confirm_by {
                ConfirmBy::AccessUse => "its successor's first API call",
                ConfirmBy::RefreshUse => "its successor's first refresh",
                ConfirmBy::Either => "its successor's first use",
            };
            let siblings = match knobs.siblings {
                Siblings::Keep => "leaves other successors valid",
                Siblings::Revoke => "revokes other successors",
            };
            format!(
                "commit on use: a credential lives until {use_of}, which {siblings}; later it {}",
                reuse(knobs.on_reuse),
            )
        }
    }
}

/// A client in a sentence.
pub(super) fn client(profile: &Profile) -> String {
    let mut parts = vec![trigger(&profile.trigger)];
    parts.push(match profile.timeout {
        Some(timeout) => format!("waits {} for an answer", duration(timeout)),
        None => format!(
            "waits for an answer without a timeout (hangs at most {})",
            duration(profile.hang_limit)
        ),
    });
    parts.push(attempts(profile));
    parts.extend(restraint(profile));
    parts.push(match profile.on_refusal {
        OnRefusal::KeepTrying { every: None } => "if refused keeps trying".to_owned(),
        OnRefusal::KeepTrying { every: Some(every) } => {
            format!("if refused keeps trying every {}", duration(every))
        }
        OnRefusal::Stop => "if refused stops".to_owned(),
        OnRefusal::DeleteCredentials => "if refused deletes its credentials".to_owned(),
    });
    match profile.on_failure {
        OnFailure::TryLater => {}
        OnFailure::Stop => parts.push("if a refresh fails stops".to_owned()),
        OnFailure::DeleteCredentials => {
            parts.push("if a refresh fails deletes its credentials".to_owned());
        }
    }
    if let Concurrency::Racing { workers, spread } = profile.concurrency {
        parts.push(format!("{workers} workers race within {}", duration(spread)));
    }
    if !profile.crash_before_store.is_never() {
        parts.push(format!("loses {} of tokens before it stores them", profile.crash_before_store));
    }
    parts.join("; ")
}

/// What brings a client back, in a sentence.
pub(super) fn return_of(profile: &Profile) -> String {
    let reaction = profile.reaction.as_ref().map_or_else(
        || "apps that stopped do not react to an amnesty".to_owned(),
        |reaction| {
            let delay = time_law(&reaction.delay);
            let share = reaction.share;
            format!("of the apps that stopped {share} react to an amnesty, after {delay}")
        },
    );
    let person = profile.person.as_ref().map_or_else(
        || "nobody re-authorises".to_owned(),
        |person| {
            let delay = time_law(&person.delay);
            format!(
                "a person re-authorises {} of disconnected orgs, after {delay}",
                person.probability
            )
        },
    );
    format!("{reaction}; {person}")
}

fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::BeforeExpiry { lead } => format!("refreshes {} before expiry", duration(*lead)),
        Trigger::AtExpiry => "refreshes with the first call after expiry".to_owned(),
        Trigger::OnUnauthorized => "refreshes when a call is answered 401".to_owned(),
        Trigger::Periodic { every, schedule } => {
            let how = match schedule {
                Schedule::Spread => "each org at its own time",
                Schedule::Aligned => "all orgs at once",
            };
            format!("refreshes every {}, {how}", duration(*every))
        }
    }
}

/// What a client does to restrain itself; nothing, where it does what most do.
fn restraint(profile: &Profile) -> Vec<String> {
    let whose = |per: Per| match per {
        Per::Partner => "all orgs of a partner together",
        Per::Org => "each org for itself",
    };
    let mut parts = Vec::new();
    if profile.retry_after == RetryAfter::Ignore {
        parts.push("ignores Retry-After".to_owned());
    }
    if let Some(budget) = profile.retry_budget {
        parts.push(format!(
            "retries on a budget of {} of its refreshes and a burst of {}, {}",
            budget.ratio,
            count(budget.burst.into()),
            whose(budget.per)
        ));
    }
    if let Some(breaker) = profile.circuit_breaker {
        parts.push(format!(
            "leaves the server alone for {} when {} of the last {} attempts failed, {}",
            duration(breaker.open_for),
            breaker.failures,
            count(breaker.over.into()),
            whose(breaker.per)
        ));
    }
    if let Some(pool) = profile.pool {
        let size = count(pool.0.into());
        parts.push(format!("at most {size} attempts of a partner at once, the others wait"));
    }
    parts
}

fn attempts(profile: &Profile) -> String {
    if profile.max_attempts <= 1 {
        return "does not retry".to_owned();
    }
    let wait = match profile.backoff.shape {
        BackoffShape::None => "at once".to_owned(),
        BackoffShape::Constant { delay } => format!("after {}", duration(delay)),
        BackoffShape::Exponential { base, cap } => {
            format!("after {} doubling to {}", duration(base), duration(cap))
        }
    };
    let jitter = match profile.backoff.jitter {
        Jitter::None => "",
        Jitter::Full => " with full jitter",
        Jitter::Equal => " with equal jitter",
        Jitter::Decorrelated => " with decorrelated jitter",
    };
    let on = profile.retry_on;
    let reasons: Vec<&str> = [
        (on.timeout, "timeout"),
        (on.reset, "reset"),
        (on.server_error, "5xx"),
        (on.throttled, "429"),
    ]
    .into_iter()
    .filter_map(|(given, reason)| given.then_some(reason))
    .collect();
    format!(
        "makes up to {} attempts on {}, {wait}{jitter}",
        profile.max_attempts,
        reasons.join(", ")
    )
}
