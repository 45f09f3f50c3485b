//! Runs a plan over real HTTP: one arm and replication after another, each as long as the scenario on a
//! clock that the time scale compresses.
//!
//! The findings are those of a virtual run: the same tally, the same reports. The rows of the
//! ledger are told as they are done, and on request the virtual engine is held against it. Amplification is not measured: that would take a calm
//! run more.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::cross_check::{CrossCheck, Pair};
use super::layout::Layout;
use super::results::{Caveat, Summary};
use super::run::{Findings, RunError, audit};
use super::summarise::summarise;
use super::tally::{Borne, Dimensions, Tally};
use super::{failure, generator};
use crate::live::swarm::Snapshot;
use crate::live::{self, Elsewhere, Part, Played, TimeScale};
use crate::measure::AtOnce;
use crate::scenario::Plan;
use crate::world::{Islands, RowTeller, Stage, Swarm, World};

/// How to run over real HTTP.
#[derive(Clone, Copy)]
pub struct LiveOptions<'a> {
    /// How much faster than the wall clock.
    pub scale: TimeScale,
    /// Whether connections serve more than one request.
    pub keep_alive: bool,
    /// Connections that the swarm holds at most.
    pub connections: usize,
    /// Descriptors that this process may open; `None` for as many as it likes.
    pub descriptors: Option<usize>,
    /// Where the server is, if it is not to be our own on loopback.
    pub elsewhere: Option<&'a Elsewhere>,
    /// Asked for each arm, by its place in the plan, and replication where its rows of the ledger go.
    pub ledger: Option<&'a (dyn Fn(usize, u32) -> RowTeller + Sync)>,
    /// Whether to hold the virtual engine against the run.
    pub cross_check: bool,
    /// Set to end the run early: attempts under way are waited for, and what was found is kept.
    pub stop: &'a AtomicBool,
    /// Told how it goes, several times a second: which of how many parts, and a snapshot of its swarm.
    pub progress: &'a (dyn Fn((usize, usize), &Snapshot) + Sync),
}

impl std::fmt::Debug for LiveOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveOptions").field("scale", &self.scale).finish_non_exhaustive()
    }
}

/// What a live experiment found.
#[derive(Debug)]
pub struct LiveFindings {
    /// The data of all reports.
    pub findings: Findings,
    /// How the engines agree, if that was asked for.
    pub cross_checks: Vec<CrossCheck>,
    /// The plan as far as it was played: all of it, unless the run was interrupted.
    pub plan: Plan,
    /// Whether it was told to stop.
    pub interrupted: bool,
}

/// Runs every arm and replication of a plan over loopback sockets.
///
/// # Errors
/// [`RunError`] if the swarm is too large, or sockets or threads cannot be had.
pub fn run_live(plan: &Plan, options: &LiveOptions<'_>) -> Result<LiveFindings, RunError> {
    let worlds = || plan.arms.iter().map(|arm| &arm.world);
    if !worlds().all(World::tells_at_once) {
        return Err(RunError::VirtualOnly);
    }
    if options.cross_check && worlds().any(|world| world.islands() != Islands::Orgs) {
        return Err(RunError::NoCrossCheck);
    }
    let layout = Layout::of(plan);
    let swarm = Swarm::of(plan.seed, &plan.arms[0].world)?;
    budget(plan, &swarm, options)?;
    let mut parts = Vec::new();
    for (replication, arm) in order(plan) {
        let part = Part {
            stage: Arc::new(Stage::new(plan.arms[arm].world.clone())),
            swarm: &swarm,
            seed: plan.seed,
            replication,
            grid: layout.grid.clone(),
            scale: options.scale,
            keep_alive: options.keep_alive,
            connections: options.connections,
            rows: options.ledger.map(|rows_of| rows_of(arm, replication)),
            // Only the cross-check looks at lines again.
            keep: if options.cross_check { None } else { Some(0) },
        };
        let place = (parts.len(), plan.arms.len() * plan.replications as usize);
        let beat = |swarm: &Snapshot| (options.progress)(place, swarm);
        let played = match options.elsewhere {
            Some(elsewhere) => live::play_elsewhere(&part, elsewhere, options.stop, &beat),
            None => live::play(&part, options.stop, &beat),
        };
        let played = played.map_err(RunError::Live)?;
        let interrupted = played.swarm.interrupted;
        parts.push((replication, arm, part.stage, played));
        if interrupted {
            break;
        }
    }
    let interrupted = parts.last().filter(|part| part.3.swarm.interrupted);
    let cut_at = interrupted.map(|(.., played)| played.swarm.ended_at);
    let plan =
        as_far_as_played(plan, parts.last().map(|part| (part.0, part.1, part.3.swarm.interrupted)));
    let cross_checks = match (options.cross_check, cut_at) {
        (true, None) => parts.iter().map(|part| check(&plan, &swarm, &layout, part)).collect(),
        (true, Some(_)) | (false, _) => Vec::new(),
    };
    let how = (options.scale, options.elsewhere.is_some());
    let findings = findings(&plan, &swarm, &layout, &parts, how);
    audit(&plan, &layout, &findings.tally)?;
    Ok(LiveFindings { findings, cross_checks, plan, interrupted: cut_at.is_some() })
}

/// Refuses a run that could run out of descriptors: it would find the limit of this machine.
fn budget(plan: &Plan, swarm: &Swarm, options: &LiveOptions<'_>) -> Result<(), RunError> {
    let Some(found) = options.descriptors else { return Ok(()) };
    let ours = options.elsewhere.is_none();
    let needs =
        plan.arms.iter().map(|arm| live::descriptors(&arm.world, swarm, options.connections, ours));
    match needs.max() {
        Some(needed) if needed > found => Err(RunError::Descriptors {
            orgs: swarm.orgs(),
            needed,
            found,
            fitting: live::connections_with(found, ours),
        }),
        Some(_) | None => Ok(()),
    }
}

/// A replication, an arm, its world, and what was found.
type Done = (u32, usize, Arc<Stage>, Played);

/// All arms of the first replication, then those of the second, and so on.
fn order(plan: &Plan) -> impl Iterator<Item = (u32, usize)> {
    let arms = plan.arms.len();
    (0..plan.replications).flat_map(move |replication| (0..arms).map(move |arm| (replication, arm)))
}

/// The plan without the arms that an interrupted run never came to; and without its last replication,
/// if that is not the first.
fn as_far_as_played(plan: &Plan, last: Option<(u32, usize, bool)>) -> Plan {
    let mut plan = plan.clone();
    match last {
        Some((0, arm, true)) => {
            plan.arms.truncate(arm + 1);
            plan.replications = 1;
        }
        Some((replication, _, true)) => plan.replications = replication,
        Some((_, _, false)) | None => {}
    }
    plan
}

fn check(
    plan: &Plan,
    swarm: &Swarm,
    layout: &Layout,
    (replication, arm, stage, played): &Done,
) -> CrossCheck {
    let arm = &plan.arms[*arm].name;
    let (seed, replication) = (plan.seed, *replication);
    Pair { arm, stage, swarm, seed, replication, layout }.compare(played)
}

fn findings(
    plan: &Plan,
    swarm: &Swarm,
    layout: &Layout,
    parts: &[Done],
    (scale, elsewhere): (TimeScale, bool),
) -> Findings {
    let dimensions = Dimensions {
        arms: plan.arms.len(),
        cohorts: plan.arms[0].world.cohorts.len(),
        replications: plan.replications as usize,
        duration: plan.duration,
    };
    let mut tally = Tally::new(dimensions, &layout.grid);
    for (replication, arm, _, played) in parts.iter().filter(|part| part.0 < plan.replications) {
        tally.absorb(*arm, *replication, &played.sheet);
        let at_once = AtOnce::of(played.sheet.steps.clone(), &layout.grid);
        tally.keep_at_once(*arm, *replication, at_once);
        if let Some(load) = &played.load {
            let (load, stored) = (load.clone(), played.sheet.series.stored());
            tally.bear(*arm, *replication, Borne { load, stored });
        }
    }
    for replication in 0..plan.replications {
        let arms = parts.iter().filter(|part| part.0 == replication);
        let arms: Vec<_> = arms.map(|(.., played)| &played.ends).collect();
        tally.compare_all(replication, swarm.range(0..swarm.orgs()), &arms);
    }
    let mut results = summarise(plan, swarm, layout, &tally);
    let summary = &mut results.summary;
    "live".clone_into(&mut summary.engine);
    let runs: Vec<_> = parts.iter().map(|(.., played)| &played.swarm).collect();
    summary.caveats.extend(elsewhere.then_some(Caveat::ClientsSideOnly));
    summary.caveats.extend(generator::doubts(&runs));
    name_failures(summary, parts);
    summary.live = Some(generator::summary(&runs, scale));
    Findings { results, tally }
}

/// Where nothing succeeded, says what clients saw rather than what they took it for.
fn name_failures(summary: &mut Summary, parts: &[Done]) {
    let names: Vec<_> = summary.arms.iter().map(|arm| arm.name.clone()).collect();
    for caveat in &mut summary.caveats {
        if let Caveat::NothingSucceeded { arm, failures, .. } = caveat {
            let of_arm = parts.iter().filter(|part| names.get(part.1) == Some(arm));
            let seen = failure::of_runs(of_arm.map(|part| &part.3.swarm));
            if !seen.is_empty() {
                *failures = seen;
            }
        }
    }
}
