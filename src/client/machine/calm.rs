//! A client without surprises: where every refresh is stored at its first attempt, or every one is
//! refused and it keeps trying, the machine is a timer.
//!
//! ```text
//!   Client::calm, Client::resigned ──► Timer: wake, ended, wake, ended, … ──► Client::catch_up
//! ```
//!
//! The timer obeys the machine's own rule for the next refresh. Whoever drives it vouches for how each
//! refresh ends, and that it does before the client gives up.
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use super::{Client, Ended};
use crate::base::{OrgKey, SimTime};
use crate::client::app::App;
use crate::client::profile::OnRefusal;
use crate::protocol::Generation;

/// What is left of a client whose refreshes all end alike.
#[derive(Debug, Clone, Copy)]
pub struct Timer<'a> {
    app: &'a App,
    key: OrgKey,
    refresh: u32,
    wake: SimTime,
    slot: SimTime,
    until: SimTime,
}

impl<'a> Timer<'a> {
    /// The timer of an app that [can be calm](App::can_be_calm), whose client has made `refresh` refreshes,
    /// and waits for the next one at `wake` and nothing else.
    #[inline(always)]
    pub fn at_rest(app: &'a App, key: OrgKey, refresh: u32, wake: SimTime) -> Self {
        Self { app, key, refresh, wake, slot: app.any_slot(key), until: SimTime::NEVER }
    }
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

    /// Up to when it is no more than a timer: then a person comes.
    #[inline(always)]
    pub const fn until(&self) -> SimTime {
        self.until
    }

    /// That refresh was stored at `now`.
    #[inline(always)]
    pub fn stored(&mut self, now: SimTime) {
        self.ended(now, Ended::Stored);
    }

    /// That refresh was refused at `now`.
    #[inline(always)]
    pub fn refused(&mut self, now: SimTime) {
        self.ended(now, Ended::Refused);
    }

    #[inline(always)]
    fn ended(&mut self, now: SimTime, ended: Ended) {
        self.refresh += 1;
        let Self { app, key, refresh, .. } = *self;
        self.wake = app.next_refresh(key, (refresh, ended), now, SimTime::ZERO, &mut self.slot);
    }
}

impl App {
    /// Whether one of its clients can be a timer while every refresh is stored: see [`Client::calm`].
    pub const fn can_be_calm(&self) -> bool {
        self.keeps_all() && self.is_direct()
    }
}

impl Client {
    /// The client as a timer, if it waits for its next refresh and nothing else, and a token that it is
    /// given is sure to be stored.
    ///
    /// It may still have an announcement ahead: whoever tries anyway does not react to it.
    #[inline]
    pub fn calm<'a>(&self, app: &'a App, key: OrgKey) -> Option<Timer<'a>> {
        let is_calm = app.keeps_all() && self.person_at.is_never() && !self.person_called;
        if is_calm { self.timer(app, key) } else { None }
    }

    /// The client as a timer, if it waits for its next refresh, or for a person who is on the way, and a
    /// refusal leads to nothing but the next refresh.
    #[inline]
    pub fn resigned<'a>(&self, app: &'a App, key: OrgKey) -> Option<Timer<'a>> {
        let profile = &app.profile;
        let is_resigned = matches!(profile.on_refusal, OnRefusal::KeepTrying { .. })
            && (self.person_called || profile.person.is_none());
        if is_resigned { self.timer(app, key) } else { None }
    }

    fn timer<'a>(&self, app: &'a App, key: OrgKey) -> Option<Timer<'a>> {
        let is_timer = self.is_trying()
            && self.workers.are_idle()
            && self.not_before <= self.wake
            && app.is_direct();
        let Self { refresh, wake, slot, person_at: until, .. } = *self;
        is_timer.then_some(Timer { app, key, refresh, wake, slot, until })
    }

    /// Goes on in another arm from `now` on, where an amnesty may be announced at another time.
    pub fn hear(&mut self, app: &App, (key, partner): (OrgKey, OrgKey), now: SimTime) {
        let react_at = app.reaction(key, partner);
        // What it heard of earlier, it has reacted to.
        self.react_at = if react_at < now { SimTime::NEVER } else { react_at };
        self.set_deadline();
    }

    /// Goes on where a timer stands whose last refresh ended at `now`, with `stored` in the store.
    pub fn catch_up(&mut self, timer: &Timer<'_>, now: SimTime, stored: Generation) {
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
