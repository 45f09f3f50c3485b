//! How a station and what stands before it is written, read and explained.

use amnesty::base::SimDuration;
use amnesty::report::explain::explain;
use amnesty::scenario::Quantity;
use amnesty::station::{Discipline, Overflow, RateScope};
use amnesty::world::Islands;

use crate::small::{digest_again, read, small};

const CROWDED: &str = "  policy: xero-2018
  station: { workers: 64, queue_limit: 500, discipline: lifo, overflow: drop_oldest, \
  slow_down: { contention: 0.01, crosstalk: 0.0002 }, cancel_on_disconnect: true }
  gateway_timeout: 60s
  admission:
    max_concurrent: 400
    retry_after: 10s
    rate_limits:
      - { per: partner, rate: 60/min, burst: 60 }
      - { per: server, rate: 3/s, burst: 10 }
  background:
    rate: 200/s
    by_hour: [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1]
    service_time: { exponential: { mean: 20ms } }";

#[test]
fn a_station_and_its_door_are_read_written_and_explained() {
    let crowded = small("  policy: xero-2018", CROWDED);
    let text = crowded.replace("    for: 70m\n", "    for: 70m\n    capacity: { lost: 75% }\n");
    let plan = read(&text).unwrap();
    let server = &plan.arms[0].world.server;
    let station = server.station.unwrap();
    assert_eq!((station.workers, station.queue_limit), (64, 500));
    assert_eq!((station.discipline, station.overflow), (Discipline::Lifo, Overflow::DropOldest));
    let admission = server.admission.as_ref().unwrap();
    assert_eq!((admission.max_concurrent, admission.status), (Some(400), 503));
    let limits = admission.rate_limits.iter().map(|limit| (limit.per, limit.interval));
    let second = SimDuration::from_secs(1);
    let third = SimDuration::from_micros(333_333);
    let limits: Vec<_> = limits.collect();
    assert_eq!(limits, [(RateScope::Partner, second), (RateScope::Server, third)]);
    assert_eq!(digest_again(&plan), plan.digest);
    insta::assert_snapshot!(explain(&plan));
}

#[test]
fn islands_follow_from_what_orgs_share() {
    for (from, to, islands, words) in [
        ("name: small", "name: small", Islands::Orgs, "one org each: nobody waits for anybody"),
        (
            "timeout: 30s",
            "max_attempts: 3, retry_budget: { ratio: 10%, burst: 5 }",
            Islands::Partners,
            "one partner each, because its orgs share a retry budget",
        ),
        (
            "  policy: xero-2018",
            "  policy: xero-2018\n  station: { workers: 3 }",
            Islands::World,
            "the world, because all orgs share one station",
        ),
        (
            "without: {}",
            "without: { server.admission: { max_concurrent: 9 } }",
            Islands::World,
            "the world, because all orgs share one door in the arm without",
        ),
    ] {
        let plan = read(&small(from, to)).unwrap();
        assert_eq!(plan.arms[0].world.islands(), islands, "{to}");
        let text = explain(&plan);
        assert!(text.contains(&format!("Islands   {words}\n")), "{to}: {text}");
    }
}

#[test]
fn the_server_can_be_expected_of() {
    let station = "  policy: xero-2018\n  station: { workers: 3 }";
    let text = small("  policy: xero-2018", station);
    for (line, right) in [
        ("utilisation(with) <= 90%", Quantity::Share(0.9)),
        ("queue_peak(without) < 50", Quantity::Number(50.0)),
        ("recovery_time(with) <= 30m", Quantity::Seconds(1_800.0)),
    ] {
        let plan = read(&text.replace("needed_person(with) <= 5%", line)).unwrap();
        assert_eq!(plan.expectations[0].right, right);
    }
    let all_the_run = text.replace("for: 70m", "until: clock.end");
    let amnesty = "with: { server.amnesty: { from: degraded.end + 3h, for: 6h } }";
    let all_the_run = all_the_run.replace(amnesty, "with: {}");
    let errors = read(&all_the_run.replace("needed_person(with) <= 5%", "goodput_after(with) > 0"));
    assert!(errors.unwrap_err().render(false).contains("leaves time before and after it"));
}
