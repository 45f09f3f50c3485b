//! How commands end: every class of exit code, whatever becomes of standard output and error, and what
//! is left in the folder of results.
#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const SCENARIO: &str = "
name: small
seed: 1
replications: 2
clock: { start: 2018-03-11T22:00:00Z, duration: 1d }
server: { policy: strict, access_token_ttl: 30m, service_time: 1ms }
swarm:
  - { name: all, partners: 1, orgs_per_partner: 10, client: cron-15m }
incident:
  - { phase: losing, from: 2018-03-12T01:00:00Z, for: 1h, response_lost: { probability: 100%, seen_as: silence } }
arms: { strict: {}, static: { server.policy: static } }
expect:
  - needed_person(strict) = 100%
  - needed_person(static) = 0%
";

/// The same with an expectation that fails.
const FAILING: &str = "needed_person(strict) <= 5%";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.yaml"), SCENARIO).unwrap();
    let failing = SCENARIO.replace("name: small", "name: failing");
    fs::write(folder.path().join("failing.yaml"), format!("{failing}  - {FAILING}\n")).unwrap();
    fs::write(folder.path().join("bad.yaml"), "name: bad\nswarn: []\n").unwrap();
    let silent = SCENARIO.replace("name: small", "name: silent");
    let (silent, _) = silent.split_once("expect:").unwrap();
    fs::write(folder.path().join("silent.yaml"), silent).unwrap();
    folder
}

/// Runs words of a shell in which `$A` is the command.
fn shell(folder: &Path, script: &str) -> Output {
    Command::new("bash")
        .args(["-c", script])
        .env("A", env!("CARGO_BIN_EXE_amnesty"))
        .env_remove("GITHUB_STEP_SUMMARY")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[track_caller]
fn ends(folder: &Path, script: &str, code: i32) -> (String, String) {
    let output = shell(folder, script);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "`{script}`\nstdout: {out}\nstderr: {err}");
    assert!(!err.contains("panicked"), "`{script}`: {err}");
    (out, err)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_class_of_ending_has_its_code() {
    let folder = folder();
    let folder = folder.path();
    ends(folder, "$A run good.yaml -q --out base", 0);
    for (script, code) in [
        ("$A check good.yaml", 0),
        ("$A check good.yaml --baseline base", 0),
        ("$A validate good.yaml bad.yaml", 2),
        ("$A run nosuch.yaml", 2),
        ("$A run --nosuch", 2),
        ("$A report nosuch", 2),
        ("$A init good.yaml", 2),
        ("$A init no/such/folder.yaml", 2),
        ("$A run good.yaml --out good.yaml", 2),
        ("touch small; mkdir -p o; touch o/small; $A run good.yaml --out o", 2),
        ("$A sweep good.yaml --over clock.duration=1d,2d --out good.yaml", 2),
        ("$A check good.yaml --junit no/such/j.xml", 2),
        ("$A check good.yaml --junit .", 2),
        ("GITHUB_STEP_SUMMARY=no/such/s.md $A check failing.yaml --github", 2),
        ("$A serve good.yaml --listen 192.0.2.1:1", 2),
        ("$A serve good.yaml --ledger good.yaml/l.csv", 2),
        ("$A swarm good.yaml --token-url http://127.0.0.1:1/ --credentials nosuch.csv", 2),
        ("$A check silent.yaml", 2),
        ("$A check good.yaml --arm static --set 'expect=[needed_person(strict) = 0%]'", 2),
        ("$A check failing.yaml", 3),
        ("$A check failing.yaml good.yaml silent.yaml", 3),
        ("$A check good.yaml --baseline nosuch", 5),
        ("$A check good.yaml --junit /dev/full", 1),
        ("$A check failing.yaml --junit /dev/full", 3),
    ] {
        ends(folder, script, code);
    }
}

#[test]
fn a_verdict_is_the_same_whatever_becomes_of_the_words() {
    let folder = folder();
    let folder = folder.path();
    for deaf in [">/dev/full", "2>/dev/full", ">&-", "2>&-", ">&- 2>&-", ">/dev/full 2>/dev/full"] {
        ends(folder, &format!("$A check failing.yaml --junit j.xml {deaf}"), 3);
        assert!(fs::read_to_string(folder.join("j.xml")).unwrap().contains("failures=\"1\""));
        fs::remove_file(folder.join("j.xml")).unwrap();
        ends(folder, &format!("$A run good.yaml --out o {deaf}"), 0);
        assert!(folder.join("o/small/summary.json").exists(), "{deaf}");
        fs::remove_dir_all(folder.join("o")).unwrap();
        ends(folder, &format!("$A validate bad.yaml {deaf}"), 2);
        ends(folder, &format!("$A validate good.yaml {deaf}"), 0);
    }
    for _ in 0..5 {
        let script = "set -o pipefail; $A check good.yaml failing.yaml --junit j.xml | head -n 1";
        ends(folder, script, 3);
        fs::remove_file(folder.join("j.xml")).unwrap();
        ends(folder, "set -o pipefail; $A run good.yaml --out o | true", 0);
        assert!(folder.join("o/small/report.html").exists());
        fs::remove_dir_all(folder.join("o")).unwrap();
    }
    // Here the words are all that there is.
    ends(folder, "$A presets >/dev/full", 1);
    ends(folder, "set -o pipefail; $A presets | true", 0);
}

#[test]
fn what_could_not_be_judged_is_named_and_counted() {
    let folder = folder();
    let folder = folder.path();
    let (out, _) = ends(folder, "$A check good.yaml --arm static --junit j.xml --github", 0);
    let row = "  not judged  needed_person(strict) = 100%\n              `strict` was not run\n";
    assert!(out.contains(row), "{out}");
    assert!(out.contains("1 expectations held, 0 failed, 1 not judged\n"), "{out}");
    assert!(out.contains("::notice file=good.yaml,line=13,"), "{out}");
    let junit = fs::read_to_string(folder.join("j.xml")).unwrap();
    assert!(junit.contains(r#"tests="2" skipped="1" failures="0""#), "{junit}");
    let (_, err) = ends(folder, "$A check silent.yaml", 2);
    assert!(err.ends_with("error: nothing was judged\n"), "{err}");
}

#[test]
fn a_target_is_written_whatever_it_is() {
    let folder = folder();
    let folder = folder.path();
    let (out, _) = ends(folder, "$A check good.yaml --junit /dev/stdout | cat", 0);
    assert!(out.contains("<testsuites"), "{out}");
    ends(folder, "$A check good.yaml --junit /dev/stdout >words", 0);
    let words = fs::read_to_string(folder.join("words")).unwrap();
    assert!(words.contains("<testsuites") && words.contains("2 expectations held"), "{words}");
    ends(
        folder,
        "mkfifo pipe; cat pipe >copy & $A check good.yaml --junit pipe; s=$?; wait; exit $s",
        0,
    );
    assert!(fs::read_to_string(folder.join("copy")).unwrap().contains("<testsuites"));
    ends(folder, "test -p pipe", 0);
    ends(folder, "ln -s real link; $A check good.yaml --junit link; test -L link -a -f real", 0);
    ends(folder, "umask 077; $A run good.yaml -q --out o; $A check good.yaml --junit private", 0);
    let (modes, _) = ends(folder, "stat -c %a o/small o/small/summary.json private | sort -u", 0);
    assert_eq!(modes, "600\n700\n");
    // An expectation that fails stays what it is when its summary cannot be written to the end.
    ends(folder, "GITHUB_STEP_SUMMARY=/dev/full $A check failing.yaml --github", 3);
}

#[test]
fn nothing_of_an_earlier_run_survives_and_mixtures_are_refused() {
    let folder = folder();
    let folder = folder.path();
    let station = "--set 'server.station={ workers: 2 }'";
    ends(folder, &format!("$A run good.yaml -q --ledger --out o {station}"), 0);
    assert!(folder.join("o/small/load.csv").exists() && folder.join("o/small/load.svg").exists());
    ends(folder, "echo mine >o/small/notes.md; $A run good.yaml -q --seed 2 --out o", 0);
    let left = names(&folder.join("o/small"));
    for stale in ["load.csv", "load.svg", "load.png", "ledger.csv", "amplification.svg"] {
        assert!(!left.contains(&stale.to_owned()), "{left:?}");
    }
    assert!(left.contains(&"notes.md".to_owned()), "{left:?}");
    assert_eq!(names(&folder.join("o")), ["small"]);
    ends(folder, &format!("$A run good.yaml -q --ledger --out p {station}"), 0);
    for (file, other) in [
        ("timeline.csv", station),
        ("load.csv", station),
        ("latency.hlog", station),
        ("summary.json", station),
    ] {
        ends(
            folder,
            &format!("rm -rf q; cp -r p q; $A run good.yaml -q --seed 3 --out r {other}"),
            0,
        );
        ends(folder, &format!("$A report q/small && cp r/small/{file} q/small/{file}"), 0);
        for refused in ["$A report q/small", "$A check good.yaml --baseline q"] {
            let (_, err) = ends(folder, refused, 2);
            assert!(err.contains("is of the run "), "{file}, `{refused}`: {err}");
        }
    }
}

/// Words that start a long run with signals as they are by default, or as `env` is told, wait until it
/// listens, send it signals, and end with its exit code.
fn signalled(told: &str, signals: &[&str]) -> String {
    let kills = signals.iter().map(|signal| format!("kill -{signal} $p; "));
    let kills = kills.collect::<Vec<_>>().concat();
    // It listens when SIGINT (bit 1) and SIGTERM (bit 14) are caught.
    format!(
        "env --default-signal=INT,TERM,HUP {told} $A run good.yaml -q --out o --replications 1000 \
         --set swarm.all.orgs_per_partner=10000 --set swarm.all.partners=1000 >out 2>err & p=$!
         until grep -q 'SigCgt:.*[4-7c-f]..[2367abef]$' /proc/$p/status; do :; done
         {kills} wait $p"
    )
}

#[cfg(target_os = "linux")]
#[test]
fn signals_end_a_run_by_convention_and_leave_earlier_results() {
    let folder = folder();
    let folder = folder.path();
    ends(folder, "$A run good.yaml -q --out o", 0);
    let before = fs::read(folder.join("o/small/summary.json")).unwrap();
    for (told, signals, code) in [
        ("", &["INT"][..], 130),
        ("", &["TERM"], 143),
        ("", &["HUP"], 129),
        ("", &["TERM", "TERM"], 143),
        // A signal that is ignored when the program starts stays ignored, as under `nohup`.
        ("--ignore-signal=HUP", &["HUP", "INT"], 130),
    ] {
        ends(folder, &signalled(told, signals), code);
        assert_eq!(names(&folder.join("o")), ["small"], "{told} {signals:?}");
        assert_eq!(fs::read(folder.join("o/small/summary.json")).unwrap(), before, "{signals:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_killed_run_leaves_is_cleared_by_the_next() {
    let folder = folder();
    let folder = folder.path();
    ends(folder, &signalled("", &["KILL"]), 137);
    let left = names(&folder.join("o"));
    assert!(left.len() == 1 && left[0].starts_with(".small."), "{left:?}");
    ends(folder, "$A run good.yaml -q --out o", 0);
    assert_eq!(names(&folder.join("o")), ["small"]);
}
