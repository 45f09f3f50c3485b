//! What a request becomes, and what is wrong with it.

use std::path::{Path, PathBuf};

use super::*;

const SMALL: &str = "
name: small
seed: 1
replications: 2
clock: { start: 2018-03-11T22:00:00Z, duration: 1d }
server: { policy: strict, access_token_ttl: 30m, service_time: 1ms }
swarm:
  - { name: all, partners: 1, orgs_per_partner: 4, client: cron-15m }
incident:
  - { phase: losing, from: 2018-03-12T01:00:00Z, for: 1h, response_lost: { probability: 100%, seen_as: silence } }
arms:
  without_amnesty: {}
  with_amnesty: { server.amnesty: { from: losing.end + 1h, for: 6h, reply: current_pair } }
";

/// A scenario file in a folder of its own.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.yaml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn request(over: &[&str], show: Option<&str>, target: Option<&str>) -> SweepRequest {
    SweepRequest {
        over: over.iter().map(|over| (*over).to_owned()).collect(),
        show: show.map(str::to_owned),
        target: target.map(str::to_owned),
    }
}

fn over(path: &Path, over: &[&str]) -> Result<SweepPlan, Diagnostics> {
    load_sweep(path, &Overrides::default(), &request(over, None, None))
}

/// Places and messages, in order.
fn errors(result: Result<SweepPlan, Diagnostics>) -> Vec<String> {
    let diagnostics = result.unwrap_err();
    let place = |path: &str| Path::new(path).file_name().unwrap().to_string_lossy().into_owned();
    diagnostics
        .iter()
        .map(|d| format!("{}:{}:{} {}", place(&d.file), d.line, d.column, d.message))
        .collect()
}

const LENGTH: &str = "arms.with_amnesty.server.amnesty.for";

#[test]
fn each_cell_is_the_scenario_with_its_values_set() {
    let (_folder, path) = file(SMALL);
    let lengths = format!("{LENGTH}=6h,1h");
    let clients = "swarm.all.client=[],xero-net,{ preset: xero-net, timeout: 1s }";
    let sweep = over(&path, &[&lengths, &clients.replace("[],", "")]).unwrap();
    let texts = |axis: &Axis| axis.values.iter().map(|v| v.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&sweep.axes[0]), ["1h", "6h"], "ordered values ascend");
    assert_eq!(texts(&sweep.axes[1]), ["xero-net", "{ preset: xero-net, timeout: 1s }"]);
    assert_eq!(sweep.cells.len(), 4);
    for (cell, (length, client)) in sweep.cells.iter().zip([
        ("1h", "xero-net"),
        ("1h", "{ preset: xero-net, timeout: 1s }"),
        ("6h", "xero-net"),
        ("6h", "{ preset: xero-net, timeout: 1s }"),
    ]) {
        let sets = vec![format!("{LENGTH}={length}"), format!("swarm.all.client={client}")];
        let alone = super::super::load(&path, &Overrides { sets, ..Overrides::default() }).unwrap();
        assert_eq!(cell.digest, alone.digest, "{length}, {client}");
    }
    assert_eq!(sweep.shown.metric, Metric::NeededPerson);
    assert_eq!(sweep.shown.arm, "with_amnesty");
}

#[test]
fn a_scenario_can_carry_its_own_sweep_and_runs_as_before() {
    let own = format!(
        "{SMALL}sweep: {{ over: {{ {LENGTH}: [1h, 2h..6h step 2h] }}, show: harmed(with_amnesty), about: Why }}\n"
    );
    let (_plain, plain) = file(SMALL);
    let (_folder, path) = file(&own);
    let sweep = over(&path, &[]).unwrap();
    assert_eq!((sweep.cells.len(), sweep.about.as_str()), (4, "Why"));
    assert_eq!(sweep.shown.metric, Metric::Harmed);
    let load = |path: &Path| super::super::load(path, &Overrides::default()).unwrap();
    let (with, without) = (load(&path), load(&plain));
    assert_eq!(with.digest, without.digest);
    assert_eq!(with.resolved, without.resolved);
    assert!(with.sweeps && !without.sweeps);
    // The command line's dimensions take the place of the file's.
    assert_eq!(over(&path, &["server.access_token_ttl=10m"]).unwrap().cells.len(), 1);
}

#[test]
fn only_selected_arms_are_swept() {
    let (_folder, path) = file(SMALL);
    let overrides = Overrides { arms: vec!["without_amnesty".into()], ..Overrides::default() };
    let request = request(&[&format!("{LENGTH}=1h,2h")], Some("harmed"), None);
    let sweep = load_sweep(&path, &overrides, &request).unwrap();
    assert!(sweep.cells.iter().all(|cell| cell.arms.len() == 1));
    assert_eq!(sweep.shown.arm, "without_amnesty");
}

#[test]
fn every_error_of_every_cell_comes_at_once_with_its_place() {
    let (_folder, path) = file(SMALL);
    let wrong =
        ["incident.losing.for=1h,30,2 hours", "incident.losing.response_lost.probability=10%,135%"];
    let found = errors(over(&path, &wrong));
    assert_eq!(
        found,
        [
            "--over:1:24 the duration `30` has no unit",
            "--over:1:27 expected a duration, found `2 hours`",
            "--over:1:47 the share `135%` is not between 0% and 100%",
        ]
    );
}

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    let (_folder, path) = file(SMALL);
    for (arguments, expected) in [
        (vec!["server.polcy=strict"], "--over:1:8 unknown key `polcy`"),
        (vec!["sever.policy=strict"], "--over:1:1 there is no `sever` to sweep over"),
        (vec!["name=a,b"], "--over:1:1 there is no `name` to sweep over"),
        (vec!["server.policy"], "--over:1:1 expected `path=value,value,…`"),
        (vec!["seed=1,,2"], "--over:1:8 a value is missing here"),
        (vec!["seed=1,2,1"], "--over:1:10 the value `1` is there twice"),
        (vec!["incident.losing.for=60m,1h"], "--over:1:25 the value `1h` is there twice"),
        (vec!["seed=1", "seed=2"], "--over:1:1 `seed` is varied twice"),
        (vec!["seed=10..1 step 1"], "--over:1:6 the range ends before it starts"),
        (vec!["seed={ a"], "--over:1:9 invalid YAML"),
        (vec!["incident.loosing.for=1h"], "--over:1:10 there is no phase `loosing`"),
        (
            vec!["seed=1", "clock.duration=1d", "server.policy=strict"],
            "--over:1:1 a sweep has one dimension or two, not 3",
        ),
        (vec![], "small.yaml:2:1 there is nothing to sweep over"),
        (vec!["seed=1..1000 step 1"], "--over:1:6 more than 100 values"),
        (vec!["arms={ a: {} },{ b: {} }"], "--over:1:16 this value makes other arms"),
        (vec!["swarm.all.name=all,some"], "--over:1:20 this value makes other cohorts"),
    ] {
        let found = errors(over(&path, &arguments));
        assert!(found[0].starts_with(expected), "{arguments:?}: {found:?}");
    }
}

#[test]
fn a_wrong_dimension_hides_no_other_error() {
    let (_folder, path) = file(&SMALL.replace("for: 6h", "for: 6"));
    let request = request(&["sever.policy=strict"], Some("neded_person"), Some("harmed(a) = 0"));
    let found = errors(load_sweep(&path, &Overrides::default(), &request));
    let places: Vec<&str> = found.iter().filter_map(|error| error.split(' ').next()).collect();
    assert_eq!(
        places,
        ["small.yaml:13:65", "--over:1:1", "--show:1:1", "--target:1:8"],
        "{found:?}"
    );
}

#[test]
fn an_error_elsewhere_names_the_value_that_causes_it() {
    let (_folder, path) = file(SMALL);
    let found = over(&path, &["clock.duration=1d,2h", "seed=1,2"]).unwrap_err().to_string();
    assert!(found.contains("small.yaml") && found.contains("with this value"), "{found}");
    assert!(found.contains("clock.duration=1d,2h"), "{found}");
}

#[test]
fn show_and_target_are_checked_like_expectations() {
    let (_folder, path) = file(SMALL);
    let seeds = ["seed=1,2"];
    let both = ["seed=1,2", "clock.duration=1d,2d"];
    for (over, show, target, expected) in [
        (&seeds[..], Some("neded_person"), None, "--show:1:1 there is no metric `neded_person`"),
        (&seeds, Some("harmed(wiht)"), None, "--show:1:8 there is no arm `wiht`"),
        (&seeds, Some("harmed <= 1"), None, "--show:1:8 more than a metric"),
        (&seeds, None, Some("harmed(with_amnesty)"), "--target:1:21 expected a comparison"),
        (&seeds, Some("recovery_time"), None, "--show:1:1 `recovery_time` can be never"),
        (&seeds, Some("goodput_after"), None, "--show:1:1 there is no `goodput_after`"),
        (
            &seeds,
            None,
            Some("recovery_time(with_amnesty) <= 1h"),
            "--target:1:1 `recovery_time` can be never",
        ),
        (
            &both,
            None,
            Some("harmed(with_amnesty) = 0"),
            "--target:1:1 a target needs one dimension",
        ),
    ] {
        let request = request(over, show, target);
        let found = errors(load_sweep(&path, &Overrides::default(), &request));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(expected), "{found:?}");
    }
}

#[test]
fn a_wrong_section_is_found_by_whoever_reads_the_file() {
    for (section, expected) in [
        ("{ over: { sever.policy: [a] } }", "small.yaml:14:18 there is no `sever` to sweep over"),
        ("{ over: { seed: {} } }", "small.yaml:14:24 expected a list of values, found a map"),
        ("{ over: { seed: [1] }, shwo: a }", "small.yaml:14:31 unknown key `shwo`"),
        ("{ over: { seed: [1] }, show: a }", "small.yaml:14:37 there is no metric `a`"),
        ("{ over: { seed: [] } }", "small.yaml:14:18 `seed` has no value to sweep over"),
        ("{ show: harmed }", "small.yaml:14:1 the key `over` is missing"),
        ("[]", "small.yaml:14:8 expected a sweep as a map, found a list"),
    ] {
        let (_folder, path) = file(&format!("{SMALL}sweep: {section}\n"));
        let found = super::super::load(&path, &Overrides::default()).map(|_| unreachable());
        let found = errors(found);
        assert!(found.iter().any(|error| error.starts_with(expected)), "{section}: {found:?}");
    }
}

fn unreachable() -> SweepPlan {
    unreachable!("the section is wrong")
}
