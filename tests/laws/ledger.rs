//! The ledger, folded, is what was counted: in every kind of island, in every arm, to the unit.
//!
//! Random worlds as elsewhere; several arms, which without a ledger share what they have in common. With
//! one each is played by itself, and nothing that is counted differs.

use std::sync::atomic::AtomicBool;

use amnesty::base::{Distribution, Law};
use amnesty::client::PoolSize;
use amnesty::experiment::results::run_id;
use amnesty::experiment::{Findings, Options, Selection, run};
use amnesty::scenario::Plan;
use amnesty::world::{Islands, Swarm};
use proptest::prelude::*;

use crate::lane::{arms, changes, plan, uncoupled};
use crate::meeting::meeting;
use crate::random::{END, Kind, amnesty, config, world};
use crate::support::ledger::{fold, recorded};

const ANY: Kind = Kind { single_flight: false, prompt: false, on_reuse: None };

fn options(threads: usize, stop: &AtomicBool) -> Options<'_> {
    Options { threads: Some(threads), stop, progress: &|_, _| {} }
}

/// Arms have names of their own; one of them needs quotes.
fn named(mut plan: Plan) -> Plan {
    for (place, arm) in plan.arms.iter_mut().enumerate() {
        arm.name = format!("arm {place}, \"so called\"");
    }
    plan.digest = "0123456789abcdef".to_owned();
    plan
}

fn assert_same_counts(
    plan: &Plan,
    mine: &Findings,
    theirs: &Findings,
) -> Result<(), TestCaseError> {
    for arm in 0..plan.arms.len() {
        prop_assert_eq!(mine.tally.counts(arm, None), theirs.tally.counts(arm, None));
        prop_assert_eq!(mine.tally.series(arm), theirs.tally.series(arm));
    }
    prop_assert_eq!(&mine.results, &theirs.results);
    Ok(())
}

/// The ledger of a plan says what was counted, which is what is counted without one; and it has the same
/// bytes on two threads.
fn assert_folds(plan: Plan, islands: Islands) -> Result<(), TestCaseError> {
    let plan = named(plan);
    let widest = plan.arms.iter().map(|arm| arm.world.islands()).max();
    prop_assert_eq!(widest, Some(islands));
    let stop = AtomicBool::new(false);
    let all = Selection::all(&plan);
    let (found, text) = recorded(&plan, &options(1, &stop), &all, 2);
    let swarm = Swarm::of(plan.seed, &plan.arms[0].world).unwrap();
    let folded = fold(&text, &swarm, &run_id(&plan.digest, plan.seed.0));
    prop_assert_eq!(folded.differs(&plan, &found), Ok(()));
    let (_, again) = recorded(&plan, &options(2, &stop), &all, 2);
    prop_assert_eq!(&text, &again, "on two threads");
    let without = run(&plan, &options(1, &stop)).unwrap();
    assert_same_counts(&plan, &found, &without)
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn orgs_by_themselves(
        world in world(ANY), amnesty in prop::option::of(amnesty(None)), changes in changes(),
    ) {
        let world = uncoupled(world).amnesty(amnesty);
        assert_folds(plan(world.seed(), arms(world.spec(END), &changes)), Islands::Orgs)?;
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn orgs_of_partners(
        world in world(ANY),
        amnesty in prop::option::of(amnesty(None)),
        pool in prop::option::of(1..3_u32),
        changes in changes(),
    ) {
        let world = world.amnesty(amnesty);
        let mut first = world.spec(END);
        for cohort in &mut first.cohorts {
            cohort.orgs_per_partner = Distribution::new(Law::Uniform { min: 1.0, max: 4.0 }).unwrap();
        }
        first.cohorts[0].profile.pool = Some(PoolSize(pool.unwrap_or(2)));
        first.cohorts[1].profile.pool = pool.map(PoolSize);
        assert_folds(plan(world.seed(), arms(first, &changes)), Islands::Partners)?;
    }

    #[test]
    fn orgs_that_meet_at_a_server(meeting in meeting(), changes in changes()) {
        let world = meeting.world();
        prop_assume!(world.islands() == Islands::World);
        assert_folds(plan(meeting.seed(), arms(world.clone(), &changes)), Islands::World)?;
    }

    /// What is not selected is not written, and what is, is what it was.
    #[test]
    fn a_selection_is_a_part(
        meeting in meeting(), changes in changes(), arm in 0..4_usize, orgs in (0..6_u64, 1..9_u64),
        replication in 0..2_u32,
    ) {
        let plan = named(plan(meeting.seed(), arms(meeting.world().clone(), &changes)));
        let stop = AtomicBool::new(false);
        let all = Selection::all(&plan);
        let mut some = all.clone();
        some.arms.fill(false);
        let arm = arm % plan.arms.len();
        some.arms[arm] = true;
        some.orgs = orgs.0..orgs.0 + orgs.1;
        some.replications = replication..replication + 1;
        let (found, whole) = recorded(&plan, &options(2, &stop), &all, 2);
        let (found_too, part) = recorded(&plan, &options(2, &stop), &some, 2);
        let name = &plan.arms[arm].name;
        let mut reader = csv::Reader::from_reader(whole.as_bytes());
        let mut lines: Vec<_> = reader.records().map(Result::unwrap).collect();
        lines.retain(|line| {
            line[0] == **name
                && line[1] == replication.to_string()
                && some.orgs.contains(&line[2].parse().unwrap())
        });
        let mut reader = csv::Reader::from_reader(part.as_bytes());
        let parts: Vec<_> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(parts, lines);
        assert_same_counts(&plan, &found, &found_too)?;
    }
}
