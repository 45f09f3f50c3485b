//! An island of one org: its client, its grant, and what is on its way between them.
//!
//! ```text
//!   Client ──Output──► Outside: fate, passage ──► Pending ──┐
//!      ▲                  grant, findings                   │ commit, answer
//!      └────────Input─────────────────────── Island::run ◄──┘
//! ```
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use super::pending::{Event, Pending};
use crate::authority::{Decision, Grant, OldAccessToken, Rules, decide, replay_exposure};
use crate::base::{OrgKey, Seed, SimTime};
use crate::client::{App, AttemptId, Client, Input, Outlet};
use crate::fault::Hits;
use crate::measure::{Means, OrgEnd, Recorder, Track};
use crate::protocol::{Answer, Conclusion, Generation};
use crate::world::{Org, Passage, Sight, Stage, means, standing};

/// Plays one org from the clock's start to its end; what it finds goes to the recorder.
pub fn play(
    stage: &Stage,
    org: &Org,
    seed: Seed,
    replication: u32,
    recorder: &mut Recorder<'_>,
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
        grant: Grant::new(SimTime::ZERO, rules.session_lifetime),
        pending: Pending::default(),
        track: Track::new(),
        exposed_from: SimTime::ZERO,
        ground: Means::Retry,
        stored: false,
        person_came: false,
        moved: true,
        recorder,
    };
    Island { app, client: Client::new(app, key), outside, recheck_at: SimTime::ZERO }.run()
}

struct Island<'a, 'r> {
    app: &'a App,
    client: Client,
    outside: Outside<'a, 'r>,
    /// When the org's state may change though nothing is sent or stored: a window opens or closes.
    recheck_at: SimTime,
}

/// All of the island but the client: it carries out what the client wants.
struct Outside<'a, 'r> {
    stage: &'a Stage,
    rules: &'a Rules,
    key: OrgKey,
    hits: Hits,
    now: SimTime,
    grant: Grant,
    pending: Pending,
    track: Track,
    /// Up to when replay exposure has been counted.
    exposed_from: SimTime,
    /// By what means the last accepted refresh was accepted.
    ground: Means,
    /// Whether the client stored the token of the last commit.
    stored: bool,
    /// Whether a person is at work on the org.
    person_came: bool,
    /// Whether the grant has changed since the org's state was last looked at.
    moved: bool,
    recorder: &'a mut Recorder<'r>,
}

impl Island<'_, '_> {
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
            let held = self.credentials();
            if self.recheck_at <= now {
                self.outside.moved = true;
            } else if client_at <= pending_at {
                self.tell(Input::Tick);
            } else if let Some(event) = self.outside.pending.pop() {
                self.happen(event);
            }
            // The state follows from the grant, the credentials and the time: sending changes nothing.
            if self.outside.moved || held != self.credentials() {
                self.look();
            }
        }
        self.outside.now = end;
        self.outside.count_exposure();
        let Outside { track, recorder, .. } = self.outside;
        recorder.unfinished(self.client.in_flight() as u64);
        track.finish(end, recorder)
    }

    /// What the client contributes to the org's state.
    #[inline]
    const fn credentials(&self) -> (Option<Generation>, bool) {
        (self.client.stored(), self.client.is_trying())
    }

    /// Sees how the org stands.
    #[inline]
    fn look(&mut self) {
        let Outside { rules, grant, now, .. } = &self.outside;
        let (state, until) = standing(rules, grant, &self.client, *now);
        self.recheck_at = until;
        self.outside.moved = false;
        self.outside.track.enter(state, self.outside.now, self.outside.recorder);
    }

    /// Hands the client an input; what it wants is carried out.
    #[inline(always)]
    fn tell(&mut self, input: Input) {
        let Outside { key, now, .. } = self.outside;
        self.client.handle_into(self.app, key, now, input, &mut self.outside);
        if self.outside.person_came {
            self.reauthorise();
        }
    }

    #[inline]
    fn happen(&mut self, event: Event) {
        match event {
            Event::Commit { attempt, presented, accepted_before, repeat_at, deliver } => {
                let issued = self.outside.commit(presented);
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
        }
    }

    /// A refresh was committed, and its answer is not in the store. If it rotated, the access token
    /// in use may have died; a client that still holds the newest generation has lost nothing.
    #[cold]
    fn lose_answer(&mut self) {
        self.outside.track.lost_answer(self.outside.recorder);
        let superseded = self.client.stored() != Some(self.outside.grant.newest());
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
        outside.count_exposure();
        outside.grant = Grant::new(outside.now, outside.rules.session_lifetime);
        outside.moved = true;
        outside.pending.clear();
        outside.track.stored(Means::Person);
        self.client.handle_into(self.app, outside.key, outside.now, Input::Authorised, outside);
    }
}

impl Outlet for Outside<'_, '_> {
    #[inline]
    fn send(&mut self, attempt: AttemptId, presented: Generation) {
        self.recorder.sent();
        let Self { stage, hits, key, now, .. } = *self;
        let world = stage.world();
        let name = (attempt.refresh, attempt.attempt);
        let fate = world.incident.fate(stage.service_time(), hits, key, name, now);
        let passage = Passage::new(&world.server, &fate, now);
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
    fn concluded(&mut self, _: AttemptId, intended_at: SimTime, conclusion: Conclusion) {
        self.recorder.concluded(self.now, conclusion, self.now.since(intended_at));
        if let Conclusion::Stored(generation) = conclusion {
            self.use_token(generation);
        }
    }

    fn reauthorise(&mut self) {
        self.person_came = true;
    }
}

impl Outside<'_, '_> {
    /// A worker finishes: the decision is taken with the grant's state of now. What it issues.
    #[inline]
    fn commit(&mut self, presented: Generation) -> Option<Generation> {
        self.count_exposure();
        let decision = decide(self.rules, &self.grant, presented, self.now);
        if let Decision::Accept { ground, .. } = decision {
            self.ground = means(ground);
        }
        // A plain refusal leaves everything as it was.
        self.moved |= !matches!(decision, Decision::Refuse { revoke_family: false, .. });
        self.grant.commit(presented, decision, self.now)
    }

    /// The client holds a new token, and uses it at once: it refreshed because it needed one. Replay
    /// exposure has been counted up to this instant, that of the commit.
    #[inline]
    fn use_token(&mut self, generation: Generation) {
        self.stored = true;
        self.track.stored(self.ground);
        self.grant.access_used(self.rules, generation, self.now);
        self.moved = true;
    }

    #[inline]
    fn count_exposure(&mut self) {
        let span = replay_exposure(self.rules, &self.grant, self.exposed_from, self.now);
        self.recorder.exposed(span);
        self.exposed_from = self.now;
    }
}
