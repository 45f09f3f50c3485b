//! The resolved scenario: one value that needs no other file and no preset to be run again, and its
//! digest.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::file::{ClientForm, ScenarioForm};
use super::lower::named_client;
use super::plan::Plan;
use super::read::{Form, Reader};
use super::source::Span;
use super::tree::Node;

/// `form` in its canonical form, with the presets that it names written out.
pub(super) fn resolved(form: &ScenarioForm, reader: &mut Reader<'_>) -> Json {
    let mut resolved = form.write();
    let mut clients = Map::new();
    for (name, span) in client_names(form) {
        if !clients.contains_key(&name)
            && let Some(tree) = named_client(form, &name, span, reader)
        {
            clients.insert(name, in_order(&tree).into());
        }
    }
    resolved["clients"] = clients.into();
    resolved
}

/// A client's keys in the order of their documentation, whatever they were merged from.
fn in_order(client: &Node) -> Map<String, Json> {
    ClientForm::KEYS
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), client.get(key)?.to_json())))
        .collect()
}

/// The names of all clients that the scenario defines or uses, its arms included.
fn client_names(form: &ScenarioForm) -> Vec<(String, Span)> {
    let mut names: Vec<(String, Span)> =
        form.clients.0.iter().map(|(name, _)| (name.value.clone(), name.span)).collect();
    let mut add = |client: &Node| {
        let named = client.get("preset").unwrap_or(client);
        if let Some(name) = named.text() {
            names.push((name.to_owned(), named.span));
        }
    };
    for cohort in &form.swarm.value.0 {
        add(&cohort.client.0);
    }
    for (_, changes) in &form.arms.0.0 {
        for (path, value) in &changes.0 {
            let is_client =
                path.value.ends_with(".client") || path.value.ends_with(".client.preset");
            if path.value.starts_with("swarm.") && is_client {
                add(&value.0);
            }
        }
    }
    names
}

/// SHA-256 of the resolved scenario, in hex.
pub(super) fn digest(resolved: &Json) -> String {
    let hash = Sha256::digest(resolved.to_string().as_bytes());
    hash.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The resolved scenario of `plan` as YAML: a scenario file that gives the same digest.
///
/// # Errors
/// If the writer fails, which no resolved scenario makes it do.
pub fn resolved_yaml(plan: &Plan) -> Result<String, serde_yaml::Error> {
    serde_yaml::to_string(&plan.resolved)
}

/// A value on one line, as YAML's flow style has it.
pub(super) fn flow_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null | Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(flow_text).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(map) if map.is_empty() => "{}".to_owned(),
        Json::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}: {}", flow_text(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}
