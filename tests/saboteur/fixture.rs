//! The commands, and what they leave when nothing goes wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Ten orgs that lose an answer; it takes milliseconds.
const SMALL: &str = "
name: small
about: Ten orgs that lose an answer.
seed: 1
replications: 1
clock: { start: 2018-03-11T22:00:00Z, duration: 1d }
server: { policy: { strict: { on_reuse: none } }, access_token_ttl: 30m, service_time: 1ms }
swarm:
  - { name: all, partners: 1, orgs_per_partner: 10, client: cron-15m }
incident:
  - { phase: losing, from: 2018-03-12T01:00:00Z, for: 1h, response_lost: { probability: 50%, seen_as: silence } }
expect:
  - needed_person(as_is) >= 0
";

/// A command of which every file is known.
#[derive(Debug)]
pub(crate) struct Verb {
    pub(crate) name: &'static str,
    /// Its arguments, without the seed.
    arguments: &'static str,
    /// Whether it takes a seed; otherwise its folder is spoilt, so that there is something to write.
    has_seed: bool,
    /// The exit code when nothing goes wrong.
    pub(crate) code: i32,
}

/// The commands that write.
pub(crate) const VERBS: [Verb; 5] = [
    Verb { name: "run", arguments: "run small.yaml --out o", has_seed: true, code: 0 },
    Verb { name: "ledger", arguments: "run small.yaml --out o --ledger", has_seed: true, code: 0 },
    Verb {
        name: "check",
        arguments: "check small.yaml failing.yaml --out o --junit j.xml",
        has_seed: true,
        code: 3,
    },
    Verb {
        name: "sweep",
        arguments: "sweep small.yaml --over incident.losing.for=1h,2h --out o",
        has_seed: true,
        code: 0,
    },
    Verb { name: "report", arguments: "report o/small", has_seed: false, code: 0 },
];

/// Files by their paths.
pub(crate) type Tree = BTreeMap<String, Vec<u8>>;

/// A command with its results of before and of after.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) old: Tree,
    pub(crate) new: Tree,
}

impl Verb {
    /// The command as a shell reads it, with the seed of after.
    pub(crate) fn line(&self) -> String {
        self.line_of(2)
    }

    fn line_of(&self, seed: u32) -> String {
        let program = env!("CARGO_BIN_EXE_amnesty");
        let seed = if self.has_seed { format!(" --seed {seed}") } else { String::new() };
        format!("'{program}' {}{seed}", self.arguments)
    }

    /// What is known of it; found out once.
    pub(crate) fn known(&'static self) -> &'static Known {
        static KNOWN: [OnceLock<Known>; VERBS.len()] = [const { OnceLock::new() }; VERBS.len()];
        let place = VERBS.iter().position(|verb| verb.name == self.name).unwrap();
        KNOWN[place].get_or_init(|| self.find_out())
    }

    fn find_out(&self) -> Known {
        let folder = inputs();
        let work = folder.path();
        if self.has_seed {
            play(work, &self.line_of(1), self.code);
        } else {
            play(work, &VERBS[0].line_of(1), 0);
            let pictures = tree(work)
                .into_keys()
                .filter(|name| Path::new(name).extension().is_some_and(|end| end == "svg"));
            pictures.for_each(|name| std::fs::write(work.join(name), "spoilt").unwrap());
        }
        let old = tree(work);
        play(work, &self.line(), self.code);
        let new = tree(work);
        assert!(old != new && new.len() > INPUTS.len(), "{}: {:?}", self.name, new.keys());
        Known { old, new }
    }
}

/// The names of the scenarios.
pub(crate) const INPUTS: [&str; 2] = ["small.yaml", "failing.yaml"];

/// An empty folder; in memory, if there is such a place: every case syncs its files.
pub(crate) fn empty_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A folder with the scenarios.
fn inputs() -> TempDir {
    let folder = empty_folder();
    let failing = SMALL.replace("name: small", "name: failing").replace(">= 0", ">= 1000");
    for (name, text) in INPUTS.into_iter().zip([SMALL, &failing]) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A folder with this content.
pub(crate) fn folder_of(tree: &Tree) -> TempDir {
    let folder = empty_folder();
    for (name, bytes) in tree {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// All files of a folder. An empty folder in it has a name that ends with a slash.
pub(crate) fn tree(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let mut is_empty = true;
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            is_empty = false;
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                tree.insert(name, std::fs::read(&path).unwrap());
            }
        }
        if is_empty && next != folder {
            let name = next.strip_prefix(folder).unwrap().display();
            tree.insert(format!("{name}/"), Vec::new());
        }
    }
    tree
}

/// Runs a line without faults.
pub(crate) fn play(work: &Path, line: &str, code: i32) {
    let output = shell(work, line).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{line}\n{said}");
}

/// A line for the shell in a folder.
pub(crate) fn shell(work: &Path, line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(work).stdin(Stdio::null());
    command.env_remove("GITHUB_STEP_SUMMARY").env("RUST_BACKTRACE", "0");
    command
}
