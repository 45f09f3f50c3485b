//! Attempts over time, of one arm over all its replications.

use std::ops::Range;

use super::log_linear::{cell, lowest};
use crate::base::SimDuration;
use crate::protocol::Conclusion;

/// How attempts ended, coarsely: the bands of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// A token was stored.
    Stored = 0,
    /// The credential was refused.
    Refused = 1,
    /// The client gave up waiting.
    TimedOut = 2,
    /// Anything else that is no token: broken connections, cut answers, 5xx, 429, crashes, and what was
    /// broken off.
    Failed = 3,
}

/// All outcomes, in order.
pub const OUTCOMES: [Outcome; 4] =
    [Outcome::Stored, Outcome::Refused, Outcome::TimedOut, Outcome::Failed];

impl From<Conclusion> for Outcome {
    fn from(conclusion: Conclusion) -> Self {
        match conclusion {
            Conclusion::Stored(_) => Self::Stored,
            Conclusion::Refused => Self::Refused,
            Conclusion::TimedOut => Self::TimedOut,
            Conclusion::Crashed
            | Conclusion::Reset
            | Conclusion::Truncated
            | Conclusion::ServerError
            | Conclusion::Throttled
            | Conclusion::BrokenOff => Self::Failed,
        }
    }
}

/// Attempts per time bin, and their client-side latency in the bins of the focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    ended: Vec<[u64; 4]>,
    /// The bins whose latencies are kept: those around the incident. Keeping all of them would touch a
    /// megabyte at random and double the time of an attempt.
    focus: Range<usize>,
    latency: Vec<u32>,
}

/// The latencies of one time bin: log-linear, eight steps an octave, so a quantile is exact to 12 %
/// (a chart's precision; the histograms of [`super::Spread`] are the precise ones).
#[derive(Debug, Clone, Copy)]
pub struct LatencyBin<'a>(&'a [u32]);

const STEPS_LOG2: u32 = 3;
/// Values of 2^37 µs (38 hours) and more share the last cell.
const CELLS: usize = ((37 - STEPS_LOG2 as usize + 1) << STEPS_LOG2) + 1;

impl Series {
    /// Nothing yet, over a grid of `bins`, with latencies in those of `focus`.
    pub fn new(bins: usize, focus: Range<usize>) -> Self {
        let latency = vec![0; focus.len() * CELLS];
        Self { ended: vec![[0; 4]; bins], focus, latency }
    }

    /// An attempt ended in `bin`, after so long.
    #[inline]
    pub fn record(&mut self, bin: usize, outcome: Outcome, waited: SimDuration) {
        self.ended[bin][outcome as usize] += 1;
        if self.focus.contains(&bin) {
            let cell = cell::<STEPS_LOG2>(waited.as_micros()).min(CELLS - 1);
            self.latency[(bin - self.focus.start) * CELLS + cell] += 1;
        }
    }

    /// Adds another part of the swarm, over the same grid.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.ended.iter_mut().zip(&other.ended) {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
        for (mine, theirs) in self.latency.iter_mut().zip(&other.latency) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// Attempts that ended in `bin`, by [`Outcome`].
    pub fn ended(&self, bin: usize) -> [u64; 4] {
        self.ended[bin]
    }

    /// Attempts that ended with a stored token, in each bin: the goodput.
    pub fn stored(&self) -> Vec<u64> {
        self.ended.iter().map(|bin| bin[Outcome::Stored as usize]).collect()
    }

    /// Client-side latencies of the attempts that ended in `bin`; none outside the focus.
    pub fn latency(&self, bin: usize) -> LatencyBin<'_> {
        if !self.focus.contains(&bin) {
            return LatencyBin(&[]);
        }
        LatencyBin(&self.latency[(bin - self.focus.start) * CELLS..][..CELLS])
    }
}

impl LatencyBin<'_> {
    /// The `p`-quantile in microseconds, in the middle of its cell; `None` without attempts.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let total: u64 = self.0.iter().map(|count| u64::from(*count)).sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count is a count"
        )]
        let rank = ((total as f64 * p).ceil() as u64).clamp(1, total.max(1));
        let mut seen = 0;
        let index = self.0.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        })?;
        let (low, high) = (lowest::<STEPS_LOG2>(index), lowest::<STEPS_LOG2>(index + 1));
        Some(f64::midpoint(low as f64, (high - 1) as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_a_chart_s_precision() {
        let mut series = Series::new(3, 1..2);
        series.record(0, Outcome::Stored, SimDuration::from_micros(7));
        for value in 1..=10_000 {
            series.record(1, Outcome::Stored, SimDuration::from_micros(value * 100));
        }
        assert_eq!(series.latency(0).quantile(0.5), None, "outside the focus");
        assert_eq!(series.ended(0), [1, 0, 0, 0]);
        for (p, exact) in [(0.5, 500_000.0), (0.9, 900_000.0), (0.99, 990_000.0)] {
            let got = series.latency(1).quantile(p).unwrap();
            assert!((got / exact - 1.0).abs() < 0.12, "{p}: {got}");
        }
    }
}
