//! Normal: the sum of many small independent parts.
//!
//! Density `exp(-((x - mean) / sd)² / 2) / (sd √2π)`. What lies below zero becomes zero, for
//! durations and counts are not negative: the law then has an atom at zero and a mean slightly
//! above `mean`.

use rand::Rng;
use rand_distr::Distribution as _;

use super::{DistributionError, Law, checked, error, special};

const NAME: &str = "normal";

impl Law {
    /// The normal law with two known quantiles, each `(p, value)`, in any order.
    ///
    /// ```
    /// use amnesty::base::{Distribution, Law};
    /// let law = Law::normal_from_quantiles((0.5, 10.0), (0.9, 14.0)).unwrap();
    /// assert!((Distribution::new(law).unwrap().quantile(0.9) - 14.0).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// Where the values do not ascend with their probabilities, or the mean would be negative.
    pub fn normal_from_quantiles(
        one: (f64, f64),
        other: (f64, f64),
    ) -> Result<Self, DistributionError> {
        let [low, high] = error::two_quantiles(NAME, one, other)?;
        let [z_low, z_high] = [low.0, high.0].map(special::normal_quantile);
        let sd = (high.1 - low.1) / (z_high - z_low);
        let mean = low.1 - z_low * sd;
        if mean < 0.0 {
            let expected = "quantiles of a law whose mean is at least 0";
            return Err(error::unfit_quantiles(NAME, low, high, expected));
        }
        Ok(Self::Normal { mean, sd })
    }
}

pub(super) fn check(mean: f64, sd: f64) -> Result<(), DistributionError> {
    error::not_negative(NAME, "mean", error::Found::Value(mean))?;
    error::positive(NAME, "sd", error::Found::Value(sd))
}

pub(super) fn quantile(mean: f64, sd: f64, p: f64) -> f64 {
    mean + sd * special::normal_quantile(p)
}

pub(super) fn cdf(mean: f64, sd: f64, x: f64) -> f64 {
    special::normal_cdf((x - mean) / sd)
}

pub(super) fn sample(mean: f64, sd: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    checked(rand_distr::Normal::new(mean, sd)).sample(rng)
}
