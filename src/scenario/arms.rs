//! Arms: the world with named changes made, each checked like the world itself.

use super::change::{Path, change, expand_policy};
use super::file::ScenarioForm;
use super::file::empirical::inline_files;
use super::finding::Finding;
use super::lower;
use super::plan::Arm;
use super::read::{Form, Reader};
use super::resolve::flow_text;
use super::tree::{Entry, Node};
use crate::world::World;

/// Name of the only arm of a scenario without arms.
pub(super) const ONLY_ARM: &str = "as_is";

/// The most arms.
const ARMS_MAX: usize = 64;

/// Parts of a scenario that an arm can change.
const CHANGEABLE: [&str; 5] = ["server", "swarm", "incident", "client_defaults", "clients"];

/// All arms of the scenario `tree`, whose world without changes is `world`.
pub(super) fn arms(tree: &Node, world: Option<World>, reader: &mut Reader<'_>) -> Option<Vec<Arm>> {
    let written = tree.get("arms").and_then(Node::entries).unwrap_or(&[]);
    if written.is_empty() {
        return Some(vec![Arm { name: ONLY_ARM.to_owned(), changes: Vec::new(), world: world? }]);
    }
    if let Some(one_too_many) = written.get(ARMS_MAX) {
        let message = format!("more than {ARMS_MAX} arms");
        reader.report(Finding::at(one_too_many.key_span, message));
        return None;
    }
    let mut plain = tree.clone();
    plain.remove("arms");
    plain.remove("expect");
    plain.remove("sweep");
    let arms: Vec<Option<Arm>> = written
        .iter()
        .map(|entry| {
            let changes = entry.node.entries().unwrap_or(&[]);
            let world =
                if changes.is_empty() { world.clone() } else { changed(&plain, changes, reader) };
            Some(Arm {
                name: entry.key.clone(),
                changes: changes.iter().map(change_text).collect(),
                world: world?,
            })
        })
        .collect();
    arms.into_iter().collect()
}

/// The world of `tree` with `changes` made.
fn changed(tree: &Node, changes: &[Entry], reader: &mut Reader<'_>) -> Option<World> {
    let mut tree = tree.clone();
    let mut made = 0;
    for entry in changes {
        let done = Path::parse(&entry.key, entry.key_span)
            .and_then(|path| allowed(&path).map(|()| path))
            .and_then(|path| change(&mut tree, &path, entry.node.clone()));
        match done {
            Ok(()) => made += 1,
            Err(finding) => reader.report(finding),
        }
    }
    expand_policy(&mut tree);
    inline_files(&mut tree, reader.sources, reader.sink);
    let form = ScenarioForm::read(&tree, reader)?;
    let world = lower::world(&form, reader)?;
    (made == changes.len()).then_some(world)
}

/// Refuses paths to what must be the same in all arms.
fn allowed(path: &Path) -> Result<(), Finding> {
    let parts = path.parts();
    let first = parts.first().copied().unwrap_or_default();
    if !CHANGEABLE.contains(&first) {
        let known = ScenarioForm::KEYS.contains(&first);
        let message = if known {
            format!("an arm cannot change `{first}`: it is the same for all arms")
        } else {
            format!("there is no `{first}` to change")
        };
        return Err(Finding::at(path.span(), message).suggest(first, CHANGEABLE));
    }
    if first == "swarm" && parts.get(2) != Some(&"client") {
        let message = "an arm cannot change who exists: all arms have the same partners and orgs";
        let help =
            "an arm can change how apps behave: `swarm.NAME.client`, `swarm.NAME.client.timeout`";
        return Err(Finding::at(path.span(), message).help(help));
    }
    Ok(())
}

/// `path = value`, as reports show it.
fn change_text(entry: &Entry) -> String {
    format!("{} = {}", entry.key, flow_text(&entry.node.to_json()))
}
