//! What all operations need.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::history::History;
use super::moment::Calendar;
use super::status::Census;
use crate::base::SimTime;
use crate::live::Site;
use crate::live::grants::Grants;
use crate::live::server::Meters;
use crate::measure::OrgState;

/// What the control port knows beside the site's memory.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The scenario's name.
    pub scenario: String,
    /// Which of its arms is served.
    pub arm: String,
    /// The identity of the run, for the last column of the ledger.
    pub run: String,
    /// When the scenario's clock starts on its own calendar.
    pub start: Option<Timestamp>,
    /// Where clients meet the server.
    pub server: Option<SocketAddr>,
    /// Whether clients must be registered, and signatures and secrets are verified.
    pub verified: bool,
    /// What the server counts, for `/metrics`.
    pub meters: Option<Arc<Meters>>,
    /// What whoever asks must present (RFC 6750). A port that can be reached from other machines does
    /// not start without one.
    pub token: Option<String>,
    /// Connections at once; [`CONNECTIONS`](super::CONNECTIONS), if `None`.
    pub connections: Option<usize>,
}

/// The site, and what was told about it.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) site: Arc<Site>,
    pub(super) settings: Settings,
    pub(super) calendar: Calendar,
    pub(super) history: Mutex<History>,
}

/// Orgs that are looked at without letting anybody else at the memory: some 50 µs.
const CHUNK: u32 = 2_048;

impl Desk {
    pub(super) fn new(site: Arc<Site>, settings: Settings) -> Self {
        let calendar = Calendar::starting(settings.start);
        Self { site, settings, calendar, history: Mutex::default() }
    }

    /// How many orgs there are.
    pub(super) fn orgs(&self) -> u32 {
        u32::try_from(self.site.grants().holders().len()).unwrap_or(u32::MAX)
    }

    /// Orgs by state at `now`. The server gets its turn between chunks of them.
    pub(super) fn census(&self, now: SimTime) -> Census {
        let mut counts = [0; 5];
        self.look(0, now, |_, _, state| {
            counts[state.index()] += 1;
            true
        });
        Census::of(counts)
    }

    /// Shows the orgs from number `from` on and their states, until `visit` has seen enough.
    pub(super) fn look(
        &self,
        from: u32,
        now: SimTime,
        mut visit: impl FnMut(&Grants, u32, OrgState) -> bool,
    ) {
        let orgs = self.orgs();
        let mut first = from;
        while first < orgs {
            let end = orgs.min(first.saturating_add(CHUNK));
            let mut grants = self.site.grants();
            for org in first..end {
                let Some(state) = grants.state(org, now) else { continue };
                if !visit(&grants, org, state) {
                    return;
                }
            }
            first = end;
        }
    }

    /// Notes how the orgs stand at `now`, for the chart of the page.
    pub(super) fn sample(&self, now: SimTime) {
        let census = self.census(now);
        let at = self.calendar.past(now);
        self.history.lock().unwrap_or_else(PoisonError::into_inner).push(at, census);
    }
}
