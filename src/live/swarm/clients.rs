//! What the clients are told, and what they want: the half of the loop that knows the machines.

use super::connect::Connect;
use super::engine::Engine;
use super::failed::Failed;
use super::hearing::Heard;
use super::shared::{Job, News, Refresh};
use super::texts::Texts;
use super::watch::{Concluded, Watch};
use crate::base::SimTime;
use crate::client::{AttemptId, Concurrency, Credentials, Input, Output};
use crate::live::grants::Killed;
use crate::protocol::{Answer, Conclusion, Generation};

/// What an answer brought, until its client says whether it stores it.
struct Brought {
    attempt: AttemptId,
    tokens: Option<(Texts, Option<Box<str>>)>,
    failed: Option<Failed>,
}

impl<C: Connect, W: Watch> Engine<C, W> {
    /// Wakes a client for its deadlines that lie at `until` or before.
    pub(super) fn wake(&mut self, org: u32, until: SimTime) {
        if self.draining && !self.shared.flights.borrow().has(org) {
            return;
        }
        loop {
            let at = self.slots[org as usize].client.next_deadline();
            if at > until {
                self.deadlines.set(org, at);
                return;
            }
            self.tell(org, at, Input::Tick, None);
        }
    }

    pub(super) fn hear(&mut self, news: News) {
        match news {
            News::Answered { org, attempt, at, heard, failed } => {
                self.answered(org, attempt, at, (heard, failed));
            }
            News::Authorised { org, at, texts: Some(texts) } => {
                self.shared.stats.borrow_mut().authorised += 1;
                self.authorised(org, at, texts);
            }
            News::Authorised { texts: None, .. } => self.shared.stats.borrow_mut().gave_up += 1,
            News::Free => {}
        }
    }

    fn answered(
        &mut self,
        org: u32,
        attempt: AttemptId,
        at: SimTime,
        (heard, failed): (Heard, Option<Failed>),
    ) {
        if at >= self.end {
            return;
        }
        self.wake(org, at);
        let (answer, tokens) = match heard {
            Heard::Token { generation, texts, access } => {
                let slot = &mut self.slots[org as usize];
                let generation = generation.unwrap_or_else(|| {
                    slot.count(self.shared.held.borrow().stored(org) == Some(&texts))
                });
                (Answer::Token(generation), Some((texts, access)))
            }
            Heard::Other(answer) => (answer, None),
            Heard::Odd(status, answer) => {
                self.shared.stats.borrow_mut().odd(status);
                (answer, None)
            }
        };
        let input = Input::Answered { attempt, answer };
        self.tell(org, at, input, Some(Brought { attempt, tokens, failed }));
        self.schedule(org);
    }

    fn authorised(&mut self, org: u32, at: SimTime, texts: Texts) {
        if at >= self.end {
            return;
        }
        self.wake(org, at);
        self.slots[org as usize].begin_family();
        self.shared.held.borrow_mut().store(org, texts);
        self.tell(org, at, Input::Authorised, None);
        let Self { shared, slots, disconnected, .. } = self;
        let slot = &mut slots[org as usize];
        *disconnected -= u64::from(slot.is_disconnected());
        slot.reconnected();
        shared.watch.authorised(org, slot.client.credentials(), at);
        self.schedule(org);
    }

    pub(super) fn access_token_killed(&mut self, Killed { org, at }: Killed) {
        // An org that a stranger added is none of the swarm's.
        if (org as usize) < self.slots.len() && at < self.end {
            self.wake(org, at);
            self.tell(org, at, Input::AccessTokenKilled, None);
            self.schedule(org);
        }
    }

    fn schedule(&mut self, org: u32) {
        self.deadlines.set(org, self.slots[org as usize].client.next_deadline());
    }

    /// Hands a client an input, and carries out all that it wants.
    fn tell(&mut self, org: u32, now: SimTime, input: Input, mut brought: Option<Brought>) {
        let slot = &mut self.slots[org as usize];
        let app = self.stage.app(slot.cohort());
        let shared = &mut self.partners[slot.partner()].restraint;
        slot.client.handle_into(app, slot.key, shared, now, input, &mut self.out);
        while let Some(output) = self.out.pop_front() {
            match output {
                Output::Send { attempt, presented } => self.send(org, attempt, presented, now),
                Output::Concluded { attempt, intended_at, conclusion } => {
                    let answered = brought.take_if(|brought| brought.attempt == attempt);
                    self.concluded(org, (attempt, intended_at, now), conclusion, answered);
                }
                Output::ShortCircuited => self.short_circuited(org, now),
                Output::Reauthorise if self.draining => {}
                Output::Reauthorise => self.queue.push_back(Job::Authorise { org }),
            }
        }
    }

    fn send(&mut self, org: u32, attempt: AttemptId, presented: Generation, now: SimTime) {
        if self.draining {
            return;
        }
        let app = self.stage.app(self.slots[org as usize].cohort());
        if let Concurrency::Racing { .. } = app.profile().concurrency {
            self.shared.held.borrow_mut().snapshot(org, attempt.refresh);
        }
        let job = Refresh { org, attempt, presented, intended_at: now };
        let partner = self.slots[org as usize].partner();
        let let_go = match &mut self.partners[partner].pool {
            Some(pool) => pool.ask(job),
            None => Some(job),
        };
        let due_at = if let_go.is_some() { now } else { SimTime::NEVER };
        self.shared.flights.borrow_mut().begin(org, attempt, due_at);
        self.queue.extend(let_go.map(Job::Refresh));
    }

    /// An attempt is over at `now`: its place in its app's pool is that of the next one.
    fn leave_pool(&mut self, org: u32, attempt: AttemptId, is_held: bool, now: SimTime) {
        let partner = self.slots[org as usize].partner();
        let Some(pool) = &mut self.partners[partner].pool else { return };
        if is_held {
            pool.give_up(|job| (job.org, job.attempt) == (org, attempt));
        } else if let Some(next) = pool.leave()
            && let Some(flight) = self.shared.flights.borrow_mut().get_mut(next.org, next.attempt)
        {
            flight.due_at = now;
            self.queue.push_back(Job::Refresh(next));
        }
    }

    fn concluded(
        &mut self,
        org: u32,
        (attempt, intended_at, now): (AttemptId, SimTime, SimTime),
        conclusion: Conclusion,
        answered: Option<Brought>,
    ) {
        let flight = self.shared.flights.borrow_mut().end(org, attempt);
        let sent_at = flight.as_ref().map(|flight| flight.sent_at).filter(|at| !at.is_never());
        match (sent_at, &flight) {
            (Some(sent_at), _) => {
                self.shared.stats.borrow_mut().concluded(intended_at, sent_at, now);
            }
            (None, Some(flight)) if flight.due_at >= now => {
                self.shared.stats.borrow_mut().kept_waiting += 1;
            }
            (None, Some(_)) => self.shared.stats.borrow_mut().unsent += 1,
            // While attempts are awaited to their end, no further one is begun.
            (None, None) => {}
        }
        let failed = match (&answered, conclusion) {
            (Some(brought), _) => brought.failed,
            (None, Conclusion::TimedOut) => sent_at.map(|_| Failed::TimedOut),
            (None, _) => None,
        };
        if let Some(failed) = failed {
            self.shared.stats.borrow_mut().failures.count(failed);
        }
        if let Some(flight) = &flight {
            self.leave_pool(org, attempt, flight.is_held(), now);
        }
        // A client that gives up hangs up.
        if answered.is_none()
            && let Some(task) = flight.and_then(|flight| flight.task)
        {
            task.abort();
        }
        let credentials = self.see(org, conclusion);
        let concluded =
            Concluded { org, attempt, intended_at, sent_at, now, conclusion, credentials };
        self.shared.watch.concluded(concluded);
        if let Conclusion::Stored(_) = conclusion
            && let Some((texts, access)) = answered.and_then(|brought| brought.tokens)
        {
            self.store(org, texts, access);
        }
    }

    /// The client leaves the server alone, and has failed without an attempt.
    fn short_circuited(&mut self, org: u32, now: SimTime) {
        self.shared.stats.borrow_mut().short_circuited += 1;
        let credentials = self.see(org, Conclusion::ServerError);
        self.shared.watch.short_circuited(org, credentials, now);
    }

    /// An attempt of a client ended so: what the client holds since.
    fn see(&mut self, org: u32, conclusion: Conclusion) -> Credentials {
        let slot = &mut self.slots[org as usize];
        let was = slot.is_disconnected();
        slot.see(conclusion);
        self.disconnected = self.disconnected + u64::from(slot.is_disconnected()) - u64::from(was);
        slot.client.credentials()
    }

    /// The client stores what it got, and uses it if that makes a difference.
    fn store(&mut self, org: u32, texts: Texts, access: Option<Box<str>>) {
        if let Some(access) = access
            && self.stage.rules(self.slots[org as usize].cohort()).policy.heeds_access_use()
            && !self.draining
        {
            self.queue.push_back(Job::Use(Box::new((access, texts.clone()))));
        }
        self.shared.held.borrow_mut().store(org, texts);
    }
}
