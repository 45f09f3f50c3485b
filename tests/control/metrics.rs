//! The exposition of metrics, read by a small reader of its format.
#![expect(clippy::float_cmp, reason = "a number of orgs is a whole number")]

use std::collections::{BTreeMap, BTreeSet};

use crate::house::{House, at};

/// What an exposition says.
#[derive(Debug, Default)]
struct Exposition {
    types: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
}

/// Reads an exposition of `OpenMetrics` 1.0; panics at what is no such thing.
fn read(text: &str) -> Exposition {
    let body = text.strip_suffix("# EOF\n").expect("it ends with EOF");
    let mut found = Exposition::default();
    let (mut family, mut closed) = (String::new(), BTreeSet::new());
    for line in body.lines() {
        assert!(!line.is_empty(), "there are no empty lines");
        if let Some(comment) = line.strip_prefix("# ") {
            let (what, rest) = comment.split_once(' ').unwrap();
            let (name, value) = rest.split_once(' ').unwrap();
            if name != family {
                assert!(closed.insert(name.to_owned()), "{name} comes in one piece");
                name.clone_into(&mut family);
            }
            match what {
                "TYPE" => assert_eq!(found.types.insert(name.to_owned(), value.to_owned()), None),
                "UNIT" => {
                    assert!(name.ends_with(&format!("_{value}")), "{name} ends with its unit");
                }
                "HELP" => assert!(!value.is_empty(), "{line}"),
                _ => panic!("{line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let suffix = name.strip_prefix(&*family).unwrap_or_else(|| panic!("{name} after {family}"));
        let allowed: &[&str] = match &*found.types[&family] {
            "counter" => &["_total"],
            "gauge" => &[""],
            "info" => &["_info"],
            "histogram" => &["_bucket", "_sum", "_count"],
            other => panic!("{other}"),
        };
        assert!(allowed.contains(&suffix), "{line}");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit()));
        let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert_eq!(found.samples.insert(series.to_owned(), value), None, "{series} comes once");
    }
    found
}

#[test]
fn what_happened_is_exposed() {
    let mut house = House::new();
    house.post("/orgs/0/fate", r#"{ "fate": "lose_answer" }"#);
    house.refresh(0, 0);
    house.refresh(1, 0);
    house.refresh(0, 0);
    house.post("/phases/degraded/start", "");
    house.post("/orgs/4/fate", r#"{ "fate": "duplicate", "times": 2 }"#);
    house.now = at(90);
    let got = house.ask("GET", "/metrics", "");
    assert_eq!(got.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let found = read(&got.text);
    let version = format!("amnesty_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    for (series, value) in [
        (&*version, 1.0),
        ("amnesty_scenario_info{name=\"house\",arm=\"as_is\"}", 1.0),
        ("amnesty_scenario_time_seconds", 90.0),
        ("amnesty_time_scale", 1.0),
        ("amnesty_orgs{state=\"connected\"}", 4.0),
        ("amnesty_orgs{state=\"stale\"}", 1.0),
        ("amnesty_orgs{state=\"revoked\"}", 0.0),
        ("amnesty_phase_running{phase=\"degraded\"}", 1.0),
        ("amnesty_phase_running{phase=\"on-fire\"}", 0.0),
        ("amnesty_amnesty_open{cohort=\"bigco\"}", 0.0),
        ("amnesty_waiting_fates", 2.0),
        ("amnesty_attempts_total", 3.0),
        ("amnesty_attempts_ended_total{ending=\"stored\"}", 1.0),
        ("amnesty_attempts_ended_total{ending=\"refused\"}", 1.0),
        ("amnesty_attempts_ended_total{ending=\"timed_out\"}", 1.0),
        ("amnesty_committed_and_lost_total", 1.0),
        ("amnesty_ledger_lines_total", 3.0),
        ("amnesty_open_attempts", 0.0),
    ] {
        assert_eq!(found.samples.get(series), Some(&value), "{series}\n{}", got.text);
    }
    let server = found.types.keys().filter(|name| name.contains("request"));
    assert_eq!(server.count(), 0, "there is no server to tell of");
}

#[test]
fn orgs_without_access_are_exposed() {
    let mut house = House::new();
    house.now = at(20 * 60);
    house.refresh(1, 0);
    let without = |house: &mut House| read(&house.ask("GET", "/metrics", "").text).samples["amnesty_orgs_without_access"];
    assert_eq!(without(&mut house), 0.0);
    // The tokens of the clock's start are dead; that of 20 minutes later is not.
    house.now = at(31 * 60);
    assert_eq!(without(&mut house), 4.0);
}

#[test]
fn what_the_server_counts_is_exposed() {
    let exposed = crate::port::metrics_after_two_refreshes();
    let found = read(&exposed);
    for (series, value) in [
        ("amnesty_requests_total{route=\"token\"}", 2.0),
        ("amnesty_requests_total{route=\"resource\"}", 0.0),
        ("amnesty_refreshes_total{protocol=\"oauth2\",outcome=\"token\"}", 1.0),
        ("amnesty_refreshes_total{protocol=\"oauth2\",outcome=\"answer_lost\"}", 1.0),
        ("amnesty_refreshes_total{protocol=\"oauth1\",outcome=\"token\"}", 0.0),
        ("amnesty_signature_failures_total", 0.0),
        ("amnesty_in_flight", 0.0),
        ("amnesty_request_duration_seconds_count", 1.0),
        ("amnesty_request_duration_seconds_bucket{le=\"+Inf\"}", 1.0),
    ] {
        assert_eq!(found.samples.get(series), Some(&value), "{series}\n{exposed}");
    }
    let bucket = |series: &str| {
        let le = series.strip_prefix("amnesty_request_duration_seconds_bucket{le=\"")?;
        le.strip_suffix("\"}")?.parse::<f64>().ok()
    };
    let mut buckets: Vec<_> = found
        .samples
        .iter()
        .filter_map(|(series, count)| Some((bucket(series)?, *count)))
        .collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(buckets.len(), 17);
    assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "buckets are cumulative: {buckets:?}");
}
