//! How long to wait before a further attempt.
//!
//! The five shapes of Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015), as a
//! pure function of the draw.

use super::profile::{Backoff, BackoffShape, Jitter};
use crate::base::SimDuration;

impl Backoff {
    /// The wait after the `failures`-th failed attempt (from 1), given the wait before it (zero the
    /// first time) and a uniform 64-bit draw.
    pub fn delay(&self, failures: u16, previous: SimDuration, draw: u64) -> SimDuration {
        let (base, cap, plain) = match self.shape {
            BackoffShape::None => return SimDuration::ZERO,
            BackoffShape::Constant { delay } => (delay, delay, delay),
            BackoffShape::Exponential { base, cap } => {
                (base, cap, doubled(base, failures).min(cap))
            }
        };
        match self.jitter {
            Jitter::None => plain,
            Jitter::Full => plain.scaled_by(draw),
            Jitter::Equal => {
                let half = SimDuration::from_micros(plain.as_micros() / 2);
                half + half.scaled_by(draw)
            }
            Jitter::Decorrelated => {
                let highest = previous.max(base).as_micros().saturating_mul(3);
                let spread = SimDuration::from_micros(highest).saturating_sub(base);
                (base + spread.scaled_by(draw)).min(cap)
            }
        }
    }
}

/// `base · 2^(failures - 1)`, saturating.
fn doubled(base: SimDuration, failures: u16) -> SimDuration {
    let doublings = u32::from(failures.saturating_sub(1));
    let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    SimDuration::from_micros(base.as_micros().saturating_mul(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: u64 = 1 << 63;

    fn millis(shape: BackoffShape, jitter: Jitter, failures: u16, previous: u64, draw: u64) -> u64 {
        let backoff = Backoff { shape, jitter };
        backoff.delay(failures, SimDuration::from_millis(previous), draw).as_micros() / 1_000
    }

    #[test]
    fn every_shape_and_jitter() {
        let constant = BackoffShape::Constant { delay: SimDuration::from_millis(400) };
        let doubling = BackoffShape::Exponential {
            base: SimDuration::from_millis(100),
            cap: SimDuration::from_millis(2_000),
        };
        for (shape, jitter, failures, previous, draw, wait) in [
            (BackoffShape::None, Jitter::Full, 1, 0, HALF, 0),
            (constant, Jitter::None, 7, 400, HALF, 400),
            (constant, Jitter::Full, 1, 0, HALF, 200),
            (constant, Jitter::Equal, 1, 0, HALF, 300),
            (doubling, Jitter::None, 1, 0, HALF, 100),
            (doubling, Jitter::None, 4, 400, HALF, 800),
            (doubling, Jitter::None, 6, 1_600, HALF, 2_000),
            (doubling, Jitter::None, 999, 2_000, HALF, 2_000),
            (doubling, Jitter::Full, 4, 0, HALF, 400),
            (doubling, Jitter::Equal, 4, 0, 0, 400),
            (doubling, Jitter::Decorrelated, 1, 0, 0, 100),
            (doubling, Jitter::Decorrelated, 1, 0, HALF, 200),
            (doubling, Jitter::Decorrelated, 2, 200, HALF, 350),
            (doubling, Jitter::Decorrelated, 9, 2_000, u64::MAX, 2_000),
        ] {
            let got = millis(shape, jitter, failures, previous, draw);
            assert_eq!(got, wait, "{shape:?} {jitter:?} after {failures} failures");
        }
    }
}
