//! `amnesty sweep` from the scenario to the files.
#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::AtomicBool;

use amnesty::experiment::Options;
use amnesty::experiment::sweep::{Sweep, sweep};
use amnesty::report;
use amnesty::scenario::{Metric, Overrides, SweepRequest, load_sweep};
use tempfile::TempDir;

/// Twenty orgs lose every answer of an hour; nobody recovers unless an amnesty lasts until an app's next
/// timer, up to three hours after it opens.
const SMALL: &str = "
name: small
about: Twenty orgs that lose an answer.
seed: 1
replications: 3
clock: { start: 2018-03-11T22:00:00Z, duration: 1d }
server: { policy: strict, access_token_ttl: 30m, service_time: 1ms }
swarm:
  - name: all
    partners: 4
    orgs_per_partner: 5
    client: { trigger: { periodic: { every: 3h } }, timeout: 10s }
incident:
  - { phase: losing, from: 2018-03-12T01:00:00Z, for: 3h, response_lost: { probability: 100%, seen_as: silence } }
arms:
  without_amnesty: {}
  with_amnesty: { server.amnesty: { from: losing.end, for: 6h, reply: current_pair } }
";

const OWN: &str = "
sweep:
  about: How long must an amnesty be, for an incident of this length?
  over:
    incident.losing.for: [1h, 3h]
    arms.with_amnesty.server.amnesty.for: 30m..3h30m step 1h
  show: needed_person(with_amnesty)
";

const LENGTH: &str = "arms.with_amnesty.server.amnesty.for=1h,2h,4h,8h";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.yaml"), SMALL).unwrap();
    std::fs::write(folder.path().join("own.yaml"), format!("{SMALL}{OWN}")).unwrap();
    folder
}

fn amnesty(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amnesty"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn done(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    (out, err)
}

fn swept(folder: &Path, file: &str, over: &[&str], threads: usize) -> Sweep {
    let over = over.iter().map(|over| (*over).to_owned()).collect();
    let request = SweepRequest { over, ..SweepRequest::default() };
    let plan = load_sweep(&folder.join(file), &Overrides::default(), &request).unwrap();
    let stop = AtomicBool::new(false);
    sweep(&plan, &Options { threads: Some(threads), stop: &stop, progress: &|_, _| {} }).unwrap()
}

#[test]
fn one_dimension_gives_a_curve_an_arm() {
    let folder = folder();
    let sweep = swept(folder.path(), "small.yaml", &[LENGTH], 2);
    let needed = |arm| sweep.shown_of(arm).map(|shown| shown.mean).collect::<Vec<_>>();
    assert_eq!(needed(0), [1.0; 4], "without an amnesty nobody comes back");
    let with = needed(1);
    assert!(
        with.windows(2).all(|pair| pair[0] >= pair[1]),
        "a longer amnesty spares more: {with:?}"
    );
    assert!(with[0] > 0.3 && with[3] == 0.0, "{with:?}");
    // There is no station here, so the server has no figures.
    for metric in Metric::all().filter(|metric| !matches!(metric, Metric::Server(_))) {
        assert!(sweep.cells[0].arms[0].figures.contains_key(metric.name()), "{}", metric.name());
    }
}

#[test]
fn two_dimensions_give_a_map_an_arm() {
    let folder = folder();
    let sweep = swept(folder.path(), "own.yaml", &[], 2);
    let at: Vec<_> = sweep.cells.iter().map(|cell| cell.at.clone()).collect();
    let expected: Vec<_> =
        (0..2).flat_map(|row| (0..4).map(move |column| vec![row, column])).collect();
    assert_eq!(at, expected);
    assert_eq!(sweep.about, "How long must an amnesty be, for an incident of this length?");
    let chart = report::chart::sweep(&sweep);
    for words in ["Length of phase losing", "Length of the amnesty", "without the amnesty"] {
        assert!(chart.svg.to_lowercase().contains(&words.to_lowercase()), "{words}");
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let folder = folder();
    let bytes = |threads| {
        let sweep = report::sweep::as_written(&swept(folder.path(), "own.yaml", &[], threads));
        let svg = report::chart::sweep(&sweep).svg;
        [report::json::write_sweep(&sweep), report::sweep::csv::write(&sweep), svg]
    };
    assert!(bytes(1) == bytes(8));
}

#[test]
fn the_command_answers_and_writes_a_folder_of_its_own() {
    let folder = folder();
    let (out, err) = done(&amnesty(folder.path(), &["sweep", "own.yaml"]), 0);
    assert!(out.starts_with("The share of orgs that needed a person is at most "), "{out}");
    assert!(err.contains("wrote 4 files to results/small-sweep"), "{err}");
    let results = folder.path().join("results/small-sweep");
    let read = |name: &&str| std::fs::read(results.join(name)).unwrap();
    let names = ["sweep.json", "sweep.csv", "sweep.svg", "sweep.png"];
    let before: Vec<_> = names.iter().map(read).collect();
    for name in &names[1..] {
        std::fs::remove_file(results.join(name)).unwrap();
    }
    done(&amnesty(folder.path(), &["report", "results/small-sweep"]), 0);
    assert!(before == names.iter().map(read).collect::<Vec<_>>(), "report draws the same again");
    let csv = String::from_utf8(read(&"sweep.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 2 * 4 * 2, "a row a cell and arm");
    let (json, _) =
        done(&amnesty(folder.path(), &["sweep", "own.yaml", "--format", "json", "--quiet"]), 0);
    assert_eq!(json.as_bytes(), before[0]);
}

#[test]
fn a_target_finds_the_smallest_value_that_meets_it() {
    let folder = folder();
    let sweep = |target: &str| {
        let arguments = ["sweep", "small.yaml", "--quiet", "--over", LENGTH, "--target", target];
        amnesty(folder.path(), &arguments)
    };
    let (out, _) = done(&sweep("needed_person(with_amnesty) <= 1%"), 0);
    assert!(
        out.starts_with("The smallest length of the amnesty of those tried that meets the target"),
        "{out}"
    );
    assert!(out.split_whitespace().collect::<Vec<_>>().join(" ").contains("is 4 h (0 %)"), "{out}");
    let (out, _) = done(&sweep("needed_person(with_amnesty) >= 50%"), 0);
    assert!(out.starts_with("Only the least length of the amnesty of those tried meets"), "{out}");
    let (out, _) = done(&sweep("needed_person(with_amnesty) >= 10%"), 0);
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("from the least one tried, 1 h, up to 2 h (21.7 %, 95 %"), "{out}");
    let (out, _) = done(&sweep("needed_person(without_amnesty) <= 1%"), 3);
    assert!(out.starts_with("None of 4 values meets the target"), "{out}");
    assert!(
        folder.path().join("results/small-sweep/sweep.json").exists(),
        "what was found is kept"
    );
}

#[test]
fn an_invalid_cell_ends_it_before_anything_is_written() {
    let folder = folder();
    let over = "incident.losing.for=1h,2,3h";
    let (out, err) = done(&amnesty(folder.path(), &["sweep", "small.yaml", "--over", over]), 2);
    assert!(out.is_empty(), "{out}");
    assert!(err.contains("--over:1:24") && err.contains("`2` has no unit"), "{err}");
    assert!(err.ends_with("1 error; nothing was run and nothing was written\n"), "{err}");
    assert!(!folder.path().join("results").exists());
    let (_, err) = done(&amnesty(folder.path(), &["sweep", "small.yaml"]), 2);
    assert!(err.contains("there is nothing to sweep over"), "{err}");
    // `validate` looks into the cells of a scenario's own sweep.
    let wrong = format!("{SMALL}sweep: {{ over: {{ incident.losing.for: [1h, 9d] }} }}\n");
    std::fs::write(folder.path().join("wrong.yaml"), wrong).unwrap();
    let (_, err) = done(&amnesty(folder.path(), &["validate", "wrong.yaml"]), 2);
    assert!(err.contains("wrong.yaml:18:44"), "{err}");
}

#[test]
fn a_sweep_fits_its_published_schema_and_a_damaged_one_is_told() {
    let folder = folder();
    let arguments = ["sweep", "small.yaml", "--format", "json", "--quiet", "--over", LENGTH];
    let (json, _) = done(&amnesty(folder.path(), &arguments), 0);
    let sweep: serde_json::Value = serde_json::from_str(&json).unwrap();
    let (schema, _) = done(&amnesty(folder.path(), &["schema", "sweep"]), 0);
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    for required in schema["required"].as_array().unwrap() {
        assert!(sweep.get(required.as_str().unwrap()).is_some(), "{required}");
    }
    let path = folder.path().join("results/small-sweep/sweep.json");
    for (damage, why) in [
        (("\"version\": 1", "\"version\": 99"), "layout version 99"),
        (("\"at\": [3]", "\"at\": [9]"), "cell 3 does not have its place"),
    ] {
        std::fs::write(&path, json.replacen(damage.0, damage.1, 1)).unwrap();
        let (_, err) = done(&amnesty(folder.path(), &["report", "results/small-sweep"]), 2);
        assert!(err.contains(why), "{err}");
    }
}

#[test]
fn the_words_of_a_sweep() {
    let folder = folder();
    let curve = swept(folder.path(), "small.yaml", &[LENGTH], 2);
    let words =
        swept(folder.path(), "small.yaml", &["server.policy=strict,{ grace: { window: 3h } }"], 2);
    let map = swept(folder.path(), "own.yaml", &[], 2);
    let mut all = String::new();
    for sweep in [curve, words, map] {
        let chart = report::chart::sweep(&sweep);
        all = format!("{all}{}\n{}\n\n", report::sweep::text(&sweep), chart.alt);
    }
    insta::assert_snapshot!(all);
}

/// A server that all orgs share, and an incident that ends a minute before the run does.
#[test]
fn goodput_is_compared_however_little_time_there_is_around_an_incident() {
    let folder = folder();
    let sweep = [
        "sweep",
        "small.yaml",
        "--set",
        "server.station={ workers: 2, queue_limit: 10 }",
        "--over",
        "incident.losing.for=3h,20h59m",
        "--target",
        "goodput_after(with_amnesty) >= 90%",
        "--out",
        "out",
    ];
    let (report, _) = done(&amnesty(folder.path(), &sweep), 0);
    assert!(report.contains("goodput after the incident, of that before"), "{report}");
}
