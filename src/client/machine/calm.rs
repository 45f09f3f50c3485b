//! A client in calm: where every refresh is stored at its first attempt, the machine is a timer.
//!
//! ```text
//!   Client::calm ──► Timer: wake, stored, wake, stored, … ──► Client::resume
//! ```
//!
//! The timer obeys the machine's own rule for the next refresh. Whoever drives it vouches for each
//! refresh that it is stored before the client gives up.
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use super::Client;
use crate::base::{OrgKey, SimTime};
use crate::client::app::App;
use crate::client::profile::Concurrency;
use crate::protocol::Generation;

/// What is left of a client in calm.
#[derive(Debug, Clone, Copy)]
pub struct Timer<'a> {
    app: &'a App,
    key: OrgKey,
    refresh: u32,
    wake: SimTime,
    slot: SimTime,
}

impl Timer<'_> {
    /// When the next refresh begins.
    #[inline(always)]
    pub const fn wake(&self) -> SimTime {
        self.wake
    }

    /// The ordinal of the next refresh.
    #[inline(always)]
    pub const fn next_refresh(&self) -> u32 {
        self.refresh + 1
    }

    /// That refresh was stored at `now`.
    #[inline(always)]
    pub fn stored(&mut self, now: SimTime) {
        self.refresh += 1;
        let Self { app, key, refresh, .. } = *self;
        self.wake = app.next_refresh(key, (refresh, true), now, SimTime::ZERO, &mut self.slot);
    }
}

impl Client {
    /// The client as a timer, if it waits for its next refresh and nothing else, and a token that it is
    /// given is sure to be stored.
    ///
    /// It may still have an announcement ahead: whoever tries anyway does not react to it.
    #[inline]
    pub fn calm<'a>(&self, app: &'a App, key: OrgKey) -> Option<Timer<'a>> {
        let profile = app.profile();
        let is_calm = self.is_trying()
            && self.workers.are_idle()
            && self.person_at.is_never()
            && !self.person_called
            && self.not_before <= self.wake
            && !app.restrains()
            && profile.crash_before_store.is_never()
            && profile.concurrency == Concurrency::SingleFlight;
        let Self { refresh, wake, slot, .. } = *self;
        is_calm.then_some(Timer { app, key, refresh, wake, slot })
    }

    /// Goes on in another arm from `now` on, where an amnesty may be announced at another time.
    pub fn hear(&mut self, app: &App, key: OrgKey, now: SimTime) {
        let react_at = app.reaction(key);
        // What it heard of earlier, it has reacted to.
        self.react_at = if react_at < now { SimTime::NEVER } else { react_at };
        self.set_deadline();
    }

    /// Goes on where a timer stands that was advanced, the last time at `now`, when `stored` was stored.
    pub fn resume(&mut self, timer: &Timer<'_>, now: SimTime, stored: Generation) {
        self.refresh = timer.refresh;
        self.wake = timer.wake;
        self.slot = timer.slot;
        self.stored = Some(stored);
        if self.react_at <= now {
            self.react_at = SimTime::NEVER;
        }
        self.set_deadline();
    }
}
