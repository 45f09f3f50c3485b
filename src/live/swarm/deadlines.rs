//! When which org wants to be woken.
//!
//! Every org has one entry that counts: its *place*. A deadline that moves later, as it does whenever
//! an answer overtakes a timeout, changes nothing here: the entry is left to come up, and is put back
//! where it belongs. Only one that moves earlier adds an entry, and the one behind it counts no more.
//! So an attempt costs two operations; entries that count no more are swept out before they outnumber
//! those that do.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::base::SimTime;

/// A queue of (time, org): earliest first, of equal times the org with the lowest number.
#[derive(Debug)]
pub(super) struct Deadlines {
    entries: BinaryHeap<Reverse<(SimTime, u32)>>,
    /// Where each org's entry stands; never, if it has none.
    places: Vec<SimTime>,
}

impl Deadlines {
    /// Nobody waits for anything, of so many orgs.
    pub(super) fn new(orgs: usize) -> Self {
        Self { entries: BinaryHeap::with_capacity(orgs), places: vec![SimTime::NEVER; orgs] }
    }

    /// `org` wants to be woken at `at`.
    #[inline]
    pub(super) fn set(&mut self, org: u32, at: SimTime) {
        let place = &mut self.places[org as usize];
        if at < *place {
            *place = at;
            self.entries.push(Reverse((at, org)));
            if self.entries.len() > 2 * self.places.len() {
                let places = &self.places;
                self.entries.retain(|Reverse((at, org))| places[*org as usize] == *at);
            }
        }
    }

    /// When the first entry comes up, which may wake nobody; never if there is none.
    #[inline]
    pub(super) fn next_at(&self) -> SimTime {
        self.entries.peek().map_or(SimTime::NEVER, |Reverse((at, _))| *at)
    }

    /// The next org whose entry comes up at `now` or before. It has no entry then; what it waits for
    /// must be [`set`](Self::set) again.
    #[inline]
    pub(super) fn pop(&mut self, now: SimTime) -> Option<u32> {
        while self.next_at() <= now {
            let Reverse((at, org)) = self.entries.pop()?;
            let place = &mut self.places[org as usize];
            if *place == at {
                *place = SimTime::NEVER;
                return Some(org);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: u64) -> SimTime {
        SimTime::from_micros(micros)
    }

    #[test]
    fn orgs_come_up_in_order_and_once() {
        let mut deadlines = Deadlines::new(3);
        deadlines.set(2, at(5));
        deadlines.set(1, at(5));
        deadlines.set(0, at(9));
        deadlines.set(0, at(3));
        assert_eq!(deadlines.pop(at(2)), None);
        assert_eq!(deadlines.pop(at(4)), Some(0));
        assert_eq!(deadlines.pop(at(5)), Some(1));
        assert_eq!(deadlines.pop(at(5)), Some(2));
        assert_eq!(deadlines.pop(at(99)), None, "the entry of 9 counts no more");
        assert!(deadlines.next_at().is_never());
    }

    #[test]
    fn entries_that_count_no_more_are_swept_out() {
        let mut deadlines = Deadlines::new(2);
        // A client that would wait for a day, and is answered at once.
        for second in 0..1_000 {
            deadlines.set(0, at(second + 86_400));
            deadlines.set(0, at(second));
            assert_eq!(deadlines.pop(at(second)), Some(0));
        }
        assert!(deadlines.entries.len() <= 4);
        assert!(deadlines.places.iter().all(|place| place.is_never()));
    }

    proptest! {
        /// However deadlines move, an org is woken at its deadline or before, never after.
        #[test]
        fn nobody_oversleeps(moves in prop::collection::vec((0_u32..4, 0_u64..50), 0..100)) {
            let mut deadlines = Deadlines::new(4);
            let mut wanted = [SimTime::NEVER; 4];
            let mut now = 0;
            for (org, after) in moves {
                wanted[org as usize] = at(now + after);
                deadlines.set(org, at(now + after));
                now += after / 10;
                while let Some(org) = deadlines.pop(at(now)) {
                    let wants = &mut wanted[org as usize];
                    if *wants <= at(now) {
                        *wants = SimTime::NEVER;
                    }
                    deadlines.set(org, *wants);
                }
                prop_assert!(wanted.iter().all(|wanted| *wanted > at(now)));
            }
        }
    }
}
