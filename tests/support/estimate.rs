//! Means of independent samples and how sure they are.

/// A mean over samples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mean {
    pub(crate) value: f64,
    /// Standard deviation of one sample.
    pub(crate) deviation: f64,
    samples: f64,
}

impl Mean {
    pub(crate) fn of(samples: impl IntoIterator<Item = f64>) -> Self {
        let samples: Vec<f64> = samples.into_iter().collect();
        let n = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / n;
        let squares: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
        Self { value: mean, deviation: (squares / (n - 1.0)).sqrt(), samples: n }
    }

    /// Standard error of the mean.
    pub(crate) fn error(self) -> f64 {
        self.deviation / self.samples.sqrt()
    }
}
