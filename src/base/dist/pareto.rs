//! Pareto, type I: a heavy tail without a scale of its own.
//!
//! `P(X > x) = (min / x)^shape` for `x ≥ min`. With a shape of 1 or less the mean is infinite.
//! Sizes of partners, and outages, have such tails.

use rand::Rng;
use rand_distr::Distribution as _;

use super::{DistributionError, Law, checked, error};

const NAME: &str = "pareto";

impl Law {
    /// The Pareto law with two known quantiles, each `(p, value)`, in any order.
    ///
    /// ```
    /// use amnesty::base::{Distribution, Law};
    /// let law = Law::pareto_from_quantiles((0.5, 20.0), (0.9, 100.0)).unwrap();
    /// assert!((Distribution::new(law).unwrap().quantile(0.5) - 20.0).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// Where the values do not ascend with their probabilities.
    pub fn pareto_from_quantiles(
        one: (f64, f64),
        other: (f64, f64),
    ) -> Result<Self, DistributionError> {
        let [low, high] = error::two_quantiles(NAME, one, other)?;
        let [rest_low, rest_high] = [low.0, high.0].map(|p| -libm::log1p(-p));
        let shape = (rest_high - rest_low) / libm::log(high.1 / low.1);
        Ok(Self::Pareto {
            min: low.1 * libm::exp(-rest_low / shape),
            shape,
        })
    }
}

pub(super) fn check(min: f64, shape: f64) -> Result<(), DistributionError> {
    error::positive(NAME, "min", error::Found::Value(min))?;
    error::positive(NAME, "shape", error::Found::Number(shape))
}

pub(super) fn quantile(min: f64, shape: f64, p: f64) -> f64 {
    min * libm::exp(-libm::log1p(-p) / shape)
}

pub(super) fn cdf(min: f64, shape: f64, x: f64) -> f64 {
    if x <= min {
        return 0.0;
    }
    -libm::expm1(shape * libm::log(min / x))
}

/// `None` where the mean is infinite.
pub(super) fn mean(min: f64, shape: f64) -> Option<f64> {
    (shape > 1.0).then(|| min * shape / (shape - 1.0))
}

pub(super) fn sample(min: f64, shape: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    checked(rand_distr::Pareto::new(min, shape)).sample(rng)
}
