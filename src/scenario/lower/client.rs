//! Clients: a preset, the scenario's defaults and a cohort's amendments made into one profile.

use serde_json::{Map, Value as Json, json};

use super::incident::probability;
use super::law::law_json;
use crate::base::SimDuration;
use crate::client::{
    Backoff, BackoffShape, Concurrency, OnFailure, OnRefusal, Person, Profile, Reaction, RetryOn,
    Trigger,
};
use crate::scenario::change::{client_preset, overlay, plain_client};
use crate::scenario::file::client::{
    BackoffForm, ConcurrencyForm, JitterForm, OnFailureForm, OnRefusalForm, RetryOnForm,
    TimetableForm, TriggerForm,
};
use crate::scenario::file::{ClientForm, CohortForm, ScenarioForm};
use crate::scenario::finding::Finding;
use crate::scenario::read::{Form, List, Name, OrNone, Reader, Spanned, percent_text};
use crate::scenario::source::Span;
use crate::scenario::tree::Node;

/// The shortest time after which anything is done again: no loop may stand still.
const SHORTEST: SimDuration = SimDuration::from_secs(1);

/// The name and the profile of a cohort's client.
pub(super) fn client_of(
    form: &ScenarioForm,
    cohort: &CohortForm,
    reader: &mut Reader<'_>,
) -> Option<(String, Profile)> {
    let own = &cohort.client.0;
    let (name, merged) = merged(form, own, reader)?;
    let client: ClientForm = reader.under(own.span, &merged)?;
    let profile = profile(form, &client, own.span, reader)?;
    Some((name, profile))
}

/// The preset that `own` names, under the scenario's defaults, under `own`.
fn merged(form: &ScenarioForm, own: &Node, reader: &mut Reader<'_>) -> Option<(String, Node)> {
    let mut own = own.clone();
    let preset = match own.text() {
        Some(name) => {
            let preset = Node::plain(own.span, name);
            own = Node::empty_map(own.span);
            Some(preset)
        }
        None => own.remove("preset").map(|entry| entry.node),
    };
    let (name, mut tree) = match &preset {
        None => ("inline".to_owned(), plain_client(own.span)),
        Some(preset) => {
            let name = preset.text().unwrap_or_default();
            (name.to_owned(), named(form, name, preset.span, reader)?)
        }
    };
    if let Some(defaults) = &form.client_defaults {
        if let Some(preset) = defaults.0.get("preset") {
            let message = "`client_defaults` cannot have a preset: it amends those of the cohorts";
            reader.report(Finding::at(preset.span, message));
            return None;
        }
        overlay(&mut tree, defaults.0.clone(), "");
    }
    overlay(&mut tree, own, "");
    Some((name, tree))
}

/// The client `name` of the scenario or of the presets.
pub(crate) fn named(
    form: &ScenarioForm,
    name: &str,
    span: Span,
    reader: &mut Reader<'_>,
) -> Option<Node> {
    let own = form.clients.0.iter().find(|(known, _)| known.value == name);
    if let Some((_, amendments)) = own {
        let mut own = amendments.0.clone();
        let mut tree = match own.remove("preset") {
            None => plain_client(own.span),
            Some(entry) => {
                let preset = entry.node.text().unwrap_or_default();
                let Some(tree) = client_preset(preset, entry.node.span) else {
                    report_unknown(None, preset, entry.node.span, reader);
                    return None;
                };
                tree
            }
        };
        overlay(&mut tree, own, "");
        return Some(tree);
    }
    let preset = client_preset(name, span);
    if preset.is_none() {
        report_unknown(Some(form), name, span, reader);
    }
    preset
}

/// Reports what is wrong with an entry of `clients`, whether or not a cohort uses it.
pub(super) fn check_client(form: &ScenarioForm, name: &Spanned<String>, reader: &mut Reader<'_>) {
    if let Err(error) = Name::check(&name.value) {
        let help = "names consist of letters, digits, `_` and `-`";
        reader.report(Finding::at(name.span, error.to_string()).help(help));
    }
    // Cohorts may add what an entry leaves out, so the keys that must be there are filled in.
    let mut tree = Node::from_json(name.span, &client_json(&Profile::new(Trigger::AtExpiry)));
    if let Some(entry) = named(form, &name.value, name.span, reader) {
        overlay(&mut tree, entry, "");
        reader.under::<ClientForm>(name.span, &tree);
    }
}

fn report_unknown(form: Option<&ScenarioForm>, name: &str, span: Span, reader: &mut Reader<'_>) {
    let own = form.into_iter().flat_map(|form| &form.clients.0);
    let names: Vec<&str> = own
        .map(|(name, _)| name.value.as_str())
        .chain(
            crate::client::preset::all()
                .iter()
                .map(|preset| preset.name),
        )
        .collect();
    let message = format!("there is no client `{name}`");
    reader.report(Finding::at(span, message).suggest(name, names));
}

fn profile(
    form: &ScenarioForm,
    client: &ClientForm,
    place: Span,
    reader: &mut Reader<'_>,
) -> Option<Profile> {
    let trigger = trigger(form, client, reader);
    let on_refusal = on_refusal(client, reader);
    let concurrency = concurrency(client, reader);
    let max_attempts = client
        .max_attempts
        .as_ref()
        .map_or(1, |attempts| attempts.value);
    if max_attempts == 0 {
        let place = client
            .max_attempts
            .as_ref()
            .map_or(place, |attempts| attempts.span);
        let message = "a refresh takes at least one attempt";
        reader.report(Finding::at(place, message).help("write `max_attempts: 1` for no retry"));
        return None;
    }
    if max_attempts > 1 && client.retry_on.0.is_empty() {
        let place = client
            .max_attempts
            .as_ref()
            .map_or(place, |attempts| attempts.span);
        let message =
            format!("{max_attempts} attempts, but `retry_on` names no reason for a second one");
        reader.report(Finding::at(place, message).help("leave `retry_on` out for all reasons"));
        return None;
    }
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
    let retries = |reason: fn(&RetryOnForm) -> bool| client.retry_on.0.iter().any(reason);
    Some(Profile {
        trigger: trigger?,
        next_call: client.next_call.meaning.clone(),
        timeout: client.timeout.0,
        hang_limit: client.hang_limit,
        max_attempts,
        backoff: Backoff {
            shape: match &client.backoff {
                BackoffForm::None => BackoffShape::None,
                BackoffForm::Constant(delay) => BackoffShape::Constant { delay: *delay },
                BackoffForm::Exponential(knobs) => BackoffShape::Exponential {
                    base: knobs.base,
                    cap: knobs.cap,
                },
            },
            jitter: (&client.jitter).into(),
        },
        retry_on: RetryOn {
            timeout: retries(|reason| matches!(reason, RetryOnForm::Timeout)),
            reset: retries(|reason| matches!(reason, RetryOnForm::Reset)),
            server_error: retries(|reason| matches!(reason, RetryOnForm::ServerError)),
            throttled: retries(|reason| matches!(reason, RetryOnForm::Throttled)),
        },
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
            Trigger::BeforeExpiry {
                lead: knobs.lead.value,
            }
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
    Some(Concurrency::Racing {
        workers,
        spread: knobs.spread,
    })
}

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
    put("on_refusal", on_refusal_json(profile.on_refusal));
    put(
        "on_failure",
        OnFailureForm::from(profile.on_failure).write(),
    );
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
        put(
            "person",
            json!({ "probability": probability, "delay": delay }),
        );
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
    List(
        all.into_iter()
            .filter_map(|(given, reason)| given.then_some(reason))
            .collect(),
    )
    .write()
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
