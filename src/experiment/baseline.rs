//! Compares findings with those of an earlier run: is any arm worse?
//!
//! An arm is worse if it leaves more orgs to people, by more than chance (the 95 % interval of the
//! difference lies above zero) and by more than a thousandth of the orgs.

use super::results::Summary;
use crate::measure::{Interval, difference as unpaired, paired_difference};

const LEVEL: f64 = 0.95;

/// The smallest change that counts, as a share of the orgs.
const SMALLEST_EFFECT: f64 = 0.001;

/// One arm against the same arm of the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The arm.
    pub arm: String,
    /// Orgs that need a person, less those in the baseline, with its 95 % interval.
    pub difference: Interval,
    /// Whether the arm is worse.
    pub worse: bool,
    /// Whether replications were paired (same seed, orgs and number of replications).
    pub paired: bool,
}

/// Compares each arm that both summaries have.
pub fn compare(now: &Summary, baseline: &Summary) -> Vec<Change> {
    let same_draws = now.seed == baseline.seed
        && now.orgs == baseline.orgs
        && now.replications == baseline.replications;
    let arms = now.arms.iter().filter_map(|arm| {
        let before = baseline.arms.iter().find(|before| before.name == arm.name)?;
        let share = |values: &[u64], orgs: u64| {
            values.iter().map(|value| *value as f64 / orgs as f64).collect::<Vec<_>>()
        };
        let after = share(&arm.needed_person_by_replication, now.orgs);
        let before = share(&before.needed_person_by_replication, baseline.orgs);
        let difference = if same_draws {
            paired_difference(&after, &before, LEVEL)
        } else {
            unpaired(&after, &before, LEVEL)
        };
        let orgs = now.orgs as f64;
        Some(Change {
            arm: arm.name.clone(),
            worse: difference.low > 0.0 && difference.mean > SMALLEST_EFFECT,
            difference: Interval {
                mean: difference.mean * orgs,
                low: difference.low * orgs,
                high: difference.high * orgs,
            },
            paired: same_draws,
        })
    });
    arms.collect()
}
