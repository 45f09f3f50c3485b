//! What can still be checked of a scenario that cannot be read whole: all errors at once.
//!
//! Checks across sections are made on the parts that could be read, with plain stand-ins for those
//! that could not. A stand-in provokes no error of its own: whatever refers to what it replaces is left
//! out.

use serde_json::json;

use super::file::scenario::ClockForm;
use super::file::server::ServerForm;
use super::file::swarm::Amendments;
use super::file::{CohortForm, PhaseForm, ScenarioForm};
use super::finding::Sink;
use super::lower;
use super::read::{Form, List, Name, Named, Reader, Spanned};
use super::tree::{Entry, Node, Value};

/// Reports what is wrong with the readable parts of `tree`, beyond what reading it reported.
pub(super) fn check(tree: &Node, reader: &mut Reader<'_>) {
    let mut rest = tree.clone();
    let apart =
        ["arms", "expect", "sweep", "about", "assumptions", "extends", "seed", "replications"];
    for key in apart {
        rest.remove(key);
    }
    if !readable::<Spanned<Name>>(&rest, "name", reader) {
        put(&mut rest, "name", &json!("unnamed"));
    }
    if !readable::<ClockForm>(&rest, "clock", reader) {
        put(&mut rest, "clock", &json!({ "start": "1970-01-01T00:00:00Z", "duration": "3650d" }));
        forget_times(&mut rest);
    }
    if !readable::<ServerForm>(&rest, "server", reader) {
        // It has workers, so that phases can take them away.
        let server = json!({
            "policy": "strict",
            "access_token_ttl": "3650d",
            "service_time": "1ms",
            "station": { "workers": 1, "queue_limit": 1 },
        });
        put(&mut rest, "server", &server);
    }
    let clients = readable_or_absent::<Named<Amendments>>(&rest, "clients", reader)
        && readable_or_absent::<Amendments>(&rest, "client_defaults", reader);
    if !clients {
        rest.remove("clients");
        rest.remove("client_defaults");
    }
    if !(clients && readable::<List<CohortForm>>(&rest, "swarm", reader)) {
        keep_readable_cohorts(&mut rest, clients, reader);
        forget_times(&mut rest);
    }
    if !readable_or_absent::<List<PhaseForm>>(&rest, "incident", reader) {
        forget_times(&mut rest);
    }
    let mut heard = Sink::default();
    let mut quiet = Reader { sources: reader.sources, sink: &mut heard, section: None };
    if let Some(form) = ScenarioForm::read(&rest, &mut quiet) {
        lower::world(&form, reader);
    }
}

/// Leaves out what refers to instants, phases or cohorts that may be stand-ins.
fn forget_times(tree: &mut Node) {
    tree.remove("incident");
    if let Some(server) = tree.get_mut("server") {
        server.remove("amnesty");
    }
}

/// Leaves the cohorts that can be read, or a stand-in if there is none.
fn keep_readable_cohorts(tree: &mut Node, clients: bool, reader: &Reader<'_>) {
    if let Some(Node { value: Value::Seq(cohorts), .. }) = tree.get_mut("swarm") {
        cohorts.retain(|cohort| clients && reads::<CohortForm>(cohort, reader));
        if !cohorts.is_empty() {
            return;
        }
    }
    let client = json!({ "trigger": "at_expiry", "timeout": "10s" });
    let cohort = json!({ "name": "all", "partners": 1, "orgs_per_partner": 1, "client": client });
    put(tree, "swarm", &json!([cohort]));
}

fn readable<T: Form>(tree: &Node, key: &str, reader: &Reader<'_>) -> bool {
    tree.get(key).is_some_and(|node| reads::<T>(node, reader))
}

fn readable_or_absent<T: Form>(tree: &Node, key: &str, reader: &Reader<'_>) -> bool {
    tree.get(key).is_none_or(|node| reads::<T>(node, reader))
}

/// Whether `node` reads as a `T` without any error.
fn reads<T: Form>(node: &Node, reader: &Reader<'_>) -> bool {
    let mut heard = Sink::default();
    let mut quiet = Reader { sources: reader.sources, sink: &mut heard, section: None };
    T::read(node, &mut quiet).is_some() && heard.is_empty()
}

/// Sets a key of a map to a stand-in.
fn put(tree: &mut Node, key: &str, value: &serde_json::Value) {
    let span = tree.span;
    tree.remove(key);
    if let Value::Map(entries) = &mut tree.value {
        let node = Node::from_json(span, value);
        entries.push(Entry { key: key.to_owned(), key_span: span, node });
    }
}
