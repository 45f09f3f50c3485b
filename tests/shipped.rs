//! Every shipped scenario, shortened: it runs, and gives the bytes it gave before.
//!
//! The digests below are those of a run with two replications and two partners a cohort. They change
//! when a scenario, the model or a report changes; then look at what changed, and accept the snapshot.
#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use amnesty::authority::preset;
use amnesty::experiment::{self, Findings, Options};
use amnesty::report;
use amnesty::scenario::{Overrides, Plan, load};
use sha2::{Digest as _, Sha256};

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    paths
}

/// The plan with two replications and two partners a cohort.
fn shortened(path: &Path) -> Plan {
    let whole = load(path, &Overrides::default()).unwrap();
    let cohorts = whole.arms[0].world.cohorts.iter();
    let sets = cohorts.map(|cohort| format!("swarm.{}.partners=2", cohort.name)).collect();
    load(path, &Overrides { sets, replications: Some(2), ..Overrides::default() }).unwrap()
}

fn run(plan: &Plan, threads: usize) -> Findings {
    let stop = AtomicBool::new(false);
    let options = Options { threads: Some(threads), stop: &stop, progress: &|_, _| {} };
    experiment::run(plan, &options).unwrap()
}

/// Names and contents of the data files and pictures.
fn files(findings: &Findings) -> Vec<(String, String)> {
    let results = report::as_written(&findings.results);
    let mut files = vec![
        ("summary.json".to_owned(), report::json::write(&results.summary)),
        ("timeline.csv".to_owned(), report::csv::write(&results)),
        ("report.html".to_owned(), report::html::html(&results)),
    ];
    for chart in report::chart::all(&results) {
        files.push((format!("{}.svg", chart.name), chart.svg));
    }
    files
}

#[test]
fn shortened_runs_give_the_bytes_they_gave_before() {
    let mut digests = String::new();
    for path in scenarios() {
        let plan = shortened(&path);
        for (name, content) in files(&run(&plan, 2)) {
            let digest = Sha256::digest(content.as_bytes());
            let hex =
                digest.iter().take(8).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            writeln!(digests, "{hex} {}/{name}", plan.name).unwrap();
        }
    }
    insta::assert_snapshot!(digests);
}

/// A new preset gets an arm in `servers-under-the-incident.yaml`.
#[test]
fn every_server_preset_is_an_arm_of_the_comparison() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let plan =
        load(&folder.join("servers-under-the-incident.yaml"), &Overrides::default()).unwrap();
    let presets = preset::all();
    for preset in &presets {
        let name = preset.name.replace('-', "_");
        let arm = plan.arms.iter().find(|arm| arm.name == name);
        let arm = arm.unwrap_or_else(|| {
            panic!("add the arm `{name}: {{ server.policy: {} }}` to the scenario", preset.name)
        });
        for cohort in &arm.world.cohorts {
            // Access tokens live as long as Xero's in all arms: they differ by the policy alone.
            let own = &cohort.rules.policy;
            assert_eq!(own, &preset.rules.policy, "{name}, cohort {}", cohort.name);
        }
    }
    assert_eq!(plan.arms.len(), presets.len(), "an arm is no preset");
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/xero-2018-03-12.yaml");
    let plan = shortened(&path);
    let alone = files(&run(&plan, 1));
    for threads in [2, 8] {
        assert!(files(&run(&plan, threads)) == alone, "{threads} threads");
    }
}

#[test]
fn every_run_balances() {
    for path in scenarios() {
        let plan = shortened(&path);
        let findings = run(&plan, 2);
        for arm in 0..plan.arms.len() {
            for counts in findings.tally.counts(arm, None) {
                assert!(counts.balances(), "{}: {counts:?}", plan.name);
            }
        }
    }
}

#[test]
fn results_in_git_are_those_of_the_scenarios_beside_them() {
    for path in scenarios() {
        let plan = load(&path, &Overrides::default()).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results").join(&plan.name);
        let read = |name: &str| {
            std::fs::read_to_string(folder.join(name))
                .unwrap_or_else(|error| panic!("{}: {name}: {error}", folder.display()))
        };
        // Of many arms the summary has megabytes, and git holds the ranking.
        let same = if report::are_many(plan.arms.len()) {
            let ranking = read("ranking.csv");
            ranking.lines().skip(1).all(|line| line.ends_with(&format!(",{}", plan.digest)))
        } else {
            report::json::read(&read("summary.json")).unwrap().digest == plan.digest
        };
        assert!(same, "{}: run the scenario again", plan.name);
    }
}
