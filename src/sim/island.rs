//! An island of one org: its client, its grant, and what is on its way between them.

use super::pending::{Event, Pending, Then};
use crate::authority::{Decision, Grant, OldAccessToken, Rules, decide, replay_exposure};
use crate::base::{OrgKey, Seed, SimTime};
use crate::client::{App, AttemptId, Client, Input, Output};
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
    let island = Island {
        stage,
        app,
        rules,
        key,
        hits: stage.world().incident.hits(org.cohort, key, partner),
        client: Client::new(app, key),
        grant: Grant::new(SimTime::ZERO, rules.session_lifetime),
        pending: Pending::default(),
        track: Track::new(),
        recheck_at: SimTime::ZERO,
        exposed_from: SimTime::ZERO,
        ground: Means::Retry,
    };
    island.run(recorder)
}

struct Island<'a> {
    stage: &'a Stage,
    app: &'a App,
    rules: &'a Rules,
    key: OrgKey,
    hits: Hits,
    client: Client,
    grant: Grant,
    pending: Pending,
    track: Track,
    /// When the org's state may change though nothing is sent or stored: a window opens or closes.
    recheck_at: SimTime,
    /// Up to when replay exposure has been counted.
    exposed_from: SimTime,
    /// By what means the last accepted refresh was accepted.
    ground: Means,
}

impl Island<'_> {
    /// Time runs in order of events. At equal times a window opens first, then the client's own
    /// deadlines come (a timeout beats an answer of the same instant), then what is on its way.
    fn run(mut self, recorder: &mut Recorder<'_>) -> OrgEnd {
        let end = self.stage.end();
        loop {
            let client_at = self.client.next_deadline();
            let pending_at = self.pending.next_at();
            let now = client_at.min(pending_at).min(self.recheck_at);
            if now >= end {
                break;
            }
            if self.recheck_at > now {
                if client_at <= pending_at {
                    self.tell(now, Input::Tick, recorder);
                } else if let Some((_, event)) = self.pending.pop() {
                    self.happen(now, event, recorder);
                }
            }
            let (state, until) = standing(self.rules, &self.grant, &self.client, now);
            self.recheck_at = until;
            self.track.enter(state, now, recorder);
        }
        self.count_exposure(end, recorder);
        recorder.unfinished(self.client.in_flight() as u64);
        self.track.finish(end, recorder)
    }

    /// Hands the client an input and carries out what it wants. The conclusion of `Answered`, if any.
    #[inline]
    fn tell(
        &mut self,
        now: SimTime,
        input: Input,
        recorder: &mut Recorder<'_>,
    ) -> Option<Conclusion> {
        self.client.handle(self.app, self.key, now, input);
        let mut concluded = None;
        while let Some(output) = self.client.poll() {
            match output {
                Output::Send { attempt, presented } => self.send(now, attempt, presented, recorder),
                Output::Concluded { intended_at, conclusion, .. } => {
                    recorder.concluded(now, conclusion, now.since(intended_at));
                    concluded = Some(conclusion);
                    if let Conclusion::Stored(generation) = conclusion {
                        self.stored(now, generation, recorder);
                    }
                }
                Output::Reauthorise => self.reauthorise(now, recorder),
            }
        }
        concluded
    }

    #[inline]
    fn send(
        &mut self,
        now: SimTime,
        attempt: AttemptId,
        presented: Generation,
        recorder: &mut Recorder<'_>,
    ) {
        recorder.sent();
        let world = self.stage.world();
        let name = (attempt.refresh, attempt.attempt);
        let fate = world.incident.fate(self.stage.service_time(), self.hits, self.key, name, now);
        let passage = Passage::new(&world.server, &fate, now);
        if let Some(sojourn) = passage.sojourn {
            recorder.served(sojourn);
        }
        if let Sight::Instead { at, answer } = passage.sight {
            self.pending.push(at, Event::Answer { attempt, answer });
        }
        if let Some(commit_at) = passage.commit_at {
            let deliver = passage.sight == Sight::Decision;
            let then = match passage.repeat_at {
                Some(at) => Then::Repeat { at, deliver },
                None if deliver => Then::Deliver,
                None => Then::Withhold,
            };
            self.pending.push(
                commit_at,
                Event::Commit { attempt, presented, accepted_before: false, then },
            );
        }
    }

    #[inline]
    fn happen(&mut self, now: SimTime, event: Event, recorder: &mut Recorder<'_>) {
        match event {
            Event::Commit { attempt, presented, accepted_before, then } => {
                let issued = self.commit(now, presented, recorder);
                let accepted = accepted_before || issued.is_some();
                let stored = match then {
                    Then::Deliver => self.deliver(now, attempt, issued, recorder),
                    Then::Withhold => false,
                    Then::Repeat { at, deliver } => {
                        let then = if deliver { Then::Deliver } else { Then::Withhold };
                        let accepted_before = accepted;
                        let commit = Event::Commit { attempt, presented, accepted_before, then };
                        self.pending.push(at, commit);
                        return;
                    }
                };
                if accepted && !stored {
                    self.lose_answer(now, recorder);
                }
            }
            Event::Answer { attempt, answer } => {
                self.tell(now, Input::Answered { attempt, answer }, recorder);
            }
        }
    }

    /// A worker finishes: the decision is taken with the grant's state of now.
    #[inline]
    fn commit(
        &mut self,
        now: SimTime,
        presented: Generation,
        recorder: &mut Recorder<'_>,
    ) -> Option<Generation> {
        self.count_exposure(now, recorder);
        let decision = decide(self.rules, &self.grant, presented, now);
        if let Decision::Accept { ground, .. } = decision {
            self.ground = means(ground);
        }
        self.grant.commit(presented, decision, now)
    }

    /// The decision reaches the client. Whether it stored a token.
    #[inline]
    fn deliver(
        &mut self,
        now: SimTime,
        attempt: AttemptId,
        issued: Option<Generation>,
        recorder: &mut Recorder<'_>,
    ) -> bool {
        let answer = issued.map_or(Answer::Refused, Answer::Token);
        let concluded = self.tell(now, Input::Answered { attempt, answer }, recorder);
        matches!(concluded, Some(Conclusion::Stored(_)))
    }

    /// A refresh was committed, and its answer is not in the store. If it rotated, the access token
    /// in use may have died; a client that still holds the newest generation has lost nothing.
    fn lose_answer(&mut self, now: SimTime, recorder: &mut Recorder<'_>) {
        self.track.lost_answer(recorder);
        let superseded = self.client.stored() != Some(self.grant.newest());
        if superseded && self.rules.old_access_token == OldAccessToken::KilledAtRotation {
            self.tell(now, Input::AccessTokenKilled, recorder);
        }
    }

    /// The client holds a new token, and uses it at once: it refreshed because it needed one.
    #[inline]
    fn stored(&mut self, now: SimTime, generation: Generation, recorder: &mut Recorder<'_>) {
        self.track.stored(self.ground);
        self.count_exposure(now, recorder);
        self.grant.access_used(self.rules, generation, now);
    }

    /// A person authorises the org anew; whatever was on its way belongs to the old family.
    fn reauthorise(&mut self, now: SimTime, recorder: &mut Recorder<'_>) {
        self.count_exposure(now, recorder);
        self.grant = Grant::new(now, self.rules.session_lifetime);
        self.pending.clear();
        self.track.stored(Means::Person);
        self.tell(now, Input::Authorised, recorder);
    }

    #[inline]
    fn count_exposure(&mut self, now: SimTime, recorder: &mut Recorder<'_>) {
        recorder.exposed(replay_exposure(self.rules, &self.grant, self.exposed_from, now));
        self.exposed_from = now;
    }
}
