//! The event queue of an island of many orgs: a calendar of two levels, in exact order.
//!
//! ```text
//!   push ─┬─► far    what the ring does not reach, by era of 72 minutes
//!         ├─► ring   slots of 4 to 34 s, eight eras of them
//!         ├─► fine   buckets of the open slot, as wide as its entries are sparse
//!         │     └──► open   the open bucket, sorted ─┬─► pop
//!         └───────► late   before its end: a heap  ──┘
//! ```
//!
//! Entries move to finer lists as their time comes near, and are put in order at the very end. Up to
//! there a push writes eight bytes next to those of its neighbours in time, whatever else is
//! pending, where a large heap walks from cache miss to cache miss; and sorting a few dozen words
//! costs less than keeping all of them in order. What comes for the open bucket itself goes to a
//! heap beside it, which is small unless very much happens in very little time, and then it is what
//! one would have had anyway: no pattern of times is worse than a heap.
//!
//! An entry is one word: the low half of its time in microseconds, above its org. That half wraps
//! once an era. No list crosses an era, so entries move without being changed, and comparing words
//! compares (time, org). Absent on purpose: cancelling. Whoever changed its mind ignores what comes.

mod pool;
mod row;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use self::pool::{List, Pool};
use self::row::Row;
use crate::base::SimTime;

/// An era is what half a word of microseconds tells apart.
const ERA_SHIFT: u32 = 32;

/// The eras of the ring, the current one included. Eight reach 8.3 hours ahead at least, beyond the
/// life of most tokens; what lies farther ahead is moved once more.
const ERAS: u64 = 8;

/// Widths of slots, as powers of two of microseconds. 4.2 s for many orgs, so that the ends of the
/// lists that are pushed to stay in the cache; up to 34 s for few, or most slots would be empty.
const SLOT_SHIFT_MIN: u32 = 22;
const SLOT_SHIFT_MAX: u32 = 25;

/// How many entries a bucket should hold: enough to look ahead, and not too many to sort.
const BUCKET: usize = 64;

/// Fine buckets of a slot at most, for their lists must stay in the cache too.
const FINE_MAX: usize = 1 << 14;

/// What is pending on an island of many orgs, in order of (time, org).
///
/// Time must not run backwards: an entry is pushed for the time that was popped last, or for a later
/// one. An org may have several entries, also at one time. A clone is a fork of the island's future.
///
/// ```
/// use amnesty::base::SimTime;
/// use amnesty::sim::Calendar;
///
/// let mut calendar = Calendar::new(2);
/// calendar.push(SimTime::from_micros(9), 4);
/// calendar.push(SimTime::from_micros(5), 7);
/// assert_eq!(calendar.pop(), Some((SimTime::from_micros(5), 7)));
/// assert_eq!(calendar.next_at(), SimTime::from_micros(9));
/// ```
#[derive(Debug, Clone)]
pub struct Calendar {
    pool: Pool,
    /// The slots of the current era after the open one, and of the eras after it, going round.
    ring: Row,
    /// The buckets of the open slot after the open one.
    fine: Row,
    /// The eras that the ring does not reach.
    far: BTreeMap<u64, List>,
    /// The open bucket as it was when it was opened, latest first.
    open: Vec<u64>,
    /// What was pushed for a time before `open_end`.
    late: BinaryHeap<Reverse<(SimTime, u32)>>,
    /// How many entries of the open bucket have been told of in advance.
    told: usize,
    len: usize,
    /// The end of the open bucket in microseconds. Only `open` and `late` hold earlier entries.
    open_end: u64,
    /// The slot after the open one, counted from the clock's start.
    next_slot: u64,
    /// The era of the open slot.
    era: u64,
    /// The bucket after the open one, counted from the start of the open slot.
    next_bucket: usize,
    slot_shift: u32,
    fine_shift: u32,
}

impl Calendar {
    /// An empty calendar. It holds any number of entries at any times, and is fastest where about
    /// `expected` are pending, most of them within the next half hour or hours.
    pub fn new(expected: usize) -> Self {
        // A few bucketfuls for each slot of half an hour, as far as the limits allow.
        let slots = (expected / (4 * BUCKET)).max(1).ilog2();
        let slot_shift = 31_u32.saturating_sub(slots).clamp(SLOT_SHIFT_MIN, SLOT_SHIFT_MAX);
        Self {
            pool: Pool::with_room(expected + expected / 4),
            ring: Row::new(1 << (ERAS.ilog2() + ERA_SHIFT - slot_shift)),
            fine: Row::new(1),
            far: BTreeMap::new(),
            open: Vec::new(),
            late: BinaryHeap::new(),
            told: 0,
            len: 0,
            open_end: 0,
            next_slot: 0,
            era: 0,
            next_bucket: 0,
            slot_shift,
            fine_shift: slot_shift,
        }
    }

    /// How many entries are pending.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is pending.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an entry: something happens to `org` at `at`, which must not be "never".
    #[inline]
    pub fn push(&mut self, at: SimTime, org: u32) {
        debug_assert!(!at.is_never(), "what never happens is not pending");
        self.len += 1;
        let micros = at.as_micros();
        if micros < self.open_end {
            self.late.push(Reverse((at, org)));
            return;
        }
        let entry = pack(at, org);
        let slot = micros >> self.slot_shift;
        let era = micros >> ERA_SHIFT;
        if slot < self.next_slot {
            let bucket = self.bucket_of(entry);
            self.fine.push(&mut self.pool, bucket, entry);
        } else if era - self.era < ERAS {
            let place = self.place_of(slot);
            self.ring.push(&mut self.pool, place, entry);
        } else {
            self.pool.push(self.far.entry(era).or_insert(List::EMPTY), entry);
        }
    }

    /// Takes out the first entry by (time, org).
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, u32)> {
        if !self.late.is_empty() {
            return self.pop_either();
        }
        if self.open.is_empty() {
            self.open_next();
        }
        let entry = self.pop_open()?;
        self.len -= 1;
        Some((self.time_of(entry), org_of(entry)))
    }

    /// When the first entry happens; never if there is none.
    #[inline]
    pub fn next_at(&mut self) -> SimTime {
        if self.open.is_empty() && self.late.is_empty() {
            self.open_next();
        }
        let open = self.open.last().map_or(SimTime::NEVER, |entry| self.time_of(*entry));
        self.late.peek().map_or(open, |Reverse((at, _))| open.min(*at))
    }

    /// The orgs that come next, up to 64 of them, if they have not been told yet: a hint for whoever wants
    /// to look at their records together. Those that are pushed for the open bucket are never told.
    #[inline]
    pub fn upcoming(&mut self) -> impl Iterator<Item = u32> {
        let news = if self.told == 0 { self.open.len().min(BUCKET) } else { 0 };
        self.told += news;
        self.open.iter().rev().take(news).map(|entry| org_of(*entry))
    }

    #[inline]
    fn pop_open(&mut self) -> Option<u64> {
        self.told = self.told.saturating_sub(1);
        self.open.pop()
    }

    /// Takes out the first entry where there are late ones.
    #[inline(never)]
    fn pop_either(&mut self) -> Option<(SimTime, u32)> {
        let open = self.open.last().map(|entry| (self.time_of(*entry), org_of(*entry)));
        self.len -= 1;
        match (open, self.late.peek()) {
            (Some(open), Some(Reverse(late))) if open < *late => {
                self.pop_open();
                Some(open)
            }
            _ => self.late.pop().map(|Reverse(late)| late),
        }
    }

    /// Opens the next bucket that has entries, if there is one. The last one is empty.
    fn open_next(&mut self) {
        loop {
            if let Some(bucket) = self.fine.first_from(self.next_bucket) {
                let list = self.fine.take(bucket);
                self.open_bucket(bucket, list);
                return;
            }
            let Some(list) = self.take_slot() else { return };
            if list.len() <= 2 * BUCKET {
                self.fine_shift = self.slot_shift;
                self.open_bucket(0, list);
                return;
            }
            self.spread(list);
        }
    }

    /// Makes `list` the open bucket: it is `bucket` of the open slot.
    fn open_bucket(&mut self, bucket: usize, mut list: List) {
        self.next_bucket = bucket + 1;
        let start = (self.next_slot - 1) << self.slot_shift;
        self.open_end = start.saturating_add((self.next_bucket as u64) << self.fine_shift);
        while let Some(entry) = self.pool.pop(&mut list) {
            self.open.push(entry);
        }
        self.open.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Spreads `list`, the open slot, over as many fine buckets as its length calls for.
    fn spread(&mut self, mut list: List) {
        let buckets = (list.len() / BUCKET).next_power_of_two().min(FINE_MAX);
        self.fine.reach(buckets);
        self.fine_shift = self.slot_shift - buckets.ilog2();
        self.next_bucket = 0;
        while let Some(entry) = self.pool.pop(&mut list) {
            let bucket = self.bucket_of(entry);
            self.fine.push(&mut self.pool, bucket, entry);
        }
    }

    /// Goes to the next slot that has entries and takes them, if there is one.
    fn take_slot(&mut self) -> Option<List> {
        let slots = 1 << (ERA_SHIFT - self.slot_shift);
        let place = loop {
            let next = self.place_of(self.next_slot);
            if let Some(place) = self.ring.first_from(next).or_else(|| self.ring.first_from(0)) {
                break place;
            }
            let era = *self.far.first_key_value()?.0;
            self.enter(era);
            self.next_slot = era * slots;
        };
        let list = self.ring.take(place);
        let place = place as u64;
        let eras_ahead = (place / slots).wrapping_sub(self.era) % ERAS;
        if eras_ahead > 0 {
            self.enter(self.era + eras_ahead);
        }
        self.next_slot = self.era * slots + place % slots + 1;
        Some(list)
    }

    /// Goes to `era`. The ring takes in what it reaches from there.
    fn enter(&mut self, era: u64) {
        self.era = era;
        while let Some(first) = self.far.first_entry()
            && *first.key() - era < ERAS
        {
            let (far, mut list) = first.remove_entry();
            while let Some(entry) = self.pool.pop(&mut list) {
                let slot = (far << ERA_SHIFT | entry >> 32) >> self.slot_shift;
                let place = self.place_of(slot);
                self.ring.push(&mut self.pool, place, entry);
            }
        }
    }

    /// The time of an entry of the open slot.
    #[inline]
    const fn time_of(&self, entry: u64) -> SimTime {
        SimTime::from_micros(self.era << ERA_SHIFT | entry >> 32)
    }

    /// The fine bucket of an entry of the open slot.
    #[inline]
    const fn bucket_of(&self, entry: u64) -> usize {
        let offset = (entry >> 32) & ((1 << self.slot_shift) - 1);
        (offset >> self.fine_shift) as usize
    }

    /// The ring's list for a slot.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a place is below the ring's length")]
    const fn place_of(&self, slot: u64) -> usize {
        (slot & ((ERAS << (ERA_SHIFT - self.slot_shift)) - 1)) as usize
    }
}

#[inline]
fn pack(at: SimTime, org: u32) -> u64 {
    at.as_micros() << 32 | u64::from(org)
}

#[inline]
const fn org_of(entry: u64) -> u32 {
    (entry & 0xffff_ffff) as u32
}
