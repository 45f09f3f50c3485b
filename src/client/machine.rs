//! One org's refresh machine.
//!
//! ```text
//!            wake                 all workers done
//!   idle ──────────► refreshing ───────────────────► idle (next wake)
//!                      │   ▲ backoff                 stopped      (keeps its credentials)
//!                      ▼   │                         abandoned    (deleted them)
//!                    in flight ── answer │ timeout
//!   stopped ── announced amnesty, if the app reacts ──► idle
//!   any ────── a person authorises the org again ─────► idle
//! ```
//!
//! Sans-IO: [`Client::handle`] is told what came in, [`Client::poll`] says what goes out (or
//! [`Client::handle_into`] hands it over at once), [`Client::next_deadline`] when it wants a
//! [`Input::Tick`]. An attempt holds its worker until it is
//! answered or given up; an answer that comes later is not listened to. What orgs of one partner have
//! in common, a [`Restraint`], comes in with each input; an app without one pays for a look at a flag.
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use std::collections::VecDeque;

use super::app::App;
use super::breaker::Pass;
use super::message::{AttemptId, Credentials, Input, Outlet, Output};
use super::profile::{Concurrency, RetryAfter, Trigger};
use super::restraint::{Per, Restraint};
use super::workers::{Does, Worker, Workers};
use crate::base::{OrgKey, Purpose, SimDuration, SimTime};
use crate::protocol::{Answer, Conclusion, Generation};

pub use calm::Timer;

/// A partner's app, for one org.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) stored: Option<Generation>,
    pub(super) trying: bool,
    pub(super) refresh: u32,
    pub(super) presented: Generation,
    /// How the refresh under way has ended so far, at best.
    pub(super) ended: Ended,
    pub(super) workers: Workers,
    pub(super) wake: SimTime,
    /// The timetable's last slot, for periodic triggers.
    pub(super) slot: SimTime,
    pub(super) react_at: SimTime,
    pub(super) person_at: SimTime,
    /// Whether it has been decided if a person sees to this disconnection.
    pub(super) person_called: bool,
    /// Until when the server asked to be left alone, if the app obeys.
    pub(super) not_before: SimTime,
    /// What restrains this org alone.
    pub(super) own: Restraint,
    pub(super) deadline: SimTime,
    pub(super) out: VecDeque<Output>,
}

/// Whose turn it is, and when.
#[derive(Debug, Clone, Copy)]
struct Turn<'a> {
    app: &'a App,
    key: OrgKey,
    now: SimTime,
}

/// How a refresh ended, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ended {
    Failed,
    Refused,
    Stored,
}

impl Client {
    /// A connected org that holds `T0`, at the start of the clock; with the keys of its draws and of its
    /// partner's.
    pub fn new(app: &App, key: OrgKey, partner: OrgKey) -> Self {
        let first = app.first_refresh(key);
        let mut client = Self {
            stored: Some(Generation(0)),
            trying: true,
            refresh: 0,
            presented: Generation(0),
            ended: Ended::Failed,
            workers: Workers::new(app.workers()),
            wake: first,
            slot: first,
            react_at: app.reaction(key, partner),
            person_at: SimTime::NEVER,
            person_called: false,
            not_before: SimTime::ZERO,
            own: Restraint::new(&app.profile, Per::Org),
            deadline: SimTime::ZERO,
            out: VecDeque::new(),
        };
        client.set_deadline();
        client
    }

    /// The generation in the store; `None` if the credentials were deleted.
    pub const fn stored(&self) -> Option<Generation> {
        self.stored
    }

    /// Whether the app will present its credential again without being told to.
    pub const fn is_trying(&self) -> bool {
        self.trying && self.stored.is_some()
    }

    /// What it contributes to the org's state.
    #[inline]
    pub const fn credentials(&self) -> Credentials {
        Credentials { stored: self.stored, is_trying: self.is_trying() }
    }

    /// When the client wants a [`Input::Tick`]; [`SimTime::NEVER`] if it waits for nothing.
    #[inline]
    pub const fn next_deadline(&self) -> SimTime {
        self.deadline
    }

    /// Whether a [`Input::Tick`] at `at` can make it send. An app that reacts to an amnesty wakes in the
    /// same instant.
    #[inline]
    pub fn may_send_at(&self, at: SimTime) -> bool {
        self.wake <= at || self.react_at <= at || self.workers.may_send_at(at)
    }

    /// The attempts that are on their way or waiting for an answer.
    pub fn in_flight(&self) -> usize {
        self.workers.iter().filter(|worker| worker.does == Does::Listen).count()
    }

    /// What goes out next, until there is nothing more.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Something came in at `now`; `shared` is what restrains the orgs of its partner. Drain
    /// [`Client::poll`] afterwards.
    pub fn handle(
        &mut self,
        app: &App,
        key: OrgKey,
        shared: &mut Restraint,
        now: SimTime,
        input: Input,
    ) {
        let mut out = std::mem::take(&mut self.out);
        self.handle_into(app, key, shared, now, input, &mut out);
        self.out = out;
    }

    /// Something came in at `now`; what goes out is put into `out` instead of being queued.
    #[inline(always)]
    pub fn handle_into(
        &mut self,
        app: &App,
        key: OrgKey,
        shared: &mut Restraint,
        now: SimTime,
        input: Input,
        out: &mut impl Outlet,
    ) {
        let turn = Turn { app, key, now };
        match input {
            Input::Tick => self.tick(turn, shared, out),
            Input::Answered { attempt, answer } => {
                self.answered(turn, attempt, answer, shared, out);
            }
            Input::AccessTokenKilled => self.access_token_killed(turn),
            Input::Authorised => self.authorised(turn, shared, out),
        }
        self.set_deadline();
    }

    #[inline(always)]
    fn tick(&mut self, turn: Turn<'_>, shared: &mut Restraint, out: &mut impl Outlet) {
        let now = turn.now;
        if self.workers.due() <= now {
            self.workers_due(turn, shared, out);
        }
        if self.react_at <= now {
            self.react(now);
        }
        if self.wake <= now {
            self.begin_refresh(turn, shared, out);
        }
        if self.person_at <= now {
            self.person_at = SimTime::NEVER;
            out.reauthorise();
        }
    }

    /// Retries and timeouts: rare beside the timer of the next refresh.
    #[cold]
    fn workers_due(&mut self, turn: Turn<'_>, shared: &mut Restraint, out: &mut impl Outlet) {
        for index in 0..self.workers.len() {
            let Some(&mut Worker { does, attempt, due, delay, .. }) = self.workers.get_mut(index)
            else {
                continue;
            };
            match does {
                Does::Wait if due <= turn.now => {
                    self.send(turn, index, (attempt, delay), shared, out);
                }
                Does::Listen if due <= turn.now => {
                    let end = (Conclusion::TimedOut, SimDuration::ZERO);
                    self.conclude(turn, index, end, shared, out);
                }
                Does::Idle | Does::Wait | Does::Listen => {}
            }
        }
    }

    /// The app hears of the amnesty, and tries again if it had stopped.
    #[cold]
    fn react(&mut self, now: SimTime) {
        self.react_at = SimTime::NEVER;
        if !self.trying && self.stored.is_some() {
            self.trying = true;
            // A refresh of racing workers may still be under way: its end names the next one.
            if self.workers.are_idle() {
                self.wake = now.max(self.not_before);
            }
        }
    }

    #[inline(always)]
    fn begin_refresh(&mut self, turn: Turn<'_>, shared: &mut Restraint, out: &mut impl Outlet) {
        self.wake = SimTime::NEVER;
        let Some(stored) = self.stored else { return };
        self.refresh += 1;
        self.presented = stored;
        self.ended = Ended::Failed;
        if let Concurrency::Racing { spread, .. } = turn.app.profile.concurrency {
            for (index, worker) in (1_u16..).zip(self.workers.others_mut()) {
                let draw = turn.key.draw(self.refresh, index, Purpose::WorkerOffset);
                let at = turn.now + spread.scaled_by(draw);
                *worker = Worker::waiting(at, 0, SimDuration::ZERO);
            }
        }
        self.send(turn, 0, (0, SimDuration::ZERO), shared, out);
    }

    /// Sends an attempt that comes `delay` after the one before, unless the app restrains itself.
    #[inline(always)]
    fn send(
        &mut self,
        turn: Turn<'_>,
        index: usize,
        (attempt, delay): (u16, SimDuration),
        shared: &mut Restraint,
        out: &mut impl Outlet,
    ) {
        let mut pass = Pass::Ordinary;
        if turn.app.restrains() {
            match self.ask_leave(turn.now, attempt, shared) {
                Some(given) => pass = given,
                None => return self.short_circuit(turn, index, out),
            }
        }
        let due = turn.now + turn.app.patience();
        if let Some(worker) = self.workers.get_mut(index) {
            let (does, intended_at) = (Does::Listen, turn.now);
            *worker = Worker { does, attempt, pass, due, intended_at, delay };
        }
        let attempt = self.attempt_id(turn.app, index, attempt);
        out.send(attempt, self.presented);
    }

    #[inline(always)]
    fn answered(
        &mut self,
        turn: Turn<'_>,
        id: AttemptId,
        answer: Answer,
        shared: &mut Restraint,
        out: &mut impl Outlet,
    ) {
        let app = turn.app;
        let index = self.workers.holder(id.attempt, app.profile.max_attempts);
        let Some(&mut Worker { does, attempt, .. }) = self.workers.get_mut(index) else {
            return;
        };
        if does != Does::Listen || self.attempt_id(app, index, attempt) != id {
            return;
        }
        let mut at_least = SimDuration::ZERO;
        let conclusion = match answer {
            Answer::Token(generation) => self.store(turn, id, generation),
            Answer::Refused => Conclusion::Refused,
            Answer::ServerError(_) => Conclusion::ServerError,
            Answer::Throttled { retry_after } => {
                at_least = self.asked_to_wait(turn, retry_after);
                Conclusion::Throttled
            }
            Answer::Unavailable { retry_after } => {
                at_least = self.asked_to_wait(turn, retry_after);
                Conclusion::ServerError
            }
            Answer::Reset => Conclusion::Reset,
            Answer::Truncated => Conclusion::Truncated,
        };
        self.conclude(turn, index, (conclusion, at_least), shared, out);
    }

    /// The server asks to be left alone for so long; for how long the app does so.
    #[cold]
    fn asked_to_wait(&mut self, turn: Turn<'_>, retry_after: SimDuration) -> SimDuration {
        match turn.app.profile.retry_after {
            RetryAfter::Ignore => SimDuration::ZERO,
            RetryAfter::Obey => {
                self.not_before = self.not_before.max(turn.now + retry_after);
                retry_after
            }
        }
    }

    /// Stores what arrived, unless the app crashes first.
    #[inline]
    fn store(&mut self, turn: Turn<'_>, id: AttemptId, generation: Generation) -> Conclusion {
        let crash = turn.app.profile.crash_before_store;
        if !crash.is_never()
            && crash.says_yes(turn.key.draw(id.refresh, id.attempt, Purpose::CrashBeforeStore))
        {
            return Conclusion::Crashed;
        }
        self.stored = Some(generation);
        self.trying = true;
        Conclusion::Stored(generation)
    }

    /// Ends an attempt; a further one follows, not before `at_least` has passed, or the worker is done.
    #[inline(always)]
    fn conclude(
        &mut self,
        turn: Turn<'_>,
        index: usize,
        (conclusion, at_least): (Conclusion, SimDuration),
        shared: &mut Restraint,
        out: &mut impl Outlet,
    ) {
        let Turn { app, key, now } = turn;
        let Some(&mut Worker { attempt, pass, intended_at, delay, .. }) =
            self.workers.get_mut(index)
        else {
            return;
        };
        let id = self.attempt_id(app, index, attempt);
        out.concluded(id, intended_at, conclusion);
        if app.restrains() {
            self.learn(now, pass, conclusion, shared);
        }
        let retry_on = app.profile.retry_on;
        let again = match conclusion {
            Conclusion::Stored(_)
            | Conclusion::Crashed
            | Conclusion::Refused
            | Conclusion::BrokenOff => false,
            // A call without a timeout ends with its process, and the process makes no further attempt.
            Conclusion::TimedOut => retry_on.timeout && app.profile.timeout.is_some(),
            Conclusion::Reset | Conclusion::Truncated => retry_on.reset,
            Conclusion::ServerError => retry_on.server_error,
            Conclusion::Throttled => retry_on.throttled,
        };
        if again
            && attempt + 1 < app.profile.max_attempts
            && (!app.restrains() || self.can_afford_retry(shared))
        {
            let draw = key.draw(id.refresh, id.attempt, Purpose::RetryJitter);
            let delay = app.profile.backoff.delay(attempt + 1, delay, draw);
            let at = now + delay.max(at_least);
            if let Some(worker) = self.workers.get_mut(index) {
                *worker = Worker::waiting(at, attempt + 1, delay);
            }
            return;
        }
        if let Some(worker) = self.workers.get_mut(index) {
            worker.rest();
        }
        self.draw_consequence(app, conclusion);
        if self.workers.are_idle() {
            self.finish_refresh(turn);
        }
    }

    fn access_token_killed(&mut self, Turn { app, key, now }: Turn<'_>) {
        if self.workers.are_idle()
            && self.is_trying()
            && app.profile.trigger == Trigger::OnUnauthorized
        {
            let call = now + app.next_call(key, self.refresh);
            self.wake = self.wake.min(call.max(self.not_before));
        }
    }

    fn authorised(&mut self, turn: Turn<'_>, shared: &mut Restraint, out: &mut impl Outlet) {
        for index in 0..self.workers.len() {
            let Some(worker) = self.workers.get_mut(index) else { continue };
            let Worker { does, attempt, pass, intended_at, .. } = *worker;
            worker.rest();
            if does == Does::Listen {
                let attempt = self.attempt_id(turn.app, index, attempt);
                out.concluded(attempt, intended_at, Conclusion::BrokenOff);
                self.own.broken_off(turn.now, pass);
                shared.broken_off(turn.now, pass);
            }
        }
        self.stored = Some(Generation(0));
        self.trying = true;
        self.dismiss_person();
        self.ended = Ended::Stored;
        self.wake = self.next_wake(turn).max(self.not_before);
    }

    #[inline]
    fn attempt_id(&self, app: &App, index: usize, attempt: u16) -> AttemptId {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "workers × attempts fit in 16 bits: checked by the scenario"
        )]
        let block = index as u16 * app.profile.max_attempts;
        AttemptId { refresh: self.refresh, attempt: block + attempt }
    }

    #[inline]
    pub(super) fn set_deadline(&mut self) {
        self.deadline = self.wake.min(self.react_at).min(self.person_at).min(self.workers.due());
    }
}

mod calm;
mod ending;
mod restrained;
#[cfg(test)]
mod tests;
