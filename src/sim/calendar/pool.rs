//! Lists of words in chunks that share one allocation.

/// Words a chunk: 512 bytes. Half of that is lost in each list that is not empty, and a chunk of a
/// pool that is larger than the cache should be worth going to.
const CHUNK: usize = 64;

/// No chunk.
const NONE: u32 = u32::MAX;

/// A list of words whose order does not matter. The words lie in a [`Pool`].
#[derive(Debug, Clone, Copy)]
pub(super) struct List {
    /// The chunk that was added last, the only one with room.
    head: u32,
    len: u32,
}

impl List {
    pub(super) const EMPTY: Self = Self { head: NONE, len: 0 };

    #[inline]
    pub(super) const fn len(self) -> usize {
        self.len as usize
    }

    #[inline]
    pub(super) const fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// The chunks of many lists. Those that no list needs wait for the next one that does, so the pool
/// grows with what is pending at once, not with time.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    /// Chunk after chunk.
    words: Vec<u64>,
    /// For each chunk the one that comes after it in its list.
    next: Vec<u32>,
    /// The first chunk that no list needs.
    free: u32,
}

impl Pool {
    /// A pool with room for `words`: of address space; memory is used as it fills.
    pub(super) fn with_room(words: usize) -> Self {
        let chunks = words.div_ceil(CHUNK);
        let (words, next) = (Vec::with_capacity(chunks * CHUNK), Vec::with_capacity(chunks));
        Self { words, next, free: NONE }
    }

    /// Adds a word to `list`.
    #[inline]
    pub(super) fn push(&mut self, list: &mut List, word: u64) {
        let place = list.len() % CHUNK;
        if place == 0 {
            list.head = self.add_chunk(list.head);
        }
        self.words[list.head as usize * CHUNK + place] = word;
        list.len += 1;
    }

    /// Takes a word out of `list`, the one that was added last.
    #[inline]
    pub(super) fn pop(&mut self, list: &mut List) -> Option<u64> {
        list.len = list.len.checked_sub(1)?;
        let place = list.len() % CHUNK;
        let chunk = list.head as usize;
        let word = self.words[chunk * CHUNK + place];
        if place == 0 {
            let after = std::mem::replace(&mut self.next[chunk], self.free);
            self.free = std::mem::replace(&mut list.head, after);
        }
        Some(word)
    }

    /// A chunk that comes before `after`.
    fn add_chunk(&mut self, after: u32) -> u32 {
        let chunk = self.free;
        if let Some(next) = self.next.get_mut(chunk as usize) {
            self.free = std::mem::replace(next, after);
            return chunk;
        }
        let chunk = u32::try_from(self.next.len()).unwrap_or(NONE);
        assert!(chunk != NONE, "a pool holds fewer than 2^32 chunks");
        self.words.resize(self.words.len() + CHUNK, 0);
        self.next.push(after);
        chunk
    }

    /// How many chunks there are, in lists or free.
    #[cfg(test)]
    pub(super) const fn chunks(&self) -> usize {
        self.next.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gives_back_what_it_got_and_its_chunks() {
        let mut pool = Pool::with_room(0);
        let mut lists = [List::EMPTY; 3];
        for round in 0..5 {
            for (word, list) in (0..1_000).zip((0..3).cycle()) {
                pool.push(&mut lists[list], word + round);
            }
            assert_eq!(lists.map(List::len), [334, 333, 333]);
            for (first, list) in (0..).zip(&mut lists) {
                let mut words: Vec<_> = std::iter::from_fn(|| pool.pop(list)).collect();
                words.reverse();
                let pushed = (first..1_000).step_by(3).map(|word| word + round);
                assert_eq!(words, pushed.collect::<Vec<_>>());
                assert!(list.is_empty());
            }
            assert_eq!(pool.chunks(), 3 * 334_usize.div_ceil(CHUNK));
        }
    }
}
