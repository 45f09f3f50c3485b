//! What makes parameters no distribution, and the checks that find it.

/// Parameters that make no distribution. Says what was found and what was expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.describe(|value| value.to_string()))]
pub enum DistributionError {
    /// A parameter outside its range.
    Parameter {
        /// Name of the law.
        law: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// Its value.
        found: Found,
        /// What it must be.
        expected: &'static str,
    },
    /// Quantiles or moments that no member of the family has.
    Unfit {
        /// Name of the law.
        law: &'static str,
        /// The figures: what each is, and its value.
        found: Vec<(String, Found)>,
        /// What they must be.
        expected: &'static str,
    },
    /// Weights of a mixture that do not sum to one.
    Weights {
        /// Their sum.
        total: f64,
    },
    /// A point of a quantile table that is out of order.
    Point {
        /// Which point, from 0.
        index: usize,
        /// Its probability.
        p: f64,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// Bounds between which nothing lies.
    Bounds {
        /// The lower bound.
        min: f64,
        /// The upper bound.
        max: f64,
    },
}

/// A figure as it was given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found {
    /// In the unit of the distribution's values.
    Value(f64),
    /// Without a unit: a shape, a weight, a probability.
    Number(f64),
}

impl DistributionError {
    /// The message, with values written by `unit`: a lower-case fragment.
    pub fn describe(&self, unit: impl Fn(f64) -> String) -> String {
        let write = |found: &Found| match found {
            Found::Value(value) => unit(*value),
            Found::Number(number) => number.to_string(),
        };
        match self {
            Self::Parameter {
                law,
                parameter,
                found,
                expected,
            } => format!(
                "{law} with {parameter} {}, expected {expected}",
                write(found)
            ),
            Self::Unfit {
                law,
                found,
                expected,
            } => {
                let figures: Vec<String> = found
                    .iter()
                    .map(|(name, figure)| format!("{name} {}", write(figure)))
                    .collect();
                format!("{law} with {}, expected {expected}", figures.join(" and "))
            }
            Self::Weights { total } => {
                format!("mixture with weights that sum to {total}, expected a sum of 1")
            }
            Self::Point {
                index,
                p,
                value,
                expected,
            } => format!(
                "empirical with point {} at p {p}, value {}, expected {expected}",
                index + 1,
                unit(*value)
            ),
            Self::Bounds { min, max } => format!(
                "bounds {} and {}, expected finite ones of at least 0, the second not the smaller",
                unit(*min),
                unit(*max)
            ),
        }
    }
}

impl Found {
    /// The figure without what it counts.
    pub(super) const fn figure(self) -> f64 {
        match self {
            Self::Value(figure) | Self::Number(figure) => figure,
        }
    }
}

/// Checks that a parameter is finite and above zero.
pub(super) fn positive(
    law: &'static str,
    parameter: &'static str,
    found: Found,
) -> Result<(), DistributionError> {
    check(
        found.figure().is_finite() && found.figure() > 0.0,
        (law, parameter, found),
        "a finite number above 0",
    )
}

/// Checks that a parameter is finite and not negative.
pub(super) fn not_negative(
    law: &'static str,
    parameter: &'static str,
    found: Found,
) -> Result<(), DistributionError> {
    check(
        found.figure().is_finite() && found.figure() >= 0.0,
        (law, parameter, found),
        "a finite number of at least 0",
    )
}

/// Checks that a probability lies between 0 and 1, both excluded.
pub(super) fn inside_unit(law: &'static str, p: f64) -> Result<(), DistributionError> {
    check(
        p > 0.0 && p < 1.0,
        (law, "a quantile at p", Found::Number(p)),
        "a probability between 0 and 1, both excluded",
    )
}

/// Checks two quantiles and puts the lower one first: probabilities inside (0, 1) and different,
/// values finite and above zero, the more probable one the larger.
pub(super) fn two_quantiles(
    law: &'static str,
    one: (f64, f64),
    other: (f64, f64),
) -> Result<[(f64, f64); 2], DistributionError> {
    let (low, high) = if one.0 <= other.0 {
        (one, other)
    } else {
        (other, one)
    };
    for (p, value) in [low, high] {
        inside_unit(law, p)?;
        positive(law, "a quantile of", Found::Value(value))?;
    }
    if low.0 < high.0 && low.1 < high.1 {
        return Ok([low, high]);
    }
    Err(unfit_quantiles(
        law,
        low,
        high,
        "the second to be the larger",
    ))
}

/// Two quantiles that no member of the family has.
pub(super) fn unfit_quantiles(
    law: &'static str,
    low: (f64, f64),
    high: (f64, f64),
    expected: &'static str,
) -> DistributionError {
    DistributionError::Unfit {
        law,
        found: [low, high]
            .map(|(p, value)| (quantile_name(p), Found::Value(value)))
            .to_vec(),
        expected,
    }
}

/// Checks a mean and a standard deviation: finite and above zero.
pub(super) fn two_moments(law: &'static str, mean: f64, sd: f64) -> Result<(), DistributionError> {
    positive(law, "mean", Found::Value(mean))?;
    positive(law, "sd", Found::Value(sd))
}

/// The name of a quantile as scenarios write it: `p50`, `p99`, `p999`.
pub(super) fn quantile_name(p: f64) -> String {
    let percent = (p * 1e8).round() / 1e6;
    format!("p{percent}").replace('.', "")
}

fn check(
    holds: bool,
    (law, parameter, found): (&'static str, &'static str, Found),
    expected: &'static str,
) -> Result<(), DistributionError> {
    if holds {
        return Ok(());
    }
    Err(DistributionError::Parameter {
        law,
        parameter,
        found,
        expected,
    })
}
