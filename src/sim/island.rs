//! One org as an engine plays it: its client, its grant, and what is on its way between them.
//!
//! ```text
//!   Client ──Output──► Outside: fate, reception, passage ──► Pending ──┐
//!      ▲                  grant, findings                              │ commit, answer
//!      └────────Input──────────────────────────── Island::run ◄────────┘
//! ```
//!
//! Where orgs share nothing, one run takes it to the end of the clock. Where they meet at a
//! reception, an org's events are its own until it sends: it is played up to its next turn there.
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

mod lane;
mod meeting;
mod outside;

use self::outside::Outside;
use super::pending::{Event, Pending};
use crate::authority::OldAccessToken;
use crate::base::{OrgKey, Seed, SimTime};
use crate::client::{App, AttemptId, Client, Credentials, Input, Per, Restraint};
use crate::fault::Hits;
use crate::measure::{Means, OrgEnd, Recorder};
use crate::protocol::Answer;
use crate::station::Caller;
use crate::world::{Account, LedgerEvent, Notice, Open, Org, Reception, Stage, Witness};

/// Plays one org from the clock's start to its end; what it finds goes to the recorder, and every
/// attempt to the witness (`()` if nobody cares).
pub fn play<W: Witness>(
    stage: &Stage,
    org: &Org,
    seed: Seed,
    replication: u32,
    recorder: &mut Recorder<'_>,
    witness: &mut W,
) -> OrgEnd {
    let place = Place::of(stage, org, (seed, replication), (0, 0));
    let resident = Resident::new(stage, &place);
    // What the orgs of its partner share: here, those of a partner with one org.
    let mut shared = Restraint::new(stage.app(org.cohort).profile(), Per::Partner);
    let mut open = Open;
    let shore = Shore { reception: &mut open, shared: &mut shared };
    let mut island = Island::new(stage, place, resident, recorder, witness, shore);
    island.run(stage.end());
    island.finish()
}

/// Where an org belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Its place in the island. Its caller's partner has a place of its own.
    pub(super) index: u32,
    /// Its number in the swarm.
    pub(super) org: u64,
    pub(super) key: OrgKey,
    pub(super) partner_key: OrgKey,
    pub(super) hits: Hits,
    pub(super) caller: Caller,
}

impl Place {
    pub(super) fn of(
        stage: &Stage,
        org: &Org,
        (seed, replication): (Seed, u32),
        (index, partner): (u32, usize),
    ) -> Self {
        let key = org.key(seed, replication);
        let partner_key = org.partner_key(seed, replication);
        let caller = Caller { partner, app: org.cohort };
        let hits = stage.world().incident.hits(org.cohort, key, partner_key);
        Self { index, org: org.number, key, partner_key, hits, caller }
    }
}

/// All that is kept of an org from one of its turns to the next.
#[derive(Debug, Clone)]
pub(super) struct Resident {
    pub(super) client: Client,
    pub(super) account: Account,
    pub(super) pending: Pending,
    /// By what means the last accepted refresh was accepted.
    pub(super) means: Means,
    /// When the org's state may change though nothing is sent or stored: a window opens or closes.
    pub(super) recheck_at: SimTime,
}

impl Resident {
    /// An org at the clock's start.
    pub(super) fn new(stage: &Stage, place: &Place) -> Self {
        Self {
            client: Client::new(stage.app(place.caller.app), place.key, place.partner_key),
            account: Account::new(stage.rules(place.caller.app)),
            pending: Pending::default(),
            means: Means::Retry,
            recheck_at: SimTime::ZERO,
        }
    }

    /// Sees how an org stands at the clock's start. When something happens to it next.
    pub(super) fn begin(
        &mut self,
        stage: &Stage,
        place: &Place,
        recorder: &mut Recorder<'_>,
    ) -> SimTime {
        let (rules, credentials) = (stage.rules(place.caller.app), self.client.credentials());
        self.recheck_at = self.account.look(rules, credentials, SimTime::ZERO, recorder);
        self.client.next_deadline().min(self.recheck_at)
    }
}

/// What an org in play has in common with others.
#[derive(Debug)]
pub(super) struct Shore<'a, R> {
    /// Where all orgs of the island come.
    pub(super) reception: &'a mut R,
    /// What restrains the orgs of its partner.
    pub(super) shared: &'a mut Restraint,
}

/// An org in play.
pub(super) struct Island<'a, 'r, W, R> {
    app: &'a App,
    client: Client,
    shared: &'a mut Restraint,
    outside: Outside<'a, 'r, W, R>,
    recheck_at: SimTime,
}

impl<'a, 'r, W: Witness, R: Reception> Island<'a, 'r, W, R> {
    #[inline(always)]
    pub(super) fn new(
        stage: &'a Stage,
        place: Place,
        resident: Resident,
        recorder: &'a mut Recorder<'r>,
        witness: &'a mut W,
        Shore { reception, shared }: Shore<'a, R>,
    ) -> Self {
        let Resident { client, account, pending, means, recheck_at } = resident;
        let outside = Outside {
            stage,
            rules: stage.rules(place.caller.app),
            place,
            now: SimTime::ZERO,
            account,
            pending,
            means,
            stored: false,
            person_came: false,
            recorder,
            witness,
            reception,
        };
        let app = stage.app(place.caller.app);
        Self { app, client, shared, outside, recheck_at }
    }

    /// What is kept of it until its next turn.
    #[inline(always)]
    pub(super) fn rest(self) -> Resident {
        let Self { client, outside, recheck_at, .. } = self;
        let Outside { account, pending, means, .. } = outside;
        Resident { client, account, pending, means, recheck_at }
    }

    /// When something happens to it next.
    #[inline(always)]
    pub(super) fn next_at(&self) -> SimTime {
        self.client.next_deadline().min(self.outside.pending.next_at()).min(self.recheck_at)
    }

    /// Plays all that happens before `until`. At equal times a window opens first, then the client's
    /// own deadlines come (a timeout beats an answer of the same instant), then what is on its way.
    #[inline(always)]
    pub(super) fn run(&mut self, until: SimTime) {
        while self.next_at() < until {
            self.step();
        }
    }

    /// Plays all that happens until `turn`, and then what is its own affair, up to `until`. When it has
    /// its next turn.
    #[inline(always)]
    pub(super) fn take_turn(&mut self, turn: SimTime, until: SimTime) -> SimTime {
        loop {
            let at = self.next_at();
            if at > turn && (at >= until || self.is_others_affair(at)) {
                return at;
            }
            self.step();
        }
    }

    /// Whether what happens at `at` can concern others, or others can still change it.
    #[inline(always)]
    fn is_others_affair(&self, at: SimTime) -> bool {
        let Self { app, client, outside, recheck_at, .. } = self;
        if app.profile().shares_among_orgs() {
            return true;
        }
        if outside.pending.is_empty() {
            return *recheck_at > at && client.may_send_at(at);
        }
        (*recheck_at > at && client.may_send_at(at))
            || matches!(outside.pending.next(), Some(Event::First(_)))
            || outside.pending.has_waiting()
    }

    #[inline(always)]
    fn step(&mut self) {
        let client_at = self.client.next_deadline();
        let pending_at = self.outside.pending.next_at();
        let now = client_at.min(pending_at).min(self.recheck_at);
        self.outside.now = now;
        let held = self.client.credentials();
        let edge = self.recheck_at <= now;
        if edge {
            // A window opens or closes; nothing else happens in this step.
        } else if client_at <= pending_at {
            self.tell(Input::Tick);
        } else if let Some(event) = self.outside.pending.pop() {
            self.happen(event);
        }
        // The state follows from the grant, the credentials and the time: sending changes nothing.
        let credentials = self.client.credentials();
        if edge || self.outside.account.moved() || held != credentials {
            self.look(credentials);
        }
    }

    /// The station says something about an attempt at `now`.
    pub(super) fn hear(&mut self, now: SimTime, attempt: AttemptId, notice: Notice) {
        self.outside.now = now;
        self.outside.hear(attempt, notice);
    }

    /// The clock stops.
    #[inline(always)]
    pub(super) fn finish(mut self) -> OrgEnd {
        self.outside.lose_accepted();
        let Outside { account, rules, recorder, stage, witness, place, .. } = self.outside;
        recorder.unfinished(self.client.in_flight() as u64);
        let end = account.finish(rules, stage.end(), recorder);
        witness.happened(place.org, stage.end(), LedgerEvent::End(end));
        end
    }

    /// Sees how the org stands.
    #[inline]
    fn look(&mut self, credentials: Credentials) {
        let Outside { rules, account, now, recorder, .. } = &mut self.outside;
        self.recheck_at = account.look(rules, credentials, *now, recorder);
    }

    /// Hands the client an input; what it wants is carried out.
    #[inline(always)]
    fn tell(&mut self, input: Input) {
        let Outside { place, now, .. } = self.outside;
        let Self { app, shared, .. } = self;
        self.client.handle_into(app, place.key, shared, now, input, &mut self.outside);
        if self.outside.person_came {
            self.send_person();
        }
    }

    /// A person goes and authorises the org anew: at once, unless requests take longer than the model
    /// says. Then so does the person, who makes two of them.
    #[cold]
    fn send_person(&mut self) {
        let outside = &mut self.outside;
        let overhead = outside.stage.world().server.overhead;
        if overhead.is_zero() {
            self.reauthorise();
        } else {
            outside.person_came = false;
            outside.pending.push(outside.now + overhead + overhead, Event::Authorise);
        }
    }

    #[inline]
    fn happen(&mut self, event: Event) {
        match event {
            Event::Commit { attempt, presented, accepted_before, repeat_at, deliver } => {
                let issued = self.outside.commit(attempt, presented, repeat_at.is_never());
                let accepted = accepted_before || issued.is_some();
                if !repeat_at.is_never() {
                    let (at, repeat_at) = (repeat_at, SimTime::NEVER);
                    self.outside.pending.push(
                        at,
                        Event::Commit {
                            attempt,
                            presented,
                            accepted_before: accepted,
                            repeat_at,
                            deliver,
                        },
                    );
                    return;
                }
                self.outside.stored = false;
                if deliver {
                    let answer = issued.map_or(Answer::Refused, Answer::Token);
                    self.tell(Input::Answered { attempt, answer });
                }
                if accepted && !self.outside.stored {
                    self.lose_answer();
                }
            }
            Event::Answer { attempt, answer } => self.tell(Input::Answered { attempt, answer }),
            Event::First(journey) => self.outside.deliver_again(journey),
            Event::Forsaken => self.lose_answer(),
            // It never happens by itself: its time is "never".
            Event::Waits(_) => {}
            Event::Authorise => self.reauthorise(),
        }
    }

    /// A refresh was committed, and its answer is not in the store. If it rotated, the access token
    /// in use may have died; a client that still holds the newest generation has lost nothing.
    #[cold]
    fn lose_answer(&mut self) {
        self.outside.account.lost_answer(self.outside.recorder);
        let superseded = self.client.stored() != Some(self.outside.account.grant().newest());
        let rules = self.outside.rules;
        if superseded && rules.old_access_token == OldAccessToken::KilledAtRotation {
            self.tell(Input::AccessTokenKilled);
        }
    }

    /// A person authorises the org anew; whatever was on its way belongs to the old family.
    #[cold]
    fn reauthorise(&mut self) {
        let outside = &mut self.outside;
        outside.person_came = false;
        outside.lose_accepted();
        outside.account.reauthorised(outside.rules, outside.now, outside.recorder);
        let (key, now) = (outside.place.key, outside.now);
        self.client.handle_into(self.app, key, self.shared, now, Input::Authorised, outside);
        // By now the server has been told of the clients that have gone.
        self.outside.pending.clear();
        let Outside { witness, place, .. } = &mut self.outside;
        witness.happened(place.org, now, LedgerEvent::Reauthorised);
    }
}
