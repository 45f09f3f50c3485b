//! Published studies of retries, played again with the library's own clients, budgets and breakers.
//!
//! Brooker, "Fixing retries with token buckets and circuit breakers" (2022): every attempt fails with
//! probability `p`. With three retries a call succeeds with `1 - p⁴` and costs `(1 - p⁴) / (1 - p)`
//! attempts. With a token bucket that gains 0.1 a call, the load stays at 1.1 however much fails.
//!
//! The world is the virtual engine's: refreshes every hour, of which the server fails a share before it
//! commits. His third strategy is no breaker in our sense: it stops retries, not calls, by the
//! failures of a whole life. Ours has closed forms of its own.

use amnesty::base::{Probability, SimDuration};
use amnesty::client::{CircuitBreaker, Per, Profile, RetryBudget, RetryOn};
use amnesty::fault::ErrorFault;
use amnesty::measure::{Counts, Ending};

use crate::support::estimate::Mean;
use crate::support::{World, hours, probability};

/// How far a mean may lie from its law, in standard errors: 1 in 15,000 on a random seed.
const FAR: f64 = 4.0;

/// So many apps refresh so often, and a share of the attempts fails at the server. Runs of different
/// lengths have different draws.
fn run(apps: u32, refreshes: u64, failing: f64, client: impl FnOnce(&mut Profile)) -> Vec<Counts> {
    let (from, until) = (hours(0), hours(refreshes));
    let retry_on = RetryOn { server_error: true, ..RetryOn::default() };
    let run = World::new(2_022 + refreshes)
        .crowd(apps)
        .client(|profile| {
            profile.retry_on = retry_on;
            client(profile);
        })
        .phase(from, until, |phase| {
            let probability = probability(failing);
            phase.error = Some(ErrorFault { probability, status: 500 });
        })
        .run_until(until);
    run.counts
}

/// Refreshes that succeeded, and attempts, for each refresh that was wanted.
fn success_and_load(counts: &[Counts], refreshes: u64) -> (Mean, Mean) {
    let share = |of: fn(&Counts) -> u64| {
        Mean::of(counts.iter().map(|counts| of(counts) as f64 / refreshes as f64))
    };
    (share(|counts| counts.ended_as(Ending::Stored)), share(|counts| counts.sent))
}

fn is_near(ours: Mean, law: f64) -> bool {
    (ours.value - law).abs() <= FAR * ours.error()
}

/// Risk: 6 comparisons, 4 in 10,000.
#[test]
fn three_retries_succeed_and_cost_what_the_closed_form_says() {
    for p in [0.1, 0.5, 0.75] {
        let counts = run(1_000, 50, p, |client| client.max_attempts = 4);
        let (success, load) = success_and_load(&counts, 50);
        let law = 1.0 - f64::powi(p, 4);
        assert!(is_near(success, law), "{p}: {success:?} against {law}");
        assert!(is_near(load, law / (1.0 - p)), "{p}: {load:?} against {}", law / (1.0 - p));
        let wrong = 1.0 - f64::powi(p, 3);
        // At 10 % a third retry is a thousandth of the load, and too little to be seen.
        assert!(p < 0.5 || !is_near(load, wrong / (1.0 - p)), "{p}: two retries would be seen");
    }
}

fn tenth_of_a_token(burst: u32) -> impl Fn(&mut Profile) {
    move |client| {
        let (ratio, per) = (probability(0.1), Per::Org);
        client.retry_budget = Some(RetryBudget { ratio, burst, per });
        client.max_attempts = 1_000;
    }
}

/// The published runs: 100 clients with a bucket of 5 each, in a Poisson process of calls. Their loads
/// beyond 1.1 say that each made about 200; ours make 195 to 204, so that what stays in the bucket
/// at the end is as mixed. Both sides have the same spread. His bucket asks for more than one token,
/// so that a tenth of one more stays in it.
///
/// Risk: 8 comparisons at three standard errors, 2 % on a random seed.
#[test]
fn the_token_bucket_study_of_2022_comes_out_again() {
    for (p, success, load) in
        [(0.1, 0.987_8, 1.100), (0.2, 0.896, 1.117), (0.5, 0.559, 1.121), (0.75, 0.281, 1.122)]
    {
        let (mut successes, mut loads) = (Vec::new(), Vec::new());
        for calls in 195..205 {
            for counts in run(10, calls, p, tenth_of_a_token(5)) {
                successes.push(counts.ended_as(Ending::Stored) as f64 / calls as f64);
                loads.push(counts.sent as f64 / calls as f64);
            }
        }
        for (ours, published) in [(Mean::of(successes), success), (Mean::of(loads), load)] {
            let error = 3.0 * std::f64::consts::SQRT_2 * ours.error();
            let allowed = error + 0.000_5 + 0.1 / 200.0;
            let apart = (ours.value - published).abs();
            assert!(apart <= allowed, "{p}: {ours:?} is not {published} within {allowed}");
        }
    }
}

/// Whatever fails: retries are at most the burst and a tenth of the refreshes, to the last token.
#[test]
fn a_budget_bounds_the_load_without_exception() {
    for p in [0.0, 0.05, 0.2, 0.5, 0.9, 1.0] {
        for burst in [1, 5, 30] {
            for counts in run(50, 120, p, tenth_of_a_token(burst)) {
                let retries = counts.sent - 120;
                assert!(retries <= u64::from(burst) + 12, "{p}, burst {burst}: {retries}");
                let all_is_spent = p < 1.0 || retries + 1 >= u64::from(burst) + 11;
                assert!(all_is_spent, "{p}, burst {burst}: only {retries}");
            }
        }
    }
}

fn breaker(failures: Probability, over: u16, open_for: SimDuration) -> impl Fn(&mut Profile) {
    move |client| {
        client.circuit_breaker = Some(CircuitBreaker { failures, over, open_for, per: Per::Org });
    }
}

/// A breaker of one attempt opens at each failure, and swallows the two refreshes of the next two and a
/// half hours. Of `n` refreshes so many are sent: `E(n) = 1 + (1-p) E(n-1) + p E(n-3)`.
///
/// Risk: 8 comparisons, 5 in 10,000.
#[test]
fn a_breaker_of_one_attempt_is_a_renewal_process() {
    let refreshes = 60_u64;
    for p in [0.05, 0.2, 0.5, 0.9] {
        let half_past_two = SimDuration::from_mins(150);
        let counts = run(1_000, refreshes, p, breaker(Probability::ALWAYS, 1, half_past_two));
        let mut sent = vec![0.0; 3];
        for n in 3..usize::try_from(refreshes).unwrap() + 3 {
            sent.push(1.0 + (1.0 - p) * sent[n - 1] + p * sent[n - 3]);
        }
        let law = sent[sent.len() - 1] / refreshes as f64;
        let (success, load) = success_and_load(&counts, refreshes);
        assert!(is_near(load, law), "{p}: {load:?} against {law}");
        assert!(is_near(success, law * (1.0 - p)), "{p}: {success:?} against {}", law * (1.0 - p));
        let every = |counts: &Counts| counts.sent + counts.short_circuited == refreshes;
        assert!(counts.iter().all(every), "a refresh is sent or short-circuited");
    }
}

/// A breaker that never closes again opens with its twentieth attempt if the binomial law says so.
///
/// Risk: 3 comparisons, 2 in 10,000.
#[test]
fn a_window_opens_by_the_binomial_law() {
    for p in [0.2, 0.3, 0.4] {
        let far = SimDuration::from_hours(10_000);
        let counts = run(2_000, 25, p, breaker(probability(0.3), 20, far));
        let opened = Mean::of(counts.iter().map(|counts| f64::from(u8::from(counts.sent == 20))));
        let law: f64 = (6..=20).map(|failures| binomial(20, failures, p)).sum();
        assert!(is_near(opened, law), "{p}: {opened:?} against {law}");
        assert!(counts.iter().all(|counts| counts.sent >= 20), "never before the window is full");
    }
}

/// The probability of exactly `k` successes in `n`.
fn binomial(n: u32, k: u32, p: f64) -> f64 {
    let ways: f64 = (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product();
    ways * p.powf(k.into()) * (1.0 - p).powf((n - k).into())
}
