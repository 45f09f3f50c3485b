//! A partner's connection pool: so many attempts at once, and the others wait their turn.
//!
//! ```text
//!   ask ──► room? ──► in flight ── leave ──► the first that waits takes the place
//!             │ no
//!             └────► waiting, first in first out ── give up ──► never sent
//! ```
//!
//! The clients do not know of it: their time runs from when they meant to send, so one may give up
//! before its turn has come. Whoever drives them asks before it sends, and says when an attempt is
//! over.

use std::collections::VecDeque;

use super::restraint::PoolSize;

/// A pool of one partner; `T` is what is kept of an attempt that waits.
#[derive(Debug, Clone)]
pub struct Pool<T> {
    size: usize,
    in_flight: usize,
    waiting: VecDeque<T>,
}

impl<T> Pool<T> {
    /// An empty pool.
    pub const fn new(size: PoolSize) -> Self {
        Self { size: size.0 as usize, in_flight: 0, waiting: VecDeque::new() }
    }

    /// An attempt wants to be sent. It is handed back if there is room; if not, it waits, and a
    /// [`Pool::leave`] will hand it out.
    pub fn ask(&mut self, attempt: T) -> Option<T> {
        if self.in_flight < self.size {
            self.in_flight += 1;
            return Some(attempt);
        }
        self.waiting.push_back(attempt);
        None
    }

    /// An attempt that was sent is over. Which one is sent in its place.
    pub fn leave(&mut self) -> Option<T> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.in_flight = self.in_flight.saturating_sub(1);
        }
        next
    }

    /// The client of an attempt that waits gives up: it is never sent. `None` if none such waits.
    ///
    /// They are looked through from the first. The orgs of a partner have one timeout, so it is the
    /// first that gives up, and the search is short.
    pub fn give_up(&mut self, is_it: impl FnMut(&T) -> bool) -> Option<T> {
        let place = self.waiting.iter().position(is_it)?;
        self.waiting.remove(place)
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
        let granted: Vec<_> = (1..=5).filter_map(|attempt| pool.ask(attempt)).collect();
        assert_eq!(granted, [1, 2]);
        assert_eq!((pool.in_flight(), pool.waiting()), (2, 3));
        assert_eq!(pool.leave(), Some(3));
        assert_eq!(pool.give_up(|waits| *waits == 4), Some(4));
        assert_eq!(pool.give_up(|waits| *waits == 4), None);
        assert_eq!(pool.leave(), Some(5));
        assert_eq!((pool.leave(), pool.leave()), (None, None));
        assert_eq!((pool.in_flight(), pool.waiting()), (0, 0));
        assert_eq!(pool.ask(6), Some(6));
    }
}
