//! Turns in calm: played on what is kept of an org, without the machines.
//!
//! ```text
//!   head ──► attempt ──► Door::receive ──┬── stored in time ──► head, next turn
//!                                        └── anything else ───► Door::foretell ──► machines
//! ```
//!
//! An org *in calm* waits for its next refresh and nothing else, and holds the newest token. A request
//! that is decided before its client gives up, with the answer in the client's hands at once, is
//! stored; then all that changes is which refresh it was and which token is the newest. What comes of
//! a request is known when it comes in, so the machines take over from there if it is anything else.
//! What a turn leaves behind is to the last bit what they would have left: `tests/laws/meeting.rs`.

use super::Crowd;
use crate::authority::Policy;
use crate::base::{OrgKey, SimDuration, SimTime};
use crate::client::{App, AttemptId, Timer};
use crate::fault::Fate;
use crate::measure::Keep;
use crate::protocol::Conclusion;
use crate::sim::packed::{Head, LATEST};
use crate::world::{Received, Reception, Request, Stage, Ticket};

/// What holds for all orgs of an app in calm.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calm<'a> {
    app: &'a App,
    policy: &'a Policy,
    session_lifetime: SimDuration,
    access_token_ttl: SimDuration,
    /// See [`App::lead`].
    lead: Option<SimDuration>,
    patience: SimDuration,
    /// Before that, none of them hears of an amnesty.
    heard_from: SimTime,
}

impl<'a> Calm<'a> {
    /// What holds for each app of a stage; `None` where the machines play all turns. An app with a pool
    /// hears from the door between its turns, and is not asked for here.
    pub(super) fn of(stage: &'a Stage) -> Vec<Option<Self>> {
        let cohorts = 0..stage.world().cohorts.len();
        let calm = cohorts.map(|cohort| {
            let (app, rules) = (stage.app(cohort), stage.rules(cohort));
            let can_be_calm = app.can_be_calm()
                && rules.policy.renews_evenly()
                && stage.world().server.overhead.is_zero();
            can_be_calm.then_some(Self {
                app,
                policy: &rules.policy,
                session_lifetime: rules.session_lifetime,
                access_token_ttl: rules.access_token_ttl,
                lead: app.lead(),
                patience: app.patience(),
                heard_from: app.heard_from(),
            })
        });
        calm.collect()
    }
}

impl Crowd {
    /// An org has its turn, if that is one in calm: when it has its next. `None` if it is anything else;
    /// then nothing has changed but what the door has foretold.
    #[inline]
    pub(super) fn turn_calmly(
        &mut self,
        stage: &Stage,
        calm: &[Option<Calm<'_>>],
        index: u32,
        (now, until): (SimTime, SimTime),
    ) -> Option<SimTime> {
        let head = self.residents.head(index);
        if !head.is_calm() || !self.turns.is_empty() {
            return None;
        }
        let caller = self.residents.caller(head);
        let calm = calm[caller.app].as_ref()?;
        let key = self.residents.key(index);
        let attempt = AttemptId { refresh: head.refresh() + 1, attempt: 0 };
        let fate = self.fate(stage, index, (key, attempt), now);
        let server = &stage.world().server;
        let ticket = Ticket::Attempt(index, attempt);
        let request = Request { server, fate: &fate, sent_at: now, now, caller, ticket };
        let received = self.door.receive(&request);
        let done = stored_at(received, now, calm.patience).filter(|done| *done < until);
        let next = done.and_then(|done| {
            let mut timer = Timer::at_rest(calm.app, key, head.refresh(), now);
            timer.stored(done);
            self.stays_calm(calm, (index, head), done, timer.wake()).then_some(timer.wake())
        });
        let (Some(done), Some(next)) = (done, next) else {
            self.door.foretell(ticket, received);
            return None;
        };
        let newest = calm.policy.renewed(head.newest());
        let had_access_until = match calm.lead {
            Some(lead) if head.is_fresh() => now + lead,
            Some(_) | None => self.residents.access_until(index),
        };
        let access_until = calm.lead.is_none().then_some(done + calm.access_token_ttl);
        self.residents.renew(index, head, (newest, done), access_until);
        let mut recorder = self.sheet.recorder(caller.app);
        let mut row = recorder.row(Conclusion::Stored(newest), Keep::All);
        row.ended(done, done.since(now));
        if had_access_until < done {
            row.without_access(had_access_until, done);
        }
        row.close();
        Some(next)
    }

    /// The fate of an attempt that is sent at `now`. Whom a phase hits is only asked while there is one.
    #[inline]
    fn fate(
        &self,
        stage: &Stage,
        index: u32,
        (key, attempt): (OrgKey, AttemptId),
        now: SimTime,
    ) -> Fate {
        let (incident, service) = (&stage.world().incident, stage.service_time());
        let name = (attempt.refresh, attempt.attempt);
        if incident.is_calm_at(now) {
            return Fate::calm(service, key, name);
        }
        let hits = self.residents.place(stage, index).hits;
        incident.fate(service, hits, key, name, now)
    }

    /// Whether nothing happens to an org in calm that stored a token at `done` before its next turn at
    /// `turn`.
    #[inline]
    fn stays_calm(
        &self,
        calm: &Calm<'_>,
        (index, head): (u32, Head),
        done: SimTime,
        turn: SimTime,
    ) -> bool {
        let hears = head.will_hear() && turn >= calm.heard_from;
        let authorised_at =
            if head.is_original() { SimTime::ZERO } else { self.residents.authorised_at(index) };
        let can_be_said = turn < LATEST && done + calm.access_token_ttl < LATEST;
        !hears && can_be_said && turn < authorised_at + calm.session_lifetime
    }
}

/// When a request that was sent at `now` is decided, if its client gets to know that at once, before it
/// gives up. At equal times the client gives up first.
#[inline]
fn stored_at(received: Received, now: SimTime, patience: SimDuration) -> Option<SimTime> {
    let Received::Passage(passage) = received else { return None };
    passage.told_at().filter(|done| done.since(now) < patience)
}
