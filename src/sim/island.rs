//! An island of one org: its client, its grant, and what is on its way between them.
//!
//! ```text
//!   Client ──Output──► Outside: fate, passage ──► Pending ──┐
//!      ▲                  grant, findings                   │ commit, answer
//!      └────────Input─────────────────────── Island::run ◄──┘
//! ```
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use super::pending::{Event, Pending};
use crate::authority::{OldAccessToken, Rules};
use crate::base::{OrgKey, Seed, SimTime};
use crate::client::{App, AttemptId, Client, Credentials, Input, Outlet, Per, Restraint};
use crate::fault::Hits;
use crate::measure::{Means, OrgEnd, Recorder};
use crate::protocol::{Answer, Conclusion, Generation};
use crate::world::{Account, Commit, Org, Passage, Sight, Stage, Witness};

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
    let key = org.key(seed, replication);
    let partner = org.partner_key(seed, replication);
    let app = stage.app(org.cohort);
    let rules = stage.rules(org.cohort);
    let outside = Outside {
        stage,
        rules,
        key,
        hits: stage.world().incident.hits(org.cohort, key, partner),
        now: SimTime::ZERO,
        account: Account::new(rules),
        pending: Pending::default(),
        means: Means::Retry,
        stored: false,
        person_came: false,
        recorder,
        witness,
    };
    let (client, shared) =
        (Client::new(app, key, partner), Restraint::new(app.profile(), Per::Partner));
    Island { app, client, shared, outside, recheck_at: SimTime::ZERO }.run()
}

struct Island<'a, 'r, W> {
    app: &'a App,
    client: Client,
    /// What the orgs of its partner share: here, those of a partner with one org.
    shared: Restraint,
    outside: Outside<'a, 'r, W>,
    /// When the org's state may change though nothing is sent or stored: a window opens or closes.
    recheck_at: SimTime,
}

/// All of the island but the client: it carries out what the client wants.
struct Outside<'a, 'r, W> {
    stage: &'a Stage,
    rules: &'a Rules,
    key: OrgKey,
    hits: Hits,
    now: SimTime,
    account: Account,
    pending: Pending,
    /// By what means the last accepted refresh was accepted.
    means: Means,
    /// Whether the client stored the token of the last commit.
    stored: bool,
    /// Whether a person is at work on the org.
    person_came: bool,
    recorder: &'a mut Recorder<'r>,
    witness: &'a mut W,
}

impl<W: Witness> Island<'_, '_, W> {
    /// Time runs in order of events. At equal times a window opens first, then the client's own
    /// deadlines come (a timeout beats an answer of the same instant), then what is on its way.
    fn run(mut self) -> OrgEnd {
        let end = self.outside.stage.end();
        loop {
            let client_at = self.client.next_deadline();
            let pending_at = self.outside.pending.next_at();
            let now = client_at.min(pending_at).min(self.recheck_at);
            if now >= end {
                break;
            }
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
        let Outside { account, rules, recorder, .. } = self.outside;
        recorder.unfinished(self.client.in_flight() as u64);
        account.finish(rules, end, recorder)
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
        let Outside { key, now, .. } = self.outside;
        let shared = &mut self.shared;
        self.client.handle_into(self.app, key, shared, now, input, &mut self.outside);
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
                let issued = self.outside.commit(attempt, presented);
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
        outside.account.reauthorised(outside.rules, outside.now, outside.recorder);
        outside.pending.clear();
        let (shared, key, now) = (&mut self.shared, outside.key, outside.now);
        self.client.handle_into(self.app, key, shared, now, Input::Authorised, outside);
    }
}

impl<W: Witness> Outlet for Outside<'_, '_, W> {
    #[inline]
    fn send(&mut self, attempt: AttemptId, presented: Generation) {
        self.recorder.sent();
        let Self { stage, hits, key, now, .. } = *self;
        let world = stage.world();
        let name = (attempt.refresh, attempt.attempt);
        let fate = world.incident.fate(stage.service_time(), hits, key, name, now);
        let passage = Passage::new(&world.server, &fate, now);
        self.witness.sent(attempt, presented, now, now);
        self.witness.delivery(attempt, passage.delivery(&fate));
        if let Some(sojourn) = passage.sojourn {
            self.recorder.served(sojourn);
        }
        if let Sight::Instead { at, answer } = passage.sight {
            self.pending.push(at, Event::Answer { attempt, answer });
        }
        if let Some(commit_at) = passage.commit_at {
            let commit = Event::Commit {
                attempt,
                presented,
                accepted_before: false,
                repeat_at: passage.repeat_at.unwrap_or(SimTime::NEVER),
                deliver: passage.sight == Sight::Decision,
            };
            self.pending.push(commit_at, commit);
        }
    }

    #[inline]
    fn concluded(&mut self, attempt: AttemptId, intended_at: SimTime, conclusion: Conclusion) {
        self.witness.concluded(attempt, self.now, conclusion);
        self.recorder.concluded(self.now, conclusion, self.now.since(intended_at));
        if let Conclusion::Stored(generation) = conclusion {
            self.use_token(generation);
        }
    }

    fn short_circuited(&mut self) {
        self.recorder.short_circuited();
    }

    fn reauthorise(&mut self) {
        self.person_came = true;
    }
}

impl<W: Witness> Outside<'_, '_, W> {
    /// A worker finishes. What it issues.
    #[inline]
    fn commit(&mut self, attempt: AttemptId, presented: Generation) -> Option<Generation> {
        let Self { rules, now, .. } = *self;
        let committed = self.account.commit(rules, presented, now, self.recorder);
        self.witness.committed(attempt, Commit { at: now, issued: committed.issued });
        if committed.issued.is_some() {
            self.means = committed.means;
        }
        committed.issued
    }

    /// The client holds a new token, and uses it at once: it refreshed because it needed one. Replay
    /// exposure has been counted up to this instant, that of the commit.
    #[inline]
    fn use_token(&mut self, generation: Generation) {
        self.stored = true;
        self.account.stored(self.means);
        self.account.access_used(self.rules, generation, self.now);
    }
}
