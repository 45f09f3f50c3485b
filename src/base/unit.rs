//! Shares and probabilities as integers, so that a comparison with a draw is exact.

use std::fmt;

/// A probability, held as the threshold below which a 64-bit draw says "yes".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Probability(u64);

/// A number that is no probability.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is no probability: it must lie between 0 % and 100 %")]
pub struct ProbabilityError(pub f64);

impl Probability {
    /// Never.
    pub const NEVER: Self = Self(0);
    /// Always.
    pub const ALWAYS: Self = Self(u64::MAX);

    /// A probability between 0 and 1.
    ///
    /// # Errors
    /// [`ProbabilityError`] for anything outside, NaN included.
    pub fn new(share: f64) -> Result<Self, ProbabilityError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(ProbabilityError(share));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the share lies in [0, 1], so the product lies in [0, 2^64] and the cast saturates"
        )]
        Ok(Self((share * 18_446_744_073_709_551_616.0) as u64))
    }

    /// Whether a uniform 64-bit draw falls below this probability.
    #[inline]
    pub const fn says_yes(self, draw: u64) -> bool {
        draw < self.0 || self.0 == u64::MAX
    }

    /// This probability times `share / 2^32` (a ramp's height).
    #[must_use]
    pub const fn scaled(self, share_of_2_pow_32: u64) -> Self {
        if share_of_2_pow_32 >= 1 << 32 {
            return self;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a product with a share below one fits"
        )]
        Self(((self.0 as u128 * share_of_2_pow_32 as u128) >> 32) as u64)
    }

    /// The probability in millionths, to the nearest: for shares that are counted and not drawn.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        ((self.0 as u128 * 1_000_000 + (1 << 63)) >> 64) as u64
    }

    /// The probability as a number between 0 and 1.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 18_446_744_073_709_551_616.0
    }

    /// Whether nothing ever happens.
    pub const fn is_never(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = (self.as_f64() * 1e8).round() / 1e6;
        write!(f, "{percent}%")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_and_always_have_no_exceptions() {
        assert!(!Probability::new(0.0).unwrap().says_yes(0));
        assert!(Probability::new(1.0).unwrap().says_yes(u64::MAX));
    }

    #[test]
    fn a_quarter_says_yes_to_a_quarter_of_the_draws() {
        let quarter = Probability::new(0.25).unwrap();
        assert!(quarter.says_yes((1 << 62) - 1));
        assert!(!quarter.says_yes(1 << 62));
        assert_eq!(quarter.scaled(1 << 31), Probability::new(0.125).unwrap());
        assert_eq!(quarter.to_string(), "25%");
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for wrong in [-0.1, 1.1, f64::NAN] {
            assert!(Probability::new(wrong).is_err());
        }
    }
}
