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
//! answered or given up; an answer that comes later is not listened to.
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use std::collections::VecDeque;

use super::app::{App, next_slot, to_duration};
use super::message::{AttemptId, Credentials, Input, Outlet, Output};
use super::profile::{Concurrency, OnFailure, OnRefusal, Trigger};
use super::workers::{Does, Worker, Workers};
use crate::base::{OrgKey, Purpose, SimDuration, SimTime};
use crate::protocol::{Answer, Conclusion, Generation};

/// A partner's app, for one org.
#[derive(Debug, Clone)]
pub struct Client {
    stored: Option<Generation>,
    trying: bool,
    refresh: u32,
    presented: Generation,
    /// How the refresh under way has ended so far, at best.
    ended: Ended,
    workers: Workers,
    wake: SimTime,
    /// The timetable's last slot, for periodic triggers.
    slot: SimTime,
    react_at: SimTime,
    person_at: SimTime,
    /// Whether it has been decided if a person sees to this disconnection.
    person_called: bool,
    deadline: SimTime,
    out: VecDeque<Output>,
}

/// How a refresh ended, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ended {
    Failed,
    Refused,
    Stored,
}

impl Client {
    /// A connected org that holds `T0`, at the start of the clock.
    pub fn new(app: &App, key: OrgKey) -> Self {
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
            react_at: app.reaction(key),
            person_at: SimTime::NEVER,
            person_called: false,
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

    /// The attempts that are on their way or waiting for an answer.
    pub fn in_flight(&self) -> usize {
        self.workers.iter().filter(|worker| worker.does == Does::Listen).count()
    }

    /// What goes out next, until there is nothing more.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Something came in at `now`. Drain [`Client::poll`] afterwards.
    pub fn handle(&mut self, app: &App, key: OrgKey, now: SimTime, input: Input) {
        let mut out = std::mem::take(&mut self.out);
        self.handle_into(app, key, now, input, &mut out);
        self.out = out;
    }

    /// Something came in at `now`; what goes out is put into `out` instead of being queued.
    #[inline(always)]
    pub fn handle_into(
        &mut self,
        app: &App,
        key: OrgKey,
        now: SimTime,
        input: Input,
        out: &mut impl Outlet,
    ) {
        match input {
            Input::Tick => self.tick(app, key, now, out),
            Input::Answered { attempt, answer } => {
                self.answered(app, key, now, (attempt, answer), out);
            }
            Input::AccessTokenKilled => self.access_token_killed(app, key, now),
            Input::Authorised => self.authorised(app, key, now, out),
        }
        self.set_deadline();
    }

    #[inline(always)]
    fn tick(&mut self, app: &App, key: OrgKey, now: SimTime, out: &mut impl Outlet) {
        if self.workers.due() <= now {
            self.workers_due(app, key, now, out);
        }
        if self.react_at <= now {
            self.react(now);
        }
        if self.wake <= now {
            self.begin_refresh(app, key, now, out);
        }
        if self.person_at <= now {
            self.person_at = SimTime::NEVER;
            out.reauthorise();
        }
    }

    /// Retries and timeouts: rare beside the timer of the next refresh.
    #[cold]
    fn workers_due(&mut self, app: &App, key: OrgKey, now: SimTime, out: &mut impl Outlet) {
        for index in 0..self.workers.len() {
            let Some(&mut Worker { does, attempt, due, delay, .. }) = self.workers.get_mut(index)
            else {
                continue;
            };
            match does {
                Does::Wait if due <= now => self.send(app, index, attempt, delay, now, out),
                Does::Listen if due <= now => {
                    let end = (Conclusion::TimedOut, SimDuration::ZERO);
                    self.conclude(app, key, index, now, end, out);
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
                self.wake = now;
            }
        }
    }

    #[inline(always)]
    fn begin_refresh(&mut self, app: &App, key: OrgKey, now: SimTime, out: &mut impl Outlet) {
        self.wake = SimTime::NEVER;
        let Some(stored) = self.stored else { return };
        self.refresh += 1;
        self.presented = stored;
        self.ended = Ended::Failed;
        if let Concurrency::Racing { spread, .. } = app.profile.concurrency {
            for (index, worker) in (1_u16..).zip(self.workers.others_mut()) {
                let draw = key.draw(self.refresh, index, Purpose::WorkerOffset);
                let at = now + spread.scaled_by(draw);
                *worker = Worker::waiting(at, 0, SimDuration::ZERO);
            }
        }
        self.send(app, 0, 0, SimDuration::ZERO, now, out);
    }

    #[inline(always)]
    fn send(
        &mut self,
        app: &App,
        index: usize,
        attempt: u16,
        delay: SimDuration,
        now: SimTime,
        out: &mut impl Outlet,
    ) {
        let due = now + app.patience();
        if let Some(worker) = self.workers.get_mut(index) {
            *worker = Worker { does: Does::Listen, attempt, due, intended_at: now, delay };
        }
        let attempt = self.attempt_id(app, index, attempt);
        out.send(attempt, self.presented);
    }

    #[inline(always)]
    fn answered(
        &mut self,
        app: &App,
        key: OrgKey,
        now: SimTime,
        (id, answer): (AttemptId, Answer),
        out: &mut impl Outlet,
    ) {
        let index = self.workers.holder(id.attempt, app.profile.max_attempts);
        let Some(&mut Worker { does, attempt, .. }) = self.workers.get_mut(index) else {
            return;
        };
        if does != Does::Listen || self.attempt_id(app, index, attempt) != id {
            return;
        }
        let mut at_least = SimDuration::ZERO;
        let conclusion = match answer {
            Answer::Token(generation) => self.store(app, key, id, generation),
            Answer::Refused => Conclusion::Refused,
            Answer::ServerError(_) => Conclusion::ServerError,
            Answer::Throttled { retry_after } => {
                at_least = retry_after;
                Conclusion::Throttled
            }
            Answer::Reset => Conclusion::Reset,
            Answer::Truncated => Conclusion::Truncated,
        };
        self.conclude(app, key, index, now, (conclusion, at_least), out);
    }

    /// Stores what arrived, unless the app crashes first.
    #[inline]
    fn store(
        &mut self,
        app: &App,
        key: OrgKey,
        id: AttemptId,
        generation: Generation,
    ) -> Conclusion {
        let crash = app.profile.crash_before_store;
        if !crash.is_never()
            && crash.says_yes(key.draw(id.refresh, id.attempt, Purpose::CrashBeforeStore))
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
        app: &App,
        key: OrgKey,
        index: usize,
        now: SimTime,
        (conclusion, at_least): (Conclusion, SimDuration),
        out: &mut impl Outlet,
    ) {
        let Some(&mut Worker { attempt, intended_at, delay, .. }) = self.workers.get_mut(index)
        else {
            return;
        };
        let id = self.attempt_id(app, index, attempt);
        out.concluded(id, intended_at, conclusion);
        let retry_on = app.profile.retry_on;
        let again = match conclusion {
            Conclusion::Stored(_) | Conclusion::Crashed | Conclusion::Refused => false,
            // A call without a timeout ends with its process, and the process makes no further attempt.
            Conclusion::TimedOut => retry_on.timeout && app.profile.timeout.is_some(),
            Conclusion::Reset | Conclusion::Truncated => retry_on.reset,
            Conclusion::ServerError => retry_on.server_error,
            Conclusion::Throttled => retry_on.throttled,
        };
        if again && attempt + 1 < app.profile.max_attempts {
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
            self.finish_refresh(app, key, now);
        }
    }

    /// What the app makes of a worker's last conclusion.
    #[inline]
    fn draw_consequence(&mut self, app: &App, conclusion: Conclusion) {
        let (ended, stop, delete) = match conclusion {
            Conclusion::Stored(_) => (Ended::Stored, false, false),
            Conclusion::Refused => {
                let on_refusal = app.profile.on_refusal;
                let stop = on_refusal == OnRefusal::Stop;
                (Ended::Refused, stop, on_refusal == OnRefusal::DeleteCredentials)
            }
            Conclusion::Crashed => (Ended::Failed, false, false),
            Conclusion::TimedOut
            | Conclusion::Reset
            | Conclusion::Truncated
            | Conclusion::ServerError
            | Conclusion::Throttled => {
                let on_failure = app.profile.on_failure;
                let stop = on_failure == OnFailure::Stop;
                (Ended::Failed, stop, on_failure == OnFailure::DeleteCredentials)
            }
        };
        self.ended = self.ended.max(ended);
        if stop {
            self.trying = false;
        }
        if delete {
            self.stored = None;
        }
    }

    #[inline(always)]
    fn finish_refresh(&mut self, app: &App, key: OrgKey, now: SimTime) {
        if !self.is_trying() {
            self.call_person(app, key, now);
            return;
        }
        self.wake = match (self.ended, app.profile.on_refusal) {
            (Ended::Refused, OnRefusal::KeepTrying { every: Some(every) }) => now + every,
            (Ended::Stored | Ended::Refused | Ended::Failed, _) => self.next_wake(app, key, now),
        };
        match self.ended {
            Ended::Stored => self.dismiss_person(),
            Ended::Refused => self.call_person(app, key, now),
            Ended::Failed => {}
        }
    }

    /// When the app refreshes next of its own accord.
    #[inline(always)]
    fn next_wake(&mut self, app: &App, key: OrgKey, now: SimTime) -> SimTime {
        let stored = self.ended == Ended::Stored;
        let fresh = if stored { app.setting.access_token_ttl } else { SimDuration::ZERO };
        match &app.profile.trigger {
            Trigger::BeforeExpiry { lead } if stored => now + fresh.saturating_sub(*lead),
            Trigger::BeforeExpiry { .. } | Trigger::AtExpiry | Trigger::OnUnauthorized => {
                now + fresh + app.next_call(key, self.refresh)
            }
            Trigger::Periodic { every, .. } => {
                self.slot = next_slot(self.slot, *every, now);
                self.slot
            }
        }
    }

    /// The app shows that it is disconnected; somebody may see to it. That is decided once for each
    /// disconnection: an app that is refused again and again does not get a new chance each time.
    fn call_person(&mut self, app: &App, key: OrgKey, now: SimTime) {
        let Some(person) = app.profile.person.as_ref().filter(|_| !self.person_called) else {
            return;
        };
        self.person_called = true;
        if person.probability.says_yes(key.draw(self.refresh, 0, Purpose::PersonActs)) {
            let mut stream = key.stream(self.refresh, 0, Purpose::PersonDelay);
            self.person_at = now + to_duration(person.delay.sample(&mut stream));
        }
    }

    /// The org is connected: nobody need come.
    fn dismiss_person(&mut self) {
        self.person_at = SimTime::NEVER;
        self.person_called = false;
    }

    fn access_token_killed(&mut self, app: &App, key: OrgKey, now: SimTime) {
        if self.workers.are_idle()
            && self.is_trying()
            && app.profile.trigger == Trigger::OnUnauthorized
        {
            self.wake = self.wake.min(now + app.next_call(key, self.refresh));
        }
    }

    fn authorised(&mut self, app: &App, key: OrgKey, now: SimTime, out: &mut impl Outlet) {
        for index in 0..self.workers.len() {
            let Some(worker) = self.workers.get_mut(index) else { continue };
            let Worker { does, attempt, intended_at, .. } = *worker;
            worker.rest();
            if does == Does::Listen {
                let attempt = self.attempt_id(app, index, attempt);
                out.concluded(attempt, intended_at, Conclusion::TimedOut);
            }
        }
        self.stored = Some(Generation(0));
        self.trying = true;
        self.dismiss_person();
        self.ended = Ended::Stored;
        self.wake = self.next_wake(app, key, now);
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
    fn set_deadline(&mut self) {
        self.deadline = self.wake.min(self.react_at).min(self.person_at).min(self.workers.due());
    }
}

#[cfg(test)]
mod tests;
