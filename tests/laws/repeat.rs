//! Same seed, same bytes; arms and phases leave one another alone.

use std::sync::atomic::AtomicBool;

use amnesty::authority::{Amnesty, AmnestyReply};
use amnesty::base::{Seed, SimDuration};
use amnesty::client::OnRefusal;
use amnesty::experiment::{Findings, Options, run};
use amnesty::fault::SeenAs;
use amnesty::measure::Counts;
use amnesty::scenario::{Arm, Plan};
use proptest::prelude::*;

use crate::random::{Kind, amnesty, config, world};
use crate::support::{World, at, exactly, hours, lost, new_pair};

const ANY: Kind = Kind { single_flight: false, prompt: false, on_reuse: None };

/// An incident of 70 min that strikes half of the answers, an app that sometimes stops, a person.
fn incident() -> World {
    World::new(0)
        .crowd(700)
        .client(|app| app.on_refusal = OnRefusal::Stop)
        .service_time(exactly(SimDuration::from_millis(350)))
        .phase(hours(2), at(3, 10, 0), |phase| phase.response_lost = lost(0.5, SeenAs::Silence))
        .reaction_after(SimDuration::from_hours(1))
        .person_after(SimDuration::from_hours(9))
}

fn amnestied() -> World {
    incident().amnesty(new_pair(hours(6), hours(15)))
}

fn arm(name: &str, world: &World) -> Arm {
    Arm { name: name.into(), changes: Vec::new(), world: world.spec(hours(24)) }
}

fn plan(seed: u64, arms: Vec<Arm>) -> Plan {
    Plan {
        name: "laws".into(),
        about: String::new(),
        assumptions: Vec::new(),
        seed: Seed(seed),
        replications: 3,
        start: "2018-03-11T00:00:00Z".parse().unwrap(),
        duration: SimDuration::from_hours(24),
        arms,
        expectations: Vec::new(),
        unjudged: Vec::new(),
        sweeps: false,
        resolved: serde_json::Value::Null,
        digest: String::new(),
    }
}

fn found(plan: &Plan, threads: usize) -> Findings {
    let stop = AtomicBool::new(false);
    run(plan, &Options { threads: Some(threads), stop: &stop, progress: &|_, _| {} }).unwrap()
}

fn bytes(findings: &Findings) -> String {
    let results = &findings.results;
    let summary = serde_json::to_string(&results.summary).unwrap();
    let timeline = serde_json::to_string(&results.timeline).unwrap();
    summary + &timeline
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let arms = || vec![arm("plain", &incident()), arm("amnesty", &amnestied())];
    let one = bytes(&found(&plan(5, arms()), 1));
    for threads in [1, 2, 8] {
        assert!(bytes(&found(&plan(5, arms()), threads)) == one, "{threads} threads");
    }
    assert!(bytes(&found(&plan(6, arms()), 2)) != one, "another seed");
}

#[test]
fn an_arm_that_changes_nothing_finds_the_same() {
    let twin = found(&plan(5, vec![arm("plain", &incident()), arm("twin", &incident())]), 2);
    assert_eq!(twin.tally.counts(0, None), twin.tally.counts(1, None));
    let contrast = &twin.results.summary.contrasts[0];
    let changed = [contrast.saved.high, contrast.harmed.high];
    assert!(changed.iter().all(|orgs| orgs.abs() < 1e-9), "{contrast:?}");
}

#[test]
fn an_arm_more_leaves_the_others_alone() {
    let (plain, amnesty) = (arm("plain", &incident()), arm("amnesty", &amnestied()));
    let static_server =
        incident().policy(amnesty::authority::Policy::Static(amnesty::authority::Static));
    let two = found(&plan(5, vec![plain.clone(), amnesty.clone()]), 2);
    let three = found(&plan(5, vec![plain, arm("static", &static_server), amnesty]), 2);
    assert_eq!(two.tally.counts(0, None), three.tally.counts(0, None));
    assert_eq!(two.tally.counts(1, None), three.tally.counts(2, None));
    assert_ne!(two.tally.counts(1, None), three.tally.counts(1, None));
}

#[test]
fn replications_differ() {
    let counts = found(&plan(5, vec![arm("plain", &incident())]), 1).tally.counts(0, None);
    assert_ne!(counts[0], counts[1]);
    assert_ne!(counts[1], counts[2]);
}

/// What the runs of two worlds found until now, org by org.
fn past(world: World, until: amnesty::base::SimTime) -> Vec<Counts> {
    world.run_until(until).counts
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn what_is_to_come_does_not_change_what_was(
        world in world(ANY), amnesty in amnesty(None), now in 60..2_000_u64,
    ) {
        let now = at(0, now, 0);
        let later = world.clone().phase(now, hours(39), |phase| {
            phase.response_lost = lost(0.5, SeenAs::Silence);
            phase.duplicate = amnesty::base::Probability::ALWAYS;
        });
        prop_assert_eq!(past(world.clone(), now), past(later, now));
        let length = amnesty.until.since(amnesty.from);
        let amnesty = Amnesty { from: now, announced: now, until: now + length, ..amnesty };
        prop_assert_eq!(past(world.clone(), now), past(world.amnesty(amnesty), now));
    }

    #[test]
    fn an_amnesty_in_which_nobody_is_refused_changes_nothing(
        world in world(Kind { prompt: true, single_flight: true, ..ANY }),
        amnesty in amnesty(Some(AmnestyReply::NewPair)),
    ) {
        // Exposure is the one thing that an amnesty costs whether it is used or not.
        let calm = |counts: &[Counts]| counts.iter().all(|counts| {
            counts.ever_disconnected == 0 && counts.ended_as(amnesty::measure::Ending::Refused) == 0
        });
        let until = hours(40);
        let before = past(world.clone(), until);
        prop_assume!(calm(&before));
        let after = past(world.amnesty(amnesty), until);
        for (before, after) in before.into_iter().zip(after) {
            prop_assert_eq!(
                Counts { exposed_micros: 0, ..before },
                Counts { exposed_micros: 0, ..after }
            );
        }
    }
}
