//! Each fault by itself, ramps, overlaps, and the independence of draws.

use super::super::phase::{ErrorFault, Reach, ResponseLost, Throttle};
use super::*;
use crate::base::{Distribution, Law, Seed};

fn micros(value: f64) -> Distribution {
    Distribution::new(Law::Constant { value }).unwrap()
}

fn at(secs: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(secs)
}

fn calm() -> QuantileTable {
    QuantileTable::compile(&micros(100.0))
}

/// A phase in `[100 s, 200 s)` in which nothing goes wrong yet.
fn phase() -> Phase {
    Phase::calm("degraded", at(100), at(200))
}

fn lost(probability: f64, seen: SeenAs) -> ResponseLost {
    let probability = Probability::new(probability).unwrap();
    ResponseLost { probability, seen_as: vec![(seen, 1.0)] }
}

fn key(org: u64) -> OrgKey {
    OrgKey::new(Seed(7), 0, org)
}

fn fate_at(schedule: &Schedule, org: u64, secs: u64) -> Fate {
    let hits = schedule.hits(0, key(org), key(1 << 40));
    schedule.fate(&calm(), hits, key(org), (1, 0), at(secs))
}

#[test]
fn a_phase_acts_from_its_first_instant_and_not_at_its_last() {
    let schedule =
        Schedule::new(vec![Phase { response_lost: Some(lost(1.0, SeenAs::Reset)), ..phase() }]);
    for (secs, response) in [
        (99, ResponseFate::Arrives),
        (100, ResponseFate::Lost(SeenAs::Reset)),
        (199, ResponseFate::Lost(SeenAs::Reset)),
        (200, ResponseFate::Arrives),
    ] {
        assert_eq!(fate_at(&schedule, 0, secs).response, response, "at {secs} s");
    }
}

#[test]
fn each_fault_has_its_verdict() {
    let retry_after = SimDuration::from_secs(30);
    let always = Probability::ALWAYS;
    for (phase, request) in [
        (Phase { request_lost: always, ..phase() }, RequestFate::Lost),
        (
            Phase { error: Some(ErrorFault { probability: always, status: 503 }), ..phase() },
            RequestFate::Fails { status: 503 },
        ),
        (
            Phase { throttle: Some(Throttle { probability: always, retry_after }), ..phase() },
            RequestFate::Throttled { retry_after },
        ),
    ] {
        let schedule = Schedule::new(vec![phase]);
        assert_eq!(fate_at(&schedule, 0, 150).request, request);
        assert_eq!(fate_at(&schedule, 0, 50).request, RequestFate::Arrives);
    }
}

#[test]
fn latency_replaces_multiplies_adds_and_ramps() {
    let ramp_up = SimDuration::from_secs(50);
    let ramp_down = SimDuration::from_secs(10);
    for (latency, full) in [
        (Latency::Replace(micros(1_100.0)), 1_100),
        (Latency::Multiply(11.0), 1_100),
        (Latency::Add(micros(1_000.0)), 1_100),
        (Latency::Replace(micros(0.0)), 0),
    ] {
        let rising = if full > 100 { 600 } else { 50 };
        let schedule =
            Schedule::new(vec![Phase { latency: Some(latency), ramp_up, ramp_down, ..phase() }]);
        for (secs, micros) in [(99, 100), (100, 100), (125, rising), (150, full), (195, rising)] {
            let service_time = fate_at(&schedule, 0, secs).service_time.as_micros();
            assert_eq!(service_time, micros, "at {secs} s of {full}");
        }
    }
}

#[test]
fn a_ramp_scales_how_often_things_go_wrong() {
    let ramp_up = SimDuration::from_secs(100);
    let schedule = Schedule::new(vec![Phase {
        response_lost: Some(lost(1.0, SeenAs::Silence)),
        ramp_up,
        ..phase()
    }]);
    let hit = (0..10_000)
        .filter(|&org| fate_at(&schedule, org, 150).response != ResponseFate::Arrives)
        .count();
    // Binomial(10,000, 1/2): six standard deviations are 300.
    assert!((4_700..5_300).contains(&hit), "{hit}");
}

#[test]
fn a_duplicate_is_served_with_a_service_time_of_its_own() {
    let law = Law::Uniform { min: 1.0, max: 1e6 };
    let service = QuantileTable::compile(&Distribution::new(law).unwrap());
    let schedule = Schedule::new(vec![Phase { duplicate: Probability::ALWAYS, ..phase() }]);
    let hits = schedule.hits(0, key(0), key(1));
    let fate = schedule.fate(&service, hits, key(0), (1, 0), at(150));
    let repeated = fate.repeated.unwrap();
    assert_ne!(repeated, fate.service_time);
}

#[test]
fn overlapping_phases_do_not_disturb_each_others_draws() {
    let one = Phase { response_lost: Some(lost(0.5, SeenAs::Reset)), ..phase() };
    let other = Phase { request_lost: Probability::new(0.5).unwrap(), ..phase() };
    let alone = Schedule::new(vec![one.clone()]);
    let both = Schedule::new(vec![one, other]);
    for org in 0..1_000 {
        assert_eq!(fate_at(&alone, org, 150).response, fate_at(&both, org, 150).response);
    }
}

#[test]
fn a_phase_reaches_the_cohorts_partners_and_orgs_it_names() {
    let half = Probability::new(0.5).unwrap();
    let cohorts = Some(vec![1]);
    let reach = Reach { cohorts, partners: Probability::ALWAYS, orgs: half };
    let schedule = Schedule::new(vec![Phase { reach, ..phase() }]);
    let none = (0..100).filter(|&org| schedule.hits(0, key(org), key(1 << 40)).0 != 0).count();
    let some = (0..10_000).filter(|&org| schedule.hits(1, key(org), key(1 << 40)).0 != 0).count();
    assert_eq!(none, 0);
    assert!((4_700..5_300).contains(&some), "{some}");

    let reach = Reach { cohorts: None, partners: half, orgs: Probability::ALWAYS };
    let schedule = Schedule::new(vec![Phase { reach, ..phase() }]);
    let partner = (0..64).map(|n| key(1 << 40 | n)).find(|&p| schedule.hits(0, key(0), p).0 != 0);
    let partner = partner.unwrap();
    assert!((0..100).all(|org| schedule.hits(0, key(org), partner).0 != 0), "with all its orgs");
}

#[test]
fn lost_answers_are_seen_as_the_weights_say() {
    let seen_as = vec![(SeenAs::Silence, 0.7), (SeenAs::Status(504), 0.2), (SeenAs::Reset, 0.1)];
    let probability = Probability::ALWAYS;
    let schedule = Schedule::new(vec![Phase {
        response_lost: Some(ResponseLost { probability, seen_as }),
        ..phase()
    }]);
    let mut counts = [0; 3];
    for org in 0..10_000 {
        match fate_at(&schedule, org, 150).response {
            ResponseFate::Lost(SeenAs::Silence) => counts[0] += 1,
            ResponseFate::Lost(SeenAs::Status(504)) => counts[1] += 1,
            ResponseFate::Lost(SeenAs::Reset) => counts[2] += 1,
            other @ (ResponseFate::Arrives | ResponseFate::Lost(_)) => panic!("{other:?}"),
        }
    }
    for (count, share) in counts.into_iter().zip([7_000, 2_000, 1_000]) {
        assert!(i32::abs(count - share) < 280, "{counts:?}");
    }
}

#[test]
fn fates_are_calm_until_a_phase_that_hits_begins() {
    let some = Reach { cohorts: Some(vec![1]), ..Reach::default() };
    let later = Phase { from: at(300), until: at(400), ..phase() };
    let never = Phase { from: at(10), until: at(10), ..phase() };
    let schedule = Schedule::new(vec![Phase { reach: some, ..phase() }, later, never]);
    for (cohort, secs, until) in [
        (0, 0, at(300)),
        (0, 150, at(300)),
        (0, 300, at(300)),
        (0, 399, at(399)),
        (0, 400, SimTime::NEVER),
        (1, 0, at(100)),
        (1, 150, at(150)),
        (1, 200, at(300)),
    ] {
        let hits = schedule.hits(cohort, key(0), key(1 << 40));
        assert_eq!(schedule.calm_until(hits, at(secs)), until, "cohort {cohort} at {secs} s");
    }
}
