//! Merging one tree over another.

use crate::scenario::file::distribution::LAWS;
use crate::scenario::tree::{Entry, Node, Value};

/// Keys whose value is one thing, although it is written as a map: replaced as a whole.
const WHOLE: &[&str] =
    &["service_time", "orgs_per_partner", "next_call", "delay", "latency", "seen_as"];

/// Keys whose value is a choice with particulars: merged only where both choose the same word.
const CHOICES: &[&str] = &["policy", "trigger", "backoff", "on_refusal", "concurrency"];

/// Which key names the items of a list, if they have names.
pub(super) fn naming_key(list: &str) -> Option<&'static str> {
    match list {
        "swarm" => Some("name"),
        "incident" => Some("phase"),
        _ => None,
    }
}

/// Merges `over` over `base`, both standing under `key`.
pub(crate) fn overlay(base: &mut Node, over: Node, key: &str) {
    // The keys of an arm are paths: what counts is what they lead to.
    let key = key.rsplit('.').next().unwrap_or(key);
    promote(base, key, &over);
    let (span, same) = (over.span, same_choice(base, &over));
    match (&mut base.value, over.value) {
        (Value::Map(_), Value::Map(entries))
            if !WHOLE.contains(&key) && (same || !CHOICES.contains(&key)) =>
        {
            for entry in entries {
                overlay_entry(base, entry, key);
            }
        }
        (Value::Seq(items), Value::Seq(changes))
            if naming_key(key).is_some() && !changes.is_empty() =>
        {
            let naming = naming_key(key).unwrap_or_default();
            for change in changes {
                let name = change.get(naming).and_then(Node::text).map(str::to_owned);
                let known = items.iter_mut().find(|item| {
                    name.is_some() && item.get(naming).and_then(Node::text) == name.as_deref()
                });
                match known {
                    Some(item) => overlay(item, change, key),
                    None => items.push(change),
                }
            }
        }
        (_, value) => *base = Node { span, value },
    }
}

/// Merges one entry into the map `base`, which stands under `parent`.
fn overlay_entry(base: &mut Node, entry: Entry, parent: &str) {
    if entry.node.is_null() {
        base.remove(&entry.key);
        return;
    }
    make_room(base, parent, &entry.key);
    // Names that users give are no keys, even where they look like one.
    let role = if ["arms", "clients"].contains(&parent) { "" } else { entry.key.as_str() };
    match base.get_mut(&entry.key) {
        Some(node) => overlay(node, entry.node, role),
        None => {
            if let Value::Map(entries) = &mut base.value {
                entries.push(entry);
            }
        }
    }
}

/// Takes out of the map `base`, which stands under `parent`, what `key` excludes.
pub(super) fn make_room(base: &mut Node, parent: &str, key: &str) {
    let Value::Map(entries) = &mut base.value else {
        return;
    };
    let excluded = |other: &str| {
        other != key
            && match parent {
                "amnesty" | "incident" => {
                    ["for", "until"].contains(&key) && ["for", "until"].contains(&other)
                }
                parent if CHOICES.contains(&parent) => true,
                parent if WHOLE.contains(&parent) => LAWS.contains(&key) && LAWS.contains(&other),
                _ => false,
            }
    };
    entries.retain(|entry| !excluded(&entry.key));
}

/// Makes a map of a scalar that `over` is about to amend: the preset of a client, or a bare choice.
pub(super) fn promote(base: &mut Node, key: &str, over: &Node) {
    if over.entries().is_some() {
        promote_scalar(base, key);
    }
}

/// Makes a map of the scalar `base` where it stands for one.
pub(super) fn promote_scalar(base: &mut Node, key: &str) {
    let Some(text) = base.text().map(str::to_owned) else {
        return;
    };
    let span = base.span;
    let word = if key == "client" {
        Entry { key: "preset".to_owned(), key_span: span, node: Node::plain(span, text) }
    } else if CHOICES.contains(&key) {
        Entry { key: text, key_span: span, node: Node::empty_map(span) }
    } else {
        return;
    };
    base.value = Value::Map(vec![word]);
}

/// Whether both maps have the same first key: the word of a choice.
fn same_choice(base: &Node, over: &Node) -> bool {
    let word = |node: &Node| {
        let entries = node.entries()?;
        entries.first().map(|entry| entry.key.clone())
    };
    word(base).is_some() && word(base) == word(over)
}
