//! Valid scenarios: the shipped ones, the schema, presets, overrides and layers.

use std::path::PathBuf;

use amnesty::scenario::{self, Overrides};

use crate::small::{VALID, digest_again, folder_with, read, read_with, small};

fn shipped() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir("scenarios")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
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
        assert_eq!(Some(plan.name.as_str()), file.file_stem().and_then(|stem| stem.to_str()));
        assert!(!plan.expectations.is_empty(), "{}", plan.name);
        let text = std::fs::read_to_string(&file).unwrap();
        let third = text.lines().nth(2).unwrap_or("");
        assert!(text.starts_with("# yaml-language-server: $schema=scenario.schema.json\n"));
        assert!(third.starts_with("# Claim: "), "{}: {third}", plan.name);
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
    let plan =
        scenario::from_bytes("x.yaml", text.as_bytes(), folder.path(), &Overrides::default());
    let plan = plan.unwrap();
    assert_eq!(digest_again(&plan), plan.digest);
    let service = &plan.arms[0].world.server.service_time;
    assert!((service.quantile(0.5) - 20_000.0).abs() < 1.0);
    assert!((service.quantile(1.0) - 300_000.0).abs() < 1.0);
}

#[test]
fn measured_latency_can_be_replayed_from_a_histogram_log() {
    use hdrhistogram::serialization::V2DeflateSerializer;
    use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;

    let mut histogram = hdrhistogram::Histogram::<u64>::new(3).unwrap();
    for millis in 1..=1_000 {
        histogram.record(millis).unwrap();
    }
    let (mut log, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    let second = std::time::Duration::from_secs(1);
    let mut writer =
        IntervalLogWriterBuilder::new().begin_log_with(&mut log, &mut serializer).unwrap();
    writer.write_histogram(&histogram, second, second, None).unwrap();
    writer.write_histogram(&histogram, second, second, None).unwrap();
    let folder = folder_with(&[("latency.hlog", &log), ("wrong.hlog", b"no log")]);
    let load = |file: &str| {
        let text = small(
            "{ lognormal: { p50: 90ms, p99: 700ms } }",
            &format!("{{ empirical: {{ hlog: {file}, unit: ms }} }}"),
        );
        scenario::from_bytes("x.yaml", text.as_bytes(), folder.path(), &Overrides::default())
    };
    let plan = load("latency.hlog").unwrap_or_else(|errors| panic!("{errors}"));
    let service = &plan.arms[0].world.server.service_time;
    assert!((service.quantile(0.9) - 900_000.0).abs() < 2_000.0);
    assert_eq!(digest_again(&plan), plan.digest);
    assert!(load("wrong.hlog").is_err());
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
        let plan = read(&small("client: xero-net", &format!("client: {}", preset.name))).unwrap();
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
fn a_scenario_explains_itself_in_words() {
    let plan = read(&scenario::template(None).unwrap()).unwrap();
    let text = amnesty::report::explain::explain(&plan);
    assert!(text.lines().all(|line| line.chars().count() <= 110));
    insta::assert_snapshot!(text);
    let arm = "strict: { server.policy: { grace: { window: forever } }, incident: [], client_defaults.person: { probability: 10%, delay: 3d } }";
    let plan = read(&small("without: {}", arm)).unwrap();
    insta::assert_snapshot!(amnesty::report::explain::explain(&plan));
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
    assert!(committed == text, "{path} is out of date: UPDATE_SCHEMA=1 cargo test schema");
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
        for (key, value) in value.as_object().into_iter().flatten() {
            visit(value, &format!("{path}/{key}"), keys);
        }
        for value in value.as_array().into_iter().flatten() {
            visit(value, path, keys);
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
        allowed: Vec::new(),
    };
    let plan = read_with(VALID, &overrides).unwrap();
    assert_eq!((plan.seed.0, plan.replications, plan.arms.len()), (99, 3, 1));
    let (before, after) = (&plain.arms[1].world, &plan.arms[0].world);
    let rules = &after.cohorts[0].rules;
    assert!(
        matches!(&rules.policy, amnesty::authority::Policy::Grace(grace) if grace.window.to_string() == "5m")
    );
    assert_eq!(rules.access_token_ttl, before.cohorts[0].rules.access_token_ttl);
    assert_eq!(rules.old_access_token, before.cohorts[0].rules.old_access_token);
    let amnesty = rules.amnesty.unwrap();
    assert_eq!(amnesty.until.since(amnesty.from).to_string(), "2h");
    assert_eq!(after.cohorts[0].profile.timeout.map(|t| t.to_string()).as_deref(), Some("3s"));
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
    assert_eq!(plan.arms.iter().map(|arm| arm.name.as_str()).collect::<Vec<_>>(), ["without"]);
    let world = &plan.arms[0].world;
    let names: Vec<&str> = world.cohorts.iter().map(|cohort| cohort.name.as_str()).collect();
    assert_eq!(names, ["net", "php", "ruby"]);
    let php = &world.cohorts[1].profile;
    assert_eq!((php.max_attempts, php.timeout.map(|t| t.to_string())), (3, Some("30s".to_owned())));
    assert!(php.retry_on.timeout, "a second attempt has the default reasons");
    assert!(world.cohorts.iter().all(|cohort| cohort.profile.person.is_some()));
    let phase = &world.incident.phases()[0];
    assert_eq!(phase.until.as_micros(), plan.duration.as_micros());
    let lost = phase.response_lost.as_ref().unwrap();
    assert_eq!(lost.probability.to_string(), "35%");
    assert_eq!(lost.seen_as, [(amnesty::fault::SeenAs::Reset, 1.0)]);
    // The protocol and the life of tokens are those of the preset that the first layer named.
    assert_eq!(world.server.protocol, amnesty::protocol::Protocol::Oauth1a);
    assert_eq!(world.cohorts[0].rules.access_token_ttl.to_string(), "30m");
}
