//! Distributions: service times, delays of people, sizes of partners.
//!
//! A [`Law`] is a family with its parameters; a [`Distribution`] is a checked law, cut to `[min,
//! max]`. Values are plain numbers; durations are in microseconds. There are three ways to a value:
//!
//! ```text
//!   Distribution ──sample(rng)──► f64   rand_distr: the reference, uses up several numbers of a stream
//!        │
//!        ├──at(draw)────────────► f64   exact inversion of one draw: 50 ns, or 2 µs where it is searched for
//!        │
//!        └──QuantileTable::compile──at(draw)──► u64   the same to 0.05 %, integers only: 1.3 ns
//! ```
//!
//! The last two are inversion: the value never falls as the draw rises. Common random numbers
//! therefore stay monotone: where two arms differ in a distribution alone, one that is larger at
//! every quantile gives every attempt the larger value (to the table's precision). They also give
//! the same values on every machine, which `sample` does not promise: `rand_distr` computes with
//! the platform's `ln` and `exp`.
//!
//! One law a file; all files are alike. Absent on purpose: discrete laws, correlated values, time.

mod empirical;
mod error;
mod exponential;
mod gamma;
mod lognormal;
mod mixture;
mod normal;
mod pareto;
mod special;
mod table;
#[cfg(test)]
mod tests;
mod uniform;
mod weibull;

use std::fmt;

use rand::Rng;

use super::time::SimDuration;

pub use error::{DistributionError, Found};
pub use table::QuantileTable;

/// A family and its parameters. Values are plain numbers; the caller knows their unit.
#[derive(Debug, Clone, PartialEq)]
pub enum Law {
    /// Always the same.
    Constant {
        /// The value.
        value: f64,
    },
    /// Uniform between two values.
    Uniform {
        /// The smallest.
        min: f64,
        /// The largest.
        max: f64,
    },
    /// Exponential.
    Exponential {
        /// The mean.
        mean: f64,
    },
    /// Normal; what lies below zero becomes zero.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        sd: f64,
    },
    /// Lognormal.
    Lognormal {
        /// The median.
        median: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// Pareto, type I.
    Pareto {
        /// The smallest value.
        min: f64,
        /// The tail index.
        shape: f64,
    },
    /// Weibull.
    Weibull {
        /// The scale.
        scale: f64,
        /// The shape.
        shape: f64,
    },
    /// Gamma.
    Gamma {
        /// The shape.
        shape: f64,
        /// The scale.
        scale: f64,
    },
    /// One of several, by weight. Weights sum to one.
    Mixture {
        /// Weight and law of each part.
        parts: Vec<(f64, Distribution)>,
    },
    /// A quantile table: `(p, value)`, both ascending, linear in between.
    Empirical {
        /// The points; the first has p = 0, the last p = 1.
        points: Vec<(f64, f64)>,
    },
}

/// A law of non-negative values, clamped to `[min, max]`: what lies outside becomes the bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    law: Law,
    min: f64,
    max: f64,
}

/// The largest probability below one, 1 - 2^-53.
const ALMOST_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

impl Distribution {
    /// A checked distribution.
    ///
    /// # Errors
    /// For parameters that are not finite or have the wrong sign, weights that do not sum to one
    /// (within 1e-9), and tables out of order.
    pub fn new(law: Law) -> Result<Self, DistributionError> {
        law.check()?;
        Ok(Self {
            law,
            min: 0.0,
            max: f64::INFINITY,
        })
    }

    /// Always this duration.
    pub const fn exactly(duration: SimDuration) -> Self {
        Self {
            law: Law::Constant {
                value: duration.as_micros() as f64,
            },
            min: 0.0,
            max: f64::INFINITY,
        }
    }

    /// Durations of this mean, exponentially distributed. A mean of zero is no time at all.
    pub const fn exponential(mean: SimDuration) -> Self {
        if mean.is_zero() {
            return Self::exactly(mean);
        }
        Self {
            law: Law::Exponential {
                mean: mean.as_micros() as f64,
            },
            min: 0.0,
            max: f64::INFINITY,
        }
    }

    /// The same law clamped to `[min, max]`, in place of any bounds it had. `None` is no bound.
    ///
    /// # Errors
    /// For bounds that are negative or not finite, or a lower one above the upper one.
    pub fn clamped(self, min: Option<f64>, max: Option<f64>) -> Result<Self, DistributionError> {
        let (low, high) = (min.unwrap_or(0.0), max.unwrap_or(f64::MAX));
        if !(low >= 0.0 && low <= high && high < f64::INFINITY) {
            return Err(DistributionError::Bounds {
                min: low,
                max: high,
            });
        }
        Ok(Self {
            law: self.law,
            min: low,
            max: max.unwrap_or(f64::INFINITY),
        })
    }

    /// The law, before clamping.
    pub const fn law(&self) -> &Law {
        &self.law
    }

    /// The lower bound; zero if none was set.
    pub const fn min(&self) -> f64 {
        self.min
    }

    /// The upper bound; infinite if none was set.
    pub const fn max(&self) -> f64 {
        self.max
    }

    /// The smallest value that is not exceeded with probability `p`. Finite and never negative. A
    /// `p` of one stands for 1 - 2^-53, because most laws have no largest value.
    ///
    /// # Panics
    /// If `p` is no probability.
    pub fn quantile(&self, p: f64) -> f64 {
        assert!((0.0..=1.0).contains(&p), "{p} is no probability");
        self.law
            .quantile(p.min(ALMOST_ONE))
            .min(f64::MAX)
            .clamp(self.min, self.max)
    }

    /// The value that a named draw stands for, by inversion of its upper 53 bits.
    pub fn at(&self, draw: u64) -> f64 {
        // The middle of the draw's step, so that neither 0 nor 1 is ever met.
        let step = (draw >> 11) as f64;
        self.quantile((step + 0.5) * f64::EPSILON / 2.0)
    }

    /// The probability of a value of at most `x`.
    pub fn cdf(&self, x: f64) -> f64 {
        if x < self.min {
            0.0
        } else if x >= self.max {
            1.0
        } else {
            self.law.cdf(x)
        }
    }

    /// The mean of the law before clamping; `None` where it is infinite.
    pub fn mean(&self) -> Option<f64> {
        self.law.mean()
    }

    /// A value by the sampler of `rand_distr`. It uses up as many numbers of `rng` as it needs.
    pub fn sample(&self, rng: &mut (impl Rng + ?Sized)) -> f64 {
        self.law.sample(rng).clamp(self.min, self.max)
    }

    /// The distribution in words, with values written by `unit`: `lognormal, p50 4s, p99 2m`.
    pub fn describe(&self, unit: impl Fn(f64) -> String) -> String {
        self.describe_by(&unit)
    }

    fn describe_by(&self, unit: &dyn Fn(f64) -> String) -> String {
        let mut text = self.law.describe(unit);
        if self.min > 0.0 {
            text.push_str(", at least ");
            text.push_str(&unit(self.min));
        }
        if self.max < f64::INFINITY {
            text.push_str(", at most ");
            text.push_str(&unit(self.max));
        }
        text
    }
}

impl fmt::Display for Distribution {
    /// In words, with values as plain numbers of at most six digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(six_digits))
    }
}

impl Law {
    fn check(&self) -> Result<(), DistributionError> {
        match self {
            Self::Constant { value } => {
                error::not_negative("constant", "value", Found::Value(*value))
            }
            Self::Uniform { min, max } => uniform::check(*min, *max),
            Self::Exponential { mean } => exponential::check(*mean),
            Self::Normal { mean, sd } => normal::check(*mean, *sd),
            Self::Lognormal { median, sigma } => lognormal::check(*median, *sigma),
            Self::Pareto { min, shape } => pareto::check(*min, *shape),
            Self::Weibull { scale, shape } => weibull::check(*scale, *shape),
            Self::Gamma { shape, scale } => gamma::check(*shape, *scale),
            Self::Mixture { parts } => mixture::check(parts),
            Self::Empirical { points } => empirical::check(points),
        }
    }

    fn quantile(&self, p: f64) -> f64 {
        match self {
            Self::Constant { value } => *value,
            Self::Uniform { min, max } => uniform::quantile(*min, *max, p),
            Self::Exponential { mean } => exponential::quantile(*mean, p),
            Self::Normal { mean, sd } => normal::quantile(*mean, *sd, p),
            Self::Lognormal { median, sigma } => lognormal::quantile(*median, *sigma, p),
            Self::Pareto { min, shape } => pareto::quantile(*min, *shape, p),
            Self::Weibull { scale, shape } => weibull::quantile(*scale, *shape, p),
            Self::Gamma { shape, scale } => gamma::quantile(*shape, *scale, p),
            Self::Mixture { parts } => mixture::quantile(parts, p),
            Self::Empirical { points } => empirical::quantile(points, p),
        }
    }

    fn cdf(&self, x: f64) -> f64 {
        match self {
            Self::Constant { value } => f64::from(u8::from(x >= *value)),
            Self::Uniform { min, max } => uniform::cdf(*min, *max, x),
            Self::Exponential { mean } => exponential::cdf(*mean, x),
            Self::Normal { mean, sd } => normal::cdf(*mean, *sd, x),
            Self::Lognormal { median, sigma } => lognormal::cdf(*median, *sigma, x),
            Self::Pareto { min, shape } => pareto::cdf(*min, *shape, x),
            Self::Weibull { scale, shape } => weibull::cdf(*scale, *shape, x),
            Self::Gamma { shape, scale } => gamma::cdf(*shape, *scale, x),
            Self::Mixture { parts } => mixture::cdf(parts, x),
            Self::Empirical { points } => empirical::cdf(points, x),
        }
    }

    fn mean(&self) -> Option<f64> {
        match self {
            Self::Constant { value } => Some(*value),
            Self::Uniform { min, max } => Some(uniform::mean(*min, *max)),
            Self::Exponential { mean } | Self::Normal { mean, .. } => Some(*mean),
            Self::Lognormal { median, sigma } => Some(lognormal::mean(*median, *sigma)),
            Self::Pareto { min, shape } => pareto::mean(*min, *shape),
            Self::Weibull { scale, shape } => Some(weibull::mean(*scale, *shape)),
            Self::Gamma { shape, scale } => Some(shape * scale),
            Self::Mixture { parts } => mixture::mean(parts),
            Self::Empirical { points } => Some(empirical::mean(points)),
        }
    }

    fn sample(&self, rng: &mut (impl Rng + ?Sized)) -> f64 {
        match self {
            Self::Constant { value } => *value,
            Self::Uniform { min, max } => uniform::sample(*min, *max, rng),
            Self::Exponential { mean } => exponential::sample(*mean, rng),
            Self::Normal { mean, sd } => normal::sample(*mean, *sd, rng),
            Self::Lognormal { median, sigma } => lognormal::sample(*median, *sigma, rng),
            Self::Pareto { min, shape } => pareto::sample(*min, *shape, rng),
            Self::Weibull { scale, shape } => weibull::sample(*scale, *shape, rng),
            Self::Gamma { shape, scale } => gamma::sample(*shape, *scale, rng),
            Self::Mixture { parts } => mixture::sample(parts, rng),
            Self::Empirical { points } => empirical::sample(points, rng),
        }
    }

    /// Two figures that a reader can check against a dashboard; parameters only where they are
    /// such.
    fn describe(&self, unit: &dyn Fn(f64) -> String) -> String {
        let quantiles = |name: &str| {
            let [p50, p99] = [0.5, 0.99].map(|p| unit(self.quantile(p)));
            format!("{name}, p50 {p50}, p99 {p99}")
        };
        match self {
            Self::Constant { value } => unit(*value),
            Self::Uniform { min, max } => format!("uniform, {} to {}", unit(*min), unit(*max)),
            Self::Exponential { mean } => format!("exponential, mean {}", unit(*mean)),
            Self::Normal { mean, sd } => format!("normal, mean {}, sd {}", unit(*mean), unit(*sd)),
            Self::Lognormal { .. } => quantiles("lognormal"),
            Self::Pareto { .. } => quantiles("pareto"),
            Self::Weibull { .. } => quantiles("weibull"),
            Self::Gamma { .. } => quantiles("gamma"),
            Self::Empirical { .. } => quantiles("empirical"),
            Self::Mixture { parts } => parts
                .iter()
                .map(|(weight, part)| {
                    let share = six_digits(weight * 100.0);
                    format!("{share}% ({})", part.describe_by(unit))
                })
                .collect::<Vec<_>>()
                .join(" + "),
        }
    }
}

/// Unpacks a sampler of `rand_distr`. It cannot fail: [`Law::check`] is stricter than its checks.
fn checked<T>(sampler: Result<T, impl fmt::Display>) -> T {
    sampler.unwrap_or_else(|error| unreachable!("the parameters were checked: {error}"))
}

/// A number rounded to six significant digits.
fn six_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // Through the scientific form, whose digits are the significant ones.
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    rounded.to_string()
}
