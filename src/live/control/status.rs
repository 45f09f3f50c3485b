//! `GET /status`: how everything stands, in one answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amnesty;
use super::desk::Desk;
use super::moment::Instant;
use super::operation::Plain;
use super::phases;
use super::reply::Json;
use crate::live::grants::Grants;
use crate::measure::{Ending, OrgState};

/// How an org stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// A refresh with the stored credentials would be accepted now, and the client will try.
    Connected,
    /// The stored token is superseded and would be refused now; the client still tries.
    Stale,
    /// The client has stopped trying, and still holds its credentials.
    Stopped,
    /// The client deleted its credentials.
    Abandoned,
    /// The server revoked the token family.
    Revoked,
}

impl State {
    pub(super) const ALL: [(Self, &'static str); 5] = [
        (Self::Connected, "connected"),
        (Self::Stale, "stale"),
        (Self::Stopped, "stopped"),
        (Self::Abandoned, "abandoned"),
        (Self::Revoked, "revoked"),
    ];
}

impl From<OrgState> for State {
    fn from(state: OrgState) -> Self {
        match state {
            OrgState::Connected => Self::Connected,
            OrgState::Stale => Self::Stale,
            OrgState::Stopped => Self::Stopped,
            OrgState::Abandoned => Self::Abandoned,
            OrgState::Revoked => Self::Revoked,
        }
    }
}

/// Orgs by state. Every org is in exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Census {
    /// All of them.
    pub(super) total: u64,
    /// Orgs whose next refresh would be accepted.
    pub(super) connected: u64,
    /// Orgs with a superseded token whose clients still try.
    pub(super) stale: u64,
    /// Orgs whose clients have stopped trying.
    pub(super) stopped: u64,
    /// Orgs whose clients deleted their credentials.
    pub(super) abandoned: u64,
    /// Orgs whose token family the server revoked.
    pub(super) revoked: u64,
}

impl Census {
    /// From counts in the order of [`OrgState`]'s numbers.
    pub(super) fn of(counts: [u64; 5]) -> Self {
        let [connected, stale, stopped, abandoned, revoked] = counts;
        let total = counts.iter().sum();
        Self { total, connected, stale, stopped, abandoned, revoked }
    }

    /// In the order of [`State::ALL`].
    pub(super) const fn counts(&self) -> [u64; 5] {
        [self.connected, self.stale, self.stopped, self.abandoned, self.revoked]
    }
}

/// How everything stands.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Status {
    /// The scenario's name.
    scenario: String,
    /// Which of its arms is served.
    arm: String,
    /// Version of this program.
    version: &'static str,
    /// Where clients meet the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    /// Whether clients must be registered, and their signatures and secrets are verified.
    verified: bool,
    /// The scenario's clock.
    clock: Clock,
    /// Orgs by state, now.
    orgs: Census,
    /// Names of the phases that are running.
    running_phases: Vec<String>,
    /// Names of the cohorts for which an amnesty is open.
    amnesty_for: Vec<String>,
    /// Fates that wait for refreshes, over all orgs.
    waiting_fates: usize,
    /// What was counted so far.
    totals: Totals,
}

/// The scenario's clock.
#[derive(Debug, Serialize, JsonSchema)]
struct Clock {
    /// The scenario's time.
    now: Instant,
    /// How much faster than the wall clock it runs: at 60 an hour of the scenario takes a minute.
    time_scale: f64,
    /// Whether phases and the amnesty wait for somebody to start them, instead of following the clock.
    by_hand: bool,
}

/// What was counted since the start.
#[derive(Debug, Serialize, JsonSchema)]
struct Totals {
    /// Refresh attempts that clients sent.
    attempts: u64,
    /// Those that have ended for their clients, by how.
    ended: Ended,
    /// Refreshes that were committed and whose answer the client did not store.
    committed_and_lost: u64,
    /// Lines of the ledger that are done, kept or not.
    ledger_lines: u64,
}

/// Attempts by how they ended for their clients, as far as that is known: what is delivered counts as
/// stored, where the clients do not run in this process.
#[derive(Debug, Serialize, JsonSchema)]
struct Ended {
    /// A token arrived and was stored.
    stored: u64,
    /// A token arrived and was lost in a crash.
    crashed: u64,
    /// The credential was refused.
    refused: u64,
    /// The client gave up waiting.
    timed_out: u64,
    /// The connection broke.
    reset: u64,
    /// The answer was cut.
    truncated: u64,
    /// A 5xx status.
    server_error: u64,
    /// A 429 status.
    throttled: u64,
    /// Broken off, because a person authorised the org anew.
    broken_off: u64,
}

/// How attempts end, and in what words.
pub(super) const ENDINGS: [(Ending, &str); 9] = [
    (Ending::Stored, "stored"),
    (Ending::Crashed, "crashed"),
    (Ending::Refused, "refused"),
    (Ending::TimedOut, "timed_out"),
    (Ending::Reset, "reset"),
    (Ending::Truncated, "truncated"),
    (Ending::ServerError, "server_error"),
    (Ending::Throttled, "throttled"),
    (Ending::BrokenOff, "broken_off"),
];

/// Attempts with an ending, over all cohorts.
pub(super) fn ended(grants: &Grants, ending: Ending) -> u64 {
    grants.sheet().counts.iter().map(|counts| counts.ended_as(ending)).sum()
}

/// Attempts sent, over all cohorts.
pub(super) fn attempts(grants: &Grants) -> u64 {
    grants.sheet().counts.iter().map(|counts| counts.sent).sum()
}

/// Refreshes that were committed and whose answer was not stored, over all cohorts.
pub(super) fn committed_and_lost(grants: &Grants) -> u64 {
    grants.sheet().counts.iter().map(|counts| counts.committed_and_lost).sum()
}

impl Totals {
    fn of(grants: &Grants) -> Self {
        let ended = |ending| ended(grants, ending);
        Self {
            attempts: attempts(grants),
            ended: Ended {
                stored: ended(Ending::Stored),
                crashed: ended(Ending::Crashed),
                refused: ended(Ending::Refused),
                timed_out: ended(Ending::TimedOut),
                reset: ended(Ending::Reset),
                truncated: ended(Ending::Truncated),
                server_error: ended(Ending::ServerError),
                throttled: ended(Ending::Throttled),
                broken_off: ended(Ending::BrokenOff),
            },
            committed_and_lost: committed_and_lost(grants),
            ledger_lines: grants.pages().written(),
        }
    }
}

pub(super) fn time_scale(desk: &Desk) -> f64 {
    // A time scale writes itself as a plain number.
    desk.site.clock().scale().to_string().parse().unwrap_or(1.0)
}

pub(super) fn show(desk: &Desk, call: &Plain) -> Json<Status> {
    let now = call.now;
    let orgs = desk.census(now);
    let grants = desk.site.grants();
    Json(Status {
        scenario: desk.settings.scenario.clone(),
        arm: desk.settings.arm.clone(),
        version: env!("CARGO_PKG_VERSION"),
        server: desk.settings.server.map(|address| format!("http://{address}")),
        verified: desk.settings.verified,
        clock: Clock {
            now: desk.calendar.past(now),
            time_scale: time_scale(desk),
            by_hand: grants.is_by_hand(),
        },
        orgs,
        running_phases: phases::running(&grants, now),
        amnesty_for: amnesty::open_for(&grants, now),
        waiting_fates: grants.orders_waiting(),
        totals: Totals::of(&grants),
    })
}
