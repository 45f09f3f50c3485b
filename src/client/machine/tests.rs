//! The machine against a scripted server: each line of a script is a time and what happens.

mod restraint;

use super::*;
use crate::base::{Distribution, Law, Probability, Seed};
use crate::client::{
    Announcement, Backoff, BackoffShape, Jitter, OnFailure, OnRefusal, Person, Profile, Reaction,
    RetryOn, Schedule, Setting,
};

const TTL: SimDuration = SimDuration::from_mins(30);

fn constant(span: SimDuration) -> Distribution {
    Distribution::new(Law::Constant { value: span.as_micros() as f64 }).unwrap()
}

/// Refreshes at every full hour, waits ten seconds, tries once, and keeps trying.
fn hourly() -> Profile {
    Profile {
        trigger: Trigger::Periodic {
            every: SimDuration::from_hours(1),
            schedule: Schedule::Aligned,
        },
        next_call: constant(SimDuration::from_mins(5)),
        timeout: Some(SimDuration::from_secs(10)),
        hang_limit: SimDuration::from_hours(24),
        max_attempts: 1,
        backoff: Backoff::default(),
        retry_on: RetryOn::default(),
        retry_after: RetryAfter::Obey,
        retry_budget: None,
        circuit_breaker: None,
        pool: None,
        on_refusal: OnRefusal::KeepTrying { every: None },
        on_failure: OnFailure::TryLater,
        concurrency: Concurrency::SingleFlight,
        crash_before_store: Probability::NEVER,
        reaction: None,
        person: None,
    }
}

/// A client and the server that the test plays.
struct Scripted {
    app: App,
    key: OrgKey,
    client: Client,
    shared: Restraint,
    generation: u32,
}

/// What a deadline brought forth.
#[derive(Debug, PartialEq)]
enum Seen {
    Sent { at_secs: u64, presented: u32 },
    Ended { at_secs: u64, conclusion: Conclusion },
    ShortCircuited { at_secs: u64 },
    Person { at_secs: u64 },
}

impl Scripted {
    fn new(profile: Profile) -> Self {
        Self::announced(profile, None)
    }

    fn announced(profile: Profile, announced: Option<SimTime>) -> Self {
        let stagger = SimDuration::ZERO;
        let announced = announced.map(|at| Announcement { at, stagger });
        let setting = Setting { access_token_ttl: TTL, start_of_day: SimDuration::ZERO, announced };
        let app = App::new(profile, setting);
        let key = OrgKey::new(Seed(1), 0, 0);
        let client = Client::new(&app, key, key);
        let shared = Restraint::new(app.profile(), Per::Partner);
        Self { app, key, client, shared, generation: 0 }
    }

    /// Lets the next deadline come; what goes out.
    fn step(&mut self) -> Vec<Seen> {
        let now = self.client.next_deadline();
        assert!(!now.is_never(), "the client waits for nothing");
        self.input(now, Input::Tick)
    }

    fn input(&mut self, now: SimTime, input: Input) -> Vec<Seen> {
        self.client.handle(&self.app, self.key, &mut self.shared, now, input);
        let at_secs = now.as_micros() / 1_000_000;
        let mut seen = Vec::new();
        while let Some(output) = self.client.poll() {
            seen.push(match output {
                Output::Send { presented, .. } => Seen::Sent { at_secs, presented: presented.0 },
                Output::Concluded { conclusion, .. } => Seen::Ended { at_secs, conclusion },
                Output::ShortCircuited => Seen::ShortCircuited { at_secs },
                Output::Reauthorise => Seen::Person { at_secs },
            });
        }
        seen
    }

    /// Answers attempt `attempt` of the current refresh, one second after its deadline was set.
    fn answer(&mut self, secs: u64, attempt: u16, answer: Answer) -> Vec<Seen> {
        let id = AttemptId { refresh: self.client.refresh, attempt };
        let now = SimTime::ZERO + SimDuration::from_secs(secs);
        self.input(now, Input::Answered { attempt: id, answer })
    }

    fn token(&mut self, secs: u64, attempt: u16) -> Vec<Seen> {
        self.generation += 1;
        self.answer(secs, attempt, Answer::Token(Generation(self.generation)))
    }

    fn next_secs(&self) -> u64 {
        self.client.next_deadline().as_micros() / 1_000_000
    }
}

#[test]
fn a_timetable_goes_on_whatever_happens() {
    let mut it = Scripted::new(hourly());
    assert_eq!(it.step(), [Seen::Sent { at_secs: 0, presented: 0 }]);
    it.token(1, 0);
    assert_eq!(it.step(), [Seen::Sent { at_secs: 3_600, presented: 1 }]);
    assert_eq!(it.step(), [Seen::Ended { at_secs: 3_610, conclusion: Conclusion::TimedOut }]);
    assert_eq!(it.step(), [Seen::Sent { at_secs: 7_200, presented: 1 }]);
    it.answer(7_201, 0, Answer::Refused);
    assert_eq!(it.step(), [Seen::Sent { at_secs: 10_800, presented: 1 }]);
}

#[test]
fn each_trigger_names_its_next_refresh() {
    let lead = SimDuration::from_mins(3);
    for (trigger, after_success, after_failure) in [
        (Trigger::BeforeExpiry { lead }, 27 * 60, 5 * 60),
        (Trigger::AtExpiry, 35 * 60, 5 * 60),
        (Trigger::OnUnauthorized, 35 * 60, 5 * 60),
    ] {
        let mut it = Scripted::new(Profile { trigger: trigger.clone(), ..hourly() });
        it.step();
        let start = it.next_secs() - 10;
        it.token(start + 1, 0);
        assert_eq!(it.next_secs(), start + 1 + after_success, "{trigger:?}");
        it.step();
        it.step();
        let gave_up = start + 1 + after_success + 10;
        assert_eq!(it.next_secs(), gave_up + after_failure, "{trigger:?}");
    }
}

#[test]
fn a_late_answer_is_not_listened_to() {
    let mut it = Scripted::new(hourly());
    it.step();
    it.step();
    assert_eq!(it.token(11, 0), []);
    assert_eq!(it.client.stored(), Some(Generation(0)));
}

#[test]
fn retries_follow_only_what_they_are_meant_for() {
    let retrying = Profile {
        max_attempts: 3,
        backoff: Backoff {
            shape: BackoffShape::Exponential {
                base: SimDuration::from_secs(1),
                cap: SimDuration::from_secs(60),
            },
            jitter: Jitter::None,
        },
        retry_on: RetryOn { server_error: true, throttled: true, ..RetryOn::default() },
        ..hourly()
    };
    let mut it = Scripted::new(retrying);
    it.step();
    it.answer(1, 0, Answer::ServerError(503));
    assert_eq!(it.step(), [Seen::Sent { at_secs: 2, presented: 0 }]);
    let retry_after = SimDuration::from_secs(30);
    it.answer(3, 1, Answer::Throttled { retry_after });
    assert_eq!(it.step(), [Seen::Sent { at_secs: 33, presented: 0 }]);
    it.answer(34, 2, Answer::ServerError(503));
    assert_eq!(it.next_secs(), 3_600, "three attempts are all there are");
    it.step();
    it.answer(3_601, 0, Answer::Reset);
    assert_eq!(it.next_secs(), 7_200, "a reset is not retried");
}

#[test]
fn refusals_are_taken_as_the_profile_says() {
    for (on_refusal, stored, trying) in [
        (OnRefusal::KeepTrying { every: None }, true, true),
        (OnRefusal::Stop, true, false),
        (OnRefusal::DeleteCredentials, false, false),
    ] {
        let mut it = Scripted::new(Profile { on_refusal, ..hourly() });
        it.step();
        it.answer(1, 0, Answer::Refused);
        assert_eq!(it.client.stored().is_some(), stored, "{on_refusal:?}");
        assert_eq!(it.client.is_trying(), trying, "{on_refusal:?}");
        assert_eq!(it.client.next_deadline().is_never(), !trying, "{on_refusal:?}");
    }
    let every = Some(SimDuration::from_mins(7));
    let mut it = Scripted::new(Profile { on_refusal: OnRefusal::KeepTrying { every }, ..hourly() });
    it.step();
    it.answer(1, 0, Answer::Refused);
    it.step();
    it.token(500, 0);
    assert_eq!(it.next_secs(), 3_600, "the timetable is kept");
}

#[test]
fn some_apps_delete_their_credentials_after_any_failure() {
    let on_failure = OnFailure::DeleteCredentials;
    let mut it = Scripted::new(Profile { on_failure, ..hourly() });
    it.step();
    it.step();
    assert_eq!(it.client.stored(), None);
}

#[test]
fn a_call_without_a_timeout_hangs_until_the_process_is_restarted() {
    let retry_on = RetryOn { timeout: true, ..RetryOn::default() };
    let hanging = Profile { timeout: None, max_attempts: 3, retry_on, ..hourly() };
    let mut it = Scripted::new(hanging);
    it.step();
    assert_eq!(it.next_secs(), 24 * 3_600);
    it.step();
    assert_eq!(it.next_secs(), 25 * 3_600, "the restarted process waits for its timetable");
}

#[test]
fn a_crash_loses_what_arrived() {
    let crash_before_store = Probability::ALWAYS;
    let mut it = Scripted::new(Profile { crash_before_store, ..hourly() });
    it.step();
    let seen = it.token(1, 0);
    assert_eq!(seen, [Seen::Ended { at_secs: 1, conclusion: Conclusion::Crashed }]);
    assert_eq!(it.client.stored(), Some(Generation(0)));
}

#[test]
fn racing_workers_present_one_snapshot_and_the_last_write_wins() {
    let concurrency = Concurrency::Racing { workers: 2, spread: SimDuration::from_secs(1) };
    let mut it = Scripted::new(Profile { concurrency, ..hourly() });
    assert_eq!(it.step(), [Seen::Sent { at_secs: 0, presented: 0 }]);
    assert_eq!(it.step(), [Seen::Sent { at_secs: 0, presented: 0 }]);
    it.answer(2, 1, Answer::Token(Generation(2)));
    it.answer(3, 0, Answer::Token(Generation(1)));
    assert_eq!(it.client.stored(), Some(Generation(1)));
    assert_eq!(it.next_secs(), 3_600);
}

#[test]
fn a_refused_racer_can_undo_the_other_ones_success() {
    let concurrency = Concurrency::Racing { workers: 2, spread: SimDuration::ZERO };
    let on_refusal = OnRefusal::DeleteCredentials;
    let mut it = Scripted::new(Profile { on_refusal, concurrency, ..hourly() });
    it.step();
    it.step();
    it.token(1, 0);
    it.answer(2, 1, Answer::Refused);
    assert_eq!(it.client.stored(), None);
}

#[test]
fn a_stopped_app_may_react_to_the_announcement() {
    let announced = SimTime::ZERO + SimDuration::from_hours(20);
    let delay = constant(SimDuration::from_hours(2));
    let reaction = Some(Reaction { share: Probability::ALWAYS, delay });
    for (on_refusal, reacts) in [(OnRefusal::Stop, true), (OnRefusal::DeleteCredentials, false)] {
        let reaction = reaction.clone();
        let mut it =
            Scripted::announced(Profile { on_refusal, reaction, ..hourly() }, Some(announced));
        it.step();
        it.answer(1, 0, Answer::Refused);
        let sent = Seen::Sent { at_secs: 22 * 3_600, presented: 0 };
        assert_eq!(it.step(), if reacts { vec![sent] } else { vec![] }, "{on_refusal:?}");
    }
}

#[test]
fn a_person_comes_after_the_refusal_unless_a_token_comes_first() {
    let delay = constant(SimDuration::from_mins(90));
    let person = Some(Person { probability: Probability::ALWAYS, delay });
    let mut it = Scripted::new(Profile { person, ..hourly() });
    it.step();
    it.answer(1, 0, Answer::Refused);
    it.step();
    it.token(3_601, 0);
    it.step();
    it.answer(7_201, 0, Answer::Refused);
    it.step();
    it.answer(10_801, 0, Answer::Refused);
    assert_eq!(it.step(), [Seen::Person { at_secs: 7_201 + 5_400 }]);
    it.input(SimTime::ZERO + SimDuration::from_secs(12_602), Input::Authorised);
    assert_eq!(it.client.stored(), Some(Generation(0)));
    assert_eq!(it.next_secs(), 14_400);
}

#[test]
fn a_killed_access_token_is_noticed_by_the_next_api_call() {
    for (trigger, noticed) in [(Trigger::OnUnauthorized, true), (Trigger::AtExpiry, false)] {
        let mut it = Scripted::new(Profile { trigger, ..hourly() });
        it.step();
        let stored = it.next_secs() - 9;
        it.token(stored, 0);
        let killed = SimTime::ZERO + SimDuration::from_secs(stored);
        it.input(killed, Input::AccessTokenKilled);
        let minutes = if noticed { 5 } else { 35 };
        assert_eq!(it.client.next_deadline(), killed + SimDuration::from_mins(minutes));
    }
}
