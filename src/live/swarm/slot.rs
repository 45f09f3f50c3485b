//! What the swarm keeps of one org, beside what it holds.

use super::watch::as_seen;
use crate::base::OrgKey;
use crate::client::{App, Client};
use crate::measure::OrgState;
use crate::protocol::{Conclusion, Generation};

/// One org.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) client: Client,
    pub(super) key: OrgKey,
    cohort: usize,
    partner: usize,
    state: OrgState,
    /// The newest generation, counted here where tokens do not say it.
    newest: u32,
}

impl Slot {
    /// An org of `partner`, whose place and key those are.
    pub(super) fn new(
        app: &App,
        (key, cohort): (OrgKey, usize),
        (partner, partner_key): (usize, OrgKey),
    ) -> Self {
        let state = OrgState::Connected;
        Self { client: Client::new(app, key, partner_key), key, cohort, partner, state, newest: 0 }
    }

    pub(super) const fn cohort(&self) -> usize {
        self.cohort
    }

    /// The place of its partner among all.
    pub(super) const fn partner(&self) -> usize {
        self.partner
    }

    /// The generation of a token that does not say it: that of what is held, if it is the same, or else
    /// the next.
    pub(super) fn count(&mut self, is_held: bool) -> Generation {
        if is_held && let Some(stored) = self.client.stored() {
            return stored;
        }
        self.newest += 1;
        Generation(self.newest)
    }

    /// A person got it new credentials.
    pub(super) const fn begin_family(&mut self) {
        self.newest = 0;
    }

    /// Whether it is disconnected, as far as its client knows.
    pub(super) const fn is_disconnected(&self) -> bool {
        self.state.is_disconnected()
    }

    /// An attempt of its client has ended, or was not made.
    pub(super) fn see(&mut self, conclusion: Conclusion) {
        self.state = as_seen(self.state, self.client.credentials(), conclusion);
    }

    pub(super) const fn reconnected(&mut self) {
        self.state = OrgState::Connected;
    }
}
