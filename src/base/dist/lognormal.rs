//! Lognormal: the product of many small independent factors. The usual law of service times.
//!
//! The logarithm is normal with mean `ln median` and standard deviation `sigma`. A `sigma` of 1
//! makes the 99th percentile ten times the median, one of 2 makes it a hundred times.

use rand::Rng;
use rand_distr::Distribution as _;

use super::{DistributionError, Law, checked, error, special};

const NAME: &str = "lognormal";

impl Law {
    /// The lognormal law with two known quantiles, each `(p, value)`, in any order.
    ///
    /// ```
    /// use amnesty::base::{Distribution, Law};
    /// // What the latency dashboard shows: p50 4 s, p99 120 s.
    /// let law = Law::lognormal_from_quantiles((0.5, 4.0), (0.99, 120.0)).unwrap();
    /// assert!((Distribution::new(law).unwrap().quantile(0.99) - 120.0).abs() < 1e-10);
    /// ```
    ///
    /// # Errors
    /// Where the values do not ascend with their probabilities.
    pub fn lognormal_from_quantiles(
        one: (f64, f64),
        other: (f64, f64),
    ) -> Result<Self, DistributionError> {
        let [low, high] = error::two_quantiles(NAME, one, other)?;
        let [z_low, z_high] = [low.0, high.0].map(special::normal_quantile);
        let sigma = libm::log(high.1 / low.1) / (z_high - z_low);
        Ok(Self::Lognormal {
            median: low.1 * libm::exp(-z_low * sigma),
            sigma,
        })
    }

    /// The lognormal law with a known mean and standard deviation.
    ///
    /// # Errors
    /// Where either is not finite and above zero.
    pub fn lognormal_from_moments(mean: f64, sd: f64) -> Result<Self, DistributionError> {
        error::two_moments(NAME, mean, sd)?;
        let variation = (sd / mean) * (sd / mean);
        Ok(Self::Lognormal {
            median: mean / (1.0 + variation).sqrt(),
            sigma: libm::log1p(variation).sqrt(),
        })
    }
}

pub(super) fn check(median: f64, sigma: f64) -> Result<(), DistributionError> {
    error::positive(NAME, "median", error::Found::Value(median))?;
    error::positive(NAME, "sigma", error::Found::Number(sigma))
}

pub(super) fn quantile(median: f64, sigma: f64, p: f64) -> f64 {
    median * libm::exp(sigma * special::normal_quantile(p))
}

pub(super) fn cdf(median: f64, sigma: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    special::normal_cdf(libm::log(x / median) / sigma)
}

pub(super) fn mean(median: f64, sigma: f64) -> f64 {
    median * libm::exp(sigma * sigma / 2.0)
}

pub(super) fn sample(median: f64, sigma: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    checked(rand_distr::LogNormal::new(libm::log(median), sigma)).sample(rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_give_back_themselves() {
        let law = Law::lognormal_from_moments(5.0, 12.0).unwrap();
        let Law::Lognormal { median, sigma } = law else {
            panic!("{law:?}");
        };
        let variance = libm::expm1(sigma * sigma) * mean(median, sigma).powi(2);
        assert!((mean(median, sigma) - 5.0).abs() < 1e-12);
        assert!((variance.sqrt() - 12.0).abs() < 1e-12);
    }

    #[test]
    fn a_median_stays_exactly_what_was_given() {
        let law = Law::lognormal_from_quantiles((0.99, 120.0), (0.5, 4.1)).unwrap();
        assert!(
            matches!(law, Law::Lognormal { median, .. } if median.to_bits() == 4.1_f64.to_bits())
        );
    }
}
