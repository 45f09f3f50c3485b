//! What a user sees of a scenario that is wrong: one snapshot for each kind of error, hostile files, and
//! the promise that no file makes the reader panic.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use std::path::{Path, PathBuf};

use amnesty::scenario::{self, Diagnostics, Overrides, Plan};
use proptest::prelude::*;

/// A small valid scenario; each kind of error replaces one piece of it.
const VALID: &str = "\
name: small
clock: { start: 2018-03-11T22:00:00Z, duration: 2d }
server:
  policy: xero-2018
  service_time: { lognormal: { p50: 90ms, p99: 700ms } }
swarm:
  - name: net
    partners: 3
    orgs_per_partner: 20
    client: xero-net
  - name: php
    partners: 2
    orgs_per_partner: { lognormal: { p50: 6, p99: 30 }, max: 100 }
    client: { preset: xero-php, timeout: 30s }
incident:
  - phase: degraded
    from: 2018-03-11T23:30:00Z
    for: 70m
    response_lost: { probability: 35%, seen_as: { silence: 70%, reset: 30% } }
arms:
  without: {}
  with: { server.amnesty: { from: degraded.end + 3h, for: 6h } }
expect:
  - needed_person(with) <= 5%
";

fn read(text: &str) -> Result<Plan, Diagnostics> {
    read_with(text, &Overrides::default())
}

fn read_with(text: &str, overrides: &Overrides) -> Result<Plan, Diagnostics> {
    scenario::from_bytes("small.yaml", text.as_bytes(), Path::new("tests"), overrides)
}

/// The valid scenario with `from` replaced by `to`.
fn small(from: &str, to: &str) -> String {
    assert!(VALID.contains(from), "{from}");
    VALID.replacen(from, to, 1)
}

fn set(argument: &str) -> Overrides {
    Overrides {
        sets: vec![argument.to_owned()],
        ..Overrides::default()
    }
}

#[test]
fn the_small_scenario_is_valid() {
    let plan = read(VALID).unwrap();
    assert_eq!(plan.arms.len(), 2);
    assert!(plan.arms[0].world.cohorts[0].rules.amnesty.is_none());
    assert!(plan.arms[1].world.cohorts[0].rules.amnesty.is_some());
    assert_eq!(plan.replications, 20);
}

/// Kinds of errors by name: what is replaced, and by what.
const KINDS: &[(&str, &str, &str)] = &[
    (
        "unknown_key",
        "    partners: 3",
        "    parnters: 3\n    partners: 3",
    ),
    (
        "unknown_key_without_a_neighbour",
        "name: small",
        "name: small\ncolour: blue",
    ),
    (
        "missing_key",
        "clock: { start: 2018-03-11T22:00:00Z, duration: 2d }\n",
        "",
    ),
    ("missing_key_in_a_list", "    orgs_per_partner: 20\n", ""),
    (
        "missing_key_of_a_choice",
        "policy: xero-2018",
        "policy: grace",
    ),
    ("key_twice", "name: small", "name: small\nname: again"),
    ("name_with_blanks", "name: small", "name: my small one"),
    (
        "section_is_a_list",
        "clock: { start: 2018-03-11T22:00:00Z, duration: 2d }",
        "clock: [1, 2]",
    ),
    (
        "list_is_a_map",
        "expect:\n  - needed_person(with) <= 5%",
        "assumptions: { a: b }",
    ),
    ("duration_without_unit", "for: 70m", "for: 70"),
    ("duration_unknown_unit", "for: 70m", "for: 70 minutes"),
    (
        "duration_too_long",
        "for: 70m",
        "for: 99999999999999999999d",
    ),
    ("share_above_one", "probability: 35%", "probability: 135%"),
    (
        "share_without_per_cent",
        "probability: 35%",
        "probability: 35",
    ),
    (
        "number_out_of_range",
        "name: small",
        "name: small\nseed: 1e999",
    ),
    (
        "no_replications",
        "name: small",
        "name: small\nreplications: 0",
    ),
    (
        "instant_with_offset",
        "2018-03-11T23:30:00Z",
        "2018-03-12T12:30:00+13:00",
    ),
    (
        "instant_without_zone",
        "2018-03-11T23:30:00Z",
        "2018-03-11T23:30:00",
    ),
    ("instant_is_a_bare_name", "degraded.end + 3h", "degraded"),
    (
        "instant_of_an_unknown_phase",
        "degraded.end + 3h",
        "degrated.end + 3h",
    ),
    (
        "instants_in_a_circle",
        "2018-03-11T23:30:00Z",
        "degraded.end",
    ),
    (
        "clock_start_relative",
        "start: 2018-03-11T22:00:00Z",
        "start: incident.start",
    ),
    ("run_of_no_time", "duration: 2d", "duration: 0s"),
    (
        "phase_after_the_clock",
        "2018-03-11T23:30:00Z",
        "2018-03-15T23:30:00Z",
    ),
    (
        "phase_before_the_clock",
        "2018-03-11T23:30:00Z",
        "2018-03-11T21:30:00Z",
    ),
    ("phase_outlasts_the_clock", "for: 70m", "for: 7d"),
    (
        "phase_ends_before_it_starts",
        "for: 70m",
        "until: clock.start",
    ),
    ("phase_without_end", "    for: 70m\n", ""),
    (
        "phase_with_two_ends",
        "    for: 70m\n",
        "    for: 70m\n    until: clock.end\n",
    ),
    (
        "phase_with_a_reserved_name",
        "phase: degraded",
        "phase: clock",
    ),
    (
        "ramps_longer_than_the_phase",
        "    for: 70m\n",
        "    for: 70m\n    ramp: 60m\n    ramp_down: 20m\n",
    ),
    (
        "two_phases_of_one_name",
        "incident:\n",
        "incident:\n  - { phase: degraded, from: clock.start, for: 1h }\n",
    ),
    ("two_cohorts_of_one_name", "  - name: php", "  - name: net"),
    ("no_partners", "partners: 3", "partners: 0"),
    (
        "too_many_orgs",
        "orgs_per_partner: 20",
        "orgs_per_partner: 20000000",
    ),
    (
        "less_than_an_org",
        "orgs_per_partner: 20",
        "orgs_per_partner: 0",
    ),
    ("no_cohorts", "arms:", "swarmless: []\narms:"),
    ("unknown_policy", "policy: xero-2018", "policy: xero2018"),
    (
        "two_policies",
        "policy: xero-2018",
        "policy: { strict: {}, grace: { window: 3s } }",
    ),
    (
        "policy_with_an_unknown_knob",
        "policy: xero-2018",
        "policy: { strict: { on_refuse: none } }",
    ),
    (
        "access_token_ttl_missing",
        "policy: xero-2018",
        "policy: strict",
    ),
    (
        "station_with_workers",
        "  policy: xero-2018",
        "  policy: xero-2018\n  station: { workers: 64, queue_limit: 10000 }",
    ),
    ("unknown_client", "client: xero-net", "client: xero-nte"),
    ("unknown_client_key", "timeout: 30s", "timeuot: 30s"),
    (
        "inline_client_without_trigger",
        "client: xero-net",
        "client: { timeout: 30s }",
    ),
    (
        "lead_beyond_the_token",
        "timeout: 30s",
        "trigger: { before_expiry: { lead: 45m } }",
    ),
    ("no_attempts", "timeout: 30s", "max_attempts: 0"),
    (
        "attempts_without_reason",
        "timeout: 30s",
        "max_attempts: 3, retry_on: []",
    ),
    (
        "one_racing_worker",
        "timeout: 30s",
        "concurrency: { racing: { workers: 1, spread: 1s } }",
    ),
    ("calls_without_a_pause", "timeout: 30s", "next_call: 0s"),
    (
        "word_with_particulars",
        "timeout: 30s",
        "on_refusal: { stop: { every: 3h } }",
    ),
    (
        "unknown_law",
        "{ lognormal: { p50: 90ms, p99: 700ms } }",
        "{ lognormale: { p50: 90ms } }",
    ),
    (
        "law_without_parameters",
        "{ lognormal: { p50: 90ms, p99: 700ms } }",
        "lognormal",
    ),
    (
        "law_with_wrong_parameters",
        "{ lognormal: { p50: 90ms, p99: 700ms } }",
        "{ lognormal: { p50: 90ms, sd: 2s } }",
    ),
    (
        "law_with_an_unknown_parameter",
        "{ lognormal: { p50: 90ms, p99: 700ms } }",
        "{ gamma: { mean: 90ms, sdd: 2s } }",
    ),
    ("quantiles_descend", "p99: 700ms", "p99: 70ms"),
    ("clamps_cross", "max: 100 }", "max: 100, min: 200 }"),
    (
        "mixture_weights",
        "{ lognormal: { p50: 90ms, p99: 700ms } }",
        "{ mixture: [{ weight: 50%, constant: 1s }, { weight: 40%, constant: 2s }] }",
    ),
    (
        "empirical_without_ends",
        "{ lognormal: { p50: 90ms, p99: 700ms } }",
        "{ empirical: { quantiles: { 50%: 90ms, 99%: 700ms } } }",
    ),
    (
        "empirical_file_missing",
        "{ lognormal: { p50: 90ms, p99: 700ms } }",
        "{ empirical: { csv: nowhere.csv, column: ms, unit: ms } }",
    ),
    ("weights_below_one", "reset: 30%", "reset: 20%"),
    ("unknown_sight", "reset: 30%", "rest: 30%"),
    (
        "status_no_error",
        "response_lost:",
        "error: { probability: 5%, status: 404 }\n    response_lost:",
    ),
    (
        "phase_hits_an_unknown_cohort",
        "response_lost:",
        "cohorts: [ruby]\n    response_lost:",
    ),
    (
        "amnesty_ends_before_it_starts",
        "for: 6h",
        "until: degraded.start",
    ),
    (
        "amnesty_covers_an_unknown_cohort",
        "for: 6h",
        "for: 6h, scope: [net, phb]",
    ),
    ("amnesty_covers_nobody", "for: 6h", "for: 6h, scope: []"),
    (
        "amnesty_announced_too_late",
        "for: 6h",
        "for: 6h, announced: degraded.end + 1d",
    ),
    (
        "arm_changes_who_exists",
        "without: {}",
        "without: { swarm.net.partners: 5 }",
    ),
    (
        "arm_changes_the_clock",
        "without: {}",
        "without: { clock.duration: 5d }",
    ),
    (
        "arm_names_no_phase",
        "without: {}",
        "without: { incident.degradet.for: 5m }",
    ),
    (
        "arm_names_no_cohort",
        "without: {}",
        "without: { swarm.nte.client: pyxero }",
    ),
    (
        "arm_names_an_unknown_key",
        "without: {}",
        "without: { server.polcy: strict }",
    ),
    (
        "arm_with_a_wrong_value",
        "without: {}",
        "without: { server.access_token_ttl: 30 }",
    ),
    ("arm_is_no_map", "without: {}", "without: strict"),
    (
        "expect_unknown_metric",
        "needed_person(with)",
        "need_person(with)",
    ),
    (
        "expect_unknown_arm",
        "needed_person(with)",
        "needed_person(wiht)",
    ),
    (
        "expect_unknown_cohort",
        "needed_person(with)",
        "needed_person(with, ruby)",
    ),
    ("expect_no_comparison", "<= 5%", "5%"),
    (
        "expect_share_of_a_number",
        "needed_person(with)",
        "attempts(with)",
    ),
    ("expect_confidence", "<= 5%", "<= 5% at 950%"),
    ("expect_unquoted", "<= 5%", "= closed_form(loss: 5%)"),
    ("yaml_tab", "  policy: xero-2018", "\tpolicy: xero-2018"),
    (
        "yaml_bracket",
        "{ silence: 70%, reset: 30% }",
        "{ silence: 70%, reset: 30% ",
    ),
    ("yaml_tag", "name: small", "name: !!str small"),
    (
        "yaml_merge_key",
        "  policy: xero-2018",
        "  <<: { policy: xero-2018 }",
    ),
    ("yaml_list_as_key", "name: small", "[a, b]: small"),
    ("yaml_two_documents", "arms:", "---\narms:"),
    ("yaml_unknown_alias", "for: 70m", "for: *length"),
    (
        "yaml_alias_of_itself",
        "name: small",
        "name: small\nabout: &a [*a]",
    ),
    ("control_character", "name: small", "name: sm\u{1b}all"),
    (
        "very_long_line",
        "name: small",
        concat!(
            "name: small # ",
            "..........................................................................................................................................................................................................................................................."
        ),
    ),
];

#[test]
fn each_kind_of_error_says_what_is_wrong_and_where() {
    for (kind, from, to) in KINDS {
        let text = match *kind {
            "no_cohorts" => VALID.replace(
                &VALID[VALID.find("swarm:").unwrap()..VALID.find("incident:").unwrap()],
                "swarm: []\n",
            ),
            "very_long_line" => small("name: small", &format!("name: {}", "x".repeat(3_000))),
            _ => small(from, to),
        };
        let errors = match read(&text) {
            Ok(_) => panic!("{kind} is no error"),
            Err(errors) => errors,
        };
        insta::assert_snapshot!(*kind, errors.render(false));
        check_places(kind, &text, &errors);
    }
}

/// Every place lies in the text, and the message holds no control characters.
fn check_places(kind: &str, text: &str, errors: &Diagnostics) {
    for error in errors {
        assert_eq!(error.file, "small.yaml", "{kind}");
        let line = text.lines().nth(error.line - 1).unwrap_or("");
        assert!(
            error.column <= line.chars().count() + 1,
            "{kind}: {error:?}"
        );
        assert!(!error.message.is_empty(), "{kind}");
        assert!(
            !error.message.contains(char::is_control),
            "{kind}: {}",
            error.message
        );
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
    let overrides = Overrides {
        arms: vec!["with".to_owned(), "witout".to_owned()],
        ..Overrides::default()
    };
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
    assert!(
        errors.render(true).contains("\u{1b}["),
        "colour is there when it is asked for"
    );
    assert!(
        !errors.render(false).contains('\u{1b}'),
        "and not when it is not"
    );
}

/// A folder that is removed at the end of the test.
fn folder_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// The errors of a file, with its folder left out.
fn load_errors(folder: &Path, name: &str) -> String {
    let errors = scenario::load(&folder.join(name), &Overrides::default()).unwrap_err();
    errors
        .render(false)
        .replace(
            &format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR),
            "",
        )
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

/// Files made to waste time or memory: each is refused at the limit that it would break.
#[test]
fn hostile_files_meet_a_limit() {
    const SIZE: usize = 200 << 10;
    let fill = |piece: &str| piece.repeat(SIZE / piece.len());
    let bomb: String = (0..9)
        .map(|level| {
            let below = if level == 0 {
                "x".to_owned()
            } else {
                format!("*a{}", level - 1)
            };
            format!("a{level}: &a{level} [{}]\n", vec![below; 9].join(", "))
        })
        .collect();
    let copies = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(100 << 10),
        vec!["*a"; 20_000].join(", ")
    );
    for (name, text, expected) in [
        ("brackets", fill("["), "recursion limit"),
        ("braces", fill("{"), "recursion limit"),
        ("maps in braces", fill("{a: "), "recursion limit"),
        ("dashes", fill("- "), "nested more than 64 levels deep"),
        ("questions", fill("? "), "cannot be a key"),
        ("anchors", fill("&a "), "invalid YAML"),
        ("aliases", fill("*a "), "invalid YAML"),
        ("tags", fill("!"), "invalid YAML"),
        ("colons", fill(": "), "nested more than 64 levels deep"),
        ("quotes", fill("\""), "invalid YAML"),
        ("single quotes", fill("'"), "expected a scenario as a map"),
        ("one long word", fill("a"), "expected a scenario as a map"),
        ("many words", fill("a "), "expected a scenario as a map"),
        ("many lines", fill("a\n"), "expected a scenario as a map"),
        ("blanks", fill(" "), "the file is empty"),
        ("line ends", fill("\n"), "the file is empty"),
        ("comments", fill("#\n"), "the file is empty"),
        ("documents", fill("---\n"), "a second YAML document"),
        ("items", fill("- a\n"), "expected a scenario as a map"),
        (
            "items in brackets",
            format!("[{}]", fill("a,")),
            "more than 100000 keys and values",
        ),
        (
            "pairs in brackets",
            format!("[{}]", fill("a: b, ")),
            "more than 100000 keys and values",
        ),
        (
            "unknown keys",
            (0..20_000).map(|n| format!("k{n}: 1\n")).collect(),
            "unknown key",
        ),
        ("alias bomb", bomb, "more than 100000 keys and values"),
        (
            "copies of text",
            copies,
            "aliases copy more than 8 MiB of text",
        ),
        (
            "large number",
            small("partners: 3", "partners: 1e999"),
            "expected a whole number",
        ),
        (
            "many arms",
            small(
                "without: {}",
                &(0..100)
                    .map(|n| format!("a{n}: {{}}\n  "))
                    .collect::<String>(),
            ),
            "more than 64 arms",
        ),
        (
            "many cohorts",
            small(
                "swarm:\n",
                &format!(
                    "swarm:\n{}",
                    "  - { name: a, partners: 1, orgs_per_partner: 1, client: pyxero }\n"
                        .repeat(70)
                ),
            ),
            "more than 64 cohorts",
        ),
        (
            "long path",
            small(
                "without: {}",
                &format!("without: {{ {}: 1 }}", vec!["server"; 100].join(".")),
            ),
            "the path is too long",
        ),
    ] {
        let errors = read(&text).unwrap_err();
        let rendered = errors.render(false);
        assert!(
            rendered.contains(expected),
            "{name}: {}",
            &rendered[..rendered.len().min(500)]
        );
        assert!(rendered.len() < 200_000, "{name}: {} bytes", rendered.len());
    }
}

fn shipped() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir("scenarios")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_shipped_scenario_loads_and_opens_with_its_claim() {
    let files = shipped();
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        let plan = scenario::load(&file, &Overrides::default())
            .unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(
            Some(plan.name.as_str()),
            file.file_stem().and_then(|stem| stem.to_str())
        );
        assert!(!plan.expectations.is_empty(), "{}", plan.name);
        let text = std::fs::read_to_string(&file).unwrap();
        let third = text.lines().nth(2).unwrap_or("");
        assert!(text.starts_with("# yaml-language-server: $schema=scenario.schema.json\n"));
        assert!(third.starts_with("# Claim: "), "{}: {third}", plan.name);
    }
}

/// The digest of the scenario that `plan` resolves to, read from its YAML.
fn digest_again(plan: &Plan) -> String {
    let yaml = scenario::resolved_yaml(plan).unwrap();
    match scenario::from_bytes(
        "resolved.yaml",
        yaml.as_bytes(),
        Path::new(""),
        &Overrides::default(),
    ) {
        Ok(again) => {
            let worlds = |plan: &Plan| -> Vec<String> {
                plan.arms
                    .iter()
                    .map(|arm| format!("{:?}", arm.world))
                    .collect()
            };
            assert_eq!(worlds(&again), worlds(plan), "{yaml}");
            again.digest
        }
        Err(errors) => panic!("{errors}\n{yaml}"),
    }
}

#[test]
fn a_resolved_scenario_is_all_that_is_needed_to_run_it_again() {
    for file in shipped() {
        let plan = scenario::load(&file, &Overrides::default()).unwrap();
        assert_eq!(digest_again(&plan), plan.digest, "{}", plan.name);
    }
    let folder = folder_with(&[("ms.csv", b"when,ms\n1,10\n2,20\n3,400\n")]);
    let text = small(
        "{ lognormal: { p50: 90ms, p99: 700ms } }",
        "{ empirical: { csv: ms.csv, column: ms, unit: ms }, max: 300ms }",
    );
    let plan = scenario::from_bytes(
        "x.yaml",
        text.as_bytes(),
        folder.path(),
        &Overrides::default(),
    );
    let plan = plan.unwrap();
    assert_eq!(digest_again(&plan), plan.digest);
    let service = &plan.arms[0].world.server.service_time;
    assert!((service.quantile(0.5) - 20_000.0).abs() < 1.0);
    assert!((service.quantile(1.0) - 300_000.0).abs() < 1.0);
}

#[test]
fn every_preset_can_be_written_and_read() {
    for preset in amnesty::authority::preset::all() {
        let plan = read(&small("xero-2018", preset.name)).unwrap();
        let rules = &plan.arms[0].world.cohorts[0].rules;
        assert_eq!(*rules, preset.rules, "{}", preset.name);
        assert_eq!(digest_again(&plan), plan.digest, "{}", preset.name);
        let template = scenario::template(Some(preset.name)).unwrap();
        assert!(read(&template).is_ok(), "{}", preset.name);
    }
    for preset in amnesty::client::preset::all() {
        let plan = read(&small(
            "client: xero-net",
            &format!("client: {}", preset.name),
        ))
        .unwrap();
        let mut profile = plan.arms[0].world.cohorts[0].profile.clone();
        if profile.max_attempts == 1 {
            // Reasons for a second attempt mean nothing where there is none.
            profile.retry_on = preset.profile.retry_on;
        }
        assert_eq!(profile, preset.profile, "{}", preset.name);
        assert_eq!(digest_again(&plan), plan.digest, "{}", preset.name);
    }
}

#[test]
fn the_template_is_a_valid_scenario() {
    assert!(read(&scenario::template(None).unwrap()).is_ok());
    let error = scenario::template(Some("xero-2108")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no policy preset `xero-2108`; did you mean `xero-2018`?"
    );
}

/// `UPDATE_SCHEMA=1 cargo test schema` writes the file.
#[test]
fn the_committed_schema_is_that_of_the_code() {
    let path = "scenarios/scenario.schema.json";
    let text = format!("{:#}\n", scenario::schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == text,
        "{path} is out of date: UPDATE_SCHEMA=1 cargo test schema"
    );
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn visit(value: &serde_json::Value, path: &str, keys: &mut usize) {
        if let Some(properties) = value.get("properties").and_then(|value| value.as_object()) {
            for (key, schema) in properties {
                *keys += 1;
                let described = schema.get("description").and_then(|text| text.as_str());
                assert!(described.is_some_and(|text| text.len() > 5), "{path}/{key}");
            }
        }
        match value {
            serde_json::Value::Object(map) => {
                map.iter()
                    .for_each(|(key, value)| visit(value, &format!("{path}/{key}"), keys));
            }
            serde_json::Value::Array(items) => {
                items.iter().for_each(|value| visit(value, path, keys));
            }
            _ => {}
        }
    }
    let mut keys = 0;
    let schema = scenario::schema();
    visit(&schema, "", &mut keys);
    assert!(keys > 80, "{keys}");
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
}

#[test]
fn overrides_change_what_they_name_and_nothing_else() {
    let plain = read(VALID).unwrap();
    let overrides = Overrides {
        sets: vec![
            "server.policy.grace.window=5m".to_owned(),
            "swarm.net.client.timeout=3s".to_owned(),
            "arms.with.server.amnesty.for=2h".to_owned(),
        ],
        seed: Some(99),
        replications: Some(3),
        arms: vec!["with".to_owned()],
    };
    let plan = read_with(VALID, &overrides).unwrap();
    assert_eq!(
        (plan.seed.0, plan.replications, plan.arms.len()),
        (99, 3, 1)
    );
    let (before, after) = (&plain.arms[1].world, &plan.arms[0].world);
    let rules = &after.cohorts[0].rules;
    assert!(
        matches!(&rules.policy, amnesty::authority::Policy::Grace(grace) if grace.window.to_string() == "5m")
    );
    assert_eq!(
        rules.access_token_ttl,
        before.cohorts[0].rules.access_token_ttl
    );
    assert_eq!(
        rules.old_access_token,
        before.cohorts[0].rules.old_access_token
    );
    let amnesty = rules.amnesty.unwrap();
    assert_eq!(amnesty.until.since(amnesty.from).to_string(), "2h");
    assert_eq!(
        after.cohorts[0]
            .profile
            .timeout
            .map(|t| t.to_string())
            .as_deref(),
        Some("3s")
    );
    assert_eq!(after.cohorts[1].profile, before.cohorts[1].profile);
    assert_eq!(digest_again(&plan), plan.digest);
}

#[test]
fn layers_merge_by_key_and_by_name() {
    let folder = folder_with(&[("small.yaml", VALID.as_bytes())]);
    let layer = "\
extends: small.yaml
name: layered
server: { policy: { grace: { window: 10m } } }
client_defaults: { person: { probability: 50%, delay: 1d } }
swarm:
  - { name: php, client: { max_attempts: 3 } }
  - { name: ruby, partners: 1, orgs_per_partner: 4, client: xeroizer }
incident:
  - { phase: degraded, until: clock.end, response_lost: { seen_as: reset } }
arms: { with: null }
expect: null
";
    let plan = scenario::from_bytes(
        "layered.yaml",
        layer.as_bytes(),
        folder.path(),
        &Overrides::default(),
    );
    let plan = plan.unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(
        plan.arms
            .iter()
            .map(|arm| arm.name.as_str())
            .collect::<Vec<_>>(),
        ["without"]
    );
    let world = &plan.arms[0].world;
    let names: Vec<&str> = world
        .cohorts
        .iter()
        .map(|cohort| cohort.name.as_str())
        .collect();
    assert_eq!(names, ["net", "php", "ruby"]);
    let php = &world.cohorts[1].profile;
    assert_eq!(
        (php.max_attempts, php.timeout.map(|t| t.to_string())),
        (3, Some("30s".to_owned()))
    );
    assert!(
        php.retry_on.timeout,
        "a second attempt has the default reasons"
    );
    assert!(
        world
            .cohorts
            .iter()
            .all(|cohort| cohort.profile.person.is_some())
    );
    let phase = &world.incident.phases()[0];
    assert_eq!(phase.until.as_micros(), plan.duration.as_micros());
    let lost = phase.response_lost.as_ref().unwrap();
    assert_eq!(lost.probability.to_string(), "35%");
    assert_eq!(lost.seen_as, [(amnesty::fault::SeenAs::Reset, 1.0)]);
    // The protocol and the life of tokens are those of the preset that the first layer named.
    assert_eq!(world.server.protocol, amnesty::protocol::Protocol::Oauth1a);
    assert_eq!(world.cohorts[0].rules.access_token_ttl.to_string(), "30m");
}

/// Pieces that make a scenario wrong in interesting ways.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
        Just("-1".to_owned()),
        Just("1e999".to_owned()),
        Just("99999999999999999999d".to_owned()),
        Just("100%".to_owned()),
        Just("0s".to_owned()),
        Just("incident.end - 99d".to_owned()),
        Just("{ lognormal: { p50: 1us, p99: 900y } }".to_owned()),
        Just("{ gamma: { mean: 5m, sd: 1us } }".to_owned()),
        Just("&a ".to_owned()),
        Just("*a".to_owned()),
        Just("\n  ".to_owned()),
        Just(": ".to_owned()),
        "[ -~]{0,6}",
        "\\PC{0,4}",
    ]
}

/// Replaces words of a text, each given by its place in a thousand.
fn mutate(text: &str, edits: &[(usize, String)]) -> String {
    let mut words: Vec<String> = text
        .split_inclusive([' ', '\n', ':'])
        .map(str::to_owned)
        .collect();
    for (place, piece) in edits {
        let at = place * words.len() / 1000;
        let end = words[at].pop().filter(|c| c.is_whitespace()).unwrap_or(' ');
        words[at] = format!("{piece}{end}");
    }
    words.concat()
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = scenario::from_bytes("x.yaml", &bytes, Path::new("tests"), &Overrides::default());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[-a-c0-9:{}\\[\\],&*!|>'\"%#?. \n]{0,200}") {
        let _ = read(&text).map_err(|errors| errors.render(true));
    }

    #[test]
    fn a_changed_scenario_is_either_refused_or_runs_again(
        edits in proptest::collection::vec((0..1000_usize, piece()), 1..4),
    ) {
        let text = mutate(VALID, &edits);
        match read(&text) {
            Ok(plan) => prop_assert_eq!(digest_again(&plan), plan.digest),
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                prop_assert!(!errors.render(false).is_empty());
            }
        }
    }

    #[test]
    fn no_argument_makes_the_reader_panic(path in "[a-z_.-]{0,30}", value in piece()) {
        let _ = read_with(VALID, &set(&format!("{path}={value}")));
    }

    #[test]
    fn no_expectation_makes_the_reader_panic(line in "[-a-z_(),<=>%±+.0-9 ]{0,60}") {
        let line = line.replace('\'', "");
        let _ = read(&small("needed_person(with) <= 5%", &format!("'{line}'")));
    }
}
