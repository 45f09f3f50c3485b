//! All of an island but the client: it carries out what the client wants.
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use crate::authority::Rules;
use crate::base::SimTime;
use crate::client::{AttemptId, Outlet};
use crate::fault::Fate;
use crate::measure::{Means, Recorder};
use crate::protocol::{Conclusion, Generation};
use crate::sim::island::Place;
use crate::sim::pending::{Event, Journey, Pending};
use crate::world::{
    Account, Commit, LedgerEvent, Passage, Received, Reception, Request, Sight, Stage, Ticket, Way,
    Witness,
};

/// What surrounds the client: the way to the server, what lies there, and what is noted down.
pub(super) struct Outside<'a, 'r, W, R> {
    pub(super) stage: &'a Stage,
    pub(super) rules: &'a Rules,
    pub(super) place: Place,
    pub(super) now: SimTime,
    pub(super) account: Account,
    pub(super) pending: Pending,
    pub(super) means: Means,
    /// Whether the client stored the token of the last commit.
    pub(super) stored: bool,
    /// Whether a person is at work on the org.
    pub(super) person_came: bool,
    pub(super) recorder: &'a mut Recorder<'r>,
    pub(super) witness: &'a mut W,
    pub(super) reception: &'a mut R,
}

impl<W: Witness, R: Reception> Outlet for Outside<'_, '_, W, R> {
    #[inline]
    fn send(&mut self, attempt: AttemptId, presented: Generation) {
        self.recorder.sent();
        let now = self.now;
        self.witness.begun(self.place.org, attempt, presented, now);
        let journey = Journey { attempt, presented, sent_at: now, arrived_at: now, first: None };
        if R::IS_SHARED && !self.reception.ask(self.place.caller.partner, self.ticket(attempt)) {
            let unsent = Journey { arrived_at: SimTime::NEVER, ..journey };
            self.pending.push(SimTime::NEVER, Event::Waits(unsent));
            return;
        }
        self.depart(journey);
    }

    #[inline]
    fn concluded(&mut self, attempt: AttemptId, intended_at: SimTime, conclusion: Conclusion) {
        self.witness.concluded(self.place.org, attempt, self.now, conclusion);
        self.recorder.concluded(self.now, conclusion, self.now.since(intended_at));
        if R::IS_SHARED {
            let has_gone = matches!(conclusion, Conclusion::TimedOut | Conclusion::BrokenOff);
            let was_sent = !(has_gone && self.hang_up(attempt));
            self.reception.leave(self.place.caller.partner, self.ticket(attempt), was_sent);
        }
        if let Conclusion::Stored(generation) = conclusion {
            self.use_token(generation);
        }
    }

    fn short_circuited(&mut self) {
        self.recorder.short_circuited();
        self.witness.happened(self.place.org, self.now, LedgerEvent::ShortCircuited);
    }

    fn reauthorise(&mut self) {
        self.person_came = true;
    }
}

impl<W: Witness, R: Reception> Outside<'_, '_, W, R> {
    #[inline(always)]
    pub(super) fn fate(&self, attempt: AttemptId, sent_at: SimTime) -> Fate {
        let Self { stage, place, .. } = *self;
        let name = (attempt.refresh, attempt.attempt);
        stage.world().incident.fate(stage.service_time(), place.hits, place.key, name, sent_at)
    }

    pub(super) fn ticket(&self, attempt: AttemptId) -> Ticket {
        Ticket::Attempt(self.place.index, attempt)
    }

    /// A request leaves the client.
    #[inline(always)]
    pub(super) fn depart(&mut self, journey: Journey) {
        let Journey { attempt, sent_at, .. } = journey;
        let fate = self.fate(attempt, sent_at);
        self.witness.sent(self.place.org, attempt, sent_at);
        self.forward(journey, &fate);
    }

    /// Brings a request to the reception.
    #[inline(always)]
    pub(super) fn forward(&mut self, journey: Journey, fate: &Fate) {
        let received = self.reception.receive(&Request {
            server: &self.stage.world().server,
            fate,
            sent_at: journey.sent_at,
            now: journey.arrived_at,
            caller: self.place.caller,
            ticket: self.ticket(journey.attempt),
        });
        match received {
            Received::Passage(passage) => self.follow(journey, fate, &passage),
            Received::InStation => self.await_station(journey),
        }
    }

    /// What its passage says will happen to a request.
    #[inline(always)]
    pub(super) fn follow(&mut self, journey: Journey, fate: &Fate, passage: &Passage) {
        let Journey { attempt, presented, first, .. } = journey;
        let mut served_at = None;
        if let Some(sojourn) = passage.sojourn
            && first.is_none()
            && journey.arrived_at + sojourn < self.stage.end()
        {
            self.recorder.served(sojourn);
            served_at = Some(journey.arrived_at + sojourn);
        }
        let (delivery, is_decided) = (passage.delivery(fate), passage.commit_at.is_some());
        self.witness.passed(self.place.org, attempt, Way { delivery, served_at, is_decided });
        if R::IS_SHARED && fate.repeated.is_some() && first.is_none() {
            // What the client sees is known when the second delivery is through, unless the gateway
            // gives up before the first one is.
            if let Some(commit_at) = passage.commit_at {
                self.await_gateway(journey, commit_at);
                self.pending.push(commit_at, Event::First(journey));
                return;
            }
        }
        if let Sight::Instead { at, answer } = passage.sight
            && (!R::IS_SHARED || at >= self.now)
        {
            // Where orgs meet, a gateway that gave up earlier has said so.
            self.pending.push(at, Event::Answer { attempt, answer });
        }
        if let Some(commit_at) = passage.commit_at {
            let commit = Event::Commit {
                attempt,
                presented,
                accepted_before: first.unwrap_or(false),
                repeat_at: passage.repeat_at.unwrap_or(SimTime::NEVER),
                deliver: passage.sight == Sight::Decision,
            };
            self.pending.push(commit_at, commit);
        } else if first == Some(true) {
            self.pending.push(journey.arrived_at, Event::Forsaken);
        }
    }

    /// A worker finishes; `is_last` unless it finishes the same request once more. What it issues.
    #[inline]
    pub(super) fn commit(
        &mut self,
        attempt: AttemptId,
        presented: Generation,
        is_last: bool,
    ) -> Option<Generation> {
        let Self { rules, now, .. } = *self;
        let committed = self.account.commit(rules, presented, now, self.recorder);
        let commit = Commit { at: now, issued: committed.issued };
        self.witness.committed(self.place.org, attempt, commit, is_last);
        if committed.issued.is_some() {
            self.means = committed.means;
        }
        committed.issued
    }

    /// No second decision will come about requests whose first delivery was accepted: their answers are
    /// lost.
    pub(super) fn lose_accepted(&mut self) {
        for _ in 0..self.pending.accepted() {
            self.account.lost_answer(self.recorder);
        }
    }

    /// The client holds a new token, and uses it at once: it refreshed because it needed one. Replay
    /// exposure has been counted up to this instant, that of the commit.
    #[inline]
    pub(super) fn use_token(&mut self, generation: Generation) {
        self.stored = true;
        self.account.stored(self.means, self.account.newest_due(self.rules));
        self.account.access_used(self.rules, generation, self.now);
    }
}
