//! Mixture: each value comes from one of several laws, chosen by weight.
//!
//! The distribution function is the weighted sum of those of the parts. A healthy path and a slow
//! one behind one name make such a law: 95 % from a cache, 5 % from the store.

use rand::{Rng, RngExt};

use super::{Distribution, DistributionError, error, special};

/// How far from one the weights may sum: the rounding of decimal fractions.
const SLACK: f64 = 1e-9;

type Parts = [(f64, Distribution)];

pub(super) fn check(parts: &Parts) -> Result<(), DistributionError> {
    for (weight, _) in parts {
        error::not_negative("mixture", "a weight of", error::Found::Number(*weight))?;
    }
    let total = total(parts);
    if (total - 1.0).abs() <= SLACK {
        return Ok(());
    }
    Err(DistributionError::Weights { total })
}

/// The smallest value that the distribution function gives at least `p`. It lies between the
/// smallest and the largest of the parts' quantiles.
pub(super) fn quantile(parts: &Parts, p: f64) -> f64 {
    let (low, high) = parts
        .iter()
        .filter(|(weight, _)| *weight > 0.0)
        .map(|(_, part)| part.quantile(p))
        .fold((f64::MAX, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    special::first_not_negative(|x| cdf(parts, x) - p, low, high)
}

pub(super) fn cdf(parts: &Parts, x: f64) -> f64 {
    let sum: f64 = parts
        .iter()
        .map(|(weight, part)| weight * part.cdf(x))
        .sum();
    sum / total(parts)
}

/// `None` where one part has no mean.
pub(super) fn mean(parts: &Parts) -> Option<f64> {
    let sum: Option<f64> = parts
        .iter()
        .filter(|(weight, _)| *weight > 0.0)
        .map(|(weight, part)| part.mean().map(|mean| weight * mean))
        .sum();
    sum.map(|sum| sum / total(parts))
}

pub(super) fn sample(parts: &Parts, rng: &mut (impl Rng + ?Sized)) -> f64 {
    let mut rest = rng.random::<f64>() * total(parts);
    let mut chosen = None;
    for (weight, part) in parts.iter().filter(|(weight, _)| *weight > 0.0) {
        chosen = Some(part);
        rest -= weight;
        if rest < 0.0 {
            break;
        }
    }
    chosen.map_or(0.0, |part| part.sample(rng))
}

fn total(parts: &Parts) -> f64 {
    parts.iter().fold(0.0, |sum, (weight, _)| sum + weight)
}
