//! Weibull: the time to a failure that becomes likelier with age (shape above 1) or rarer (below
//! 1).
//!
//! `P(X > x) = exp(-(x / scale)^shape)` for `x ≥ 0`. A shape of 1 is the exponential law. Shapes
//! below 1 fit the times in which people get round to something.

use rand::Rng;
use rand_distr::Distribution as _;

use super::{DistributionError, Law, checked, error, special};

const NAME: &str = "weibull";

/// Shapes searched for given moments: standard deviations from 430 means down to 0.13 % of one.
const SHAPES: (f64, f64) = (0.1, 1_000.0);

impl Law {
    /// The Weibull law with two known quantiles, each `(p, value)`, in any order.
    ///
    /// ```
    /// use amnesty::base::{Distribution, Law};
    /// let law = Law::weibull_from_quantiles((0.5, 6.0), (0.95, 48.0)).unwrap();
    /// assert!((Distribution::new(law).unwrap().quantile(0.95) - 48.0).abs() < 1e-10);
    /// ```
    ///
    /// # Errors
    /// Where the values do not ascend with their probabilities.
    pub fn weibull_from_quantiles(
        one: (f64, f64),
        other: (f64, f64),
    ) -> Result<Self, DistributionError> {
        let [low, high] = error::two_quantiles(NAME, one, other)?;
        let [rest_low, rest_high] = [low.0, high.0].map(|p| -libm::log1p(-p));
        let shape = libm::log(rest_high / rest_low) / libm::log(high.1 / low.1);
        Ok(Self::Weibull {
            scale: low.1 / libm::pow(rest_low, 1.0 / shape),
            shape,
        })
    }

    /// The Weibull law with a known mean and standard deviation, found by search over the shape.
    ///
    /// # Errors
    /// Where either is not finite and above zero, or their ratio belongs to a shape outside [0.1,
    /// 1000].
    pub fn weibull_from_moments(mean: f64, sd: f64) -> Result<Self, DistributionError> {
        error::two_moments(NAME, mean, sd)?;
        let excess = |shape: f64| libm::log(sd / mean) - libm::log(variation(shape));
        if excess(SHAPES.0) > 0.0 || excess(SHAPES.1) < 0.0 {
            return Err(DistributionError::Unfit {
                law: NAME,
                found: vec![
                    ("mean".to_owned(), error::Found::Value(mean)),
                    ("sd".to_owned(), error::Found::Value(sd)),
                ],
                expected: "moments that a shape between 0.1 and 1000 has",
            });
        }
        let shape = special::first_not_negative(excess, SHAPES.0, SHAPES.1);
        Ok(Self::Weibull {
            scale: mean / libm::tgamma(1.0 + 1.0 / shape),
            shape,
        })
    }
}

/// Standard deviation ÷ mean; falls with the shape.
fn variation(shape: f64) -> f64 {
    let [first, second] = [1.0, 2.0].map(|moment| libm::lgamma(1.0 + moment / shape));
    libm::expm1(second - 2.0 * first).sqrt()
}

pub(super) fn check(scale: f64, shape: f64) -> Result<(), DistributionError> {
    error::positive(NAME, "scale", error::Found::Value(scale))?;
    error::positive(NAME, "shape", error::Found::Number(shape))
}

pub(super) fn quantile(scale: f64, shape: f64, p: f64) -> f64 {
    scale * libm::pow(-libm::log1p(-p), 1.0 / shape)
}

pub(super) fn cdf(scale: f64, shape: f64, x: f64) -> f64 {
    -libm::expm1(-libm::pow(x.max(0.0) / scale, shape))
}

pub(super) fn mean(scale: f64, shape: f64) -> f64 {
    scale * libm::tgamma(1.0 + 1.0 / shape)
}

pub(super) fn sample(scale: f64, shape: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    checked(rand_distr::Weibull::new(scale, shape)).sample(rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_give_back_themselves() {
        for (mean_wanted, sd) in [(5.0, 0.05), (5.0, 5.0), (5.0, 500.0)] {
            let law = Law::weibull_from_moments(mean_wanted, sd).unwrap();
            let Law::Weibull { scale, shape } = law else {
                panic!("{law:?}");
            };
            assert!((mean(scale, shape) / mean_wanted - 1.0).abs() < 1e-9);
            assert!((variation(shape) * mean_wanted / sd - 1.0).abs() < 1e-9);
        }
        // A standard deviation equal to the mean is the exponential law.
        let law = Law::weibull_from_moments(3.0, 3.0).unwrap();
        assert!(matches!(law, Law::Weibull { shape, .. } if (shape - 1.0).abs() < 1e-9));
    }

    #[test]
    fn moments_that_no_shape_has_are_refused() {
        let error = Law::weibull_from_moments(1.0, 1e9).unwrap_err();
        assert_eq!(
            error.to_string(),
            "weibull with mean 1 and sd 1000000000, expected moments that a shape between 0.1 and 1000 has"
        );
    }
}
