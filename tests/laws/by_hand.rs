//! Small worlds whose right values were worked out by hand.
#![expect(clippy::float_cmp, reason = "the mean of one replication is a whole number")]

use std::path::Path;
use std::sync::atomic::AtomicBool;

use amnesty::base::{SimDuration, SimTime};
use amnesty::experiment::{self, Findings, Options, Verdict};
use amnesty::fault::SeenAs;
use amnesty::measure::{Sheet, TimeGrid};
use amnesty::protocol::{Conclusion, Generation};
use amnesty::scenario::{Overrides, Plan, from_bytes};
use amnesty::sim;
use amnesty::world::{Delivery, Entry, Ledger, Stage, Swarm};

fn plan(text: &str, sets: &[&str]) -> Plan {
    let sets = sets.iter().map(|set| (*set).to_owned()).collect();
    let overrides = Overrides { sets, ..Overrides::default() };
    let plan = from_bytes("by-hand.yaml", text.as_bytes(), Path::new("."), &overrides);
    plan.unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

fn run(plan: &Plan, threads: usize) -> Findings {
    let stop = AtomicBool::new(false);
    let options = Options { threads: Some(threads), stop: &stop, progress: &|_, _| {} };
    experiment::run(plan, &options).unwrap()
}

/// The attempts of the only org of a world.
fn ledger(plan: &Plan) -> Vec<Entry> {
    let world = &plan.arms[0].world;
    let swarm = Swarm::of(plan.seed, world).unwrap();
    let grid = TimeGrid::new(plan.duration, plan.duration, None);
    let mut sheet = Sheet::new(grid, world.cohorts.len(), plan.duration);
    let org = swarm.range(0..1).next().unwrap();
    let mut ledger = Ledger::new(org.number);
    let (stage, mut recorder) = (Stage::new(world.clone()), sheet.recorder(org.cohort));
    sim::play(&stage, &org, plan.seed, 0, &mut recorder, &mut ledger);
    ledger.into_entries()
}

fn secs(n: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(n)
}

/// One org; the server keeps unconfirmed siblings alive. An app that refreshes 153 s after it was given a
/// token is given one every 168 s; its first 4,400 s are calm, and then answers are lost for a while.
const MANY_GENERATIONS: &str = "
name: many-generations
seed: 6085
replications: 1
clock: { start: 2026-01-01T00:00:00Z, duration: 6h }
server:
  protocol: oauth2
  policy: { commit_on_use: { confirm_by: access_use, siblings: keep, on_reuse: revoke_family } }
  access_token_ttl: 4136s
  service_time: { constant: 15s }
  gateway_timeout: none
swarm:
  - name: one
    partners: 1
    orgs_per_partner: 1
    client:
      trigger: { before_expiry: { lead: 3983s } }
      next_call: { constant: 265s }
      timeout: none
      max_attempts: 5
      backoff: none
      retry_on: [timeout, reset, server_error, throttled]
      on_refusal: delete_credentials
incident:
  - phase: lossy
    from: clock.start + 4400s
    for: 2475s
    response_lost: { probability: 100%, seen_as: { reset: 100% } }
";

/// One answer is lost at 01:00:01, and its successor stays valid from then on: 72 h - 1 h - 1 s.
const SIBLING: &str = "
name: sibling
replications: 1
clock: { start: 2026-01-01T00:00:00Z, duration: 72h }
server:
  protocol: oauth2
  policy: { commit_on_use: { confirm_by: access_use, siblings: keep } }
  access_token_ttl: 1h
  service_time: { constant: 1s }
swarm:
  - name: a
    partners: 1
    orgs_per_partner: 1
    client:
      trigger: { periodic: { every: 30m, schedule: aligned } }
      next_call: { constant: 10m }
      timeout: 5s
incident:
  - phase: lost
    from: 2026-01-01T00:59:30Z
    for: 1m
    response_lost: { probability: 100%, seen_as: silence }
";

#[test]
fn siblings_that_stay_valid_are_never_forgotten() {
    let exposure = |text, duration: &str| {
        let findings = run(&plan(text, &[&format!("clock.duration={duration}")]), 1);
        findings.results.summary.arms[0].total.replay_exposure_org_hours.mean
    };
    for (text, duration, hours) in [
        (MANY_GENERATIONS, "2h", 0.73381),
        (MANY_GENERATIONS, "4h", 2.73381),
        (MANY_GENERATIONS, "6h", 4.73381),
        (SIBLING, "48h", 47.0 - 1.0 / 3_600.0),
        (SIBLING, "300h", 299.0 - 1.0 / 3_600.0),
    ] {
        let found = exposure(text, duration);
        assert!((found - hours).abs() < 1e-5, "{duration}: {found}, not {hours}");
    }
}

/// A hundred sessions end at one instant, 5 d 1 min after the start, where bins are an hour wide. The
/// refresh of 5 d 10 min finds out, and two minutes after its refusal persons have been there.
const BETWEEN_BINS: &str = "
name: between-bins
replications: 2
clock: { start: 2026-01-01T00:00:00Z, duration: 9d }
server:
  protocol: oauth2
  policy: static
  access_token_ttl: 1h
  session_lifetime: 5d1m
  service_time: { constant: 1s }
swarm:
  - name: some
    partners: 2
    orgs_per_partner: 15
    client: &app
      trigger: { periodic: { every: 10m, schedule: aligned } }
      next_call: { constant: 10m }
      timeout: 5s
      on_refusal: stop
      person: { probability: 100%, delay: { constant: 2m } }
  - { name: others, partners: 1, orgs_per_partner: 70, client: *app }
expect:
  - peak_disconnected(as_is) <= 0
  - peak_disconnected(as_is) >= 100%
";

#[test]
fn the_most_at_once_is_that_of_the_run_and_not_of_its_time_bins() {
    // Orgs alone, orgs of a partner that share a pool never full, and all orgs at one server.
    let pool = ["swarm.some.client.pool.size=100", "swarm.others.client.pool.size=100"];
    let station = ["server.station={ workers: 100, queue_limit: 10 }"];
    for (sets, threads) in [(&[][..], 1), (&[][..], 3), (&pool[..], 2), (&station[..], 2)] {
        let plan = plan(BETWEEN_BINS, sets);
        let findings = run(&plan, threads);
        let arm = &findings.results.summary.arms[0];
        let most = [&arm.total, &arm.cohorts[0].measures, &arm.cohorts[1].measures]
            .map(|measures| measures.peak_disconnected.mean);
        assert_eq!(most, [100.0, 30.0, 70.0], "{sets:?}");
        let rows: Vec<_> = findings.results.timeline.iter().collect();
        let down: Vec<_> = rows.iter().filter(|row| row.most_disconnected > 0.0).collect();
        assert_eq!(down.len(), 1, "it is all within one bin");
        assert!((down[0].most_disconnected - 100.0).abs() < 1e-9);
        assert!(rows.iter().all(|row| row.disconnected < 1e-9), "at its end nobody is left");
        let passed: Vec<_> = experiment::judge(&plan, &findings)
            .iter()
            .map(|judged| judged.verdict == Verdict::Held)
            .collect();
        assert_eq!(passed, [false, true], "{sets:?}");
    }
}

/// At 10 min an answer is lost. At 20 min the app is refused; 30 s later a person comes, 5 s after the
/// app's next try, which would take 10 s.
const BROKEN_OFF: &str = "
name: broken-off
clock: { start: 2026-01-01T00:00:00Z, duration: 1h }
replications: 1
server:
  protocol: oauth2
  policy: { strict: { on_reuse: none } }
  access_token_ttl: 30m
  service_time: { constant: 10s }
swarm:
  - name: a
    partners: 1
    orgs_per_partner: 1
    client:
      trigger: { periodic: { every: 10m, schedule: aligned } }
      next_call: { constant: 10m }
      timeout: none
      on_refusal: { keep_trying: { every: 25s } }
      person: { probability: 100%, delay: { constant: 30s } }
incident:
  - phase: lost
    from: 2026-01-01T00:10:00Z
    for: 5s
    response_lost: { probability: 100%, seen_as: reset }
";

#[test]
fn an_attempt_that_a_person_breaks_off_has_not_timed_out() {
    let plan = plan(BROKEN_OFF, &[]);
    let total = run(&plan, 1).results.summary.arms[0].total.clone();
    let ended = &total.attempts;
    let counted = [ended.total, ended.stored, ended.reset, ended.refused, ended.broken_off]
        .map(|estimate| estimate.mean);
    assert_eq!(counted, [7.0, 4.0, 1.0, 1.0, 1.0]);
    assert!(ended.timed_out.mean + total.latency.timed_out_share < 1e-9, "no timeout is set");
    let lines = ledger(&plan);
    let broken: Vec<_> = lines
        .iter()
        .filter(|line| matches!(line.concluded, Some((_, Conclusion::BrokenOff))))
        .collect();
    let [line] = broken[..] else { panic!("{broken:?}") };
    assert_eq!((line.sent_at, line.concluded.unwrap().0), (secs(1_235), secs(1_240)));
    assert!(line.commits.is_empty());
    assert_eq!(line.delivery, Delivery::Pending, "nothing was sent back");
}

#[test]
fn what_is_not_decided_when_the_clock_stops_is_not_answered() {
    let lines = ledger(&plan(BROKEN_OFF, &["clock.duration=3005s"]));
    let last = lines.last().unwrap();
    assert_eq!((last.sent_at, last.concluded), (secs(3_000), None));
    assert_eq!((last.commits.len(), last.delivery), (0, Delivery::Pending));
}

/// Answers are lost from 00:20:01 to 00:30:01. One request is sent a second before that and answered
/// within; one is sent a second before the end and answered after it.
const EDGES: &str = "
name: phase-edge
clock: { start: 2026-01-01T00:00:00Z, duration: 1h }
replications: 1
server:
  protocol: oauth2
  policy: static
  access_token_ttl: 30m
  service_time: { constant: 5s }
swarm:
  - name: a
    partners: 1
    orgs_per_partner: 1
    client:
      trigger: { periodic: { every: 10m, schedule: aligned } }
      next_call: { constant: 10m }
      timeout: 30s
incident:
  - phase: lost
    from: 2026-01-01T00:20:01Z
    for: 10m
    response_lost: { probability: 100%, seen_as: silence }
";

#[test]
fn a_phase_acts_on_the_attempts_that_are_sent_in_it() {
    let plan = plan(EDGES, &[]);
    let said =
        amnesty::report::explain::explain(&plan).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("acting on the requests that are sent in it"), "{said}");
    let lines = ledger(&plan);
    let sent_at = |at: u64| lines.iter().find(|line| line.sent_at == secs(at)).unwrap();
    let before = sent_at(1_200);
    assert_eq!(before.concluded, Some((secs(1_205), Conclusion::Stored(Generation(0)))));
    assert_eq!(before.delivery, Delivery::Answered);
    let within = sent_at(1_800);
    assert_eq!(within.commits[0].at, secs(1_805), "after the phase");
    assert_eq!(within.delivery, Delivery::Lost(SeenAs::Silence));
    assert_eq!(within.concluded, Some((secs(1_830), Conclusion::TimedOut)));
}

/// A server that takes a hundred days, and a client that gives up after 200 ms and asks again every second:
/// after four days 345,600 requests are under way. Searched or moved one by one, they would take
/// hours.
#[test]
fn requests_under_way_take_no_longer_the_more_there_are() {
    const HANGING: &str = "
name: hanging
replications: 1
clock: { start: 2026-01-01T00:00:00Z, duration: 4d }
server:
  protocol: oauth2
  policy: static
  access_token_ttl: 1h
  service_time: { constant: 100d }
  gateway_timeout: none
swarm:
  - name: a
    partners: 1
    orgs_per_partner: 1
    client:
      trigger: { periodic: { every: 1s, schedule: aligned } }
      next_call: { constant: 10m }
      timeout: 200ms
";
    let found = run(&plan(HANGING, &[]), 1).results.summary.arms[0].total.clone();
    assert_eq!(found.attempts.total.mean, 345_600.0);
    assert_eq!(found.attempts.timed_out.mean, 345_600.0);
}
