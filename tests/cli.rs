//! The command as a user meets it: exit codes, messages, files, and Ctrl-C.
#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const SMALL: &str = "
name: small
about: Ten orgs that lose an answer.
seed: 1
replications: 2
clock: { start: 2018-03-11T22:00:00Z, duration: 1d }
server: { policy: strict, access_token_ttl: 30m, service_time: 1ms }
swarm:
  - { name: all, partners: 1, orgs_per_partner: 10, client: cron-15m }
incident:
  - { phase: losing, from: 2018-03-12T01:00:00Z, for: 1h, response_lost: { probability: 100%, seen_as: silence } }
expect:
  - needed_person(as_is) = 100%
";

/// A folder with a small scenario in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.yaml"), SMALL).unwrap();
    folder
}

fn amnesty(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_amnesty"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn ends_with_code(output: &Output, code: i32) {
    let stderr = text(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(code),
        "stdout: {}\nstderr: {stderr}",
        text(&output.stdout)
    );
}

/// 44 arms once gave 782 lines without an order, and a picture too tall to be made, for which nothing was
/// written.
#[test]
fn many_arms_are_ranked_and_drawn_and_all_is_told_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let arm =
        |arm: u8| format!("  arm_{arm}: {{ server.policy: {{ grace: {{ window: {arm}m }} }} }}\n");
    let arms: String = (0..44).map(arm).collect();
    let world = SMALL.split("expect:").next().unwrap().replace("name: small", "name: many");
    let arms = arms.replace("window: 0m", "window: 1s");
    std::fs::write(folder.path().join("many.yaml"), format!("{world}arms:\n{arms}")).unwrap();
    let output = amnesty(folder.path(), &["run", "many.yaml", "--quiet"]);
    ends_with_code(&output, 0);
    let told = text(&output.stdout);
    assert!(told.lines().count() < 65, "{told}");
    assert_eq!(told.matches("arm, best first").count(), 1, "{told}");
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let arm = words.next().filter(|word| word.starts_with("arm_"))?;
        let needed = words.find(|word| *word != "(first)")?.replace(',', "");
        Some((arm.to_owned(), needed.parse::<f64>().ok()?))
    };
    let rows: Vec<(String, f64)> = told.lines().filter_map(row).collect();
    assert_eq!(rows.len(), 44, "{told}");
    assert!(rows.is_sorted_by(|a, b| a.1 <= b.1), "{told}");

    let results = folder.path().join("results/many");
    for name in ["summary.json", "timeline.csv", "latency.hlog", "report.html"] {
        assert!(results.join(name).is_file(), "{name}");
    }
    for name in ["ranked", "became", "disconnected", "survival", "outcomes", "latency"] {
        let png = std::fs::read(results.join(format!("{name}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{name}");
    }
    let ranking = std::fs::read_to_string(results.join("ranking.csv")).unwrap();
    let ranked: Vec<&str> =
        ranking.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(ranked, rows.iter().map(|(arm, _)| arm.as_str()).collect::<Vec<_>>());
    // Which arms a picture leaves out is said in its words and on the page.
    let became = std::fs::read_to_string(results.join("became.svg")).unwrap();
    let page = std::fs::read_to_string(results.join("report.html")).unwrap();
    for told in [became, page] {
        let words = "It draws 6 of 44 arms; in the tables and the data only: arm_";
        assert!(told.contains(words), "how many, and which not");
    }

    let output = amnesty(folder.path(), &["run", "many.yaml", "--quiet", "--all"]);
    ends_with_code(&output, 0);
    assert!(text(&output.stdout).contains("replay exposure, org-hours   "), "every measure");
}

#[test]
fn run_answers_first_and_writes_a_whole_folder() {
    let folder = folder();
    let output = amnesty(folder.path(), &["run", "small.yaml"]);
    ends_with_code(&output, 0);
    assert!(
        text(&output.stdout).starts_with("10 of 10 orgs needed a person"),
        "{}",
        text(&output.stdout)
    );
    let results = folder.path().join("results/small");
    let mut names: Vec<_> = std::fs::read_dir(&results)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let charts = ["access", "became", "disconnected", "latency", "outcomes", "survival"];
    let mut expected: Vec<_> =
        charts.iter().flat_map(|name| [format!("{name}.png"), format!("{name}.svg")]).collect();
    expected
        .extend(["latency.hlog", "report.html", "summary.json", "timeline.csv"].map(Into::into));
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn running_again_gives_the_same_bytes_and_another_seed_others() {
    let folder = folder();
    let results = |out: &str, more: &[&str]| {
        let arguments = [&["run", "small.yaml", "--out", out, "--quiet"], more].concat();
        ends_with_code(&amnesty(folder.path(), &arguments), 0);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder.path().join(out).join("small")).unwrap() {
            let path = entry.unwrap().path();
            files.push((path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap()));
        }
        files.sort();
        files
    };
    let first = results("a", &[]);
    assert!(first == results("b", &["--threads", "8"]));
    assert!(first != results("c", &["--seed", "2"]));
}

#[test]
fn report_draws_the_same_pictures_again() {
    let folder = folder();
    ends_with_code(&amnesty(folder.path(), &["run", "small.yaml"]), 0);
    let results = folder.path().join("results/small");
    let pictures = ["became.svg", "latency.png", "report.html"];
    let read = |name: &&str| std::fs::read(results.join(name)).unwrap();
    let before: Vec<_> = pictures.iter().map(read).collect();
    for name in pictures {
        std::fs::remove_file(results.join(name)).unwrap();
    }
    ends_with_code(&amnesty(folder.path(), &["report", "results/small"]), 0);
    assert!(before == pictures.iter().map(read).collect::<Vec<_>>());
}

#[test]
fn where_orgs_meet_the_server_has_files_of_its_own() {
    let folder = folder();
    let station = ["run", "small.yaml", "--set", "server.station={ workers: 2 }"];
    ends_with_code(&amnesty(folder.path(), &station), 0);
    let results = folder.path().join("results/small");
    let pictures = ["load.svg", "amplification.png", "report.html"];
    let read = |name: &&str| std::fs::read(results.join(name)).unwrap();
    let before: Vec<_> = pictures.iter().map(read).collect();
    for name in pictures {
        std::fs::remove_file(results.join(name)).unwrap();
    }
    ends_with_code(&amnesty(folder.path(), &["report", "results/small"]), 0);
    assert!(before == pictures.iter().map(read).collect::<Vec<_>>());
    std::fs::remove_file(results.join("load.csv")).unwrap();
    let output = amnesty(folder.path(), &["report", "results/small"]);
    ends_with_code(&output, 2);
    assert!(text(&output.stderr).contains("load.csv`"), "{}", text(&output.stderr));
}

#[test]
fn report_names_what_is_wrong_with_a_folder() {
    let folder = folder();
    let output = amnesty(folder.path(), &["report", "."]);
    ends_with_code(&output, 2);
    assert!(text(&output.stderr).contains("failed to read `./summary.json`"));
    std::fs::write(folder.path().join("summary.json"), "{}").unwrap();
    std::fs::write(folder.path().join("timeline.csv"), "").unwrap();
    let output = amnesty(folder.path(), &["report", "."]);
    ends_with_code(&output, 2);
    assert!(text(&output.stderr).contains("version"), "{}", text(&output.stderr));
}

#[test]
fn each_kind_of_end_has_its_exit_code() {
    let folder = folder();
    let run = |arguments: &[&str]| amnesty(folder.path(), arguments).status.code();
    assert_eq!(run(&["--version"]), Some(0));
    assert_eq!(run(&["frobnicate"]), Some(2));
    assert_eq!(run(&["run"]), Some(2));
    assert_eq!(run(&["run", "missing.yaml"]), Some(2));
    assert_eq!(run(&["run", "small.yaml", "--set", "server.polcy=strict"]), Some(2));
    assert_eq!(run(&["run", "small.yaml", "small.yaml"]), Some(2));
    assert_eq!(run(&["check", "small.yaml"]), Some(0));
    let calm = ["check", "small.yaml", "--set", "incident.losing.response_lost.probability=0%"];
    assert_eq!(run(&calm), Some(3));
    assert_eq!(run(&["check", "small.yaml", "--baseline", "nowhere"]), Some(5));
    assert_eq!(run(&["presets", "xero-nett"]), Some(2));
    assert_eq!(run(&["init", "--preset", "nobody"]), Some(2));
}

#[test]
fn a_worse_result_than_the_baseline_has_an_exit_code_of_its_own() {
    let folder = folder();
    let milder = "incident.losing.response_lost.probability=0%";
    let expectation = "expect=[needed_person(as_is) >= 0%]";
    let base = ["run", "small.yaml", "--out", "base", "--set", milder, "--set", expectation];
    ends_with_code(&amnesty(folder.path(), &base), 0);
    let check = ["check", "small.yaml", "--baseline", "base", "--set", expectation];
    let output = amnesty(folder.path(), &check);
    ends_with_code(&output, 4);
    assert!(text(&output.stdout).contains("WORSE   as_is: +10.0 orgs"), "{}", text(&output.stdout));
    let same = [&check[..], &["--set", milder]].concat();
    ends_with_code(&amnesty(folder.path(), &same), 0);
}

#[test]
fn check_tells_machines_what_it_tells_people() {
    let folder = folder();
    let summary = folder.path().join("step.md");
    let output = Command::new(env!("CARGO_BIN_EXE_amnesty"))
        .args(["check", "small.yaml", "--junit", "out.xml", "--github"])
        .args(["--set", "incident.losing.response_lost.probability=0%"])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .current_dir(folder.path())
        .output()
        .unwrap();
    ends_with_code(&output, 3);
    let out = text(&output.stdout);
    assert!(out.contains("::error file=small.yaml,line=13,"), "{out}");
    let junit = std::fs::read_to_string(folder.path().join("out.xml")).unwrap();
    assert!(junit.contains("tests=\"1\"") && junit.contains("failures=\"1\""), "{junit}");
    assert!(std::fs::read_to_string(summary).unwrap().contains("1 of 1 expectations failed"));
}

#[test]
fn nothing_is_written_when_a_scenario_is_invalid() {
    let folder = folder();
    std::fs::write(folder.path().join("bad.yaml"), "name: bad\nswarn: []\n").unwrap();
    let output = amnesty(folder.path(), &["run", "small.yaml", "bad.yaml"]);
    ends_with_code(&output, 2);
    let error = text(&output.stderr);
    assert!(error.contains("bad.yaml:2:1") && error.contains("swarm"), "{error}");
    assert!(!folder.path().join("results").exists());
}

#[test]
fn output_that_cannot_be_written_fails_before_the_run() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let output = amnesty(folder.path(), &["run", "small.yaml", "--out", "file"]);
    ends_with_code(&output, 2);
    let error = text(&output.stderr);
    assert!(error.starts_with("error: failed to write results to `file/small`: "), "{error}");
    assert!(output.stdout.is_empty(), "nothing was run");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_a_closed_pipe_is_not() {
    let folder = folder();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_amnesty"));
    let output = command.arg("presets").stdout(full).stderr(Stdio::piped()).output().unwrap();
    ends_with_code(&output, 1);
    assert!(text(&output.stderr).contains("failed to write to standard output: "));

    let script = "\"$0\" presets | head -n 1";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_amnesty")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    ends_with_code(&output, 0);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

/// Whether a process has a handler for SIGINT (signal 2) by now.
#[cfg(target_os = "linux")]
fn catches_interrupts(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() & 1 << 1 != 0
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_a_run_without_a_trace() {
    let folder = folder();
    // Whoever started this test may ignore the signal; amnesty would then ignore it too.
    let mut child = Command::new("env")
        .args(["--default-signal=INT", env!("CARGO_BIN_EXE_amnesty")])
        .args(["run", "small.yaml", "--set", "swarm.all.partners=1000", "--set"])
        .args(["swarm.all.orgs_per_partner=10000", "--replications", "1000"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    while !catches_interrupts(&pid) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it began");
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    ends_with_code(&output, 130);
    assert_eq!(text(&output.stderr), "interrupted; nothing was written\n");
    assert_eq!(std::fs::read_dir(folder.path().join("results")).unwrap().count(), 0);
}

#[test]
fn init_makes_a_scenario_that_runs_and_never_overwrites() {
    let folder = folder();
    ends_with_code(&amnesty(folder.path(), &["init", "mine.yaml", "--preset", "okta"]), 0);
    ends_with_code(&amnesty(folder.path(), &["validate", "mine.yaml"]), 0);
    let output = amnesty(folder.path(), &["init", "mine.yaml"]);
    ends_with_code(&output, 2);
    assert!(text(&output.stderr).contains("failed to make `mine.yaml`"));
    let printed = amnesty(folder.path(), &["init", "--preset", "okta"]);
    assert_eq!(printed.stdout, std::fs::read(folder.path().join("mine.yaml")).unwrap());
}

#[test]
fn explain_schema_and_completions_say_what_they_are_asked() {
    let folder = folder();
    let explained = amnesty(folder.path(), &["explain", "small.yaml"]);
    assert!(text(&explained.stdout).contains("losing"));
    for of in ["scenario", "summary", "sweep"] {
        let output = amnesty(folder.path(), &["schema", of]);
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(text(&amnesty(folder.path(), &["completions", shell]).stdout).contains("amnesty"));
    }
}

#[test]
fn a_summary_fits_its_published_schema() {
    let folder = folder();
    let output = amnesty(folder.path(), &["run", "small.yaml", "--format", "json", "--quiet"]);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = amnesty(folder.path(), &["schema", "summary"]);
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).unwrap();
    for required in schema["required"].as_array().unwrap() {
        assert!(summary.get(required.as_str().unwrap()).is_some(), "{required}");
    }
}

#[test]
fn stations_that_tell_later_are_refused_where_they_cannot_be_played() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/retry-storm.yaml");
    let scenario = scenario.to_str().unwrap();
    let serve = ["serve", scenario, "--arm", "lifo"];
    for args in [&serve[..], &["run", scenario, "--engine", "live"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_amnesty")).args(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("in virtual time only: use `--engine sim`"), "{stderr}");
    }
}

#[test]
fn help_is_pinned() {
    let folder = folder();
    let mut all = String::new();
    for verb in ["", "run", "check", "sweep", "serve", "swarm", "init"] {
        let arguments = [verb, "--help"].map(str::to_owned);
        let arguments = arguments.iter().map(String::as_str).filter(|word| !word.is_empty());
        let arguments: Vec<_> = arguments.collect();
        let help = text(&amnesty(folder.path(), &arguments).stdout);
        all = format!("{all}$ amnesty {}\n{help}\n", arguments.join(" "));
    }
    insta::assert_snapshot!(all);
}

/// What cannot be read does not hide what contradicts itself elsewhere.
#[test]
fn all_errors_of_a_file_come_at_once() {
    let folder = folder();
    let bad = "\
name: bad two
clock: { start: 2018-03-11T22:00:00Z, duration: 1d }
server: { polcy: strict, service_time: 1ms, access_token_ttl: 30 }
swarm:
  - { name: a, partners: 0, orgs_per_partner: 10, client: xero-nett }
incident:
  - phase: x
    from: 2018-03-12T01:00:00Z
    for: 2d
    response_lost: { probability: 10%, seen_as: { silence: 70%, reset: 40% } }
arms:
  y: { incident.z.for: 3h }
expect:
  - neded_person(y) <= 3%
";
    std::fs::write(folder.path().join("bad.yaml"), bad).unwrap();
    let output = amnesty(folder.path(), &["validate", "bad.yaml"]);
    ends_with_code(&output, 2);
    let stderr = text(&output.stderr);
    let places: Vec<_> = stderr
        .lines()
        .filter_map(|line| line.split_once("--> bad.yaml:"))
        .map(|(_, at)| at)
        .collect();
    let expected = ["1:7", "3:1", "3:11", "3:63", "5:26", "5:59", "9:10", "10:49", "12:17", "14:5"];
    assert_eq!(places, expected, "{stderr}");
}

#[test]
fn a_storm_that_loses_no_credential_is_told_as_time_without_access() {
    let folder = folder();
    let storm = SMALL
        .replace(
            "response_lost: { probability: 100%, seen_as: silence }",
            "error: { probability: 100%, status: 503 }",
        )
        .replace("2018-03-12T01:00:00Z, for: 1h", "2018-03-11T22:00:00Z, for: 1d")
        // Ten orgs have the token that they start with for half an hour of a day.
        .replace("needed_person(as_is) = 100%", "org_hours_without_access(as_is) = 235");
    std::fs::write(folder.path().join("storm.yaml"), &storm).unwrap();
    let output = amnesty(folder.path(), &["run", "storm.yaml"]);
    ends_with_code(&output, 0);
    let shown = text(&output.stdout);
    let mut lines = shown.lines();
    let first = lines.next().unwrap();
    assert!(first.starts_with("! Not one of ") && first.contains("server error × "), "{shown}");
    let answer = lines.next().unwrap();
    assert!(
        answer.starts_with(
            "Nobody lost credentials, but orgs were without access for 235 org-hours, 97.9 %"
        ),
        "{shown}"
    );
    assert!(shown.contains("  failed otherwise"), "{shown}");
    let results = folder.path().join("results/small");
    let page = std::fs::read_to_string(results.join("report.html")).unwrap();
    let (doubt, answer) = (page.find("Not one of"), page.find("<h1>Nobody lost credentials"));
    assert!(doubt.is_some() && doubt < answer, "the caveat leads the page");
    assert!(
        page.contains("How many orgs were without access?") && results.join("access.svg").exists()
    );
    let timeline = std::fs::read_to_string(results.join("timeline.csv")).unwrap();
    let column = timeline
        .lines()
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == "without_access_orgs")
        .unwrap();
    let last = timeline.lines().last().unwrap().split(',').nth(column).unwrap();
    assert_eq!(last, "10", "{timeline}");
    ends_with_code(&amnesty(folder.path(), &["check", "storm.yaml"]), 0);
    let short = storm.replace("= 235", "< 235");
    std::fs::write(folder.path().join("short.yaml"), short).unwrap();
    ends_with_code(&amnesty(folder.path(), &["check", "short.yaml"]), 3);
}

#[test]
fn a_calm_run_is_not_told_as_time_without_access() {
    let folder = folder();
    let calm = SMALL.replace("probability: 100%", "probability: 0%").replace("= 100%", "= 0");
    std::fs::write(folder.path().join("calm.yaml"), calm).unwrap();
    let output = amnesty(folder.path(), &["run", "calm.yaml"]);
    ends_with_code(&output, 0);
    assert!(text(&output.stdout).starts_with("Nobody was ever disconnected."));
}
