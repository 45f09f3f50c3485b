//! A row of lists that knows which of them have entries.

use super::pool::{List, Pool};

/// Lists side by side, with a bit for each, so that empty ones are skipped 64 at a time.
#[derive(Debug, Clone)]
pub(super) struct Row {
    lists: Vec<List>,
    /// Whether a list has entries; the lowest bit is the first list's.
    used: Vec<u64>,
}

impl Row {
    /// A row of `lists` empty lists.
    pub(super) fn new(lists: usize) -> Self {
        Self { lists: vec![List::EMPTY; lists], used: vec![0; lists.div_ceil(64)] }
    }

    /// Makes the row `lists` long if it is shorter.
    pub(super) fn reach(&mut self, lists: usize) {
        if self.lists.len() < lists {
            self.lists.resize(lists, List::EMPTY);
            self.used.resize(lists.div_ceil(64), 0);
        }
    }

    /// Adds an entry to the list at `place`.
    #[inline]
    pub(super) fn push(&mut self, pool: &mut Pool, place: usize, entry: u64) {
        let list = &mut self.lists[place];
        if list.is_empty() {
            self.used[place / 64] |= 1 << (place % 64);
        }
        pool.push(list, entry);
    }

    /// Takes the list at `place` and leaves an empty one.
    pub(super) fn take(&mut self, place: usize) -> List {
        self.used[place / 64] &= !(1 << (place % 64));
        std::mem::replace(&mut self.lists[place], List::EMPTY)
    }

    /// The first list from `place` on that has entries.
    pub(super) fn first_from(&self, place: usize) -> Option<usize> {
        let word = place / 64;
        let first = self.used.get(word)? & (!0 << (place % 64));
        let rest = self.used[word + 1..].iter().copied();
        let (word, bits) = (word..).zip(std::iter::once(first).chain(rest)).find(|w| w.1 != 0)?;
        Some(word * 64 + bits.trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_finds_the_lists_that_have_entries() {
        let mut pool = Pool::with_room(0);
        let mut row = Row::new(1);
        assert_eq!(row.first_from(0), None);
        row.reach(300);
        for place in [0, 63, 64, 299] {
            row.push(&mut pool, place, 7);
        }
        for (from, found) in [(0, Some(0)), (1, Some(63)), (64, Some(64)), (65, Some(299))] {
            assert_eq!(row.first_from(from), found, "from {from}");
        }
        let mut taken = row.take(299);
        assert_eq!((pool.pop(&mut taken), pool.pop(&mut taken)), (Some(7), None));
        assert_eq!([65, 299, 300, 320].map(|from| row.first_from(from)), [None; 4]);
    }
}
