//! One case: a command, a fault, and what must hold afterwards.

use std::io::Write as _;
use std::path::Path;

use crate::fixture::{Tree, Verb, empty_folder, folder_of, play, shell, tree};

/// What a fault may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody listens: the verdict and the files are those of any other run.
    Unheard,
    /// Something cannot be written, opened or started.
    Refused,
    /// A signal asks it to end.
    Signal(i32),
    /// It ends in the middle of whatever it does, and can clean up nothing.
    Killed,
}

/// `SplitMix64`, from the seed that the environment names or a fixed one.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(kind: &str) -> Self {
        let mix = |sum: u64, byte| sum.wrapping_mul(131).wrapping_add(u64::from(byte));
        Self(seed() ^ kind.bytes().fold(0, mix) << 24)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the result lies below a `usize`")]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }
}

fn seed() -> u64 {
    let seed = std::env::var("AMNESTY_SABOTEUR_SEED").ok();
    seed.map_or(9, |seed| seed.parse().expect("AMNESTY_SABOTEUR_SEED is a number"))
}

/// The cases of one kind. What breaks is collected, so that one run shows it all.
#[derive(Debug)]
pub(crate) struct Cases {
    kind: &'static str,
    tried: usize,
    broken: Vec<String>,
}

impl Cases {
    pub(crate) const fn of(kind: &'static str) -> Self {
        Self { kind, tried: 0, broken: Vec::new() }
    }

    /// Plays a command as `script` says, in which `CMD` stands for it, and judges what is left.
    pub(crate) fn play(&mut self, verb: &'static Verb, fault: Fault, script: &str) {
        self.tried += 1;
        if let Err(why) = judged(verb, fault, script) {
            let script = script.replace("CMD", &verb.line());
            self.broken.push(format!("{}: {why}\n  repeat: {script}", verb.name));
        }
    }

    /// Says how many cases there were; fails if any broke, or there were fewer than expected.
    pub(crate) fn close(self, at_least: usize) {
        let Self { kind, tried, broken } = self;
        // The macros are captured; a report is for whoever watches.
        writeln!(std::io::stderr(), "saboteur: {tried} cases of {kind}, seed {}", seed()).ok();
        assert!(broken.is_empty(), "{} of {tried} broke\n{}", broken.len(), broken.join("\n"));
        assert!(tried >= at_least, "{tried} cases of {kind}");
    }
}

/// Notes that cases of a kind could not be tried.
pub(crate) fn skipped(kind: &str, why: &str) {
    writeln!(std::io::stderr(), "saboteur: skipped {kind}: {why}").ok();
}

/// Plays a case; what does not hold, in words.
fn judged(verb: &'static Verb, fault: Fault, script: &str) -> Result<(), String> {
    let known = verb.known();
    let folder = folder_of(&known.old);
    let work = folder.path().to_owned();
    let told = empty_folder();
    let code = told.path().join("code");
    let script = script.replace("CMD", &verb.line()).replace("CODE", &code.display().to_string());
    let output = shell(&work, &script).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = std::fs::read_to_string(&code).unwrap_or_default();
    let Ok(code) = code.trim().parse::<i32>() else {
        return Err(format!("no exit code, {:?}: {said}", output.status));
    };
    let left = tree(&work);
    let seen = |why: &str| Err(format!("{why}; exit code {code}, stderr: {}", said.trim_end()));
    if said.contains("panicked at") || said.contains("defect in amnesty") {
        return seen("it panicked");
    }
    let kind = kind_of(fault, verb, code, &said);
    let Some(end) = kind else { return seen("the exit code is not of the table") };
    let news = match compare(&known.old, &known.new, &left) {
        Ok(news) => news,
        // Whoever is killed cleans up nothing; the next run does.
        Err(Stray(_)) if end == End::Killed => false,
        Err(Stray(name)) => return seen(&format!("`{name}` is neither old nor new")),
    };
    // A verdict is not lost with a file.
    let is_verdict = fault == Fault::Refused && code > 2 && said.contains("error: failed to");
    if end == End::Done && !news && !is_verdict {
        return seen("it ended well, and its results are not there");
    }
    if end == End::Killed {
        play(&work, &verb.line(), verb.code);
        let again = tree(&work);
        if again != known.new {
            let mut names: Vec<_> =
                again.keys().filter(|name| !known.new.contains_key(*name)).collect();
            names.truncate(5);
            return seen(&format!("the run after it leaves {names:?}, or other bytes"));
        }
    }
    Ok(())
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// As without a fault.
    Done,
    /// With an error, or by a signal, in good order.
    Orderly,
    /// In the middle.
    Killed,
}

/// What the exit code says; `None` if it must not be this one.
fn kind_of(fault: Fault, verb: &Verb, code: i32, said: &str) -> Option<End> {
    const KILL: i32 = 128 + 9;
    const ABORT: i32 = 128 + 6;
    const FILE_SIZE: i32 = 128 + 25;
    let not_loaded = matches!(code, 126 | 127) && said.contains("error while loading shared");
    // Rust ends a process for which there is no memory at once, and there is nothing to do about it.
    let no_memory = code == ABORT && said.contains("memory allocation of");
    match (fault, code) {
        (_, code) if code == verb.code => Some(End::Done),
        (Fault::Refused, 1 | 2) => Some(End::Orderly),
        (Fault::Refused, _) if not_loaded => Some(End::Orderly),
        (Fault::Refused, _) if no_memory => Some(End::Killed),
        (Fault::Signal(signal), code) if code == 128 + signal => Some(End::Orderly),
        (Fault::Killed, KILL | FILE_SIZE) => Some(End::Killed),
        (Fault::Unheard | Fault::Refused | Fault::Signal(_) | Fault::Killed, _) => None,
    }
}

/// A file that is neither old nor new.
struct Stray(String);

/// Whether everything is new. Each results folder, and each file beside them, is the old one or the new one.
fn compare(old: &Tree, new: &Tree, left: &Tree) -> Result<bool, Stray> {
    let unit = |name: &str| match Path::new(name).strip_prefix("o") {
        Ok(inside) => inside.iter().next().map(|first| format!("o/{}/", first.display())),
        Err(_) => Some(name.to_owned()),
    };
    let part = |tree: &Tree, wanted: &Option<String>| -> Tree {
        let of_unit = tree.iter().filter(|(name, _)| unit(name) == *wanted);
        of_unit.map(|(name, bytes)| (name.clone(), bytes.clone())).collect()
    };
    let mut is_new = true;
    for name in left.keys().chain(old.keys()).chain(new.keys()) {
        let wanted = unit(name);
        let (was, becomes, is) = (part(old, &wanted), part(new, &wanted), part(left, &wanted));
        if is != becomes {
            is_new = false;
            if is != was {
                let differs = |name: &&String| {
                    is.get(*name) != was.get(*name) && is.get(*name) != becomes.get(*name)
                };
                let stray = is.keys().find(differs).unwrap_or(name);
                return Err(Stray(stray.clone()));
            }
        }
    }
    Ok(is_new)
}
