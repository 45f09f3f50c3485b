//! Uniform: every value between two is as likely as any other.
//!
//! Density `1 / (max - min)` on `[min, max]`. The law of an event that falls anywhere in a period.

use rand::Rng;
use rand_distr::Distribution as _;

use super::{DistributionError, checked, error};

const NAME: &str = "uniform";

pub(super) fn check(min: f64, max: f64) -> Result<(), DistributionError> {
    error::not_negative(NAME, "min", error::Found::Value(min))?;
    error::positive(NAME, "max", error::Found::Value(max))?;
    if min < max {
        return Ok(());
    }
    Err(DistributionError::Unfit {
        law: NAME,
        found: vec![
            ("min".to_owned(), error::Found::Value(min)),
            ("max".to_owned(), error::Found::Value(max)),
        ],
        expected: "the second to be the larger",
    })
}

pub(super) fn quantile(min: f64, max: f64, p: f64) -> f64 {
    min + p * (max - min)
}

pub(super) fn cdf(min: f64, max: f64, x: f64) -> f64 {
    ((x - min) / (max - min)).clamp(0.0, 1.0)
}

pub(super) fn mean(min: f64, max: f64) -> f64 {
    f64::midpoint(min, max)
}

pub(super) fn sample(min: f64, max: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    checked(rand_distr::Uniform::new_inclusive(min, max)).sample(rng)
}
