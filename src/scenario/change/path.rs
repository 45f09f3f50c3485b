//! Paths into a scenario: `server.policy.grace.window`, `swarm.xero-net.client.timeout`.

use super::overlay::{make_room, naming_key, overlay, promote_scalar};
use crate::scenario::finding::Finding;
use crate::scenario::source::Span;
use crate::scenario::tree::{Entry, Node, Value};

/// A path: keys, and names of items of `swarm` and `incident`, separated by dots.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    segments: Vec<(String, Span)>,
    span: Span,
}

impl Path {
    /// The path that is written at `span`.
    pub(crate) fn parse(text: &str, span: Span) -> Result<Self, Finding> {
        let mut segments = Vec::new();
        let mut at = 0;
        // Where the text does not stand in the source as it reads, only the whole can be shown.
        let exact = span.range().len() == text.len();
        for segment in text.split('.') {
            let place = if exact { span.part(at..at + segment.len()) } else { span };
            if segment.trim().is_empty() {
                return Err(Finding::at(place, format!("the path `{text}` has an empty part"))
                    .help("a path is keys separated by dots: `server.policy.grace.window`"));
            }
            segments.push((segment.trim().to_owned(), place));
            at += segment.len() + 1;
        }
        if segments.len() > crate::scenario::tree::DEPTH_MAX {
            return Err(Finding::at(span, "the path is too long"));
        }
        Ok(Self { segments, span })
    }

    /// The parts of the path.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Where the path is written.
    pub(crate) fn span(&self) -> Span {
        self.span
    }
}

/// Merges `value` into `tree` at `path`; null removes what is there. A path into a section that only
/// arms have, such as `server.amnesty.for` where the amnesty is what an arm adds, changes those arms.
pub(crate) fn change(tree: &mut Node, path: &Path, value: Node) -> Result<(), Finding> {
    let parts = path.parts();
    let (_, section) = parts.split_last().unwrap_or((&"", &[]));
    let owners = if holds(tree, section) { Vec::new() } else { arms_with(tree, section) };
    let Some(arms) = tree.get_mut("arms").filter(|_| !owners.is_empty()) else {
        return step(tree, "", &path.segments, value, path);
    };
    owners
        .iter()
        .try_for_each(|owner| arm(arms, (owner, path.span), &path.segments, value.clone(), path))
}

/// Whether `tree` has a node at these keys.
fn holds(tree: &Node, keys: &[&str]) -> bool {
    let mut node = Some(tree);
    for key in keys {
        node = node.and_then(|node| match &node.value {
            Value::Map(_) => node.get(key),
            // Items by their names; a scalar can stand for a section.
            Value::Seq(_) | Value::Scalar { .. } => Some(node),
        });
    }
    node.is_some()
}

/// The arms that change or add the section at these keys.
fn arms_with(tree: &Node, section: &[&str]) -> Vec<String> {
    let arms = tree.get("arms").and_then(Node::entries).unwrap_or(&[]);
    let has = |arm: &&Entry| {
        arm.node.entries().unwrap_or(&[]).iter().any(|change| {
            let key: Vec<&str> = change.key.split('.').collect();
            section.strip_prefix(key.as_slice()).is_some_and(|rest| holds(&change.node, rest))
        })
    };
    arms.iter().filter(has).map(|arm| arm.key.clone()).collect()
}

fn step(
    node: &mut Node,
    parent: &str,
    rest: &[(String, Span)],
    value: Node,
    path: &Path,
) -> Result<(), Finding> {
    let Some(((segment, place), rest)) = rest.split_first() else {
        overlay(node, value, parent);
        return Ok(());
    };
    promote_scalar(node, parent);
    if node.is_null() {
        node.value = Value::Map(Vec::new());
    }
    match &mut node.value {
        Value::Map(_) => {
            if parent == "arms" {
                return arm(node, (segment, *place), rest, value, path);
            }
            if rest.is_empty() && value.is_null() {
                node.remove(segment);
                return Ok(());
            }
            make_room(node, parent, segment);
            let child = child(node, segment, *place);
            let role = if parent == "clients" { "" } else { segment };
            match child {
                Some(child) => step(child, role, rest, value, path),
                None => Ok(()),
            }
        }
        Value::Seq(items) => {
            let Some(naming) = naming_key(parent) else {
                let message = format!("`{parent}` is a list without named items");
                return Err(Finding::at(*place, message).help(format!("set `{parent}` as a whole")));
            };
            let names: Vec<String> = items
                .iter()
                .filter_map(|item| item.get(naming).and_then(Node::text).map(str::to_owned))
                .collect();
            let Some(at) = names.iter().position(|name| name == segment) else {
                let kind = if naming == "name" { "cohort" } else { "phase" };
                let message = format!("there is no {kind} `{segment}`");
                let names = names.iter().map(String::as_str);
                return Err(Finding::at(*place, message).suggest(segment, names));
            };
            // The items that have names keep their order, so the position counts only those.
            let item = items
                .iter_mut()
                .filter(|item| item.get(naming).and_then(Node::text).is_some())
                .nth(at);
            match item {
                Some(item) => step(item, parent, rest, value, path),
                None => Ok(()),
            }
        }
        Value::Scalar { text, .. } => {
            let message = format!("`{parent}` is `{text}`: there is no `{segment}` in it");
            Err(Finding::at(*place, message))
        }
    }
}

/// The value of `key` in the map `node`; an empty one is put there if there is none.
fn child<'n>(node: &'n mut Node, key: &str, place: Span) -> Option<&'n mut Node> {
    if node.get(key).is_none()
        && let Value::Map(entries) = &mut node.value
    {
        entries.push(Entry { key: key.to_owned(), key_span: place, node: Node::plain(place, "") });
    }
    node.get_mut(key)
}

/// Steps into an arm: its keys are paths themselves, so a key may take up several parts.
fn arm(
    arms: &mut Node,
    (name, place): (&str, Span),
    rest: &[(String, Span)],
    value: Node,
    path: &Path,
) -> Result<(), Finding> {
    let Some(arm) = child(arms, name, place) else {
        return Ok(());
    };
    if rest.is_empty() {
        overlay(arm, value, "");
        return Ok(());
    }
    if arm.is_null() {
        arm.value = Value::Map(Vec::new());
    }
    let parts: Vec<&str> = rest.iter().map(|(part, _)| part.as_str()).collect();
    let key = arm.entries().unwrap_or(&[]).iter().find_map(|entry| {
        let key: Vec<&str> = entry.key.split('.').collect();
        parts.starts_with(&key).then(|| (entry.key.clone(), key.len()))
    });
    let (key, length) = key.unwrap_or_else(|| (parts.join("."), parts.len()));
    let last = parts[length - 1].to_owned();
    match child(arm, &key, rest[0].1) {
        Some(child) => step(child, &last, &rest[length..], value, path),
        None => Ok(()),
    }
}
