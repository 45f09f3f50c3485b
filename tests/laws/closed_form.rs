//! Strict rotation, no retry, a window of 70 min: what share of the orgs goes stale?
//!
//! An org refreshes k = 70 min ÷ period times within the window, rounded down or up by chance, and
//! each answer is lost with probability p, so 1-(1-p)^k of them are stale afterwards, interpolated
//! between the two whole k.

use amnesty::base::{Distribution, Law, SimDuration, SimTime};
use amnesty::client::{Schedule, Trigger};
use amnesty::fault::SeenAs;

use crate::support::{World, at, exactly, lost};

const ORGS: u32 = 6_000;
const WINDOW_MINS: u64 = 70;

/// The table as published in the project's facts, in percent: period in minutes, then p = 5, 20, 50
/// and 80 %.
const TABLE: [(u64, [f64; 4]); 6] = [
    (15, [21.3, 64.5, 95.8, 99.9]),
    (20, [16.4, 53.9, 90.6, 99.5]),
    (30, [11.3, 40.3, 79.2, 97.1]),
    (60, [5.8, 22.7, 54.2, 82.7]),
    (180, [1.9, 7.8, 19.4, 31.1]),
    (1_440, [0.2, 1.0, 2.4, 3.9]),
];

const LOSSES: [f64; 4] = [0.05, 0.2, 0.5, 0.8];

fn stale_share(period_mins: u64, loss: f64) -> f64 {
    let (whole, rest) = (WINDOW_MINS / period_mins, WINDOW_MINS % period_mins);
    let more = rest as f64 / period_mins as f64;
    let stale = |refreshes: u64| 1.0 - (0..refreshes).map(|_| 1.0 - loss).product::<f64>();
    (1.0 - more) * stale(whole) + more * stale(whole + 1)
}

#[test]
fn the_published_table_is_that_of_the_formula() {
    for (period, percents) in TABLE {
        for (loss, percent) in LOSSES.into_iter().zip(percents) {
            let exact = stale_share(period, loss) * 100.0;
            assert!((exact - percent).abs() <= 0.0501, "{period} min, {loss}: {exact}");
        }
    }
}

/// Orgs are independent here, so the count is binomial. Five standard deviations, 24 cells: the risk
/// of a false alarm is below 2e-5 (and nil for the fixed seed, once passed).
#[test]
fn the_share_of_stale_orgs_is_the_closed_form() {
    let until = SimTime::ZERO + SimDuration::from_mins(WINDOW_MINS);
    for (cell, (period, _)) in (0..).zip(TABLE) {
        for (column, loss) in (0..).zip(LOSSES) {
            let every = SimDuration::from_mins(period);
            let run = World::new(cell * 10 + column)
                .crowd(ORGS)
                .client(|app| app.trigger = Trigger::Periodic { every, schedule: Schedule::Spread })
                .service_time(Distribution::exactly(SimDuration::ZERO))
                .phase(SimTime::ZERO, until, |p| p.response_lost = lost(loss, SeenAs::Reset))
                .run_until(until);
            let share = stale_share(period, loss);
            let mean = share * f64::from(ORGS);
            let sd = (mean * (1.0 - share)).sqrt();
            let found = run.total().needed_person as f64;
            let distance = (found - mean).abs();
            assert!(distance < 5.0 * sd, "{period} min, {loss}: {found} for {mean} ± {sd}");
        }
    }
}

/// The same for a window in the middle of a run: that the phases of the orgs are uniform does not
/// wear off.
#[test]
fn the_swarm_is_as_uniform_after_a_week_as_at_the_start() {
    let week = SimTime::ZERO + SimDuration::from_hours(168);
    let until = week + SimDuration::from_mins(WINDOW_MINS);
    let (every, loss, orgs) = (SimDuration::from_hours(3), 0.5, 1_000);
    let run = World::new(3)
        .crowd(orgs)
        .client(|app| app.trigger = Trigger::Periodic { every, schedule: Schedule::Spread })
        .service_time(exactly(SimDuration::from_millis(300)))
        .phase(week, until, |phase| phase.response_lost = lost(loss, SeenAs::Silence))
        .run_until(until + SimDuration::from_mins(1));
    let share = stale_share(180, loss);
    let mean = share * f64::from(orgs);
    let distance = (run.total().needed_person as f64 - mean).abs();
    // Binomial, five standard deviations: risk below 1e-6.
    assert!(distance < 5.0 * (mean * (1.0 - share)).sqrt(), "off by {distance}");
}

/// A lazy app refreshes once in the life of an access token and the time until the next call: 30 and
/// on average 5 min. The swarm is found in that state, so each five minutes see a seventh of the orgs
/// from the very first on.
#[test]
fn a_lazy_swarm_starts_in_its_steady_state() {
    let orgs = 3_000;
    let next_call = Law::Uniform { min: 0.0, max: SimDuration::from_mins(10).as_micros() as f64 };
    let world = World::new(4).crowd(orgs).client(|app| {
        app.trigger = Trigger::AtExpiry;
        app.next_call = Distribution::new(next_call).unwrap();
    });
    let mut before = 0;
    for slice in 1..=14 {
        let sent = world.clone().run_until(at(0, 5 * slice, 0)).total().sent;
        let (found, mean) = ((sent - before) as f64, f64::from(orgs) / 7.0);
        // At most binomial, five standard deviations, 14 slices: risk below 1e-5.
        let sd = (mean * 6.0 / 7.0).sqrt();
        assert!((found - mean).abs() < 5.0 * sd, "slice {slice}: {found} for {mean} ± {sd}");
        before = sent;
    }
}
