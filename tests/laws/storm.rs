//! What a server bears is told as it was: the figures of a storm of retries agree with one another.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use amnesty::experiment::results::{LoadRow, LoadSummary, Results};
use amnesty::experiment::{Findings, Judgement, Options, Verdict, judge, run};
use amnesty::scenario::{Overrides, Plan, from_bytes};

/// One worker, lost for ten minutes: whoever waits longer than ten seconds has gone when served.
const STORM: &str = "
name: storm
replications: 2
clock: { start: 2018-03-11T22:00:00Z, duration: 5h }
server:
  policy: { grace: { window: 7d, reply: same_pair } }
  access_token_ttl: 30m
  service_time: { lognormal: { p50: 90ms, p99: 700ms } }
  station: { workers: 1, queue_limit: 500 }
swarm:
  - name: all
    partners: 3
    orgs_per_partner: 2500
    client:
      trigger: { before_expiry: { lead: 1m } }
      timeout: 10s
      max_attempts: 3
      retry_on: [timeout, server_error]
      backoff: { exponential: { base: 1s, cap: 30s } }
incident:
  - { phase: outage, from: clock.start + 1h, for: 10m, capacity: { lost: 100% } }
arms:
  fifo: {}
  lifo: { server.station.discipline: lifo }
expect:
  - recovery_time(lifo) <= 30m
  - recovery_time(fifo) > 2h
  - goodput_after(lifo) - goodput_after(fifo) >= 50%
  - queue_peak(fifo) = 500 ± 1
";

fn plan(text: &str) -> Plan {
    match from_bytes("storm.yaml", text.as_bytes(), Path::new(""), &Overrides::default()) {
        Ok(plan) => plan,
        Err(errors) => panic!("{errors}"),
    }
}

fn found(plan: &Plan) -> Findings {
    let stop = AtomicBool::new(false);
    run(plan, &Options { threads: Some(2), stop: &stop, progress: &|_, _| {} }).unwrap()
}

fn load(results: &Results, arm: usize) -> &LoadSummary {
    results.summary.arms[arm].load.as_ref().unwrap()
}

#[test]
fn the_figures_of_a_storm_agree() {
    let plan = plan(STORM);
    let findings = found(&plan);
    let results = &findings.results;
    for (index, arm) in results.summary.arms.iter().enumerate() {
        let load = load(results, index);
        let rows: Vec<&LoadRow> = results.load.iter().filter(|row| row.arm == arm.name).collect();
        let sum = |of: fn(&LoadRow) -> f64| rows.iter().map(|row| of(row)).sum::<f64>();
        assert_eq!(rows.len(), results.timeline.len() / 2);
        for (in_rows, in_all) in [
            (sum(|row| row.offered), load.offered.mean),
            (sum(|row| row.rejected), load.rejected.mean),
            (sum(|row| row.served), load.served.mean),
            (sum(|row| row.stored), arm.total.attempts.stored.mean),
        ] {
            assert!((in_rows - in_all).abs() < 1e-6 * in_all.max(1.0), "{in_rows} {in_all}");
        }
        // Everybody who came was served, turned away, or is one of those who are still there.
        let left = load.offered.mean - load.served.mean - load.rejected.mean;
        assert!((0.0..=501.0).contains(&left), "{left}");
        assert!((load.offered.mean - arm.total.attempts.total.mean).abs() < 1e-9);
        let station = load.station.as_ref().unwrap();
        assert_eq!(station.workers, 1);
        let hours = |of: fn(&LoadRow) -> f64| {
            rows.iter().map(|row| of(row) * (row.until_seconds - row.from_seconds)).sum::<f64>()
        };
        let used = hours(|row| row.busy) / hours(|row| row.workers.unwrap());
        assert!((used - station.utilisation.mean).abs() < 1e-9, "{used}");
    }
    let [fifo, lifo] = [0, 1].map(|arm| load(results, arm));
    let [stuck, back] = [fifo, lifo].map(|load| load.goodput.as_ref().unwrap());
    assert_eq!((stuck.recovered_share, stuck.recovered_after_seconds), (0.0, None));
    assert!(back.recovered_after_seconds.is_some_and(|after| after < 1_800.0), "{back:?}");
    assert!(fifo.wasted_share.mean > 0.5 && lifo.wasted_share.mean < 0.2);
    for judgement in judge(&plan, &findings) {
        let Judgement { verdict, text, detail, .. } = judgement;
        assert_eq!(verdict, Verdict::Held, "{text}: {detail}");
    }
}

#[test]
fn where_nobody_meets_there_is_nothing_to_tell() {
    let text = STORM.replace("  station: { workers: 1, queue_limit: 500 }\n", "");
    let text = text.replace("capacity: { lost: 100% }", "request_lost: 100%");
    let text = &text[..text.find("arms:").unwrap()];
    let findings = found(&plan(text));
    assert!(findings.results.load.is_empty());
    assert!(findings.results.summary.arms.iter().all(|arm| arm.load.is_none()));
}
