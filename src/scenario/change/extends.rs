//! A scenario file together with the files that it extends.

use std::path::{Path, PathBuf};

use super::{expand_policy, overlay};
use crate::scenario::file::ScenarioForm;
use crate::scenario::finding::{Finding, Sink};
use crate::scenario::source::{Sources, Span};
use crate::scenario::tree::{BYTES_MAX, Node, Value, parse, read_text};

/// How many files can extend each other.
const FILES_MAX: usize = 16;

/// The tree of the scenario `text`, which is known as `name` and stands in `folder`, over the trees of the
/// files that it extends. `None` if one of them cannot be read; the reason is then in `sink`.
pub(crate) fn load_tree(
    sources: &mut Sources,
    sink: &mut Sink,
    name: &str,
    text: String,
    folder: &Path,
) -> Option<Node> {
    let mut layers = Vec::new();
    let mut seen = vec![identity(&PathBuf::from(name))];
    let mut next = (name.to_owned(), text, folder.to_owned());
    // Where the file is named that is read; nowhere, for the scenario itself.
    let mut named: Option<Span> = None;
    loop {
        let (name, text, folder) = next;
        let id = sources.add(&name, text, &folder);
        let mut tree = match parse(sources, id) {
            Ok(tree) => tree,
            Err(finding) => {
                sink.add(match named {
                    Some(named) => no_scenario(named, &place(sources, &finding)),
                    None => finding,
                });
                return None;
            }
        };
        if let Some(named) = named.filter(|_| !is_scenario(&tree)) {
            sink.add(no_scenario(named, "it has none of a scenario's keys"));
            return None;
        }
        if !matches!(tree.value, Value::Map(_)) {
            let message = format!("expected a scenario as a map, found {}", tree.found());
            sink.add(Finding::at(tree.span, message).help("it begins with `name: …`"));
            return None;
        }
        let extends = tree.remove("extends");
        layers.push(tree);
        let Some(extends) = extends.filter(|entry| !entry.node.is_null()) else {
            break;
        };
        match open(&extends.node, &folder, &mut seen, sources) {
            Ok(opened) => {
                next = opened;
                named = Some(extends.node.span);
            }
            Err(finding) => {
                sink.add(finding);
                return None;
            }
        }
    }
    let mut tree = layers.pop()?;
    expand_policy(&mut tree);
    while let Some(layer) = layers.pop() {
        overlay(&mut tree, layer, "");
        expand_policy(&mut tree);
    }
    Some(tree)
}

/// Whether a file reads as a scenario or a part of one: it has a key that files of other kinds have not.
fn is_scenario(tree: &Node) -> bool {
    const OF_ANYTHING: [&str; 2] = ["name", "about"];
    let own = |key: &str| ScenarioForm::KEYS.contains(&key) && !OF_ANYTHING.contains(&key);
    tree.entries().unwrap_or(&[]).iter().any(|entry| own(&entry.key))
}

/// That the file named at `named` is none. It is not quoted: it may be anything that somebody named.
fn no_scenario(named: Span, why: &str) -> Finding {
    Finding::at(named, format!("this file is no scenario: {why}"))
}

/// Where something is wrong, in words.
fn place(sources: &Sources, finding: &Finding) -> String {
    match finding.span.map(|span| sources.line_column(span)) {
        Some((line, column)) => format!("its line {line} is no YAML from column {column} on"),
        None => "it is no YAML".to_owned(),
    }
}

/// Name, text and folder of the file that `extends` names.
fn open(
    extends: &Node,
    folder: &Path,
    seen: &mut Vec<PathBuf>,
    sources: &Sources,
) -> Result<(String, String, PathBuf), Finding> {
    let Some(file) = extends.text() else {
        let message = format!("expected the name of a file, found {}", extends.found());
        return Err(Finding::at(extends.span, message));
    };
    let path = folder.join(file);
    sources.confines().check(&path, extends.span)?;
    let identity = identity(&path);
    if seen.contains(&identity) {
        let message = format!("`{file}` extends itself");
        return Err(Finding::at(extends.span, message)
            .help("a file cannot build on itself, nor through others"));
    }
    if seen.len() >= FILES_MAX {
        let message = format!("more than {FILES_MAX} files extend each other");
        return Err(Finding::at(extends.span, message));
    }
    seen.push(identity);
    let text = read_text(&path, BYTES_MAX)
        .map_err(|error| Finding::at(extends.span, error.to_string()))?;
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    Ok((path.display().to_string(), text, folder))
}

/// What two names of one file have in common.
fn identity(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
