//! What an experiment found: the data that every report is made from, and that `summary.json` holds.
//!
//! Everything in here can be written out and read back, so charts can be drawn again from a results
//! folder. Counts of orgs are means over replications with a 95 % interval.

mod attempts;
mod load;
mod timeline;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use attempts::Attempts;
pub use load::{GoodputSummary, LoadRow, LoadSummary, StationSummary};
pub use timeline::TimelineRow;

/// Version of the layout of `summary.json`; raised when a field changes its meaning or goes.
pub const SUMMARY_VERSION: u32 = 1;

/// Which run a file belongs to: the first twelve digits of the scenario's digest, a dot, the seed. It
/// stands in every data file, so that files of different runs can be told apart.
pub fn run_id(digest: &str, seed: u64) -> String {
    let digest: String = digest.chars().take(12).collect();
    format!("{digest}.{seed}")
}

/// Everything a report needs: the summary and the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// What `summary.json` holds.
    pub summary: Summary,
    /// What `timeline.csv` holds: one row per arm and time bin, arms in order, then time.
    pub timeline: Vec<TimelineRow>,
    /// What `load.csv` holds: rows as above; none where orgs do not meet at the server.
    pub load: Vec<LoadRow>,
}

/// The findings, and what they were found with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Layout version of this file.
    pub version: u32,
    /// Version of amnesty that made it.
    pub made_by: String,
    /// Name of the scenario.
    pub scenario: String,
    /// What the scenario is about, in its author's words.
    pub about: String,
    /// What the author assumed because no source tells it.
    pub assumptions: Vec<String>,
    /// SHA-256 of the resolved scenario, in hex.
    pub digest: String,
    /// Seed of all draws.
    pub seed: u64,
    /// Number of paired replications.
    pub replications: u32,
    /// Which engine ran it: `sim` or `live`.
    pub engine: String,
    /// Clock start, RFC 3339 UTC.
    pub start: String,
    /// Length of the run in seconds.
    pub duration_seconds: f64,
    /// Number of partners.
    pub partners: u64,
    /// Number of orgs.
    pub orgs: u64,
    /// Phases and amnesties, for shading. Times in seconds since the clock's start.
    pub windows: Vec<Window>,
    /// Client timeouts in use: label and seconds, ascending.
    pub client_timeouts: Vec<TimeoutMark>,
    /// The stretch around the incident that the timeline resolves finely, in seconds since the
    /// start; `None` without an incident.
    pub focus: Option<[f64; 2]>,
    /// The arms, in the order of the scenario.
    pub arms: Vec<ArmSummary>,
    /// Each further arm against the first one, org by org.
    pub contrasts: Vec<Contrast>,
    /// Reasons to doubt a figure.
    pub caveats: Vec<Caveat>,
    /// The resolved scenario.
    pub resolved: serde_json::Value,
    /// How well the generator kept up, if the run was live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveSummary>,
}

impl Summary {
    /// Which run this is: see [`run_id`].
    pub fn run_id(&self) -> String {
        run_id(&self.digest, self.seed)
    }
}

/// How well the generator of a live run kept up. Times are those of the wall clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveSummary {
    /// How much faster than the wall clock the scenario ran.
    pub time_scale: String,
    /// Attempts sent.
    pub attempts: u64,
    /// Attempts that the generator sent late, by more than a hundredth of a second.
    pub late: u64,
    /// How late attempts were sent, in milliseconds.
    pub lag_ms: WallQuantiles,
    /// From the time at which an attempt was meant to be sent to its end: coordinated omission is
    /// corrected.
    pub corrected_ms: WallQuantiles,
    /// From the time at which it was sent to its end.
    pub raw_ms: WallQuantiles,
    /// Connections open at once, at most.
    pub peak_connections: u64,
    /// Connections that could not be opened.
    pub connect_failures: u64,
    /// Persons who could not authorise an org anew.
    pub authorise_failures: u64,
    /// How attempts failed, as clients saw it, most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failures>,
}

/// Attempts that failed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failures {
    /// How: a status, an error of the connection, or in a few words.
    pub how: String,
    /// So many attempts.
    pub attempts: u64,
}

/// Quantiles in milliseconds of the wall clock.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct WallQuantiles {
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

/// A phase of the incident or an amnesty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// What it is.
    pub kind: WindowKind,
    /// Its name.
    pub name: String,
    /// The arms that have it; empty for all.
    pub arms: Vec<String>,
    /// Beginning, in seconds since the clock's start.
    pub from_seconds: f64,
    /// End, in seconds since the clock's start (at most the run's end).
    pub until_seconds: f64,
}

/// Kinds of shaded windows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// A phase of the incident.
    Phase,
    /// A token amnesty.
    Amnesty,
}

/// A client timeout, to be marked in a latency chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeoutMark {
    /// The cohorts that use it.
    pub cohorts: Vec<String>,
    /// The timeout in seconds.
    pub seconds: f64,
}

/// A mean over replications with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Mean over replications.
    pub mean: f64,
    /// Lower end of the 95 % interval (equal to the mean where there is none).
    pub low: f64,
    /// Upper end of the 95 % interval (equal to the mean where there is none).
    pub high: f64,
}

/// One arm's findings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArmSummary {
    /// Its name.
    pub name: String,
    /// What it changes: `path = value`, one a line; empty for the world as it is.
    pub changes: Vec<String>,
    /// All orgs together.
    pub total: Measures,
    /// Each cohort by itself.
    pub cohorts: Vec<CohortMeasures>,
    /// Kaplan–Meier estimate of the time from disconnection to reconnection.
    pub survival: Vec<SurvivalPoint>,
    /// `needed_person` of each replication, in order: what a baseline is compared with.
    pub needed_person_by_replication: Vec<u64>,
    /// What the server bore; absent where orgs do not meet there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadSummary>,
}

/// One cohort's findings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CohortMeasures {
    /// Name of the cohort.
    pub name: String,
    /// Client preset, or `inline`.
    pub client: String,
    /// Its orgs.
    pub measures: Measures,
}

/// What is measured of a set of orgs. Orgs, unless the name says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measures {
    /// How many orgs.
    pub orgs: u64,
    /// Lost at least one answer after its commit.
    pub lost_answer: Estimate,
    /// Were disconnected at some time.
    pub ever_disconnected: Estimate,
    /// Disconnected at the same time, at most: to the instant, all orgs of the set together.
    pub peak_disconnected: Estimate,
    /// Disconnected when the clock stopped.
    pub disconnected_at_end: Estimate,
    /// Re-authorised by a person during the run, or disconnected at its end. The headline.
    pub needed_person: Estimate,
    /// Hours of disconnection, summed over orgs.
    pub org_hours_disconnected: Estimate,
    /// Hours in which orgs held no access token that the server would honour, whatever their credentials,
    /// summed over orgs: what a customer feels. Absent in results of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_hours_without_access: Option<Estimate>,
    /// State when the clock stopped.
    pub at_end: StatesAtEnd,
    /// By what means orgs got a token again after a lost answer or a disconnection. An org that
    /// recovered in two ways counts in both.
    pub recovered_by: RecoveredBy,
    /// What became of every org; the parts sum to `orgs`.
    pub became: Became,
    /// Refresh attempts by how they ended.
    pub attempts: Attempts,
    /// Attempts ÷ attempts of the same swarm without any incident; absent where it was not measured.
    pub amplification: Option<f64>,
    /// How long attempts took, in seconds.
    pub latency: Latency,
    /// Org-hours in which a superseded credential would have been honoured: the price of leniency.
    pub replay_exposure_org_hours: Estimate,
}

/// Orgs by state when the clock stopped.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct StatesAtEnd {
    /// A refresh would be accepted, and the client will try.
    pub connected: Estimate,
    /// The credential is superseded and would be refused; the client still tries.
    pub stale: Estimate,
    /// The client has stopped trying.
    pub stopped: Estimate,
    /// The client deleted its credentials.
    pub abandoned: Estimate,
    /// The server killed the family.
    pub revoked: Estimate,
}

/// Orgs by means of recovery.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct RecoveredBy {
    /// A later attempt that the policy accepts as a matter of course.
    pub retry: Estimate,
    /// The policy's grace window.
    pub grace: Estimate,
    /// The amnesty.
    pub amnesty: Estimate,
    /// A person.
    pub person: Estimate,
}

/// What became of every org, by the strongest means it needed. Exclusive; sums to all orgs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Became {
    /// Neither lost an answer nor was ever disconnected.
    pub unaffected: Estimate,
    /// Was hit, and a later attempt was accepted as a matter of course.
    pub retry: Estimate,
    /// Was hit, and the grace window saved it.
    pub grace: Estimate,
    /// Was hit, and the amnesty saved it.
    pub amnesty: Estimate,
    /// Was hit, and a person re-authorised it.
    pub person: Estimate,
    /// Was hit, and is disconnected at the end.
    pub never: Estimate,
    /// Was hit, is connected at the end, and has not refreshed since.
    pub pending: Estimate,
}

/// Latency of refresh attempts over all replications.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// As the server sees it: from arrival to the end of service.
    pub server: Quantiles,
    /// As the client sees it, from the intended time; a timeout counts as what the client waited.
    pub client: Quantiles,
    /// Share of attempts that the client gave up on.
    pub timed_out_share: f64,
}

/// Quantiles in seconds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Quantiles {
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p999: f64,
    /// Largest.
    pub max: f64,
}

/// One step of a survival curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SurvivalPoint {
    /// Hours since the disconnection.
    pub hours: f64,
    /// Share still disconnected after that time.
    pub share: f64,
    /// Lower end of the 95 % interval (Greenwood).
    pub low: f64,
    /// Upper end of the 95 % interval (Greenwood).
    pub high: f64,
    /// Disconnections still observed just before that time, per replication.
    pub at_risk: f64,
}

/// An arm against the first one, org by org on the same draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contrast {
    /// The arm.
    pub arm: String,
    /// The arm it is compared with.
    pub against: String,
    /// Orgs that needed a person there and not here.
    pub saved: Estimate,
    /// Orgs that needed a person here and not there.
    pub harmed: Estimate,
    /// Orgs with the same need in both.
    pub unchanged: Estimate,
    /// `needed_person` here less there, paired over replications.
    pub difference: Estimate,
    /// Some of the harmed orgs, to look into.
    pub harmed_orgs: Vec<OrgReference>,
}

/// One org of one replication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrgReference {
    /// Replication, from 0.
    pub replication: u32,
    /// Number of the org in the swarm, from 0.
    pub org: u64,
    /// Its cohort.
    pub cohort: String,
}

/// A reason to doubt a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Caveat {
    /// Not one refresh attempt of an arm succeeded.
    NothingSucceeded {
        /// The arm.
        arm: String,
        /// So many attempts were made, in all replications.
        attempts: u64,
        /// How they ended, most frequent first.
        failures: Vec<Failures>,
    },
    /// Intervals need replications.
    TooFewReplications {
        /// How many there were.
        replications: u32,
    },
    /// Disconnections began so late that their outcome is not known.
    EndsDuringAmnesty {
        /// The arm whose amnesty outlasts the run.
        arm: String,
    },
    /// The generator of a live run sent attempts later than it should have.
    GeneratorFellBehind {
        /// Attempts that were late by more than a hundredth of a second.
        late: u64,
        /// Of so many.
        attempts: u64,
    },
    /// Connections of a live run could not be opened: their attempts count as reset.
    ConnectFailures {
        /// How many.
        connections: u64,
    },
    /// The server of a live run was elsewhere: what it committed, and so which answers were lost, is not
    /// known.
    ClientsSideOnly,
    /// A live run was ended early.
    Interrupted {
        /// When, in whole seconds since the clock's start.
        at_seconds: u64,
    },
    /// An amnesty harmed orgs.
    Harm {
        /// The arm.
        arm: String,
        /// How many orgs in all replications.
        orgs: u64,
    },
}
