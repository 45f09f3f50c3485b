//! Things that are good for one use: request tokens and authorization codes.
//!
//! ```text
//!   put ──► number ──► the text of a token      forgotten  │ kept: outstanding or used │ next
//!   spend ◄─ number ◄─ the text, presented    ─────────────┴───────────────────────────┴──────►
//! ```
//!
//! The text of such a token carries only the number of its slip, under the codec's check; what it is
//! good for stays here. The last [`KEPT`] are kept, used or not, so that a second use is told from a
//! number that never was; older ones are forgotten, and worth nothing.

use std::collections::VecDeque;

/// Slips that are kept: at 4 KiB of text each at most, 16 MiB.
pub(super) const KEPT: usize = 4_096;

/// The slips of one kind.
#[derive(Debug)]
pub(super) struct Slips<T> {
    /// The number of the oldest.
    first: u32,
    /// Outstanding ones; `None` where one was used.
    kept: VecDeque<Option<T>>,
    kept_max: usize,
}

/// What a number stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Slip<T> {
    /// It can be used.
    Outstanding(T),
    /// It was.
    Used,
    /// It never was, or is forgotten.
    Unknown,
}

impl<T> Slips<T> {
    pub(super) const fn new(kept_max: usize) -> Self {
        Self { first: 0, kept: VecDeque::new(), kept_max }
    }

    /// Keeps a slip, and gives its number.
    pub(super) fn put(&mut self, slip: T) -> u32 {
        if self.kept.len() >= self.kept_max {
            self.kept.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        let place = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        self.kept.push_back(Some(slip));
        self.first.wrapping_add(place)
    }

    /// Looks at a slip.
    pub(super) fn look(&mut self, number: u32) -> Slip<&mut T> {
        let place = number.wrapping_sub(self.first) as usize;
        match self.kept.get_mut(place) {
            Some(Some(slip)) => Slip::Outstanding(slip),
            Some(None) => Slip::Used,
            None => Slip::Unknown,
        }
    }

    /// Marks a slip as used.
    pub(super) fn spend(&mut self, number: u32) {
        let place = number.wrapping_sub(self.first) as usize;
        if let Some(slip) = self.kept.get_mut(place) {
            *slip = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_used_once_and_the_oldest_are_forgotten() {
        let mut slips = Slips::new(2);
        slips.first = u32::MAX;
        let (a, b) = (slips.put('a'), slips.put('b'));
        assert_eq!((a, b), (u32::MAX, 0), "numbers start again after the last one");
        assert_eq!(slips.look(a), Slip::Outstanding(&mut 'a'));
        slips.spend(a);
        assert_eq!(slips.look(a), Slip::Used);
        let c = slips.put('c');
        assert_eq!(slips.look(a), Slip::Unknown, "forgotten for c");
        assert_eq!(slips.look(b), Slip::Outstanding(&mut 'b'));
        assert_eq!(slips.look(c), Slip::Outstanding(&mut 'c'));
        assert_eq!(slips.look(c.wrapping_add(1)), Slip::Unknown);
        slips.spend(12_345);
        assert_eq!(slips.kept.len(), 2);
    }
}
