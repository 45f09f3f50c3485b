//! The architecture, as far as a machine can see it.
//!
//! ```text
//!   7 cli, main   6 report   5 experiment   4 scenario, sim, live   3 world
//!   2 authority, client, fault, station, measure   1 protocol   0 base
//! ```
//!
//! A file imports its own module and lower floors, never upward, never sideways; there are no
//! exceptions. Only `cli` prints. Files and functions stay short enough to be read in one go.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The modules of each floor, lowest first.
const FLOORS: [&[&str]; 8] = [
    &["base"],
    &["protocol"],
    &["authority", "client", "fault", "station", "measure"],
    &["world"],
    &["scenario", "sim", "live"],
    &["experiment"],
    &["report"],
    &["cli", "main"],
];

/// Files that belong to no module: the list of modules itself.
const NO_MODULE: [&str; 1] = ["lib"];

const FILE_LINES_MAX: usize = 450;
const FUNCTION_LINES_MAX: usize = 90;

/// A source file: its module, its path below `src`, its text.
struct Source {
    module: String,
    path: PathBuf,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries.map(|entry| entry.path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let path = entry.strip_prefix(&root).unwrap_or(&entry).to_path_buf();
                let first = path.iter().next().unwrap_or_default();
                let module = Path::new(first).with_extension("").to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&entry).unwrap_or_default();
                sources.push(Source { module, path, text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// A line without what follows `//`.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// The top modules that a text names by path after `root`, also in braces, also where an import goes
/// on over several lines; each with its line.
fn named_modules(text: &str, root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut whole = String::new();
    let mut starts = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        starts.push((whole.len(), line));
        whole.push_str(code(text));
        whole.push('\n');
    }
    for (place, _) in whole.match_indices(root) {
        let before = whole[..place].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let line = starts.iter().rev().find(|(start, _)| *start <= place).map_or(0, |s| s.1);
        let rest = &whole[place + root.len()..];
        let modules = match rest.strip_prefix('{') {
            Some(group) => first_names(group),
            None => vec![identifier(rest)],
        };
        found.extend(modules.into_iter().map(|module| (line, module)));
    }
    found
}

/// The first name of each path in a group, up to its closing brace.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), true);
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            letter if fresh && !letter.is_whitespace() => {
                names.push(identifier(&group[place..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn every_module_has_a_floor() {
    let sources = sources();
    assert!(sources.len() > 50, "the sources are found");
    for Source { module, path, .. } in sources {
        let known = floor(&module).is_some() || NO_MODULE.contains(&module.as_str());
        assert!(known, "{}: give `{module}` a floor", path.display());
    }
}

#[test]
fn no_file_imports_upward_or_sideways() {
    let mut wrong = String::new();
    for Source { module, path, text } in sources() {
        let Some(own) = floor(&module) else { continue };
        let root = if module == "main" { "amnesty::" } else { "crate::" };
        for (line, named) in named_modules(&text, root) {
            // Names that are no modules are items of the crate root: macros, none so far.
            let allowed = named == module || floor(&named).is_some_and(|theirs| theirs < own);
            // The binary is one file and its module is the library's roof.
            let roof = module == "main" && named == "cli";
            if !allowed && !roof {
                let place = path.display();
                let _ = writeln!(wrong, "{place}:{line}: `{module}` imports `{named}`");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn modules_are_named_from_the_top() {
    for Source { path, text, .. } in sources() {
        for (line, text) in (1..).zip(text.lines()) {
            let upward = code(text).contains("super::super::super");
            assert!(!upward, "{}:{line}: name the module from `crate`", path.display());
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    let printing = ["println!", "print!(", "dbg!", "io::stdout", "io::stderr"];
    for Source { module, path, text } in sources() {
        if matches!(module.as_str(), "cli" | "main") {
            continue;
        }
        for (line, text) in (1..).zip(text.lines()) {
            let prints = printing.iter().find(|print| code(text).contains(*print));
            assert_eq!(prints, None, "{}:{line}", path.display());
        }
    }
}

#[test]
fn files_and_functions_can_be_read_in_one_go() {
    let mut long = String::new();
    for Source { path, text, .. } in sources() {
        let place = path.display();
        let lines: Vec<_> = text.lines().collect();
        if lines.len() > FILE_LINES_MAX {
            let _ = writeln!(long, "{place}: {} lines", lines.len());
        }
        for (start, line) in lines.iter().enumerate().filter(|(_, line)| is_function(line)) {
            // rustfmt closes a function at the indentation at which it opened it.
            let indentation = &line[..line.len() - line.trim_start().len()];
            let close = format!("{indentation}}}");
            let rest = lines[start..].iter();
            let length = rest.take_while(|line| **line != close).count() + 1;
            if !line.ends_with('}') && length > FUNCTION_LINES_MAX {
                let _ = writeln!(long, "{place}:{}: a function of {length} lines", start + 1);
            }
        }
    }
    assert!(long.is_empty(), "\n{long}");
}

fn is_function(line: &str) -> bool {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub(") {
        Some(rest) => rest.split_once(") ").map_or("", |(_, rest)| rest),
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    let line = line.strip_prefix("const ").unwrap_or(line);
    line.strip_prefix("async ").unwrap_or(line).starts_with("fn ")
}

#[test]
fn the_reader_of_imports_sees_what_it_should() {
    let text = "use crate::base::{SimTime, Seed};\nuse crate::{sim::{a, b}, live};\n\
                fn f() { crate::report::x() } // crate::cli\nuse mycrate::nothing;\n\
                use crate::{\n    fault,\n    client::Client,\n};\n";
    let named = named_modules(text, "crate::");
    let expected =
        [(1, "base"), (2, "sim"), (2, "live"), (3, "report"), (5, "fault"), (5, "client")];
    assert_eq!(named, expected.map(|(line, name): (usize, &str)| (line, name.to_owned())));
    assert!(is_function("    pub(in crate::authority) fn decide("));
    assert!(is_function("pub const fn new() -> Self {"));
    assert!(!is_function("let fn_name = 1;"));
}
