//! Which generations of a family are current: any number of them, of any age.
//!
//! ```text
//!   older: spans of generations   │ recent: one bit each, the lowest for the newest
//!   T3..=T9   T12                 │ T40 T41 T42 … T103
//! ```
//!
//! Nearly always the newest generation alone is current, and a word of 64 bits says it. A policy that
//! leaves unconfirmed successors valid, or branches, can leave others behind; those that are more than
//! 63 generations old move to the spans, which take memory only where there are any.

use std::collections::BTreeMap;

use crate::protocol::Generation;

/// Generations that `recent` has a bit for.
const RECENT: u32 = u64::BITS;

/// The current generations of a family, in relation to its newest one, which the caller keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Current {
    /// Bit `i` set: generation `newest - i` is current.
    recent: u64,
    /// Those older than that; nothing where there are none.
    older: Option<Box<Older>>,
}

/// First and last generations of the spans that are current: as long as can be, never empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Older(BTreeMap<u32, u32>);

impl Current {
    /// The newest generation alone.
    pub(super) const NEWEST: Self = Self { recent: 1, older: None };

    /// Whether it is the newest generation alone.
    #[inline]
    pub(super) const fn is_newest_alone(&self) -> bool {
        self.recent == 1 && self.older.is_none()
    }

    /// Whether none is current.
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.recent == 0 && self.older.is_none()
    }

    /// Whether `generation` is current.
    #[inline]
    pub(super) fn contains(&self, generation: Generation, newest: Generation) -> bool {
        match newest.0.checked_sub(generation.0) {
            Some(age) if age < RECENT => self.recent >> age & 1 == 1,
            Some(_) => self.older.as_ref().is_some_and(|older| older.contains(generation.0)),
            None => false,
        }
    }

    /// `newest` was issued, and is current beside the others.
    #[inline]
    pub(super) fn issue(&mut self, newest: Generation) {
        if self.recent >> (RECENT - 1) == 1 {
            self.keep_older(newest.0 - RECENT);
        }
        self.recent = self.recent << 1 | 1;
    }

    /// `times` generations were issued up to `newest`, each in place of the one before.
    pub(super) fn renew(&mut self, times: u32, newest: Generation) {
        let mut others = self.recent & !1;
        let before = newest.0 - times;
        while others != 0 {
            let age = RECENT - 1 - others.leading_zeros();
            if age + times < RECENT {
                break;
            }
            self.keep_older(before - age);
            others &= !(1 << age);
        }
        self.recent = others.checked_shl(times).unwrap_or(0) | 1;
    }

    /// `generation` is no longer current.
    pub(super) fn remove(&mut self, generation: Generation, newest: Generation) {
        match newest.0.checked_sub(generation.0) {
            Some(age) if age < RECENT => self.recent &= !(1 << age),
            Some(_) => self.remove_older(generation.0),
            None => {}
        }
    }

    /// None is current any more.
    pub(super) fn clear(&mut self) {
        *self = Self { recent: 0, older: None };
    }

    #[cold]
    fn keep_older(&mut self, generation: u32) {
        self.older.get_or_insert_default().push(generation);
    }

    #[cold]
    fn remove_older(&mut self, generation: u32) {
        if let Some(older) = &mut self.older {
            older.remove(generation);
            if older.0.is_empty() {
                self.older = None;
            }
        }
    }
}

impl Older {
    fn contains(&self, generation: u32) -> bool {
        self.0.range(..=generation).next_back().is_some_and(|(_, last)| generation <= *last)
    }

    /// Adds a generation younger than all others.
    fn push(&mut self, generation: u32) {
        match self.0.last_entry() {
            Some(mut span) if *span.get() + 1 == generation => *span.get_mut() = generation,
            Some(_) | None => {
                self.0.insert(generation, generation);
            }
        }
    }

    fn remove(&mut self, generation: u32) {
        let Some((&first, &last)) = self.0.range(..=generation).next_back() else { return };
        if generation > last {
            return;
        }
        self.0.remove(&first);
        if first < generation {
            self.0.insert(first, generation - 1);
        }
        if generation < last {
            self.0.insert(generation + 1, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// What happens to a family.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Issue,
        /// The newest rotates so many times.
        Renew(u32),
        /// The generation of this age is superseded.
        Remove(u32),
        Clear,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => Just(Step::Issue),
            4 => (1..150_u32).prop_map(Step::Renew),
            4 => (0..300_u32).prop_map(Step::Remove),
            1 => Just(Step::Clear),
        ]
    }

    proptest! {
        /// Held against a plain set of numbers, over hundreds of generations.
        #[test]
        fn nothing_is_forgotten(steps in prop::collection::vec(step(), 1..120)) {
            let mut newest = Generation(0);
            let (mut current, mut expected) = (Current::NEWEST, BTreeSet::from([0]));
            for step in steps {
                match step {
                    Step::Issue => {
                        newest = newest.next();
                        current.issue(newest);
                        expected.insert(newest.0);
                    }
                    Step::Renew(times) => {
                        expected.remove(&newest.0);
                        newest = Generation(newest.0 + times);
                        current.renew(times, newest);
                        expected.insert(newest.0);
                    }
                    Step::Remove(age) => {
                        let Some(gone) = newest.0.checked_sub(age) else { continue };
                        current.remove(Generation(gone), newest);
                        expected.remove(&gone);
                    }
                    Step::Clear => {
                        current.clear();
                        expected.clear();
                    }
                }
                for generation in 0..=newest.0 + 2 {
                    let is_current = current.contains(Generation(generation), newest);
                    prop_assert_eq!(is_current, expected.contains(&generation), "T{}", generation);
                }
                prop_assert_eq!(current.is_empty(), expected.is_empty());
                let alone = expected.len() == 1 && expected.contains(&newest.0);
                prop_assert_eq!(current.is_newest_alone(), alone);
            }
        }
    }
}
