//! The book of nonces (RFC 5849 §3.3): which requests came before.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::protocol::oauth1::Problem;

/// Remembers nonces within a window of time, up to a number; the oldest are forgotten first.
///
/// An entry is a timestamp and a 64-bit hash of consumer key and nonce, so it has one size whatever
/// clients send. Two of 100,000 requests of one second share a hash with probability 3·10^-10.
#[derive(Debug, Clone)]
pub struct NonceBook {
    window_s: u64,
    entries_max: usize,
    seen: BTreeSet<(u64, u64)>,
}

impl NonceBook {
    /// A book that accepts timestamps up to `window_s` seconds from now, on either side, and
    /// remembers up to `entries_max` of them.
    pub const fn new(window_s: u64, entries_max: usize) -> Self {
        Self { window_s, entries_max, seen: BTreeSet::new() }
    }

    /// Enters a request, at `now` in seconds of Unix time.
    ///
    /// # Errors
    /// [`Problem::TimestampRefused`] outside the window; [`Problem::NonceUsed`] if the same key,
    /// timestamp and nonce are in the book.
    pub fn enter(
        &mut self,
        consumer_key: &str,
        timestamp: u64,
        nonce: &str,
        now: u64,
    ) -> Result<(), Problem> {
        let acceptable = now.saturating_sub(self.window_s)..=now.saturating_add(self.window_s);
        if !acceptable.contains(&timestamp) {
            return Err(Problem::TimestampRefused { acceptable });
        }
        let mut hasher = DefaultHasher::new();
        (consumer_key, nonce).hash(&mut hasher);
        if !self.seen.insert((timestamp, hasher.finish())) {
            return Err(Problem::NonceUsed { nonce: nonce.to_owned() });
        }
        while self.seen.len() > self.entries_max
            || self.seen.first().is_some_and(|(oldest, _)| oldest < acceptable.start())
        {
            self.seen.pop_first();
        }
        Ok(())
    }

    /// How many nonces are remembered.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_entered_once() {
        let mut book = NonceBook::new(300, 10);
        let used = Err(Problem::NonceUsed { nonce: "n".to_owned() });
        let cases = [
            ("key", 1_000, "n", 1_000, Ok(())),
            ("key", 1_000, "n", 1_001, used),
            ("key", 1_001, "n", 1_001, Ok(())),
            ("other", 1_000, "n", 1_001, Ok(())),
            ("key", 1_000, "m", 1_001, Ok(())),
            ("ke", 1_000, "yn", 1_001, Ok(())),
            ("key", 700, "n", 1_000, Ok(())),
            ("key", 1_300, "n", 1_000, Ok(())),
            ("key", 699, "n", 1_000, Err(Problem::TimestampRefused { acceptable: 700..=1_300 })),
            ("key", 1_301, "n", 1_000, Err(Problem::TimestampRefused { acceptable: 700..=1_300 })),
        ];
        for (key, timestamp, nonce, now, expected) in cases {
            let entered = book.enter(key, timestamp, nonce, now);
            assert_eq!(entered, expected, "{key} {timestamp} {nonce}");
        }
        assert_eq!(book.len(), 7);
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let mut book = NonceBook::new(300, 3);
        for timestamp in [5, 1, 4, 2, 3] {
            assert_eq!(book.enter("key", timestamp, "n", 3), Ok(()));
        }
        assert_eq!(book.len(), 3);
        assert_eq!(book.enter("key", 2, "n", 3), Ok(()), "2 was forgotten for 3");
        assert!(book.enter("key", 4, "n", 3).is_err());
        // What leaves the window leaves the book.
        assert_eq!(book.enter("key", 1_000, "n", 1_000), Ok(()));
        assert_eq!(book.len(), 1);
        let mut none = NonceBook::new(0, 0);
        assert_eq!(none.enter("key", u64::MAX, "n", u64::MAX), Ok(()));
        assert!(none.is_empty());
    }
}
