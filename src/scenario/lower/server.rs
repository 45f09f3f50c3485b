//! The server: its rules, its amnesty, and what stands before it.

use serde_json::Value as Json;

use super::incident::cohorts;
use super::time::Timeline;
use crate::authority::{Amnesty, CommitOnUse, Grace, NonRevoking, Policy, Rules, Static, Strict};
use crate::base::SimDuration;
use crate::protocol::oauth1::{Registration, RsaKey};
use crate::scenario::file::server::{
    CommitOnUseForm, GraceForm, NonRevokingForm, PolicyRuleForm, StrictForm,
};
use crate::scenario::file::{Anchor, ScenarioForm};
use crate::scenario::finding::Finding;
use crate::scenario::read::{Form, Lasting, OrNone, Reader, Reported};
use crate::scenario::source::Span;
use crate::world::{Server, StationSpec};

/// The amnesty and the cohorts that it covers.
pub(super) struct Covered {
    amnesty: Amnesty,
    scope: Option<Vec<String>>,
}

impl Covered {
    /// The amnesty of a cohort.
    pub(super) fn of(&self, cohort: &str) -> Option<Amnesty> {
        match &self.scope {
            Some(names) if !names.iter().any(|name| name == cohort) => None,
            Some(_) | None => Some(self.amnesty),
        }
    }
}

/// The server without its rules.
pub(super) fn server(form: &ScenarioForm, reader: &mut Reader<'_>) -> Option<Server> {
    Some(Server {
        protocol: (&form.server.protocol).into(),
        service_time: form.server.service_time.meaning.clone(),
        station: StationSpec::Unlimited,
        gateway_timeout: form.server.gateway_timeout.0,
        overhead: SimDuration::ZERO,
        registrations: registrations(form, reader)?,
    })
}

/// The apps that the server knows; their keys are read here, so that a bad one has a place.
fn registrations(form: &ScenarioForm, reader: &mut Reader<'_>) -> Option<Vec<Registration>> {
    let mut known: Vec<Registration> = Vec::new();
    let mut complete = true;
    for form in form.server.registrations.iter().flat_map(|list| &list.0) {
        let key = &form.key.value;
        if known.iter().any(|other| other.key == *key) {
            let message = format!("`{key}` is registered twice");
            reader.report(Finding::at(form.key.span, message));
            complete = false;
        }
        let mut rsa = None;
        if let Some(pem) = &form.rsa_public_key {
            match RsaKey::from_pem(pem.value.as_bytes()) {
                Ok(key) => rsa = Some(key),
                Err(error) => {
                    let message = format!("expected a public key of RSA in PEM, found {error}");
                    let help = "for example the output of `openssl rsa -in key.pem -pubout`";
                    reader.report(Finding::at(pem.span, message).help(help));
                    complete = false;
                }
            }
        }
        known.push(Registration { key: key.clone(), secret: form.secret.clone(), rsa });
    }
    complete.then_some(known)
}

/// The rules without the amnesty.
pub(super) fn rules(form: &ScenarioForm, reader: &mut Reader<'_>) -> Option<Rules> {
    const SHORTEST: SimDuration = SimDuration::from_secs(1);
    let server = &form.server;
    if server.access_token_ttl.value < SHORTEST {
        let message = format!("an access token lives at least {SHORTEST}");
        reader.report(Finding::at(server.access_token_ttl.span, message));
        return None;
    }
    Some(Rules {
        policy: policy(&server.policy.value.0, server.policy.span, reader)?,
        amnesty: None,
        access_token_ttl: server.access_token_ttl.value,
        session_lifetime: server.session_lifetime.0,
        old_access_token: (&server.old_access_token).into(),
    })
}

fn policy(form: &PolicyRuleForm, form_span: Span, reader: &mut Reader<'_>) -> Option<Policy> {
    Some(match form {
        PolicyRuleForm::Static => Policy::Static(Static),
        PolicyRuleForm::NonRevoking(knobs) => {
            if knobs.keep.0 == Some(0) {
                let message = "at least the newest generation stays valid";
                reader.report(Finding::at(form_span, message).help("write `keep: 1` or more"));
                return None;
            }
            Policy::NonRevoking(NonRevoking { keep: knobs.keep.0 })
        }
        PolicyRuleForm::Strict(knobs) => {
            Policy::Strict(Strict { on_reuse: (&knobs.on_reuse).into() })
        }
        PolicyRuleForm::Grace(knobs) => Policy::Grace(Grace {
            window: knobs.window.0,
            max_reuse: knobs.max_reuse.0,
            reply: (&knobs.reply).into(),
            close_on_use: knobs.close_on_use.0,
            on_reuse: (&knobs.on_reuse).into(),
        }),
        PolicyRuleForm::CommitOnUse(knobs) => Policy::CommitOnUse(CommitOnUse {
            confirm_by: (&knobs.confirm_by).into(),
            siblings: (&knobs.siblings).into(),
            on_reuse: (&knobs.on_reuse).into(),
        }),
    })
}

/// A policy as it is written.
pub(crate) fn policy_json(policy: &Policy) -> Json {
    match policy {
        Policy::Static(_) => PolicyRuleForm::Static,
        Policy::NonRevoking(knobs) => {
            PolicyRuleForm::NonRevoking(NonRevokingForm { keep: OrNone(knobs.keep) })
        }
        Policy::Strict(knobs) => {
            PolicyRuleForm::Strict(StrictForm { on_reuse: knobs.on_reuse.into() })
        }
        Policy::Grace(knobs) => PolicyRuleForm::Grace(GraceForm {
            window: Lasting(knobs.window),
            max_reuse: OrNone(knobs.max_reuse),
            reply: knobs.reply.into(),
            close_on_use: OrNone(knobs.close_on_use),
            on_reuse: knobs.on_reuse.into(),
        }),
        Policy::CommitOnUse(knobs) => PolicyRuleForm::CommitOnUse(CommitOnUseForm {
            confirm_by: knobs.confirm_by.into(),
            siblings: knobs.siblings.into(),
            on_reuse: knobs.on_reuse.into(),
        }),
    }
    .write()
}

/// The amnesty: `Some(None)` if there is none.
pub(super) fn amnesty(
    form: &ScenarioForm,
    timeline: &Timeline<'_>,
    reader: &mut Reader<'_>,
) -> Result<Option<Covered>, Reported> {
    let Some(written) = &form.server.amnesty else {
        return Ok(None);
    };
    let window = timeline.window(&Anchor::Amnesty, true, reader);
    let announced = match &written.announced {
        Some(moment) => timeline.instant(moment, "the announcement of the amnesty", reader),
        None => window.map(|window| window.from),
    };
    let scope = match &written.scope {
        None => Some(None),
        Some(names) => cohorts(form, names, "the amnesty covers no cohort", reader)
            .map(|_| Some(names.value.0.iter().map(|name| name.value.0.clone()).collect())),
    };
    let (Some(window), Some(announced), Some(scope)) = (window, announced, scope) else {
        return Err(Reported);
    };
    if announced >= window.until {
        let place = written.announced.as_ref().map_or(written.from.span, |moment| moment.span);
        let message = "the amnesty is announced when it is over";
        reader.report(Finding::at(place, message));
        return Err(Reported);
    }
    let stagger = written.stagger.as_ref().map_or(SimDuration::ZERO, |stagger| stagger.value);
    if let Some(written) = &written.stagger
        && announced + stagger > window.until
    {
        let left = window.until.since(announced);
        let message = "the last partners would hear of the amnesty when it is over";
        let help = format!("it is over {left} after the announcement");
        reader.report(Finding::at(written.span, message).help(help));
        return Err(Reported);
    }
    let amnesty = Amnesty {
        from: window.from,
        until: window.until,
        announced,
        stagger,
        reply: (&written.reply).into(),
        unrevoke: written.unrevoke,
    };
    Ok(Some(Covered { amnesty, scope }))
}
