//! The ledger of a run: that it says what was counted, and what its options do.
#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::AtomicBool;

use amnesty::experiment::results::run_id;
use amnesty::experiment::{Options, Selection, expected};
use amnesty::scenario::{Overrides, Plan, load};
use amnesty::world::Swarm;

use tempfile::TempDir;

use support::ledger::{fold, recorded};

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name)
}

fn scenarios() -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(scenario(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    paths
}

/// Rows of a shortened scenario, about.
const ROWS: f64 = 30_000.0;

/// The plan with two replications, two partners a cohort, and as many orgs each as make some rows.
fn shortened(path: &Path) -> Plan {
    let whole = load(path, &Overrides::default()).unwrap();
    let cohorts = whole.arms[0].world.cohorts.iter();
    let mut sets: Vec<_> =
        cohorts.map(|cohort| format!("swarm.{}.partners=2", cohort.name)).collect();
    let few = |sets: &[String]| {
        let sets = sets.to_vec();
        load(path, &Overrides { sets, replications: Some(2), ..Overrides::default() }).unwrap()
    };
    let plan = few(&sets);
    let swarm = Swarm::of(plan.seed, &plan.arms[0].world).unwrap();
    let share = ROWS / expected(&plan, &swarm, &Selection::all(&plan), "").rows;
    if share >= 1.0 {
        return plan;
    }
    for cohort in &plan.arms[0].world.cohorts {
        let orgs = (cohort.orgs_per_partner.mean().unwrap() * share).ceil();
        sets.push(format!("swarm.{}.orgs_per_partner={orgs}", cohort.name));
    }
    few(&sets)
}

#[test]
fn folded_it_is_the_summary_of_every_shipped_scenario_on_any_number_of_threads() {
    let stop = AtomicBool::new(false);
    for path in scenarios() {
        let plan = shortened(&path);
        let mut written = String::new();
        for threads in [1, 2, 8] {
            let options = Options { threads: Some(threads), stop: &stop, progress: &|_, _| {} };
            let selection = Selection::all(&plan);
            let (found, text) = recorded(&plan, &options, &selection, 16);
            if threads > 1 {
                assert!(text == written, "{}: {threads} threads", plan.name);
                continue;
            }
            let swarm = Swarm::of(plan.seed, &plan.arms[0].world).unwrap();
            let run = run_id(&plan.digest, plan.seed.0);
            let folded = fold(&text, &swarm, &run);
            assert_eq!(folded.differs(&plan, &found), Ok(()), "{}", plan.name);
            let size = expected(&plan, &swarm, &selection, &run);
            let lines = text.lines().count();
            // Within a factor of two, which is all that is said.
            for (what, said, is) in
                [("rows", size.rows, lines as f64), ("bytes", size.bytes, text.len() as f64)]
            {
                let ratio = said / is;
                assert!((0.5..2.0).contains(&ratio), "{}: {said} {what}, {is}", plan.name);
            }
            written = text;
        }
    }
}

/// Orgs that share a breaker by partners, in two arms.
const SCENARIO: &str = "
name: ledger-test
about: A world for tests.
replications: 2
clock: { start: 2018-03-12T00:00:00Z, duration: 3h }
server: { protocol: oauth2, policy: strict, access_token_ttl: 10m, service_time: 100ms }
swarm:
  - name: jobs
    partners: 3
    orgs_per_partner: 10
    client: { trigger: { before_expiry: { lead: 1m } }, timeout: 20s }
incident:
  - phase: degraded
    from: 2018-03-12T01:00:00Z
    for: 30m
    response_lost: { probability: 50%, seen_as: { silence: 50%, reset: 50% } }
arms:
  plain: {}
  quick: { swarm.jobs.client.timeout: 2s }
";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger-test.yaml");
    fs::write(&path, SCENARIO).unwrap();
    (folder, path)
}

fn run(scenario: &Path, out: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amnesty"));
    command.arg("run").arg(scenario).arg("--out").arg(out).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The lines below the heading.
fn lines(ledger: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_reader(ledger.as_bytes());
    reader.records().map(Result::unwrap).collect()
}

#[test]
fn it_is_written_and_restricted_and_compressed_as_asked() {
    let (folder, scenario) = folder();
    let out = folder.path().join("out");
    let ended = run(&scenario, &out, &["--ledger", "--threads", "2"]);
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert!(said.contains("ledger-test: the ledger will have about 2,"), "{said}");
    let whole = fs::read_to_string(out.join("ledger-test/ledger.csv")).unwrap();
    let all = lines(&whole);
    assert!(said.contains(&format!("wrote {} rows to", all.len())), "{said}");
    let arms: std::collections::BTreeSet<_> = all.iter().map(|line| line[0].to_owned()).collect();
    assert!(arms.contains("quick") && arms.len() == 2, "{arms:?}");
    let plan = load(&scenario, &Overrides::default()).unwrap();
    let id = run_id(&plan.digest, plan.seed.0);
    assert!(all.iter().all(|line| line[line.len() - 1] == *id));

    let restricted =
        ["--ledger-arm", "plain", "--ledger-orgs", "7..9", "--ledger-replications", "1.."];
    for name in ["part.csv", "part.csv.gz", "part.csv.zst"] {
        let file = format!("--ledger={name}");
        let ended = run(&scenario, &out, &[&[file.as_str(), "--quiet"], &restricted[..]].concat());
        assert_eq!((ended.status.code(), text(&ended.stderr)), (Some(0), String::new()));
        let bytes = fs::read(out.join("ledger-test").join(name)).unwrap();
        let part = match name.rsplit('.').next().unwrap() {
            "gz" => {
                let mut part = String::new();
                let mut reader = flate2::read::GzDecoder::new(bytes.as_slice());
                std::io::Read::read_to_string(&mut reader, &mut part).unwrap();
                part
            }
            "zst" => String::from_utf8(zstd::decode_all(bytes.as_slice()).unwrap()).unwrap(),
            _ => String::from_utf8(bytes).unwrap(),
        };
        let is_wanted = |line: &&csv::StringRecord| {
            line[0] == *"plain" && line[1] == *"1" && ["7", "8"].contains(&&line[2])
        };
        let wanted: Vec<_> = all.iter().filter(is_wanted).cloned().collect();
        assert!(wanted.len() > 30);
        assert_eq!(lines(&part), wanted, "{name}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_before_the_run() {
    let (folder, scenario) = folder();
    let (out, path) = (folder.path().join("out"), scenario.to_str().unwrap());
    let huge = [
        "--ledger",
        "--set",
        "swarm.jobs.orgs_per_partner=10000000",
        "--set",
        "clock.duration=3650d",
        "--set",
        "server.access_token_ttl=61s",
    ];
    for (arguments, message) in [
        (&["--ledger", "--ledger-arm", "plein"][..], "no arm `plein`; did you mean `plain`?"),
        (&["--ledger", "--ledger-orgs", "30..40"][..], "the scenario has orgs 0..30"),
        (&["--ledger", "--ledger-replications", "2.."][..], "there are replications 0..2"),
        (&["--ledger", "--ledger-orgs", "3"][..], "is no range such as 0..100"),
        (&["--ledger-arm", "plain"][..], "--ledger"),
        (&["--ledger=./one.csv", path][..], "would write to"),
        (&huge[..], "ask for less with --ledger-arm, --ledger-orgs or --ledger-replications"),
    ] {
        let ended = run(&scenario, &out, arguments);
        let said = text(&ended.stderr);
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {said}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// It stops at once, and leaves nothing behind.
#[test]
fn an_interrupted_run_leaves_no_ledger() {
    let (folder, scenario) = folder();
    let out = folder.path().join("out");
    let child = Command::new(env!("CARGO_BIN_EXE_amnesty"))
        .arg("run")
        .arg(&scenario)
        .args([
            "--set",
            "swarm.jobs.orgs_per_partner=100000",
            "--ledger=l.csv.gz",
            "--quiet",
            "--out",
        ])
        .arg(&out)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let is_writing =
        || files(&out).iter().any(|file| fs::metadata(file).is_ok_and(|it| it.len() > 0));
    while !is_writing() {
        std::thread::yield_now();
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", text(&ended.stderr));
    assert_eq!(files(&out), Vec::<PathBuf>::new());
}
