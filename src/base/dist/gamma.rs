//! Gamma: the time that several exponential steps take one after another.
//!
//! Density `x^(shape-1) exp(-x / scale) / (Γ(shape) scale^shape)` for `x ≥ 0`. A whole-numbered
//! shape counts the steps (Erlang's law).

use rand::Rng;
use rand_distr::Distribution as _;

use super::{DistributionError, Law, checked, error, special};

const NAME: &str = "gamma";

/// Shapes searched for given quantiles.
const SHAPES: (f64, f64) = (0.02, 1e4);

/// Above this the normal law is the same to four digits, and the series would need many terms.
const SHAPE_MAX: f64 = 1e6;

impl Law {
    /// The gamma law with two known quantiles, each `(p, value)`, in any order; found by search
    /// over the shape, because there is no formula.
    ///
    /// ```
    /// use amnesty::base::{Distribution, Law};
    /// let law = Law::gamma_from_quantiles((0.5, 6.0), (0.9, 20.0)).unwrap();
    /// assert!((Distribution::new(law).unwrap().quantile(0.9) - 20.0).abs() < 1e-8);
    /// ```
    ///
    /// # Errors
    /// Where the values do not ascend with their probabilities, or their ratio belongs to a shape
    /// outside [0.02, 10000].
    pub fn gamma_from_quantiles(
        one: (f64, f64),
        other: (f64, f64),
    ) -> Result<Self, DistributionError> {
        let [low, high] = error::two_quantiles(NAME, one, other)?;
        let wanted = libm::log(high.1 / low.1);
        // The ratio of the quantiles falls as the shape grows.
        let excess = |shape: f64| {
            wanted - libm::log(quantile(shape, 1.0, high.0) / quantile(shape, 1.0, low.0))
        };
        if excess(SHAPES.0) > 0.0 || excess(SHAPES.1) < 0.0 {
            let expected = "quantiles that a shape between 0.02 and 10000 has";
            return Err(error::unfit_quantiles(NAME, low, high, expected));
        }
        let shape = special::first_not_negative(excess, SHAPES.0, SHAPES.1);
        Ok(Self::Gamma {
            shape,
            scale: low.1 / quantile(shape, 1.0, low.0),
        })
    }

    /// The gamma law with a known mean and standard deviation.
    ///
    /// # Errors
    /// Where either is not finite and above zero.
    pub fn gamma_from_moments(mean: f64, sd: f64) -> Result<Self, DistributionError> {
        error::two_moments(NAME, mean, sd)?;
        let shape = (mean / sd) * (mean / sd);
        Ok(Self::Gamma {
            shape,
            scale: mean / shape,
        })
    }
}

pub(super) fn check(shape: f64, scale: f64) -> Result<(), DistributionError> {
    error::positive(NAME, "shape", error::Found::Number(shape))?;
    error::positive(NAME, "scale", error::Found::Value(scale))?;
    if shape <= SHAPE_MAX {
        return Ok(());
    }
    Err(DistributionError::Parameter {
        law: NAME,
        parameter: "shape",
        found: error::Found::Number(shape),
        expected: "at most 1000000 (use normal)",
    })
}

pub(super) fn quantile(shape: f64, scale: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    // P(shape, x) ≤ x^shape / Γ(shape + 1), so the quantile is not below this.
    let floor = libm::exp((libm::log(p) + libm::lgamma(shape + 1.0)) / shape);
    let excess = |x: f64| {
        let (below, above) = special::incomplete_gamma(shape, x);
        // Whichever of the two is small has the digits.
        if p <= 0.5 {
            below - p
        } else {
            (1.0 - p) - above
        }
    };
    let mut ceiling = floor.max(f64::MIN_POSITIVE) * 2.0;
    while excess(ceiling) < 0.0 {
        ceiling *= 2.0;
    }
    scale * special::first_not_negative(excess, floor, ceiling)
}

pub(super) fn cdf(shape: f64, scale: f64, x: f64) -> f64 {
    special::incomplete_gamma(shape, x / scale).0
}

pub(super) fn sample(shape: f64, scale: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    checked(rand_distr::Gamma::new(shape, scale)).sample(rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_give_back_themselves() {
        for high in [4.1, 9.0, 400.0, 1e9] {
            let law = Law::gamma_from_quantiles((0.5, 4.0), (0.99, high)).unwrap();
            let Law::Gamma { shape, scale } = law else {
                panic!("{law:?}");
            };
            assert!(
                (quantile(shape, scale, 0.5) / 4.0 - 1.0).abs() < 1e-9,
                "{high}"
            );
            assert!(
                (quantile(shape, scale, 0.99) / high - 1.0).abs() < 1e-9,
                "{high}"
            );
        }
    }

    #[test]
    fn quantiles_too_close_for_any_shape_are_refused() {
        let error = Law::gamma_from_quantiles((0.5, 4.0), (0.999, 4.001)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "gamma with p50 4 and p999 4.001, expected quantiles that a shape between 0.02 and 10000 has"
        );
    }
}
