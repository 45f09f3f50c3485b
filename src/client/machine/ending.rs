//! What the end of a refresh leads to: the next one, none, or a person.
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use super::{Client, Ended, Turn};
use crate::base::{Purpose, SimTime};
use crate::client::app::{App, to_duration};
use crate::client::profile::{OnFailure, OnRefusal};
use crate::protocol::Conclusion;

impl Client {
    /// What the app makes of a worker's last conclusion.
    #[inline]
    pub(super) fn draw_consequence(&mut self, app: &App, conclusion: Conclusion) {
        let (ended, stop, delete) = match conclusion {
            Conclusion::Stored(_) => (Ended::Stored, false, false),
            Conclusion::Refused => {
                let on_refusal = app.profile.on_refusal;
                let stop = on_refusal == OnRefusal::Stop;
                (Ended::Refused, stop, on_refusal == OnRefusal::DeleteCredentials)
            }
            Conclusion::Crashed | Conclusion::BrokenOff => (Ended::Failed, false, false),
            Conclusion::TimedOut
            | Conclusion::Reset
            | Conclusion::Truncated
            | Conclusion::ServerError
            | Conclusion::Throttled => return self.fail(app),
        };
        self.ended = self.ended.max(ended);
        if stop {
            self.trying = false;
        }
        if delete {
            self.stored = None;
        }
    }

    /// A worker is done without an answer.
    #[inline]
    pub(super) fn fail(&mut self, app: &App) {
        match app.profile.on_failure {
            OnFailure::TryLater => {}
            OnFailure::Stop => self.trying = false,
            OnFailure::DeleteCredentials => self.stored = None,
        }
    }

    #[inline(always)]
    pub(super) fn finish_refresh(&mut self, turn: Turn<'_>) {
        if !self.is_trying() {
            self.call_person(turn);
            return;
        }
        let wake = self.next_wake(turn);
        self.wake = wake.max(self.not_before);
        match self.ended {
            Ended::Stored => self.dismiss_person(),
            Ended::Refused => self.call_person(turn),
            Ended::Failed => {}
        }
    }

    /// When the app refreshes next of its own accord.
    #[inline(always)]
    pub(super) fn next_wake(&mut self, Turn { app, key, now }: Turn<'_>) -> SimTime {
        app.next_refresh(key, (self.refresh, self.ended), now, self.not_before, &mut self.slot)
    }

    /// The app shows that it is disconnected; somebody may see to it. That is decided once for each
    /// disconnection: an app that is refused again and again does not get a new chance each time.
    pub(super) fn call_person(&mut self, Turn { app, key, now }: Turn<'_>) {
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
    pub(super) fn dismiss_person(&mut self) {
        self.person_at = SimTime::NEVER;
        self.person_called = false;
    }
}
