//! Clients: a preset, the scenario's defaults and a cohort's amendments made into one profile.

use super::profile::profile;
use super::written::client_json;
use crate::client::{Profile, Trigger};
use crate::scenario::change::{client_preset, overlay, plain_client};
use crate::scenario::file::{ClientForm, CohortForm, ScenarioForm};
use crate::scenario::finding::Finding;
use crate::scenario::read::{Name, Reader, Spanned};
use crate::scenario::source::Span;
use crate::scenario::tree::Node;

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
        .chain(crate::client::preset::all().iter().map(|preset| preset.name))
        .collect();
    let message = format!("there is no client `{name}`");
    reader.report(Finding::at(span, message).suggest(name, names));
}
