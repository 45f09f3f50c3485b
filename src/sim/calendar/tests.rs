//! The calendar against the heap that it replaces.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::base::{OrgKey, Purpose, Seed};

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600 * SECOND;
const YEAR: u64 = 365 * 24 * HOUR;

/// A calendar and its oracle, told the same.
#[derive(Debug, Clone)]
struct Pair {
    calendar: Calendar,
    heap: BinaryHeap<Reverse<(SimTime, u32)>>,
    /// The time that was popped last.
    now: u64,
}

impl Pair {
    fn new(expected: usize) -> Self {
        Self { calendar: Calendar::new(expected), heap: BinaryHeap::new(), now: 0 }
    }

    fn push(&mut self, micros: u64, org: u32) {
        let at = SimTime::from_micros(micros.min(u64::MAX - 1));
        self.calendar.push(at, org);
        self.heap.push(Reverse((at, org)));
    }

    fn pop(&mut self) -> Option<(SimTime, u32)> {
        let expected = self.heap.pop().map(|Reverse(entry)| entry);
        assert_eq!(self.calendar.pop(), expected);
        assert_eq!(self.calendar.len(), self.heap.len());
        if let Some((at, _)) = expected {
            self.now = at.as_micros();
        }
        expected
    }

    fn look(&mut self) {
        let expected = self.heap.peek().map_or(SimTime::NEVER, |Reverse((at, _))| *at);
        assert_eq!(self.calendar.next_at(), expected);
    }

    fn drain(mut self) {
        while self.pop().is_some() {}
        assert!(self.calendar.is_empty());
        assert_eq!(self.calendar.next_at(), SimTime::NEVER);
    }
}

#[derive(Debug, Clone)]
enum Op {
    /// One entry, so long after now.
    Push {
        after: u64,
        org: u32,
    },
    /// One entry at the next multiple of a length: many of them are ties.
    PushAt {
        every: u64,
        org: u32,
    },
    /// Many orgs, so long after now, within a length of each other.
    Burst {
        after: u64,
        within: u64,
        orgs: u32,
    },
    /// So many pops; after each of them the popped org comes again, so long after.
    Hold {
        pops: usize,
        after: u64,
    },
    Pop {
        pops: usize,
    },
    Look,
    /// A fork is played to its end; then the original goes on.
    Fork,
}

fn any_length() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        0..4_u64,
        0..50_000_u64,
        0..10 * SECOND,
        0..2 * HOUR,
        0..40 * HOUR,
        0..10 * YEAR,
        // The edges of eras, slots and of time itself.
        (0..4_u64, 20..34_u32).prop_map(|(jitter, shift)| (1 << shift) - 2 + jitter),
        (0..3_u64).prop_map(|before| u64::MAX - 1 - before),
    ]
}

fn any_op() -> impl Strategy<Value = Op> {
    let every = prop_oneof![Just(1_000), Just(SECOND), Just(HOUR)];
    let within = prop_oneof![Just(1), Just(1_000), Just(SECOND), Just(30 * SECOND), Just(HOUR)];
    prop_oneof![
        6 => (any_length(), 0..50_u32).prop_map(|(after, org)| Op::Push { after, org }),
        2 => (every, 0..50_u32).prop_map(|(every, org)| Op::PushAt { every, org }),
        2 => (any_length(), within, 1..600_u32)
            .prop_map(|(after, within, orgs)| Op::Burst { after, within, orgs }),
        2 => (1..200_usize, any_length()).prop_map(|(pops, after)| Op::Hold { pops, after }),
        4 => (1..200_usize).prop_map(|pops| Op::Pop { pops }),
        2 => Just(Op::Look),
        1 => Just(Op::Fork),
    ]
}

fn apply(pair: &mut Pair, op: &Op) {
    match *op {
        Op::Push { after, org } => pair.push(pair.now.saturating_add(after), org),
        Op::PushAt { every, org } => pair.push(pair.now.div_ceil(every).saturating_mul(every), org),
        Op::Burst { after, within, orgs } => {
            let key = OrgKey::new(Seed(u64::from(orgs)), 0, 0);
            for org in 0..orgs {
                let offset = key.draw(org, 0, Purpose::ServiceTime) % within;
                pair.push(pair.now.saturating_add(after).saturating_add(offset), org);
            }
        }
        Op::Hold { pops, after } => {
            for _ in 0..pops {
                let Some((_, org)) = pair.pop() else { break };
                pair.push(pair.now.saturating_add(after), org);
            }
        }
        Op::Pop { pops } => {
            for _ in 0..pops {
                pair.pop();
            }
        }
        Op::Look => pair.look(),
        Op::Fork => pair.clone().drain(),
    }
}

proptest! {
    #[test]
    fn a_calendar_gives_what_a_heap_gives(
        expected in prop_oneof![Just(0_usize), Just(1_000), Just(1_000_000)],
        ops in vec(any_op(), 1..60),
    ) {
        let mut pair = Pair::new(expected);
        for op in ops {
            apply(&mut pair, &op);
        }
        pair.drain();
    }
}

/// A draw's length.
type Law = fn(u64) -> u64;

/// Pops so often, and pushes what was popped again, `after` a draw later.
fn hold(pair: &mut Pair, pops: u32, after: Law) {
    let key = OrgKey::new(Seed(3), 0, pair.now);
    for step in 0..pops {
        let (_, org) = pair.pop().unwrap();
        pair.push(pair.now + after(key.draw(step, 0, Purpose::ServiceTime)), org);
        if step % 1_000 == 0 {
            pair.look();
        }
    }
}

#[test]
fn many_orgs_come_in_the_heaps_order_and_the_pool_does_not_grow_with_time() {
    let laws: [(&str, Law); 5] = [
        ("half an hour", |draw| draw % (HOUR / 2)),
        ("soon or not", |draw| draw % if draw >> 63 == 0 { HOUR / 2 } else { SECOND / 20 }),
        ("on the hour", |draw| (1 + draw % 3) * HOUR),
        ("within a second", |draw| draw % SECOND),
        ("a day or two", |draw| 24 * HOUR + draw % (24 * HOUR)),
    ];
    for (name, after) in laws {
        let mut pair = Pair::new(20_000);
        let key = OrgKey::new(Seed(4), 0, 0);
        for org in 0..20_000 {
            pair.push(after(key.draw(org, 0, Purpose::ServiceTime)), org);
        }
        hold(&mut pair, 100_000, after);
        let chunks = pair.calendar.pool.chunks();
        hold(&mut pair, 200_000, after);
        let grown = pair.calendar.pool.chunks();
        assert!(grown <= chunks + chunks / 4, "{name}: {chunks} chunks became {grown}");
        pair.drain();
    }
}

#[test]
fn what_lay_beyond_the_ring_comes_before_what_was_pushed_into_it_later() {
    for era in 1..2 * ERAS {
        for reached in 0..era {
            let mut pair = Pair::new(0);
            pair.push(era << ERA_SHIFT, 1);
            pair.push(reached << ERA_SHIFT, 2);
            pair.pop();
            pair.push((era << ERA_SHIFT) + HOUR, 3);
            pair.drain();
        }
    }
}

#[test]
fn whoever_looks_ahead_is_told_once_of_all_that_come() {
    let mut calendar = Calendar::new(0);
    assert_eq!(calendar.upcoming().next(), None);
    for org in 0..100 {
        calendar.push(SimTime::from_micros(u64::from(200 - org)), org);
    }
    assert_eq!(calendar.next_at(), SimTime::from_micros(101));
    let (mut told, mut popped) = (Vec::new(), Vec::new());
    loop {
        let ahead: Vec<_> = calendar.upcoming().collect();
        assert!(ahead.is_empty() || told.len() == popped.len(), "nobody is told of again");
        told.extend(ahead);
        let Some((_, org)) = calendar.pop() else { break };
        popped.push(org);
        assert!(told.contains(&org), "before its turn");
    }
    assert_eq!(told, popped);
    assert_eq!(told.len(), 100);
}

#[test]
fn a_burst_is_spread_over_buckets_that_can_be_sorted() {
    let mut calendar = Calendar::new(1_000_000);
    for org in 0..100_000 {
        calendar.push(SimTime::from_micros(u64::from(org) * 40), org);
    }
    calendar.pop();
    assert!((30..=100).contains(&calendar.open.len()), "{}", calendar.open.len());
}
