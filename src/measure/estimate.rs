//! Intervals: how far a figure would move if the experiment were repeated.
//!
//! The unit of replication is the run, not the org: orgs of one coupled run are correlated, and an
//! interval over them would be too narrow by a factor of 1.2 to 1.9. So means and differences have
//! Student's t interval over replications; Wilson's interval over orgs is for islands of one org,
//! and for shares of replications.
//!
//! Plain functions over slices. Absent on purpose: rounding, tests of significance, any view of
//! what is counted.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A mean, or a share, with the ends of its interval.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// An interval of no width.
    pub const fn exactly(mean: f64) -> Self {
        Self {
            mean,
            low: mean,
            high: mean,
        }
    }
}

/// The mean of replications with Student's t interval at `level` (0.95, say).
///
/// One replication says nothing of its own spread: the interval then has no width, and the report
/// has a caveat.
///
/// # Panics
/// Without any value, or if `level` does not lie between 0 and 1.
pub fn mean_interval(values: &[f64], level: f64) -> Interval {
    assert!(!values.is_empty(), "a mean needs at least one replication");
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    if values.len() == 1 || squares <= 0.0 {
        return Interval::exactly(mean);
    }
    let standard_error = (squares / (count - 1.0) / count).sqrt();
    let half = t_factor(count - 1.0, level) * standard_error;
    Interval {
        mean,
        low: mean - half,
        high: mean + half,
    }
}

/// The mean of `here - there`, replication by replication, with Student's t interval at `level`.
///
/// Replications of two arms share their draws, so their differences vary less than the arms do.
///
/// # Panics
/// Without any value, if the slices differ in length, or if `level` does not lie between 0 and 1.
pub fn paired_difference(here: &[f64], there: &[f64], level: f64) -> Interval {
    assert!(
        here.len() == there.len(),
        "pairs need equal numbers of replications, not {} and {}",
        here.len(),
        there.len()
    );
    let differences: Vec<f64> = here.iter().zip(there).map(|(a, b)| a - b).collect();
    mean_interval(&differences, level)
}

/// The share `hits / of` with Wilson's score interval at `level` (Wilson, JASA 22, 1927, 209–212),
/// which stays between 0 and 1 and has a width even where nothing, or everything, was hit.
///
/// Of nothing, the share is 0 and the interval runs from 0 to 1.
///
/// # Panics
/// If there are more hits than cases, or if `level` does not lie between 0 and 1.
pub fn wilson(hits: u64, of: u64, level: f64) -> Interval {
    assert!(hits <= of, "{hits} of {of} is no share");
    wilson_score(hits, of, normal_factor(level))
}

fn wilson_score(hits: u64, of: u64, z: f64) -> Interval {
    if of == 0 {
        return Interval {
            mean: 0.0,
            low: 0.0,
            high: 1.0,
        };
    }
    let count = of as f64;
    let share = hits as f64 / count;
    let shrink = 1.0 + z * z / count;
    let middle = share + z * z / (2.0 * count);
    let half = z * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
    // At the ends the two terms cancel; what is left of them is rounding.
    let low = if hits == 0 {
        0.0
    } else {
        (middle - half) / shrink
    };
    let high = if hits == of {
        1.0
    } else {
        (middle + half) / shrink
    };
    Interval {
        mean: share,
        low,
        high,
    }
}

/// The factor that turns a standard error into half an interval, where the error is estimated from
/// `degrees + 1` values.
fn t_factor(degrees: f64, level: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, degrees) {
        Ok(law) => ten_digits(law.inverse_cdf(upper(level))),
        Err(error) => unreachable!("the degrees of freedom are at least one: {error}"),
    }
}

/// The factor that turns a known standard error into half an interval.
///
/// # Panics
/// If `level` does not lie between 0 and 1.
pub(super) fn normal_factor(level: f64) -> f64 {
    ten_digits(Normal::standard().inverse_cdf(upper(level)))
}

/// The probability below the upper end of an interval that leaves as much above as below.
fn upper(level: f64) -> f64 {
    assert!(
        level > 0.0 && level < 1.0,
        "a level of {level} does not lie between 0 and 1"
    );
    f64::midpoint(1.0, level)
}

/// The last digits of `statrs` are the platform's; results must be the same on all.
fn ten_digits(value: f64) -> f64 {
    format!("{value:.9e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::{Distribution, Law, OrgKey, Purpose, Seed};

    fn near(found: f64, expected: f64, tolerance: f64) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} for {expected}"
        );
    }

    #[test]
    fn t_quantiles_are_those_of_the_tables() {
        for (degrees, level, expected) in [
            (1.0, 0.95, 12.706_205),
            (2.0, 0.95, 4.302_653),
            (4.0, 0.99, 4.604_095),
            (9.0, 0.90, 1.833_113),
            (19.0, 0.95, 2.093_024),
            (29.0, 0.95, 2.045_230),
            (999.0, 0.95, 1.962_341),
        ] {
            near(t_factor(degrees, level), expected, 1e-6);
        }
    }

    #[test]
    fn a_mean_has_its_t_interval() {
        // Mean 3, standard deviation sqrt(2.5): 2.776445 · sqrt(2.5 / 5) to either side.
        let found = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95);
        near(found.mean, 3.0, 0.0);
        near(found.high - 3.0, 2.776_445 * 0.5_f64.sqrt(), 1e-6);
        near(3.0 - found.low, 2.776_445 * 0.5_f64.sqrt(), 1e-6);
    }

    #[test]
    fn without_spread_there_is_no_width() {
        assert_eq!(mean_interval(&[7.0], 0.95), Interval::exactly(7.0));
        assert_eq!(mean_interval(&[7.0; 20], 0.95), Interval::exactly(7.0));
        assert_eq!(
            paired_difference(&[3.0], &[5.0], 0.95),
            Interval::exactly(-2.0)
        );
    }

    #[test]
    fn pairing_takes_out_what_the_arms_share() {
        let there = [10.0, 200.0, 3_000.0];
        let here = [9.0, 199.0, 2_999.0];
        assert_eq!(
            paired_difference(&here, &there, 0.95),
            Interval::exactly(-1.0)
        );
    }

    #[test]
    fn wilson_is_that_of_the_literature() {
        let found = wilson_score(25, 100, 1.96);
        near(found.mean, 0.25, 0.0);
        near(found.low, 0.175_450_940_0, 1e-10);
        near(found.high, 0.343_046_463_7, 1e-10);
        // The level, not a rounded factor: z = 1.959964.
        near(wilson(25, 100, 0.95).low, 0.175_453, 1e-6);
    }

    #[test]
    fn wilson_has_a_width_at_the_ends() {
        // Nothing of n: the upper end is z² / (n + z²).
        let z_squared = 1.959_963_984_540_054_f64.powi(2);
        let none = wilson(0, 40, 0.95);
        near(none.low, 0.0, 0.0);
        near(none.high, z_squared / (40.0 + z_squared), 1e-9);
        let all = wilson(40, 40, 0.95);
        near(all.high, 1.0, 0.0);
        near(all.low, 1.0 - none.high, 1e-12);
        let unknown = Interval {
            mean: 0.0,
            low: 0.0,
            high: 1.0,
        };
        assert_eq!(wilson(0, 0, 0.95), unknown);
    }

    /// 2,000 experiments of 10 normal replications: 95 % of the intervals hold the true mean. The
    /// number that do has mean 1,900 and standard deviation 9.7; five of them are a risk below one
    /// in a million.
    #[test]
    fn t_intervals_cover_at_their_level() {
        let law = Distribution::new(Law::Normal {
            mean: 100.0,
            sd: 15.0,
        })
        .unwrap();
        let covered = (0..2_000)
            .filter(|experiment| {
                let key = OrgKey::new(Seed(5), 0, *experiment);
                let values: Vec<f64> = (0..10)
                    .map(|n| law.at(key.draw(n, 0, Purpose::ServiceTime)))
                    .collect();
                let found = mean_interval(&values, 0.95);
                found.low <= 100.0 && 100.0 <= found.high
            })
            .count();
        assert!((1_852..=1_948).contains(&covered), "{covered}");
    }

    proptest! {
        #[test]
        fn intervals_hold_their_mean_and_widen_with_the_level(
            values in prop::collection::vec(-1e6..1e6_f64, 1..30),
            hits in 0..1_000_u64,
            misses in 0..1_000_u64,
        ) {
            let pairs = [
                (mean_interval(&values, 0.8), mean_interval(&values, 0.99)),
                (wilson(hits, hits + misses, 0.8), wilson(hits, hits + misses, 0.99)),
            ];
            for (narrow, wide) in pairs {
                prop_assert!(wide.low <= narrow.low && narrow.low <= narrow.mean + 1e-12);
                prop_assert!(narrow.mean <= narrow.high + 1e-12 && narrow.high <= wide.high);
            }
        }
    }
}
