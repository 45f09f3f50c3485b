//! Shortcuts change nothing: the lane, and what arms have in common, give to the last bit what the
//! machines give, org by org and arm by arm.

use std::sync::atomic::AtomicBool;

use amnesty::authority::Amnesty;
use amnesty::base::{Distribution, Law, Probability, Seed, SimDuration};
use amnesty::client::{Per, PoolSize, Schedule as Timetable, Trigger};
use amnesty::experiment::{Layout, Options, run};
use amnesty::fault::{Phase, Reach, Schedule};
use amnesty::measure::{OrgEnd, Recorder, Sheet, Spread, TimeGrid};
use amnesty::scenario::{Arm, Plan};
use amnesty::sim::{self, Crowd, Life};
use amnesty::world::{Org, Stage, Swarm, World as Spec};
use proptest::prelude::*;

use crate::random::{END, Kind, amnesty, config, phase, world};
use crate::support::{World, at, hours, probability};

const ANY: Kind = Kind { single_flight: false, prompt: false, on_reuse: None };
const SINGLE: Kind = Kind { single_flight: true, ..ANY };

/// Bins of an hour, and of seven minutes around the middle.
fn grid() -> TimeGrid {
    let focus = (hours(9), at(17, 1, 2), SimDuration::from_mins(7));
    TimeGrid::new(END.since(hours(0)), SimDuration::from_hours(1), Some(focus))
}

/// The world, where each phase strikes an org with this probability.
fn reaching(mut spec: Spec, orgs: Probability) -> Spec {
    let mut phases = spec.incident.phases().to_vec();
    for phase in &mut phases {
        phase.reach = Reach { orgs, ..Reach::default() };
    }
    spec.incident = Schedule::new(phases);
    spec
}

/// How all orgs of a world end, and what was measured of them.
fn played(
    stage: &Stage,
    seed: Seed,
    grid: &TimeGrid,
    play: impl Fn(&Stage, &Org, &mut Recorder<'_>) -> OrgEnd,
) -> (Vec<OrgEnd>, Sheet) {
    let world = stage.world();
    let swarm = Swarm::of(seed, world).unwrap();
    let mut sheet = Sheet::new(grid.clone(), world.cohorts.len(), world.duration);
    let orgs = swarm.range(0..swarm.orgs());
    let ends = orgs.map(|org| play(stage, &org, &mut sheet.recorder(org.cohort))).collect();
    (ends, sheet)
}

/// Every figure of two sheets is the same.
fn assert_alike(mine: &Sheet, theirs: &Sheet) -> Result<(), TestCaseError> {
    prop_assert_eq!(&mine.counts, &theirs.counts);
    prop_assert_eq!(&mine.series, &theirs.series);
    let spreads = mine.spread.iter().zip(&theirs.spread);
    spreads.into_iter().try_for_each(|(mine, theirs)| assert_spread_alike(mine, theirs))
}

fn assert_spread_alike(mine: &Spread, theirs: &Spread) -> Result<(), TestCaseError> {
    prop_assert_eq!(mine.server(), theirs.server());
    prop_assert_eq!(mine.client(), theirs.client());
    prop_assert_eq!(&mine.disconnection, &theirs.disconnection);
    Ok(())
}

/// The world, where a request takes 20 s, and clients, the gateway, sessions and timetables are done at
/// whole seconds around that: what the lane must tell apart happens at one instant.
fn on_the_instant(world: World, ties: Option<(u64, Option<u64>, u64)>) -> World {
    let Some((timeout, gateway, minutes)) = ties else { return world };
    let secs = SimDuration::from_secs;
    world
        .service_time(Distribution::exactly(secs(20)))
        .gateway_timeout(gateway.map(secs))
        .rules(|rules| rules.session_lifetime = secs(60 * minutes * 7 + 20))
        .client(|app| {
            app.timeout = Some(secs(timeout));
            app.trigger = Trigger::Periodic {
                every: SimDuration::from_mins(minutes),
                schedule: Timetable::Aligned,
            };
        })
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn the_lane_leaves_what_the_machines_leave(
        world in prop_oneof![world(SINGLE), world(ANY)],
        amnesty in prop::option::of(amnesty(None)),
        reach in prop_oneof![Just(1.0), Just(0.5)],
        pauses in prop::collection::vec(0..40 * 60_u64, 0..4),
        ties in prop::option::of((19..22_u64, prop::option::of(19..22_u64), prop::sample::select(&[5_u64, 10, 15, 30][..]))),
    ) {
        let world = on_the_instant(world.amnesty(amnesty), ties);
        let seed = world.seed();
        let stage = Stage::new(reaching(world.spec(END), probability(reach)));
        let by_machines = played(&stage, seed, &grid(), |stage, org, recorder| {
            sim::play(stage, org, seed, 0, recorder, &mut ())
        });
        let mut pauses: Vec<_> = pauses.iter().map(|minute| at(0, *minute, 0)).collect();
        pauses.sort_unstable();
        let in_lane = played(&stage, seed, &grid(), |stage, org, recorder| {
            let life = Life::new(stage, org, seed, 0);
            let life = pauses.iter().fold(life, |life, pause| life.play(stage, *pause, recorder));
            life.play(stage, stage.end(), recorder).finish(stage, recorder)
        });
        prop_assert_eq!(&in_lane.0, &by_machines.0);
        assert_alike(&in_lane.1, &by_machines.1)?;
    }
}

/// What an arm changes.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Nothing,
    Amnesty(Box<Amnesty>),
    /// The amnesty is over at another time.
    AmnestyUntil(u64),
    /// One phase more.
    Phase(Box<Phase>),
    /// The last phase is gone.
    FewerPhases,
    Timeout(u64),
}

impl Change {
    fn made(&self, mut spec: Spec) -> Spec {
        let mut phases = spec.incident.phases().to_vec();
        match self {
            Self::Phase(phase) => phases.push((**phase).clone()),
            Self::FewerPhases => drop(phases.pop()),
            Self::Nothing | Self::Amnesty(_) | Self::AmnestyUntil(_) | Self::Timeout(_) => {}
        }
        spec.incident = Schedule::new(phases);
        for cohort in &mut spec.cohorts {
            let amnesty = &mut cohort.rules.amnesty;
            match self {
                Self::Amnesty(other) => *amnesty = Some(**other),
                Self::AmnestyUntil(minute) => {
                    if let Some(amnesty) = amnesty {
                        amnesty.until = amnesty.from.max(at(0, *minute, 0));
                    }
                }
                Self::Timeout(secs) => {
                    cohort.profile.timeout = Some(SimDuration::from_secs(*secs));
                }
                Self::Nothing | Self::Phase(_) | Self::FewerPhases => {}
            }
        }
        spec
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => Just(Change::Nothing),
        4 => amnesty(None).prop_map(|amnesty| Change::Amnesty(Box::new(amnesty))),
        1 => (0..2_400_u64).prop_map(Change::AmnestyUntil),
        2 => phase(false).prop_map(|phase| Change::Phase(Box::new(phase))),
        1 => Just(Change::FewerPhases),
        1 => (1..40_u64).prop_map(Change::Timeout),
    ]
}

/// A budget and a breaker that an org has for itself: orgs that share one are no islands.
pub(crate) fn uncoupled(world: World) -> World {
    world.client(|app| {
        app.retry_budget.iter_mut().for_each(|budget| budget.per = Per::Org);
        app.circuit_breaker.iter_mut().for_each(|breaker| breaker.per = Per::Org);
    })
}

pub(crate) fn plan(seed: Seed, worlds: Vec<Spec>) -> Plan {
    let arm = |world| Arm { name: "arm".into(), changes: Vec::new(), world };
    Plan {
        name: "laws".into(),
        about: String::new(),
        assumptions: Vec::new(),
        seed,
        replications: 2,
        start: "2018-03-11T00:00:00Z".parse().unwrap(),
        duration: END.since(hours(0)),
        arms: worlds.into_iter().map(arm).collect(),
        expectations: Vec::new(),
        unjudged: Vec::new(),
        sweeps: false,
        resolved: serde_json::Value::Null,
        digest: String::new(),
    }
}

/// What one arm finds in one replication by itself, every org played by the machines.
fn org_by_org(stage: &Stage, (seed, replication): (Seed, u32), grid: &TimeGrid) -> Sheet {
    let (_, sheet) = played(stage, seed, grid, |stage, org, recorder| {
        sim::play(stage, org, seed, replication, recorder, &mut ())
    });
    sheet
}

/// The same where the orgs of a partner have something in common.
fn partner_by_partner(stage: &Stage, (seed, replication): (Seed, u32), grid: &TimeGrid) -> Sheet {
    let world = stage.world();
    let swarm = Swarm::of(seed, world).unwrap();
    let sheet = Sheet::new(grid.clone(), world.cohorts.len(), world.duration);
    (0..swarm.partners()).fold(sheet, |sheet, partner| {
        let mut crowd = Crowd::new(stage, swarm.partner(partner), (seed, replication), sheet);
        crowd.play(stage, stage.end());
        crowd.finish(stage).sheet
    })
}

/// A run of several arms finds in each what `alone` says.
fn assert_found_alone(
    plan: &Plan,
    alone: impl Fn(&Stage, (Seed, u32), &TimeGrid) -> Sheet,
) -> Result<(), TestCaseError> {
    let stop = AtomicBool::new(false);
    let options = Options { threads: Some(2), stop: &stop, progress: &|_, _| {} };
    let found = run(plan, &options).unwrap().tally;
    let grid = Layout::of(plan).grid;
    for (arm, spec) in plan.arms.iter().enumerate() {
        let stage = Stage::new(spec.world.clone());
        let cohorts = spec.world.cohorts.len();
        let mut all = Sheet::new(grid.clone(), cohorts, plan.duration);
        for replication in 0..plan.replications {
            let sheet = alone(&stage, (plan.seed, replication), &grid);
            for (cohort, counts) in sheet.counts.iter().enumerate() {
                let found = found.counts(arm, Some(cohort));
                prop_assert_eq!(&found[replication as usize], counts, "arm {}", arm);
            }
            all.series.merge(&sheet.series);
            all.spread.iter_mut().zip(&sheet.spread).for_each(|(all, one)| all.merge(one));
        }
        prop_assert_eq!(found.series(arm), &all.series);
        for (cohort, alone) in all.spread.iter().enumerate() {
            assert_spread_alike(&found.spread(arm, Some(cohort)), alone)?;
        }
    }
    let sent = calm(plan.arms[0].world.clone()).map(|calm| {
        let sheet = alone(&Stage::new(calm), (plan.seed, 0), &grid);
        sheet.counts.iter().map(|counts| counts.sent).sum::<u64>()
    });
    prop_assert_eq!(found.calm_attempts(None), sent.unwrap_or(0));
    Ok(())
}

/// Arms that differ from the first by some changes each.
pub(crate) fn arms(first: Spec, changes: &[Vec<Change>]) -> Vec<Spec> {
    let others = changes
        .iter()
        .map(|changes| changes.iter().fold(first.clone(), |spec, change| change.made(spec)));
    let others: Vec<_> = others.collect();
    std::iter::once(first).chain(others).collect()
}

pub(crate) fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    prop::collection::vec(prop::collection::vec(change(), 0..3), 1..4)
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn arms_find_what_each_would_find_alone(
        world in prop_oneof![world(SINGLE), world(ANY)],
        amnesty in prop::option::of(amnesty(None)),
        reach in prop_oneof![Just(1.0), Just(0.5)],
        changes in changes(),
    ) {
        let world = uncoupled(world).amnesty(amnesty);
        let first = reaching(world.spec(END), probability(reach));
        assert_found_alone(&plan(world.seed(), arms(first, &changes)), org_by_org)?;
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn arms_of_partners_find_what_each_would_find_alone(
        world in prop_oneof![world(SINGLE), world(ANY)],
        amnesty in prop::option::of(amnesty(None)),
        pool in prop::option::of(1..3_u32),
        changes in changes(),
    ) {
        let world = world.amnesty(amnesty);
        let mut first = world.spec(END);
        for cohort in &mut first.cohorts {
            cohort.orgs_per_partner = Distribution::new(Law::Uniform { min: 1.0, max: 4.0 }).unwrap();
        }
        // One partner has a pool at least, so that its orgs have something in common.
        first.cohorts[0].profile.pool = Some(PoolSize(pool.unwrap_or(2)));
        first.cohorts[1].profile.pool = pool.map(PoolSize);
        assert_found_alone(&plan(world.seed(), arms(first, &changes)), partner_by_partner)?;
    }
}

/// The world without what goes wrong, if anything does.
fn calm(mut spec: Spec) -> Option<Spec> {
    let amnestied = spec.cohorts.iter().any(|cohort| cohort.rules.amnesty.is_some());
    if spec.incident.phases().is_empty() && !amnestied {
        return None;
    }
    spec.incident = Schedule::default();
    for cohort in &mut spec.cohorts {
        cohort.rules.amnesty = None;
        cohort.profile.crash_before_store = Probability::NEVER;
    }
    Some(spec)
}
