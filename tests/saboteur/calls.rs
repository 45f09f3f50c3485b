//! System calls that fail, or that a signal meets: injected by `strace`.
//!
//! A run without faults is traced first; the calls that concern results, or that speak, are the candidates.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::case::{Cases, Fault, Random, skipped};
use crate::fixture::{VERBS, Verb, empty_folder, folder_of, shell};
use crate::signals::ASKING;

/// What can become of a call, by its name; the errors are those of its manual page.
const ERRORS: [(&str, &[&str]); 13] = [
    ("write", &["ENOSPC", "EIO", "EDQUOT"]),
    ("openat", &["EMFILE", "ENFILE", "ENOSPC", "EACCES"]),
    ("mkdir", &["ENOSPC", "EACCES", "EROFS"]),
    ("rename", &["ENOSPC", "EIO", "EXDEV"]),
    ("renameat", &["ENOSPC", "EIO", "EXDEV"]),
    ("renameat2", &["ENOSPC", "EIO", "EINVAL"]),
    ("fsync", &["EIO", "ENOSPC"]),
    ("fdatasync", &["EIO", "ENOSPC"]),
    ("link", &["EMLINK", "ENOSPC"]),
    ("linkat", &["EMLINK", "EXDEV"]),
    ("flock", &["ENOLCK"]),
    ("fchmod", &["EPERM"]),
    ("statx", &["EACCES"]),
];

/// Calls at which a signal can come.
const MET: &str =
    "write,openat,mkdir,rename,renameat,renameat2,fsync,fdatasync,unlink,unlinkat,rmdir";

/// A call of a run without faults: its name, and its number among those of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    name: String,
    number: usize,
    /// Whether it writes to standard output or standard error.
    speaks: bool,
    /// Whether no other thread makes so many calls of this name: `strace` counts those of each thread alone.
    is_alone: bool,
}

impl Call {
    /// What it may change if it fails.
    const fn fault(&self) -> Fault {
        if self.speaks && self.is_alone { Fault::Unheard } else { Fault::Refused }
    }
}

/// Whether `strace` is there and may inject.
fn can_inject() -> bool {
    let tried = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=getuid:error=EPERM", "true"])
        .output();
    tried.is_ok_and(|output| output.status.success())
}

/// The calls of a command's first thread that concern its results, or that speak.
fn calls(verb: &'static Verb) -> Vec<Call> {
    let folder = folder_of(&verb.known().old);
    let work = folder.path().canonicalize().unwrap();
    let told = empty_folder();
    let file = told.path().join("trace");
    let names = ERRORS.map(|(name, _)| name).join(",?");
    let line =
        format!("strace -f -y -qq -o {} -e trace=?{names},?{MET} {}", file.display(), verb.line());
    shell(&work, &line.replace(",rename", ",?rename")).output().unwrap();
    let trace = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
    let first = trace.split_whitespace().next().unwrap_or_default();
    let mut counted = BTreeMap::new();
    let mut found = Vec::new();
    for (thread, name, rest) in trace.lines().filter_map(parts) {
        let number = counted.entry((thread, name)).or_insert(0);
        *number += 1;
        let speaks = name == "write" && (rest.starts_with("1<") || rest.starts_with("2<"));
        if thread == first && (speaks || concerns(rest, &work)) {
            found.push(Call { name: name.to_owned(), number: *number, speaks, is_alone: true });
        }
    }
    for call in &mut found {
        let of_others = |(thread, name): &(&str, &str)| *thread != first && *name == call.name;
        let others = counted.iter().filter(|(key, _)| of_others(key)).map(|(_, count)| *count);
        call.is_alone = others.max().is_none_or(|most| most < call.number);
    }
    found
}

/// The thread, the name and the arguments of a call in a line of the trace.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let (thread, call) = line.split_once(' ')?;
    let (name, rest) = call.trim_start().split_once('(')?;
    name.bytes().all(|b| b.is_ascii_alphanumeric()).then_some((thread, name, rest))
}

/// Whether a call's arguments name results.
fn concerns(arguments: &str, work: &Path) -> bool {
    ["o", "o/", "j.xml", ".j.xml"].iter().any(|name| {
        let whole = work.join(name).display().to_string();
        arguments.contains(&whole) || arguments.contains(&format!("\"{name}"))
    })
}

#[test]
fn calls_that_fail_lose_nothing() {
    if !can_inject() {
        return skipped("failing calls", "`strace` is missing, or may not trace");
    }
    let mut cases = Cases::of("failing calls");
    let mut random = Random::new("failing calls");
    for verb in &VERBS {
        let calls = calls(verb);
        assert!(calls.len() > 10, "{}: {calls:?}", verb.name);
        // Every kind of call once, and then any.
        let kinds = ERRORS.iter().filter_map(|(name, _)| {
            let of_kind: Vec<_> = calls.iter().filter(|call| call.name == *name).collect();
            (!of_kind.is_empty()).then_some(of_kind)
        });
        let any: Vec<_> = calls.iter().filter(|call| errors(&call.name).is_some()).collect();
        let kinds: Vec<_> = kinds.chain(std::iter::repeat_n(any, 10)).collect();
        for among in kinds {
            let call = among[random.below(among.len())];
            let errors = errors(&call.name).unwrap();
            let error = errors[random.below(errors.len())];
            if verb.name == "report" && call.name == "statx" {
                // Known: `report` takes a data file that it cannot look at for one that is not there.
                continue;
            }
            cases.play(verb, call.fault(), &injected(call, &format!("error={error}")));
        }
        for call in calls.iter().filter(|call| call.name == "write" && !call.speaks).take(2) {
            cases.play(verb, Fault::Refused, &injected(call, "retval=0"));
            cases.play(verb, Fault::Unheard, &injected(call, "error=EINTR"));
        }
        for call in calls.iter().filter(|call| call.speaks).take(2) {
            cases.play(verb, call.fault(), &injected(call, "error=EPIPE"));
        }
    }
    cases.close(80);
}

#[test]
fn signals_at_calls_lose_nothing() {
    if !can_inject() {
        return skipped("signals at calls", "`strace` is missing, or may not trace");
    }
    let mut cases = Cases::of("signals at calls");
    let mut random = Random::new("signals at calls");
    for verb in &VERBS {
        let calls = calls(verb);
        for (name, number) in ASKING {
            for _ in 0..3 {
                let call = &calls[random.below(calls.len())];
                cases.play(verb, Fault::Signal(number), &injected(call, &format!("signal={name}")));
            }
        }
        for _ in 0..6 {
            let call = &calls[random.below(calls.len())];
            cases.play(verb, Fault::Killed, &injected(call, "signal=KILL"));
        }
        // Where everything is decided.
        for call in calls.iter().filter(|call| call.name.starts_with("rename")).take(3) {
            cases.play(verb, Fault::Killed, &injected(call, "signal=KILL"));
        }
    }
    cases.close(65);
}

fn errors(call: &str) -> Option<&'static [&'static str]> {
    ERRORS.iter().find(|(name, _)| *name == call).map(|(_, errors)| *errors)
}

fn injected(Call { name, number, .. }: &Call, what: &str) -> String {
    format!(
        "strace -f -qq -o /dev/null -e trace={name} -e inject={name}:{what}:when={number} CMD; echo $? >CODE"
    )
}
