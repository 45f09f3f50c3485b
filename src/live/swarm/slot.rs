//! What the swarm keeps of one org.

use super::texts::Texts;
use super::watch::as_seen;
use crate::base::OrgKey;
use crate::client::{App, Client, Concurrency};
use crate::measure::OrgState;
use crate::protocol::{Conclusion, Generation};

/// One org.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) client: Client,
    pub(super) key: OrgKey,
    cohort: usize,
    state: OrgState,
    /// The newest generation, counted here where tokens do not say it.
    newest: u32,
    /// What it holds; `None` for `T0` of the first family, which follows from its number.
    texts: Option<Texts>,
    /// What racing workers present: all of them what the first one read, whatever is stored meanwhile.
    snapshot: Option<Box<Snapshot>>,
}

#[derive(Debug)]
struct Snapshot {
    refresh: u32,
    texts: Option<Texts>,
}

impl Slot {
    pub(super) fn new(app: &App, key: OrgKey, cohort: usize, texts: Option<Texts>) -> Self {
        let racing = matches!(app.profile().concurrency, Concurrency::Racing { .. });
        let snapshot = racing.then(|| Box::new(Snapshot { refresh: 0, texts: None }));
        let state = OrgState::Connected;
        Self { client: Client::new(app, key), key, cohort, state, newest: 0, texts, snapshot }
    }

    pub(super) const fn cohort(&self) -> usize {
        self.cohort
    }

    /// What the attempts of a refresh present.
    pub(super) fn presented(&mut self, refresh: u32) -> Option<Texts> {
        let Some(snapshot) = &mut self.snapshot else { return self.texts.clone() };
        if snapshot.refresh != refresh {
            **snapshot = Snapshot { refresh, texts: self.texts.clone() };
        }
        snapshot.texts.clone()
    }

    /// The generation of a token that does not say it: that of what is held, if it is the same, or else
    /// the next.
    pub(super) fn count(&mut self, texts: &Texts) -> Generation {
        if self.texts.as_ref() == Some(texts)
            && let Some(stored) = self.client.stored()
        {
            return stored;
        }
        self.newest += 1;
        Generation(self.newest)
    }

    pub(super) fn store(&mut self, texts: Texts) {
        self.texts = Some(texts);
    }

    /// A person got it new credentials.
    pub(super) fn begin_family(&mut self, texts: Texts) {
        self.newest = 0;
        self.store(texts);
    }

    /// Whether it is disconnected, as far as its client knows.
    pub(super) const fn is_disconnected(&self) -> bool {
        self.state.is_disconnected()
    }

    /// An attempt of its client has ended.
    pub(super) fn see(&mut self, conclusion: Conclusion) {
        self.state = as_seen(self.state, self.client.credentials(), conclusion);
    }

    pub(super) const fn reconnected(&mut self) {
        self.state = OrgState::Connected;
    }
}
