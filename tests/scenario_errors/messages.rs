//! What a user sees of a scenario that is wrong: one snapshot for each kind of error.

use std::path::Path;

use amnesty::scenario::{self, Diagnostics, Overrides};

use crate::kinds::KINDS;
use crate::small::{VALID, folder_with, read, read_with, set, small};

#[test]
fn the_small_scenario_is_valid() {
    let plan = read(VALID).unwrap();
    assert_eq!(plan.arms.len(), 2);
    assert!(plan.arms[0].world.cohorts[0].rules.amnesty.is_none());
    assert!(plan.arms[1].world.cohorts[0].rules.amnesty.is_some());
    assert_eq!(plan.replications, 20);
}

#[test]
fn each_kind_of_error_says_what_is_wrong_and_where() {
    for (kind, from, to) in KINDS {
        show(kind, &small(from, to));
    }
    let swarm = &VALID[VALID.find("swarm:").unwrap()..VALID.find("incident:").unwrap()];
    show("no_cohorts", &VALID.replace(swarm, "swarm: []\n"));
    let long = format!("name: {}", "x".repeat(3_000));
    show("very_long_line", &small("name: small", &long));
}

/// Snapshots what a user sees of `text`, which must be wrong.
fn show(kind: &str, text: &str) {
    let Err(errors) = read(text) else {
        panic!("{kind} is no error");
    };
    insta::assert_snapshot!(kind, errors.render(false));
    check_places(kind, text, &errors);
}

/// Every place lies in the text, and the message holds no control characters.
fn check_places(kind: &str, text: &str, errors: &Diagnostics) {
    for error in errors {
        assert_eq!(error.file, "small.yaml", "{kind}");
        let line = text.lines().nth(error.line - 1).unwrap_or("");
        assert!(error.column <= line.chars().count() + 1, "{kind}: {error:?}");
        assert!(!error.message.is_empty(), "{kind}");
        assert!(!error.message.contains(char::is_control), "{kind}: {}", error.message);
    }
}

#[test]
fn errors_of_the_command_line_point_into_the_argument() {
    for (kind, argument) in [
        ("set_unknown_key", "server.polcy=strict"),
        ("set_wrong_value", "server.access_token_ttl=30"),
        ("set_without_value", "server.access_token_ttl="),
        ("set_without_equals", "server.access_token_ttl"),
        ("set_invalid_yaml", "server.policy={ grace: { window: 30m }"),
        ("set_unknown_cohort", "swarm.nte.client.timeout=3s"),
        ("set_below_a_value", "clock.duration.days=3"),
        ("set_empty_part", "server..policy=strict"),
    ] {
        let errors = read_with(VALID, &set(argument)).unwrap_err();
        insta::assert_snapshot!(kind, errors.render(false));
    }
    let overrides =
        Overrides { arms: vec!["with".to_owned(), "witout".to_owned()], ..Overrides::default() };
    let errors = read_with(VALID, &overrides).unwrap_err();
    insta::assert_snapshot!("arm_unknown", errors.render(false));
}

#[test]
fn all_errors_are_reported_at_once_in_the_order_of_the_file() {
    let text = VALID
        .replace("duration: 2d", "duration: 2")
        .replace("partners: 3", "partners: some")
        .replace("probability: 35%", "probability: 350%")
        .replace("for: 6h", "fro: 6h")
        .replace("needed_person(with)", "needed_people(with)");
    let errors = read(&text).unwrap_err();
    let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 8, 19, 22, 24]);
    insta::assert_snapshot!("all_at_once", errors.render(false));
    assert!(errors.render(true).contains("\u{1b}["), "colour is there when it is asked for");
    assert!(!errors.render(false).contains('\u{1b}'), "and not when it is not");
}

/// The errors of a file, with its folder left out.
fn load_errors(folder: &Path, name: &str) -> String {
    let errors = scenario::load(&folder.join(name), &Overrides::default()).unwrap_err();
    errors
        .render(false)
        .replace(&format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR), "")
        .replace(&folder.display().to_string(), "FOLDER")
}

#[test]
fn what_is_no_scenario_file_is_refused() {
    let folder = folder_with(&[
        ("empty.yaml", b""),
        ("comment.yaml", b"# nothing\n"),
        ("binary.yaml", b"name: caf\xe9\n"),
        ("nul.yaml", b"name: \0\n"),
        ("text.yaml", b"hello"),
        ("large.yaml", &vec![b'#'; 300 << 10]),
        ("a.yaml", b"extends: b.yaml\n"),
        ("b.yaml", b"extends: a.yaml\n"),
        ("lost.yaml", b"extends: nowhere.yaml\n"),
    ]);
    let large = std::fs::File::create(folder.path().join("huge.yaml")).unwrap();
    large.set_len(100 << 20).unwrap();
    let text: Vec<String> = [
        "missing.yaml",
        "empty.yaml",
        "comment.yaml",
        "binary.yaml",
        "nul.yaml",
        "text.yaml",
        "large.yaml",
        "huge.yaml",
        "a.yaml",
        "lost.yaml",
        ".",
    ]
    .iter()
    .map(|name| format!("== {name}\n{}", load_errors(folder.path(), name)))
    .collect();
    insta::assert_snapshot!("no_scenario_file", text.join("\n\n"));
}
