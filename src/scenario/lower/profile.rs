//! A client's profile: what an app does, checked for contradictions.

use super::incident::probability;
use super::restraint;
use crate::base::SimDuration;
use crate::client::{
    Backoff, BackoffShape, Concurrency, OnFailure, OnRefusal, Person, Profile, Reaction, RetryOn,
    Trigger,
};
use crate::scenario::file::client::{
    BackoffForm, ConcurrencyForm, OnRefusalForm, RetryOnForm, TriggerForm,
};
use crate::scenario::file::{ClientForm, ScenarioForm};
use crate::scenario::finding::Finding;
use crate::scenario::read::Reader;
use crate::scenario::source::Span;

/// The shortest time after which anything is done again: no loop may stand still.
const SHORTEST: SimDuration = SimDuration::from_secs(1);

/// The profile that `client` describes, whose cohort names it at `place`.
pub(super) fn profile(
    form: &ScenarioForm,
    client: &ClientForm,
    place: Span,
    reader: &mut Reader<'_>,
) -> Option<Profile> {
    let trigger = trigger(form, client, reader);
    let on_refusal = on_refusal(client, reader);
    let concurrency = concurrency(client, reader);
    let max_attempts = attempts(client, place, reader);
    let retry_budget = restraint::retry_budget(client, reader);
    let circuit_breaker = restraint::circuit_breaker(client, reader);
    let pool = restraint::pool(client, reader);
    check_waits(client, place, reader)?;
    Some(Profile {
        trigger: trigger?,
        next_call: client.next_call.meaning.clone(),
        timeout: client.timeout.0,
        hang_limit: client.hang_limit,
        max_attempts: max_attempts?,
        backoff: backoff(client),
        retry_on: retry_on(client),
        retry_after: (&client.retry_after).into(),
        retry_budget: retry_budget.ok()?,
        circuit_breaker: circuit_breaker.ok()?,
        pool: pool.ok()?,
        on_refusal: on_refusal?,
        on_failure: OnFailure::from(&client.on_failure),
        concurrency: concurrency?,
        crash_before_store: probability(client.crash_before_store),
        reaction: client.reaction.as_ref().map(|reaction| Reaction {
            share: probability(reaction.share),
            delay: reaction.delay.meaning.clone(),
        }),
        person: client.person.as_ref().map(|person| Person {
            probability: probability(person.probability),
            delay: person.delay.meaning.clone(),
        }),
    })
}

fn attempts(client: &ClientForm, place: Span, reader: &mut Reader<'_>) -> Option<u16> {
    let written = client.max_attempts.as_ref();
    let (attempts, place) = written.map_or((1, place), |attempts| (attempts.value, attempts.span));
    if attempts == 0 {
        let message = "a refresh takes at least one attempt";
        reader.report(Finding::at(place, message).help("write `max_attempts: 1` for no retry"));
        return None;
    }
    if attempts > 1 && client.retry_on.0.is_empty() {
        let message =
            format!("{attempts} attempts, but `retry_on` names no reason for a second one");
        reader.report(Finding::at(place, message).help("leave `retry_on` out for all reasons"));
        return None;
    }
    Some(attempts)
}

/// No loop may stand still, and an answer takes time.
fn check_waits(client: &ClientForm, place: Span, reader: &mut Reader<'_>) -> Option<()> {
    let often = client.next_call.meaning.quantile(0.5);
    if often < SHORTEST.as_micros() as f64 {
        let message =
            format!("half of all calls would follow the one before in less than {SHORTEST}");
        reader.report(Finding::at(client.next_call.span, message));
        return None;
    }
    if client.timeout.0.is_some_and(SimDuration::is_zero) || client.hang_limit.is_zero() {
        let message = "the client waits no time at all for an answer";
        let help = "write `timeout: 30s`, or `timeout: none` if it sets no timeout";
        reader.report(Finding::at(place, message).help(help));
        return None;
    }
    Some(())
}

fn backoff(client: &ClientForm) -> Backoff {
    Backoff {
        shape: match &client.backoff {
            BackoffForm::None => BackoffShape::None,
            BackoffForm::Constant(delay) => BackoffShape::Constant { delay: *delay },
            BackoffForm::Exponential(knobs) => {
                BackoffShape::Exponential { base: knobs.base, cap: knobs.cap }
            }
        },
        jitter: (&client.jitter).into(),
    }
}

fn retry_on(client: &ClientForm) -> RetryOn {
    let has = |reason: fn(&RetryOnForm) -> bool| client.retry_on.0.iter().any(reason);
    RetryOn {
        timeout: has(|reason| matches!(reason, RetryOnForm::Timeout)),
        reset: has(|reason| matches!(reason, RetryOnForm::Reset)),
        server_error: has(|reason| matches!(reason, RetryOnForm::ServerError)),
        throttled: has(|reason| matches!(reason, RetryOnForm::Throttled)),
    }
}

fn trigger(form: &ScenarioForm, client: &ClientForm, reader: &mut Reader<'_>) -> Option<Trigger> {
    Some(match &client.trigger {
        TriggerForm::AtExpiry => Trigger::AtExpiry,
        TriggerForm::OnUnauthorized => Trigger::OnUnauthorized,
        TriggerForm::BeforeExpiry(knobs) => {
            let ttl = &form.server.access_token_ttl;
            if knobs.lead.value >= ttl.value {
                let message = format!(
                    "the client would refresh {} before the expiry of a token that lives {}",
                    knobs.lead.value, ttl.value
                );
                reader.report(
                    Finding::at(knobs.lead.span, message)
                        .also(ttl.span, "`access_token_ttl` is set here")
                        .help("`lead` must be shorter than `access_token_ttl`"),
                );
                return None;
            }
            Trigger::BeforeExpiry { lead: knobs.lead.value }
        }
        TriggerForm::Periodic(knobs) => Trigger::Periodic {
            every: at_least(knobs.every.value, knobs.every.span, reader)?,
            schedule: (&knobs.schedule).into(),
        },
    })
}

fn on_refusal(client: &ClientForm, reader: &mut Reader<'_>) -> Option<OnRefusal> {
    Some(match &client.on_refusal {
        OnRefusalForm::Stop => OnRefusal::Stop,
        OnRefusalForm::DeleteCredentials => OnRefusal::DeleteCredentials,
        OnRefusalForm::KeepTrying(knobs) => OnRefusal::KeepTrying {
            every: match &knobs.every {
                None => None,
                Some(every) => Some(at_least(every.value, every.span, reader)?),
            },
        },
    })
}

fn at_least(every: SimDuration, span: Span, reader: &mut Reader<'_>) -> Option<SimDuration> {
    if every < SHORTEST {
        let message = format!("`every` is at least {SHORTEST}, found {every}");
        reader.report(Finding::at(span, message));
        return None;
    }
    Some(every)
}

fn concurrency(client: &ClientForm, reader: &mut Reader<'_>) -> Option<Concurrency> {
    let ConcurrencyForm::Racing(knobs) = &client.concurrency else {
        return Some(Concurrency::SingleFlight);
    };
    let workers = knobs.workers.value;
    if !(2..=64).contains(&workers) {
        let message = format!("{workers} workers cannot race: there must be 2 to 64");
        let help = "for one at a time write `concurrency: single_flight`";
        reader.report(Finding::at(knobs.workers.span, message).help(help));
        return None;
    }
    Some(Concurrency::Racing { workers, spread: knobs.spread })
}
