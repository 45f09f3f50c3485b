//! A small valid scenario, and ways to read it.

use std::path::Path;

use amnesty::scenario::{self, Diagnostics, Overrides, Plan};

/// A small valid scenario; each kind of error replaces one piece of it.
pub(crate) const VALID: &str = "\
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

pub(crate) fn read(text: &str) -> Result<Plan, Diagnostics> {
    read_with(text, &Overrides::default())
}

pub(crate) fn read_with(text: &str, overrides: &Overrides) -> Result<Plan, Diagnostics> {
    scenario::from_bytes("small.yaml", text.as_bytes(), Path::new("tests"), overrides)
}

/// The valid scenario with `from` replaced by `to`.
pub(crate) fn small(from: &str, to: &str) -> String {
    assert!(VALID.contains(from), "{from}");
    VALID.replacen(from, to, 1)
}

pub(crate) fn set(argument: &str) -> Overrides {
    Overrides { sets: vec![argument.to_owned()], ..Overrides::default() }
}

/// A folder that is removed at the end of the test.
pub(crate) fn folder_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// The digest of the scenario that `plan` resolves to, read from its YAML.
pub(crate) fn digest_again(plan: &Plan) -> String {
    let yaml = scenario::resolved_yaml(plan).unwrap();
    match scenario::from_bytes(
        "resolved.yaml",
        yaml.as_bytes(),
        Path::new(""),
        &Overrides::default(),
    ) {
        Ok(again) => {
            let worlds = |plan: &Plan| -> Vec<String> {
                plan.arms.iter().map(|arm| format!("{:?}", arm.world)).collect()
            };
            assert_eq!(worlds(&again), worlds(plan), "{yaml}");
            again.digest
        }
        Err(errors) => panic!("{errors}\n{yaml}"),
    }
}
