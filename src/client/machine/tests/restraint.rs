//! What holds a client back: `Retry-After`, its budget, its breaker.

use super::*;
use crate::client::{CircuitBreaker, RetryBudget};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

fn secs(secs: u64) -> SimDuration {
    SimDuration::from_secs(secs)
}

fn all_reasons() -> RetryOn {
    RetryOn { timeout: true, reset: true, server_error: true, throttled: true }
}

fn sent(at_secs: u64) -> Vec<Seen> {
    vec![Seen::Sent { at_secs, presented: 0 }]
}

#[test]
fn whoever_obeys_a_retry_after_does_not_come_back_before() {
    let ignore = RetryAfter::Ignore;
    let lazy = || Profile { trigger: Trigger::AtExpiry, ..hourly() };
    for (profile, retry_after, comes_back) in [
        (hourly(), 2 * HOUR, 3 * HOUR),
        (hourly(), HOUR - 1, HOUR),
        (hourly(), HOUR, 2 * HOUR),
        (hourly(), 0, HOUR),
        (Profile { retry_after: ignore, ..hourly() }, 2 * HOUR, HOUR),
        (lazy(), 2 * HOUR, 2 * HOUR + 1),
        (lazy(), MINUTE, 5 * MINUTE + 1),
        (Profile { retry_after: ignore, ..lazy() }, 2 * HOUR, 5 * MINUTE + 1),
    ] {
        let retry_after = secs(retry_after);
        for answer in [Answer::Throttled { retry_after }, Answer::Unavailable { retry_after }] {
            let mut it = Scripted::new(profile.clone());
            let start = it.next_secs();
            it.step();
            it.answer(start + 1, 0, answer);
            assert_eq!(it.next_secs(), start + comes_back, "{answer:?} {:?}", profile.trigger);
        }
    }
}

#[test]
fn a_retry_waits_for_as_long_as_a_503_asks() {
    for (retry_after, waits) in [(RetryAfter::Obey, 30), (RetryAfter::Ignore, 0)] {
        let retrying =
            Profile { max_attempts: 2, retry_on: all_reasons(), retry_after, ..hourly() };
        let mut it = Scripted::new(retrying);
        it.step();
        it.answer(1, 0, Answer::Unavailable { retry_after: secs(30) });
        assert_eq!(it.step(), sent(1 + waits), "{retry_after:?}");
    }
}

#[test]
fn a_reacting_app_obeys_too() {
    let announced = Some(SimTime::ZERO + secs(HOUR));
    let delay = constant(SimDuration::ZERO);
    let reaction = Some(Reaction { share: Probability::ALWAYS, delay });
    let hasty = Profile { on_failure: OnFailure::Stop, reaction, ..hourly() };
    let mut it = Scripted::announced(hasty, announced);
    it.step();
    it.answer(1, 0, Answer::Throttled { retry_after: secs(5 * HOUR) });
    assert_eq!(it.step(), [], "it hears of the amnesty");
    assert_eq!(it.step(), sent(5 * HOUR + 1));
}

/// A budget of one retry and half a token a refresh, for apps that make up to three attempts at once.
fn thrifty(per: Per) -> Profile {
    let ratio = Probability::new(0.5).unwrap();
    let retry_budget = Some(RetryBudget { ratio, burst: 1, per });
    Profile { max_attempts: 3, retry_on: all_reasons(), retry_budget, ..hourly() }
}

#[test]
fn without_a_token_no_retry_is_made() {
    for per in [Per::Partner, Per::Org] {
        let mut it = Scripted::new(thrifty(per));
        for (hour, retries) in [(0, 1), (1, 0), (2, 1), (3, 0), (4, 1)] {
            let start = hour * HOUR;
            assert_eq!(it.step(), sent(start));
            for retry in 0..retries {
                it.answer(start, retry, Answer::Reset);
                assert_eq!(it.step(), sent(start), "hour {hour}");
            }
            it.answer(start, retries, Answer::Reset);
            assert_eq!(it.next_secs(), start + HOUR, "hour {hour}: the refresh has failed");
        }
    }
}

/// Opens for an hour and a half when the last two attempts failed.
fn wary(per: Per) -> Profile {
    let (failures, open_for) = (Probability::ALWAYS, SimDuration::from_mins(90));
    let circuit_breaker = Some(CircuitBreaker { failures, over: 2, open_for, per });
    Profile { circuit_breaker, ..hourly() }
}

/// Refreshes of an app whose breaker has opened: at 0:00 and 1:00 nobody answered.
fn opened(profile: Profile) -> Scripted {
    let mut it = Scripted::new(profile);
    (0..4).for_each(|_| drop(it.step()));
    it
}

#[test]
fn an_open_breaker_makes_no_attempt_and_then_one() {
    for per in [Per::Partner, Per::Org] {
        let mut it = opened(wary(per));
        assert_eq!(it.step(), [Seen::ShortCircuited { at_secs: 2 * HOUR }]);
        assert_eq!(it.step(), sent(3 * HOUR), "the probe");
        it.answer(3 * HOUR + 1, 0, Answer::ServerError(500));
        assert_eq!(it.step(), [Seen::ShortCircuited { at_secs: 4 * HOUR }]);
        assert_eq!(it.step(), sent(5 * HOUR), "the next one");
        it.answer(5 * HOUR + 1, 0, Answer::Refused);
        assert_eq!(it.step(), sent(6 * HOUR), "a refusal is an answer: closed");
        it.step();
        assert_eq!(it.step(), sent(7 * HOUR), "and the window is empty");
    }
}

#[test]
fn a_refresh_without_an_attempt_has_failed() {
    for (on_failure, stored, trying) in
        [(OnFailure::TryLater, true, true), (OnFailure::Stop, true, false)]
    {
        let mut it = opened(wary(Per::Org));
        it.app = App::new(Profile { on_failure, ..wary(Per::Org) }, it.app.setting);
        assert_eq!(it.step(), [Seen::ShortCircuited { at_secs: 2 * HOUR }]);
        assert_eq!((it.client.stored().is_some(), it.client.is_trying()), (stored, trying));
    }
}

#[test]
fn what_one_org_meets_its_partners_other_orgs_know() {
    for (per, known) in [(Per::Partner, true), (Per::Org, false)] {
        let mut one = opened(wary(per));
        let mut other = Scripted::new(wary(per));
        other.step();
        other.token(1, 0);
        other.step();
        other.token(HOUR + 1, 0);
        std::mem::swap(&mut one.shared, &mut other.shared);
        let sent = vec![Seen::Sent { at_secs: 2 * HOUR, presented: 2 }];
        let short = vec![Seen::ShortCircuited { at_secs: 2 * HOUR }];
        assert_eq!(other.step(), if known { short } else { sent }, "{per:?}");
    }
}

#[test]
fn a_person_who_breaks_off_the_probe_leaves_its_place() {
    let mut it = opened(wary(Per::Partner));
    it.step();
    assert_eq!(it.step(), sent(3 * HOUR));
    it.input(SimTime::ZERO + secs(3 * HOUR + 2), Input::Authorised);
    assert_eq!(it.step(), sent(4 * HOUR));
}
