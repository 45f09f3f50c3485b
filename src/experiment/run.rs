//! Runs a plan: islands in parallel, all arms of an island one after another on the same draws.
//!
//! ```text
//!   work units: (replication, a range of orgs) ──► threads, each with a tally of its own ──► merged
//!   for each org of a unit:  play arm 1 │ play arm 2 │ …  ──► compare needs, org by org
//! ```
//!
//! Which thread runs which unit depends on timing; the tallies hold integers that are added up, so the
//! result does not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::layout::Layout;
use super::orgs::Orgs;
use super::recording::Recording;
use super::results::Results;
use super::summarise::summarise;
use super::tally::{Dimensions, Tally};
use crate::base::{Probability, Seed};
use crate::fault::Schedule;
use crate::measure::Sheet;
use crate::scenario::Plan;
use crate::world::{Islands, Stage, Swarm, SwarmTooLarge, World};

/// Orgs per work unit: enough to make handing out cheap, few enough to keep all threads busy.
const UNIT_ORGS: u64 = 256;

/// How to run.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Number of threads; `None` for one per core.
    pub threads: Option<usize>,
    /// Set to end the run early.
    pub stop: &'a AtomicBool,
    /// Told how many of how many org runs are done, now and then, from any thread.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("threads", &self.threads).finish_non_exhaustive()
    }
}

/// What an experiment found.
#[derive(Debug)]
pub struct Findings {
    /// The data of all reports.
    pub results: Results,
    /// The counts they were computed from.
    pub tally: Tally,
}

/// Why an experiment has no findings.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It was told to stop.
    #[error("interrupted before the end; nothing was written")]
    Interrupted,
    /// Too many orgs.
    #[error(transparent)]
    SwarmTooLarge(#[from] SwarmTooLarge),
    /// No threads could be started.
    #[error("start the worker threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A station's books do not balance: a defect of the engine, so nothing it found can be trusted.
    #[error(
        "in the arm `{arm}` flow balance or Little's law does not hold: this is a defect of amnesty, please report the scenario"
    )]
    Unbalanced {
        /// In which arm.
        arm: String,
    },
    /// The live engine has no station that tells later what becomes of a request.
    #[error(
        "a limited server that serves the newest first, drops the oldest or cancels, or to which requests are delivered twice, is played in virtual time only: use `--engine sim`"
    )]
    VirtualOnly,
    /// A cross-check plays orgs one by one.
    #[error(
        "orgs share a server, a pool, a budget or a breaker, and `--cross-check` plays orgs one by one"
    )]
    NoCrossCheck,
    /// There are fewer descriptors than a live run can need.
    #[error(
        "{orgs} orgs can need {needed} descriptors over real HTTP, and this process may open {found}: \
         raise the limit (`ulimit -n {needed}`){}",
        fewer(*fitting)
    )]
    Descriptors {
        /// Orgs of the swarm.
        orgs: u64,
        /// How many can be needed.
        needed: usize,
        /// How many there are.
        found: usize,
        /// How many connections could be held with them.
        fitting: usize,
    },
    /// The live engine could not play.
    #[error("play over real HTTP")]
    Live(#[source] crate::live::PlayError),
}

/// The advice to hold so many connections, if any can be held.
fn fewer(connections: usize) -> String {
    match connections {
        0 => String::new(),
        some => format!(
            ", or hold fewer connections (`--connections {some}`), for which attempts then wait"
        ),
    }
}

/// Runs every arm and replication of a plan.
///
/// # Errors
/// [`RunError`] if it is stopped, if the swarm is too large, or if threads cannot be started.
pub fn run(plan: &Plan, options: &Options<'_>) -> Result<Findings, RunError> {
    play(plan, options, None)
}

/// The same, and hands the rows of the ledger over as they come about. The findings do not differ.
///
/// # Errors
/// As [`run`]; and [`RunError::Interrupted`] if the sink takes no more.
pub fn run_recorded(
    plan: &Plan,
    options: &Options<'_>,
    recording: Recording<'_>,
) -> Result<Findings, RunError> {
    play(plan, options, Some(recording))
}

fn play(
    plan: &Plan,
    options: &Options<'_>,
    recording: Option<Recording<'_>>,
) -> Result<Findings, RunError> {
    let first = &plan.arms[0].world;
    let swarm = Swarm::of(plan.seed, first)?;
    let stages: Vec<_> = plan.arms.iter().map(|arm| Stage::new(arm.world.clone())).collect();
    let layout = Layout::of(plan);
    let experiment = Experiment {
        seed: plan.seed,
        replications: plan.replications,
        calm: calm(first).map(Stage::new),
        swarm: &swarm,
        stages: &stages,
        layout: &layout,
        recording,
        dimensions: Dimensions {
            arms: stages.len(),
            cohorts: first.cohorts.len(),
            replications: plan.replications as usize,
            duration: plan.duration,
        },
    };
    let islands = stages.iter().map(|stage| stage.world().islands()).max();
    let tally = match islands.unwrap_or(Islands::Orgs) {
        Islands::Orgs => experiment.run_orgs(options)?,
        Islands::Partners => experiment.run_partners(options)?,
        Islands::World => experiment.run_worlds(options)?,
    };
    audit(plan, &layout, &tally)?;
    let results = summarise(plan, &swarm, &layout, &tally);
    Ok(Findings { results, tally })
}

/// Whether the books of all stations balance.
///
/// # Errors
/// [`RunError::Unbalanced`] if they do not.
pub(super) fn audit(plan: &Plan, layout: &Layout, tally: &Tally) -> Result<(), RunError> {
    let balances = |arm: usize| tally.borne(arm).iter().all(|run| run.load.balances(&layout.grid));
    match (0..plan.arms.len()).find(|arm| !balances(*arm)) {
        Some(arm) => Err(RunError::Unbalanced { arm: plan.arms[arm].name.clone() }),
        None => Ok(()),
    }
}

/// The world without its incident and amnesty, if it has any.
fn calm(world: &World) -> Option<World> {
    let eventful = !world.incident.phases().is_empty()
        || world.cohorts.iter().any(|cohort| cohort.rules.amnesty.is_some());
    eventful.then(|| {
        let mut calm = world.clone();
        calm.incident = Schedule::default();
        for cohort in &mut calm.cohorts {
            cohort.rules.amnesty = None;
            cohort.profile.crash_before_store = Probability::NEVER;
        }
        calm
    })
}

/// What is run.
pub(super) struct Experiment<'a> {
    pub(super) seed: Seed,
    pub(super) replications: u32,
    /// The first arm's world without its incident, if it has any.
    pub(super) calm: Option<Stage>,
    pub(super) swarm: &'a Swarm,
    pub(super) stages: &'a [Stage],
    pub(super) layout: &'a Layout,
    /// The ledger, if one is written.
    pub(super) recording: Option<Recording<'a>>,
    pub(super) dimensions: Dimensions,
}

impl Experiment<'_> {
    /// Plays all islands, each of them one org.
    fn run_orgs(&self, options: &Options<'_>) -> Result<Tally, RunError> {
        let recorded = self.recording.map_or(UNIT_ORGS, |recording| recording.section_orgs);
        let unit_orgs = UNIT_ORGS.min(recorded.max(1));
        let units_each = self.swarm.orgs().div_ceil(unit_orgs);
        let units = units_each * u64::from(self.replications);
        let orgs = Orgs::new(self, units_each);
        let play = |unit, findings: &mut _| {
            #[expect(clippy::cast_possible_truncation, reason = "replications are 32 bits")]
            let replication = (unit / units_each) as u32;
            let first = unit % units_each * unit_orgs;
            orgs.play((unit, replication), first..first + unit_orgs, findings);
        };
        self.run_units(units, options, || orgs.findings(), play, |findings| orgs.close(findings))
    }

    /// Whether the run is to end early.
    pub(super) fn is_stopped(&self, options: &Options<'_>) -> bool {
        let has_failed = self.recording.is_some_and(|recording| recording.sink.has_failed());
        has_failed || options.stop.load(Ordering::Relaxed)
    }

    /// An empty sheet for an island.
    pub(super) fn sheet(&self) -> Sheet {
        let Dimensions { cohorts, duration, .. } = self.dimensions;
        Sheet::new(self.layout.grid.clone(), cohorts, duration)
    }

    /// Hands so many units of work out to all threads, in order. Each thread begins with findings of its
    /// own, which become a tally in the end.
    pub(super) fn run_units<F>(
        &self,
        units: u64,
        options: &Options<'_>,
        begin: impl Fn() -> F + Sync,
        run: impl Fn(u64, &mut F) + Sync,
        close: impl Fn(F) -> Tally + Sync,
    ) -> Result<Tally, RunError> {
        let next = AtomicU64::new(0);
        let done = AtomicU64::new(0);
        let threads = options.threads.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let parts = pool.broadcast(|_| {
            let mut findings = begin();
            loop {
                let unit = next.fetch_add(1, Ordering::Relaxed);
                if unit >= units || self.is_stopped(options) {
                    return close(findings);
                }
                run(unit, &mut findings);
                let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
                (options.progress)(finished, units);
            }
        });
        if self.is_stopped(options) {
            return Err(RunError::Interrupted);
        }
        let mut parts = parts.into_iter();
        let mut tally =
            parts.next().unwrap_or_else(|| Tally::new(self.dimensions, &self.layout.grid));
        parts.for_each(|part| tally.merge(part));
        Ok(tally)
    }
}
