//! A partner's connection pool: so many attempts at once, and the others wait their turn.
//!
//! ```text
//!   ask ──► room? ──► in flight ── leave ──► the first that waits takes the place
//!             │ no
//!             └────► waiting, first in first out ── leave (its client gave up) ──► never sent
//! ```
//!
//! The clients do not know of it: their time runs from when they meant to send, so one may give up
//! before its turn has come. Whoever drives them asks before it sends, and says when an attempt is
//! over.

use std::collections::VecDeque;

use super::restraint::PoolSize;

/// A pool of one partner; `T` names an attempt.
#[derive(Debug, Clone)]
pub struct Pool<T> {
    size: usize,
    in_flight: usize,
    waiting: VecDeque<T>,
}

impl<T: PartialEq> Pool<T> {
    /// An empty pool.
    pub const fn new(size: PoolSize) -> Self {
        Self { size: size.0 as usize, in_flight: 0, waiting: VecDeque::new() }
    }

    /// Whether an attempt may be sent at once. If not, it waits, and [`Pool::leave`] of another one
    /// will name it.
    pub fn ask(&mut self, attempt: T) -> bool {
        let has_room = self.in_flight < self.size;
        if has_room {
            self.in_flight += 1;
        } else {
            self.waiting.push_back(attempt);
        }
        has_room
    }

    /// An attempt is over, whether it was sent or not. Which one is sent in its place.
    ///
    /// Those that wait are looked through from the first: the orgs of a partner have one timeout, so
    /// it is the first that gives up.
    pub fn leave(&mut self, attempt: &T) -> Option<T> {
        if let Some(place) = self.waiting.iter().position(|waits| waits == attempt) {
            self.waiting.remove(place);
            return None;
        }
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.in_flight = self.in_flight.saturating_sub(1);
        }
        next
    }

    /// How many attempts are under way.
    pub const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How many attempts wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_in_the_order_of_asking() {
        let mut pool = Pool::new(PoolSize(2));
        assert_eq!([1, 2, 3, 4, 5].map(|n| pool.ask(n)), [true, true, false, false, false]);
        assert_eq!((pool.in_flight(), pool.waiting()), (2, 3));
        assert_eq!(pool.leave(&2), Some(3));
        assert_eq!(pool.leave(&4), None, "it gave up, and was never sent");
        assert_eq!(pool.leave(&1), Some(5));
        assert_eq!((pool.leave(&3), pool.leave(&5)), (None, None));
        assert_eq!((pool.in_flight(), pool.waiting()), (0, 0));
        assert!(pool.ask(6));
    }
}
