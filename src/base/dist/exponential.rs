//! Exponential: the wait for the next event of a process without memory.
//!
//! Density `exp(-x / mean) / mean` for `x ≥ 0`. Calls of independent users come at such intervals.

use rand::Rng;
use rand_distr::Distribution as _;

use super::{DistributionError, Law, checked, error};

const NAME: &str = "exponential";

impl Law {
    /// The exponential law with one known quantile, `(p, value)`.
    ///
    /// ```
    /// use amnesty::base::Law;
    /// let law = Law::exponential_from_quantile((0.5, 3.0)).unwrap();
    /// assert_eq!(law, Law::Exponential { mean: 3.0 / 2_f64.ln() });
    /// ```
    ///
    /// # Errors
    /// For a probability outside (0, 1), or a value that is not finite and above zero.
    pub fn exponential_from_quantile((p, value): (f64, f64)) -> Result<Self, DistributionError> {
        error::inside_unit(NAME, p)?;
        error::positive(NAME, "a quantile of", error::Found::Value(value))?;
        Ok(Self::Exponential {
            mean: value / -libm::log1p(-p),
        })
    }
}

pub(super) fn check(mean: f64) -> Result<(), DistributionError> {
    error::positive(NAME, "mean", error::Found::Value(mean))
}

pub(super) fn quantile(mean: f64, p: f64) -> f64 {
    mean * -libm::log1p(-p)
}

pub(super) fn cdf(mean: f64, x: f64) -> f64 {
    -libm::expm1(-x.max(0.0) / mean)
}

pub(super) fn sample(mean: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    checked(rand_distr::Exp::new(1.0 / mean)).sample(rng)
}
