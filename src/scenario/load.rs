//! The passes in order: text, tree, sections, plan.

use std::path::{Path, PathBuf};

use super::change::{self, expand_policy, load_tree};
use super::confines::Confines;
use super::diagnostic::Diagnostics;
use super::file::ScenarioForm;
use super::file::empirical::inline_files;
use super::finding::{Finding, Sink};
use super::plan::Plan;
use super::read::{Form, Reader, Spanned};
use super::source::Sources;
use super::tree::{BYTES_MAX, FileError, Node, Value, read_text, text_of};
use super::{arms, expect, lower, resolve, salvage, sweep};
use crate::base::Seed;

/// What the command line changes in a scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `path=value` arguments, applied in order.
    pub sets: Vec<String>,
    /// The seed, if not the scenario's.
    pub seed: Option<u64>,
    /// The number of replications, if not the scenario's.
    pub replications: Option<u32>,
    /// Names of the arms to run; empty for all.
    pub arms: Vec<String>,
    /// Folders, beside the scenario's own, that files named in it may lie in.
    pub allowed: Vec<PathBuf>,
}

/// How many replications there are unless the scenario says otherwise.
const REPLICATIONS: u32 = 20;
/// The most replications.
const REPLICATIONS_MAX: u32 = 100_000;

/// Reads the scenario at `path` and checks it.
///
/// # Errors
/// [`Diagnostics`]: everything that is wrong with it, at once.
pub fn load(path: &Path, overrides: &Overrides) -> Result<Plan, Diagnostics> {
    let name = path.display().to_string();
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let text = read_text(path, BYTES_MAX);
    from_text(&name, text, &folder, overrides)
}

/// Reads the scenario in `bytes` and checks it. Messages call it `name`; files that it refers to are
/// looked for in `folder`, and nowhere else but in [`Overrides::allowed`].
///
/// # Errors
/// [`Diagnostics`]: everything that is wrong with it, at once.
pub fn from_bytes(
    name: &str,
    bytes: &[u8],
    folder: &Path,
    overrides: &Overrides,
) -> Result<Plan, Diagnostics> {
    let text = if bytes.len() as u64 > BYTES_MAX {
        Err(FileError::TooLarge { file: name.to_owned(), limit_kib: BYTES_MAX >> 10 })
    } else {
        text_of(name, bytes.to_vec())
    };
    from_text(name, text, folder, overrides)
}

fn from_text(
    name: &str,
    text: Result<String, FileError>,
    folder: &Path,
    overrides: &Overrides,
) -> Result<Plan, Diagnostics> {
    checked(name, text, (folder, &overrides.allowed), |sources, sink, text| {
        let tree = changed_tree(sources, sink, name, text, folder, overrides)?;
        plan(tree, sources, sink, overrides)
    })
}

/// What `build` makes of a scenario's text, unless anything is wrong with it.
pub(super) fn checked<T>(
    name: &str,
    text: Result<String, FileError>,
    (folder, allowed): (&Path, &[PathBuf]),
    build: impl FnOnce(&mut Sources, &mut Sink, String) -> Option<T>,
) -> Result<T, Diagnostics> {
    let mut sources = Sources::within(Confines::new(folder, allowed));
    let mut sink = Sink::default();
    let built = match text {
        Ok(text) => build(&mut sources, &mut sink, text),
        Err(error) => {
            let message = error.to_string();
            sink.add(match error {
                FileError::NotUtf8 { byte, shown, .. } => {
                    let id = sources.add(name, shown, folder);
                    Finding::at(id.span(byte..byte), message)
                }
                FileError::Unreadable { .. }
                | FileError::NotAFile { .. }
                | FileError::TooLarge { .. } => Finding::about_file(message),
            });
            None
        }
    };
    match built {
        Some(built) if sink.is_empty() => Ok(built),
        Some(_) | None => Err(Diagnostics::new(name, &sources, sink)),
    }
}

/// The scenario's tree with what the command line changes in it, all of its arms included.
pub(super) fn changed_tree(
    sources: &mut Sources,
    sink: &mut Sink,
    name: &str,
    text: String,
    folder: &Path,
    overrides: &Overrides,
) -> Option<Node> {
    let mut tree = load_tree(sources, sink, name, text, folder)?;
    apply_overrides(&mut tree, sources, sink, overrides);
    check_wanted_arms(&tree, sources, sink, &overrides.arms);
    Some(tree)
}

/// The plan that `tree` is, with the arms that `overrides` names.
pub(super) fn plan(
    mut tree: Node,
    sources: &Sources,
    sink: &mut Sink,
    overrides: &Overrides,
) -> Option<Plan> {
    inline_files(&mut tree, sources, sink);
    let all_arms = arm_names(&tree);
    select_arms(&mut tree, &overrides.arms);
    let mut reader = Reader { sources, sink, section: None };
    let form = ScenarioForm::read(&tree, &mut reader);
    let world = form.as_ref().and_then(|form| lower::world(form, &mut reader));
    if form.is_none() {
        salvage::check(&tree, &mut reader);
    }
    // Arms and expectations are checked even where the world is wrong: all errors at once.
    let arms = arms::arms(&tree, world, &mut reader);
    let expectations = expect::expectations(&tree, &all_arms, arms.as_deref(), &mut reader);
    sweep::check_section(&tree, &all_arms, &mut reader);
    let mut form = form?;
    // A sweep says what else could be run, and nothing of this run.
    let sweeps = form.sweep.take().is_some();
    let replications = replications(&form, &mut reader);
    form.replications.get_or_insert(Spanned { value: REPLICATIONS, span: form.name.span });
    let (expectations, unjudged) = expectations?;
    form.expect.0.retain(|line| expectations.iter().any(|kept| kept.text == line.0));
    let resolved = resolve::resolved(&form, &mut reader);
    Some(Plan {
        name: form.name.value.0.clone(),
        about: form.about.clone(),
        assumptions: form.assumptions.0.clone(),
        seed: Seed(form.seed),
        replications: replications?,
        start: form.clock.start.0,
        duration: form.clock.duration.value,
        arms: arms?,
        expectations,
        unjudged,
        sweeps,
        digest: resolve::digest(&resolved),
        resolved,
    })
}

/// Applies what the command line changes.
fn apply_overrides(tree: &mut Node, sources: &mut Sources, sink: &mut Sink, overrides: &Overrides) {
    let sets = overrides.sets.iter().map(|set| ("--set", set.clone()));
    let seed = overrides.seed.map(|seed| ("--seed", format!("seed={seed}")));
    let replications =
        overrides.replications.map(|number| ("--replications", format!("replications={number}")));
    for (name, argument) in sets.chain(seed).chain(replications) {
        if let Err(finding) = change::set(tree, sources, name, &argument) {
            sink.add(finding);
        }
        expand_policy(tree);
    }
}

/// The names of the arms, in the order of the scenario.
pub(super) fn arm_names(tree: &Node) -> Vec<String> {
    let written = tree.get("arms").and_then(Node::entries).unwrap_or(&[]);
    if written.is_empty() {
        return vec![arms::ONLY_ARM.to_owned()];
    }
    written.iter().map(|entry| entry.key.clone()).collect()
}

/// Reports every `wanted` arm that the scenario does not have.
fn check_wanted_arms(tree: &Node, sources: &mut Sources, sink: &mut Sink, wanted: &[String]) {
    let known = arm_names(tree);
    for name in wanted.iter().filter(|name| !known.contains(name)) {
        let id = sources.add("--arm", name.clone(), Path::new(""));
        sink.add(
            Finding::at(id.span(0..name.len()), format!("there is no arm `{name}`"))
                .suggest(name, known.iter().map(String::as_str)),
        );
    }
}

/// Leaves only the `wanted` arms in the tree; all, if none are named.
pub(super) fn select_arms(tree: &mut Node, wanted: &[String]) {
    if let (false, Some(arms)) = (wanted.is_empty(), tree.get_mut("arms"))
        && let Value::Map(entries) = &mut arms.value
    {
        entries.retain(|entry| wanted.contains(&entry.key));
    }
}

fn replications(form: &ScenarioForm, reader: &mut Reader<'_>) -> Option<u32> {
    let Some(written) = &form.replications else {
        return Some(REPLICATIONS);
    };
    if (1..=REPLICATIONS_MAX).contains(&written.value) {
        return Some(written.value);
    }
    let message = format!("replications lie between 1 and {REPLICATIONS_MAX}");
    reader.report(Finding::at(written.span, message));
    None
}
