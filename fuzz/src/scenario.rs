//! The loader of scenarios: texts, `--set`, expectations, dimensions of a sweep, files of measured values.
//!
//! What is accepted must be explained, and written out resolved it must be the same scenario. What is
//! refused must be said in text that a terminal can show, in proportion to what was read.

use std::path::Path;

use amnesty::report::explain::explain;
use amnesty::scenario::{
    Diagnostics, Overrides, Plan, SweepRequest, from_bytes, load_sweep, resolved_yaml,
};

/// A folder without files.
const NOWHERE: &str = "/nonexistent";

/// A whole scenario file.
pub fn text(bytes: &[u8]) -> bool {
    is_sound(from_bytes("fuzz.yaml", bytes, Path::new(NOWHERE), &Overrides::default()), bytes)
}

/// Arguments of `--set`, one a line.
pub fn sets(bytes: &[u8]) -> bool {
    let Ok(lines) = std::str::from_utf8(bytes) else { return false };
    let sets = lines.lines().map(str::to_owned).collect();
    let overrides = Overrides { sets, ..Overrides::default() };
    is_sound(from_bytes("base.yaml", BASE.as_bytes(), Path::new(NOWHERE), &overrides), bytes)
}

/// One line of `expect`.
pub fn expectation(bytes: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(bytes) else { return false };
    // JSON is YAML.
    let line = serde_json::Value::from(line.trim_end()).to_string();
    let scenario = format!("{BASE}\nexpect: [{line}]\n");
    is_sound(
        from_bytes("base.yaml", scenario.as_bytes(), Path::new(NOWHERE), &Overrides::default()),
        bytes,
    )
}

/// A sweep's request: `--show` and `--target` in the first two lines if they are not empty, an `--over` in
/// each line behind.
pub fn over(bytes: &[u8]) -> bool {
    let Ok(lines) = std::str::from_utf8(bytes) else { return false };
    let mut lines = lines.lines().map(str::to_owned);
    let mut given = || lines.next().filter(|line| !line.is_empty());
    let (show, target) = (given(), given());
    let request = SweepRequest { over: lines.take(4).collect(), show, target };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("base.yaml");
    std::fs::write(&path, BASE).expect("a file");
    match load_sweep(&path, &Overrides::default(), &request) {
        Ok(sweep) => {
            assert!(!sweep.cells.is_empty());
            let cells: usize = sweep.axes.iter().map(|axis| axis.values.len()).product();
            assert_eq!(sweep.cells.len(), cells);
            true
        }
        Err(errors) => is_told(&errors, bytes),
    }
}

/// A CSV file of measured values; its first line names the column.
pub fn csv(bytes: &[u8]) -> bool {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let column = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let column = serde_json::Value::from(column);
    measured(&format!("csv: values, column: {column}, unit: ms"), parts.next().unwrap_or_default())
}

/// A log of `HdrHistogram`.
pub fn hlog(bytes: &[u8]) -> bool {
    measured("hlog: values, unit: us", bytes)
}

/// A scenario that measures the service time by a file `values` with this content.
fn measured(how: &str, bytes: &[u8]) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("values"), bytes).expect("a file");
    let set = format!("server.service_time={{ empirical: {{ {how} }} }}");
    let overrides = Overrides { sets: vec![set], ..Overrides::default() };
    is_sound(from_bytes("base.yaml", MEASURED.as_bytes(), folder.path(), &overrides), bytes)
}

fn is_sound(read: Result<Plan, Diagnostics>, bytes: &[u8]) -> bool {
    let plan = match read {
        Ok(plan) => plan,
        Err(errors) => return is_told(&errors, bytes),
    };
    assert!(!plan.arms.is_empty() && plan.replications > 0 && plan.duration.as_micros() > 0);
    let resolved = resolved_yaml(&plan).expect("it can be written");
    let again =
        from_bytes("resolved.yaml", resolved.as_bytes(), Path::new(NOWHERE), &Overrides::default());
    let again = again.unwrap_or_else(|errors| panic!("{}\n{resolved}", errors.render(false)));
    assert_eq!(again.digest, plan.digest, "{resolved}");
    assert_eq!(again.expectations.len(), plan.expectations.len());
    assert!(!explain(&plan).is_empty());
    true
}

fn is_told(errors: &Diagnostics, bytes: &[u8]) -> bool {
    assert!(!errors.is_empty());
    let told = errors.render(false);
    assert!(told.len() <= (256 << 10) + 64 * bytes.len(), "{} bytes", told.len());
    assert!(can_be_shown(&told), "{told:?}");
    false
}

/// Nothing in the text moves the cursor, colours, or turns the direction of writing.
fn can_be_shown(text: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.chars().any(|c| (c.is_control() && c != '\n') || turns(c))
}

/// A small world with something of everything, for changes.
pub(crate) const BASE: &str = "
name: base
about: A world to change.
seed: 7
replications: 2
clock: { start: 2018-03-11T22:00:00Z, duration: 2d }
server:
  policy: { grace: { window: 30m } }
  access_token_ttl: 30m
  service_time: { lognormal: { p50: 90ms, p99: 700ms } }
  station: { workers: 4, queue_limit: 50 }
swarm:
  - { name: bigco, partners: 2, orgs_per_partner: { lognormal: { p50: 4, p99: 20 }, max: 50 }, client: pyxero }
  - name: own
    partners: 1
    orgs_per_partner: 3
    client:
      trigger: { before_expiry: { lead: 3m } }
      next_call: { exponential: { mean: 30m } }
      timeout: 30s
      max_attempts: 3
      backoff: { exponential: { base: 500ms, cap: 30s } }
      person: { probability: 80%, delay: 1h }
incident:
  - { phase: bad, from: clock.start + 4h, for: 1h, response_lost: { probability: 20%, seen_as: { silence: 70%, reset: 30% } } }
arms:
  without: {}
  with:
    server.amnesty: { from: incident.end + 12h, for: 1d }
";

/// A world whose service time is yet to be measured.
const MEASURED: &str = "
name: measured
clock: { start: 2018-03-11T22:00:00Z, duration: 1d }
server: { policy: { strict: { on_reuse: none } }, access_token_ttl: 30m, service_time: 1ms }
swarm: [ { name: all, partners: 1, orgs_per_partner: 1, client: cron-15m } ]
";
