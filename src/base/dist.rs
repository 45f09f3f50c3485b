//! Distributions (interface; the laws follow).

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
    /// Normal, cut off at zero.
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

/// A law of non-negative values, clamped to `[min, max]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    law: Law,
    min: f64,
    max: f64,
}

/// Parameters that make no distribution.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct DistributionError(pub String);

impl Distribution {
    /// A checked distribution.
    pub fn new(law: Law) -> Result<Self, DistributionError> {
        Ok(Self {
            law,
            min: 0.0,
            max: f64::INFINITY,
        })
    }
}

/// A distribution of durations compiled to integers.
#[derive(Debug, Clone)]
pub struct QuantileTable;
impl Distribution {
    /// stub
    pub fn sample(&self, _rng: &mut impl rand::Rng) -> f64 {
        match &self.law {
            Law::Constant { value } => *value,
            _ => 1.0,
        }
    }
}
impl QuantileTable {
    /// stub
    pub fn compile(_d: &Distribution) -> Self {
        Self
    }
    /// stub
    pub fn at(&self, draw: u64) -> u64 {
        draw >> 45
    }
}
