//! The checked scenario: what an experiment runs. A [`Plan`] cannot be wrong.

use jiff::Timestamp;

use crate::base::{Seed, SimDuration, SimTime};
use crate::world::{Islands, Scene, World};

/// A scenario after every check.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Name of the scenario; also the name of its results folder.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// What its author assumed because no source tells it.
    pub assumptions: Vec<String>,
    /// Seed of all draws.
    pub seed: Seed,
    /// Number of paired replications, at least 1.
    pub replications: u32,
    /// When the clock starts.
    pub start: Timestamp,
    /// How long it runs.
    pub duration: SimDuration,
    /// The arms, at least one. All have the same partners and orgs.
    pub arms: Vec<Arm>,
    /// What `check` judges.
    pub expectations: Vec<Expectation>,
    /// Expectations of arms that are not run.
    pub unjudged: Vec<Unjudged>,
    /// Whether the scenario says what to sweep over.
    pub sweeps: bool,
    /// The scenario with presets, `extends` and `--set` resolved.
    pub resolved: serde_json::Value,
    /// SHA-256 of the resolved scenario, in hex.
    pub digest: String,
}

/// An expectation that cannot be judged, because not all of its arms are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unjudged {
    /// The file that it stands in.
    pub file: String,
    /// Its line in that file, from 1.
    pub line: usize,
    /// The expectation as written.
    pub text: String,
    /// The arms that it needs and that are not run.
    pub missing: Vec<String>,
}

impl Plan {
    /// From the beginning of the first phase to the end of the last, of all arms.
    pub fn incident(&self) -> Option<(SimTime, SimTime)> {
        incident(&self.arms)
    }

    /// Whether there is an incident, and time before and after it.
    pub fn leaves_time_around_its_incident(&self) -> bool {
        leave_time_around_their_incident(&self.arms)
    }

    /// Whether in some arm all orgs meet at the server, so that there is a load to measure.
    pub fn orgs_meet(&self) -> bool {
        self.arms.iter().any(|arm| arm.world.islands() == Islands::World)
    }
}

/// From the beginning of the first phase to the end of the last, of these arms.
fn incident(arms: &[Arm]) -> Option<(SimTime, SimTime)> {
    let phases = || arms.iter().flat_map(|arm| arm.world.incident.phases());
    let from = phases().map(|phase| phase.from).min()?;
    Some((from, phases().map(|phase| phase.until).max()?))
}

/// Whether these arms have an incident, and time before and after it.
pub(super) fn leave_time_around_their_incident(arms: &[Arm]) -> bool {
    let end = arms.iter().map(|arm| SimTime::ZERO + arm.world.duration).min();
    incident(arms).zip(end).is_some_and(|((from, over), end)| from > SimTime::ZERO && over < end)
}

impl Scene for Plan {
    fn world(&self) -> &World {
        &self.arms[0].world
    }

    fn seed(&self) -> Seed {
        self.seed
    }
}

/// One arm of the experiment.
#[derive(Debug, Clone)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// What it changes: `path = value`, one entry a change.
    pub changes: Vec<String>,
    /// The world with the changes made.
    pub world: World,
}

/// One line under `expect`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// The line as written.
    pub text: String,
    /// The file it stands in.
    pub file: String,
    /// Its line in that file, from 1.
    pub line: usize,
    /// What is measured.
    pub left: Term,
    /// What is taken from it, if it is a contrast.
    pub minus: Option<Term>,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub right: Quantity,
    /// Allowed distance for `=`, in the unit of `right`.
    pub tolerance: Option<Quantity>,
    /// Confidence at which the comparison must hold, in `(0, 1)`; `None` judges the mean alone.
    pub confidence: Option<f64>,
}

/// A measured quantity of one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What is measured.
    pub metric: Metric,
    /// Name of the arm.
    pub arm: String,
    /// Name of the cohort; `None` for all orgs.
    pub cohort: Option<String>,
}

/// Quantities that an expectation can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Orgs re-authorised by a person during the run, or disconnected at its end.
    NeededPerson,
    /// Orgs disconnected at some time.
    EverDisconnected,
    /// Orgs disconnected at the same time, at most.
    PeakDisconnected,
    /// Orgs disconnected when the clock stopped.
    DisconnectedAtEnd,
    /// Orgs that lost an answer after its commit.
    LostAnswer,
    /// Orgs saved against the first arm.
    Saved,
    /// Orgs harmed against the first arm.
    Harmed,
    /// Orgs that the server's reuse detection killed, when the clock stopped.
    RevokedAtEnd,
    /// Orgs that recovered by a plain retry.
    RecoveredByRetry,
    /// Orgs that recovered within a grace window.
    RecoveredByGrace,
    /// Orgs that recovered through the amnesty.
    RecoveredByAmnesty,
    /// Orgs that a person re-authorised.
    RecoveredByPerson,
    /// Hours of disconnection, summed over orgs.
    OrgHoursDisconnected,
    /// Hours without an access token that the server would honour, summed over orgs.
    OrgHoursWithoutAccess,
    /// Org-hours in which a superseded credential would have been honoured.
    ReplayExposureOrgHours,
    /// Refresh attempts.
    Attempts,
    /// Attempts that were not made, because a circuit breaker was open.
    ShortCircuited,
    /// Attempts ÷ attempts of a calm run.
    Amplification,
    /// Something of the server, which all cohorts share.
    Server(ServerMetric),
}

/// Quantities of the server that an expectation can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerMetric {
    /// Busy workers ÷ available ones, over the run.
    Utilisation,
    /// Mean length of the queue in the time bin where it is longest.
    QueuePeak,
    /// Requests turned away with 503.
    Rejected,
    /// Goodput after the last phase ÷ goodput before the first.
    GoodputAfter,
    /// How long after the last phase goodput is back to 90 % of what it was, for good; infinite if it never
    /// is.
    RecoveryTime,
}

/// How two quantities are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
}

/// The right-hand side of an expectation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// A share of the orgs or the requests, or a ratio, as the metric has it; 1 is all.
    Share(f64),
    /// A plain number: orgs, attempts, hours or a ratio, as the metric has it.
    Number(f64),
    /// A length of time in seconds.
    Seconds(f64),
}
