//! Clients as they are written: how presets become text that can be amended.

use serde_json::{Map, Value as Json, json};

use super::law::law_json;
use crate::client::{
    BackoffShape, CircuitBreaker, Concurrency, OnRefusal, Profile, RetryAfter, RetryBudget,
    RetryOn, Trigger,
};
use crate::scenario::file::client::{
    JitterForm, OnFailureForm, PerForm, RetryAfterForm, RetryOnForm, TimetableForm,
};
use crate::scenario::read::{Form, List, OrNone, percent_text};

/// A profile as it is written, with every key that has a value.
pub(crate) fn client_json(profile: &Profile) -> Json {
    let mut map = Map::new();
    let mut put = |key: &str, value: Json| map.insert(key.to_owned(), value);
    put("trigger", trigger_json(&profile.trigger));
    put("next_call", law_json(&profile.next_call));
    put("timeout", OrNone(profile.timeout).write());
    put("hang_limit", profile.hang_limit.write());
    put("max_attempts", profile.max_attempts.into());
    put("backoff", backoff_json(profile.backoff.shape));
    put("jitter", JitterForm::from(profile.backoff.jitter).write());
    // Without a second attempt its reasons mean nothing; whoever adds one gets the default reasons.
    if profile.max_attempts > 1 {
        put("retry_on", retry_on_json(profile.retry_on));
    }
    if profile.retry_after == RetryAfter::Ignore {
        put("retry_after", RetryAfterForm::from(profile.retry_after).write());
    }
    if let Some(budget) = profile.retry_budget {
        put("retry_budget", budget_json(budget));
    }
    if let Some(breaker) = profile.circuit_breaker {
        put("circuit_breaker", breaker_json(breaker));
    }
    if let Some(pool) = profile.pool {
        put("pool", json!({ "size": pool.0 }));
    }
    put("on_refusal", on_refusal_json(profile.on_refusal));
    put("on_failure", OnFailureForm::from(profile.on_failure).write());
    put("concurrency", concurrency_json(profile.concurrency));
    let crash = percent_text(profile.crash_before_store.as_f64());
    put("crash_before_store", crash.into());
    if let Some(reaction) = &profile.reaction {
        let share = percent_text(reaction.share.as_f64());
        let delay = law_json(&reaction.delay);
        put("reaction", json!({ "share": share, "delay": delay }));
    }
    if let Some(person) = &profile.person {
        let probability = percent_text(person.probability.as_f64());
        let delay = law_json(&person.delay);
        put("person", json!({ "probability": probability, "delay": delay }));
    }
    map.into()
}

fn trigger_json(trigger: &Trigger) -> Json {
    match trigger {
        Trigger::AtExpiry => "at_expiry".into(),
        Trigger::OnUnauthorized => "on_unauthorized".into(),
        Trigger::BeforeExpiry { lead } => json!({ "before_expiry": { "lead": lead.write() } }),
        Trigger::Periodic { every, schedule } => json!({
            "periodic": {
                "every": every.write(),
                "schedule": TimetableForm::from(*schedule).write(),
            },
        }),
    }
}

fn backoff_json(shape: BackoffShape) -> Json {
    match shape {
        BackoffShape::None => "none".into(),
        BackoffShape::Constant { delay } => json!({ "constant": delay.write() }),
        BackoffShape::Exponential { base, cap } => {
            json!({ "exponential": { "base": base.write(), "cap": cap.write() } })
        }
    }
}

fn retry_on_json(reasons: RetryOn) -> Json {
    let all = [
        (reasons.timeout, RetryOnForm::Timeout),
        (reasons.reset, RetryOnForm::Reset),
        (reasons.server_error, RetryOnForm::ServerError),
        (reasons.throttled, RetryOnForm::Throttled),
    ];
    List(all.into_iter().filter_map(|(given, reason)| given.then_some(reason)).collect()).write()
}

fn budget_json(RetryBudget { ratio, burst, per }: RetryBudget) -> Json {
    let ratio = percent_text(ratio.as_f64());
    json!({ "ratio": ratio, "burst": burst, "per": PerForm::from(per).write() })
}

fn breaker_json(CircuitBreaker { failures, over, open_for, per }: CircuitBreaker) -> Json {
    json!({
        "failures": percent_text(failures.as_f64()),
        "over": over,
        "open_for": open_for.write(),
        "per": PerForm::from(per).write(),
    })
}

fn on_refusal_json(on_refusal: OnRefusal) -> Json {
    match on_refusal {
        OnRefusal::KeepTrying { every: None } => "keep_trying".into(),
        OnRefusal::KeepTrying { every: Some(every) } => {
            json!({ "keep_trying": { "every": every.write() } })
        }
        OnRefusal::Stop => "stop".into(),
        OnRefusal::DeleteCredentials => "delete_credentials".into(),
    }
}

fn concurrency_json(concurrency: Concurrency) -> Json {
    match concurrency {
        Concurrency::SingleFlight => "single_flight".into(),
        Concurrency::Racing { workers, spread } => {
            json!({ "racing": { "workers": workers, "spread": spread.write() } })
        }
    }
}
