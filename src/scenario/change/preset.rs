//! Presets written out as trees, so that they can be amended like anything else.

use crate::authority::preset as authority_preset;
use crate::client::{Profile, Trigger, preset as client_presets};
use crate::scenario::file::server::PolicyRuleForm;
use crate::scenario::lower::{client_json, old_access_token_json, policy_json, protocol_json};
use crate::scenario::read::{Form, Lasting};
use crate::scenario::source::Span;
use crate::scenario::tree::{Entry, Node, Value};

/// Replaces the name of a preset under `server.policy` by its rule, and fills in what the preset says
/// about the server where the scenario says nothing.
pub(crate) fn expand_policy(tree: &mut Node) {
    let Some(server) = tree.get_mut("server") else {
        return;
    };
    let Some((name, span)) =
        server.get("policy").and_then(|policy| Some((policy.text()?.to_owned(), policy.span)))
    else {
        return;
    };
    if PolicyRuleForm::WORDS.contains(&name.as_str()) {
        return;
    }
    // An unknown name is reported when the policy is read; until then any preset stands in, so that
    // the keys that a preset brings are not reported as missing.
    let known = authority_preset::find(&name);
    let Some(preset) = known.clone().or_else(|| authority_preset::all().into_iter().next()) else {
        return;
    };
    let rules = &preset.rules;
    let defaults = [
        ("protocol", protocol_json(preset.protocol)),
        ("access_token_ttl", rules.access_token_ttl.write()),
        ("session_lifetime", Lasting(rules.session_lifetime).write()),
        ("old_access_token", old_access_token_json(rules.old_access_token)),
    ];
    if let (Some(_), Some(policy)) = (known, server.get_mut("policy")) {
        *policy = Node::from_json(span, &policy_json(&rules.policy));
    }
    for (key, value) in defaults {
        let given = server.get(key).is_some_and(|node| !node.is_null());
        if let (false, Value::Map(entries)) = (given, &mut server.value) {
            entries.retain(|entry| entry.key != key);
            entries.push(Entry {
                key: key.to_owned(),
                key_span: span,
                node: Node::from_json(span, &value),
            });
        }
    }
}

/// The client preset `name` as a tree, all of it written at `span`.
pub(crate) fn client_preset(name: &str, span: Span) -> Option<Node> {
    let preset = client_presets::find(name)?;
    Some(Node::from_json(span, &client_json(&preset.profile)))
}

/// What a client has that names no preset: the plainest app, but for what it must say itself.
pub(crate) fn plain_client(span: Span) -> Node {
    let mut tree = Node::from_json(span, &client_json(&Profile::new(Trigger::AtExpiry)));
    for key in ["trigger", "timeout"] {
        tree.remove(key);
    }
    tree
}
