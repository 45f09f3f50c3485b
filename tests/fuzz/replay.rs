//! Executes the targets.

use std::cell::Cell;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};

use crate::mutate::Mutator;
use crate::targets::{TARGETS, Target};

/// How many mutations of its seeds a target is tried with: about two seconds' worth.
const EXECUTIONS: [(&str, u64); 19] = [
    ("token", 20_000),
    ("oauth1_request", 20_000),
    ("oauth1_answer", 20_000),
    ("oauth2_request", 20_000),
    ("oauth2_answer", 20_000),
    ("rsa_pem", 20_000),
    ("scenario", 1_000),
    ("set", 1_000),
    ("expectation", 1_000),
    ("over", 1_000),
    ("csv", 1_000),
    ("hlog", 1_000),
    ("summary", 200),
    ("timeline", 200),
    ("load", 200),
    ("sweep", 500),
    ("door", 1_000),
    ("control", 1_000),
    ("plays", 500),
];

thread_local! {
    /// Whether anything has panicked on this thread: tasks swallow panics.
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// Notes panics, and says them as ever.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let standard = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICKED.set(true);
            standard(panic);
        }));
    });
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The seeds of a target, in a fixed order. Those that are made go to the folder `AMNESTY_FUZZ_CORPUS` too,
/// for the fuzzer.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = fuzz().join("seeds").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("{name} has no seeds"));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has seeds");
    let made = crate::targets::made(name);
    if let Some(corpus) = std::env::var_os("AMNESTY_FUZZ_CORPUS") {
        let folder = Path::new(&corpus).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, seed) in made.iter().enumerate() {
            std::fs::write(folder.join(format!("made-{number}")), seed).unwrap();
        }
    }
    files.into_iter().map(|file| std::fs::read(file).unwrap()).chain(made).collect()
}

/// What came of a target's executions.
#[derive(Debug, Default)]
struct Reached {
    executions: u64,
    accepted: u64,
    slowest: Duration,
}

/// Executes a target once.
#[expect(clippy::disallowed_methods, reason = "how long an input takes is only told")]
fn execute(name: &str, target: Target, bytes: &[u8], reached: &mut Reached) {
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| target(bytes)));
    let took = started.elapsed();
    if outcome.is_err() || PANICKED.take() {
        let folder = fuzz().join("artifacts").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("replay-{}", reached.executions));
        std::fs::write(&path, bytes).unwrap();
        panic!(
            "`{name}` breaks with {}\n{}",
            path.display(),
            String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)])
        );
    }
    reached.executions += 1;
    reached.accepted += u64::from(outcome.is_ok_and(|accepted| accepted));
    reached.slowest = reached.slowest.max(took);
}

/// For how long each target is to be tried, if not a fixed number of times.
fn seconds() -> Option<Duration> {
    let seconds = std::env::var("AMNESTY_FUZZ_SECONDS").ok()?;
    Some(Duration::from_secs(seconds.parse().expect("AMNESTY_FUZZ_SECONDS is a number")))
}

#[expect(clippy::disallowed_methods, reason = "how long to go on, if asked to")]
fn replay(name: &str) {
    note_panics();
    let target = crate::targets::target(name);
    let seeds = seeds(name);
    let mut reached = Reached::default();
    for seed in &seeds {
        execute(name, target, seed, &mut reached);
    }
    let of_seeds = reached.accepted;
    let mutations = EXECUTIONS.iter().find(|(known, _)| *known == name).expect("a number").1;
    let started = Instant::now();
    let until = seconds();
    // Another run of the long kind tries other inputs.
    let start = until.map_or(0, |_| u64::from(std::process::id()));
    let mut mutator = Mutator::new(&seeds, 20_180_312 + (start << 32));
    for number in 0.. {
        let goes_on = until.map_or(number < mutations, |until| started.elapsed() < until);
        if !goes_on {
            break;
        }
        execute(name, target, &mutator.next(), &mut reached);
    }
    // The macros are captured; a report is for whoever watches.
    writeln!(
        std::io::stderr(),
        "fuzz replay: {name}: {} seeds, {} executions, {} accepted, slowest {:.1} ms",
        seeds.len(),
        reached.executions,
        reached.accepted,
        reached.slowest.as_secs_f64() * 1e3
    )
    .unwrap();
    assert!(of_seeds > 0, "no seed of {name} is accepted: its mutations try nothing");
}

macro_rules! replays {
    ($($name:ident),* $(,)?) => {
        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )*
    };
}

replays! {
    token, oauth1_request, oauth1_answer, oauth2_request, oauth2_answer, rsa_pem, scenario, set, expectation,
    over, csv, hlog, summary, timeline, load, sweep, door, control, plays,
}

#[test]
fn every_target_is_replayed_and_has_a_program_for_the_fuzzer() {
    let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, REPLAYED);
    assert_eq!(names, EXECUTIONS.map(|(name, _)| name));
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let readme = std::fs::read_to_string(fuzz().join("README.md")).unwrap();
    for name in names {
        let program = std::fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs")));
        assert!(program.unwrap().contains(&format!("target(\"{name}\")")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} stands in Cargo.toml");
        assert!(readme.contains(&format!("| `{name}` |")), "{name} stands in the README");
    }
}
