//! A client between two of its refreshes, in few words: what an island of millions keeps of it.
//!
//! Most of a [`Client`] matters only while a refresh is under way. [`Client::at_rest`] says what the
//! others come down to, and [`Client::from_rest`] makes them up again; where more is under way than a
//! [`Rest`] can say, there is none.

use super::app::App;
use super::machine::{Client, Ended};
use super::restraint::{Per, Restraint};
use super::workers::{Does, Worker, Workers};
use crate::base::{OrgKey, SimDuration, SimTime};
use crate::protocol::Generation;

/// What a client at rest comes down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// Ordinal of its last refresh.
    pub refresh: u32,
    /// The generation in the store.
    pub stored: Option<Generation>,
    /// Whether it has not stopped.
    pub trying: bool,
    /// When it sends next; never if it has stopped.
    pub wake: SimTime,
    /// What it will send, if it is no new refresh.
    pub retry: Option<Retry>,
    /// Whether it has yet to hear of an amnesty that it reacts to.
    pub will_hear: bool,
    /// When a person comes.
    pub person_at: SimTime,
    /// Whether it has been decided if a person sees to this disconnection.
    pub person_called: bool,
}

/// An attempt that waits out its backoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Its ordinal within the refresh.
    pub attempt: u16,
    /// How long it waits after the one before.
    pub delay: SimDuration,
}

impl Rest {
    /// Whether all it waits for is its next refresh, at `turn`.
    #[inline]
    pub fn is_calm(&self, turn: SimTime) -> bool {
        self.trying
            && self.wake == turn
            && self.retry.is_none()
            && self.person_at.is_never()
            && !self.person_called
    }
}

impl Client {
    /// What it comes down to from `now` until `turn`, when something happens to it; `None` if an attempt is
    /// under way, if several workers race, or if something restrains this org alone.
    #[inline]
    pub fn at_rest(
        &self,
        app: &App,
        (key, partner): (OrgKey, OrgKey),
        (now, turn): (SimTime, SimTime),
    ) -> Option<Rest> {
        let mut workers = self.workers.iter();
        let (first, others) = (workers.next()?, workers.next());
        let will_hear = !self.react_at.is_never();
        let simple = others.is_none()
            && first.does != Does::Listen
            && self.own.is_none()
            && self.out.is_empty()
            && (!will_hear || self.react_at == app.reaction(key, partner));
        let retry = (first.does == Does::Wait)
            .then_some(Retry { attempt: first.attempt, delay: first.delay });
        let wake = if retry.is_some() { first.due } else { self.wake };
        // A plea to be left alone that is over by then is as good as none. An app that has stopped may
        // hear earlier of an amnesty, in another arm.
        let quiet_until = if self.is_trying() { turn } else { now };
        (simple
            && self.not_before <= quiet_until
            && (retry.is_none() || self.stored == Some(self.presented)))
        .then_some(Rest {
            refresh: self.refresh,
            stored: self.stored,
            trying: self.trying,
            wake,
            retry,
            will_hear,
            person_at: self.person_at,
            person_called: self.person_called,
        })
    }

    /// The client that came down to `rest`.
    #[inline]
    pub fn from_rest(app: &App, key: OrgKey, partner: OrgKey, rest: &Rest) -> Self {
        let mut workers = Workers::new(1);
        let mut wake = rest.wake;
        if let (Some(Retry { attempt, delay }), Some(worker)) = (rest.retry, workers.get_mut(0)) {
            *worker = Worker::waiting(rest.wake, attempt, delay);
            wake = SimTime::NEVER;
        }
        let mut client = Self {
            stored: rest.stored,
            trying: rest.trying,
            refresh: rest.refresh,
            presented: rest.stored.unwrap_or(Generation(0)),
            ended: Ended::Failed,
            workers,
            wake,
            slot: app.any_slot(key),
            react_at: if rest.will_hear { app.reaction(key, partner) } else { SimTime::NEVER },
            person_at: rest.person_at,
            person_called: rest.person_called,
            not_before: SimTime::ZERO,
            own: Restraint::new(&app.profile, Per::Org),
            deadline: SimTime::ZERO,
            out: std::collections::VecDeque::new(),
        };
        client.set_deadline();
        client
    }
}
