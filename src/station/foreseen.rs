//! A first-in first-out station that says on arrival when a request will be done.
//!
//! Whoever comes later can only be served later, so nothing that happens after an arrival changes
//! when it is done: neither the queue behind it, nor the number of workers, which follows the
//! clock. An attempt is then one look at the earliest free worker, and no event of its own.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::capacity::Capacity;
use super::spec::SlowDown;
use crate::base::{SimDuration, SimTime};

/// The station. Arrivals must come in order of time.
#[derive(Debug, Clone)]
pub struct Foreseen {
    capacity: Capacity,
    queue_limit: usize,
    slow_down: Option<Factors>,
    /// When the last accepted request starts: nobody starts before the one ahead of them.
    last_start: SimTime,
    /// When those that have started by `last_start` and are still served are done. Others may be among
    /// them.
    busy_until: BinaryHeap<Reverse<SimTime>>,
    /// When those that wait will start, ascending.
    starts: VecDeque<SimTime>,
}

/// When a request is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When a worker takes it.
    pub start: SimTime,
    /// When it is done.
    pub done: SimTime,
}

/// The factors of a slow-down by number of busy workers, in fixed point with 16 binary places.
#[derive(Debug, Clone)]
pub(super) struct Factors(Vec<u64>);

impl Factors {
    pub(super) fn new(slow_down: SlowDown, workers: u32) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "factors are at least one, and the cast saturates"
        )]
        let fixed = |busy| (slow_down.factor(busy) * 65_536.0).round() as u64;
        (!slow_down.is_none()).then(|| Self((0..=workers).map(fixed).collect()))
    }

    /// The service time with `busy` workers busy, this one included.
    pub(super) fn slow(&self, service: SimDuration, busy: usize) -> SimDuration {
        let factor = self.0.get(busy).or(self.0.last()).copied().unwrap_or(65_536);
        let product = (u128::from(service.as_micros()) * u128::from(factor)) >> 16;
        SimDuration::from_micros(u64::try_from(product).unwrap_or(u64::MAX))
    }
}

impl Foreseen {
    /// An empty station.
    pub fn new(capacity: Capacity, queue_limit: u32, slow_down: SlowDown) -> Self {
        Self {
            slow_down: Factors::new(slow_down, capacity.most()),
            capacity,
            queue_limit: queue_limit as usize,
            last_start: SimTime::ZERO,
            busy_until: BinaryHeap::new(),
            starts: VecDeque::new(),
        }
    }

    /// From now on there are so many workers, over time. Requests that have come in keep the times they were
    /// told; those that would have waited for ever are gone.
    pub fn staff(&mut self, capacity: Capacity) {
        self.capacity = capacity;
        self.busy_until.retain(|done| !done.0.is_never());
        self.starts.retain(|start| !start.is_never());
        if self.last_start.is_never() {
            self.last_start = self.starts.back().copied().unwrap_or(SimTime::ZERO);
        }
    }

    /// How many wait at `now`.
    #[inline]
    pub fn waiting(&mut self, now: SimTime) -> usize {
        while self.starts.front().is_some_and(|start| *start <= now) {
            self.starts.pop_front();
        }
        self.starts.len()
    }

    /// A request arrives at `now` that takes `service`; `None` if the queue is full.
    #[inline]
    pub fn arrive(&mut self, now: SimTime, service: SimDuration) -> Option<Span> {
        if self.waiting(now) >= self.queue_limit && !self.has_free_worker(now) {
            return None;
        }
        let start = self.next_start(now);
        self.last_start = start;
        if start > now {
            self.starts.push_back(start);
        }
        let service = match &self.slow_down {
            None => service,
            Some(factors) => factors.slow(service, self.busy_until.len() + 1),
        };
        let done = start + service;
        self.busy_until.push(Reverse(done));
        Some(Span { start, done })
    }

    /// Whether a request that arrives at `now` would start at once.
    fn has_free_worker(&mut self, now: SimTime) -> bool {
        if self.last_start > now {
            return false;
        }
        self.forget(now);
        !self.is_full(now)
    }

    /// Forgets those that are done by `at`: the first few by their order, and if there are more, all others
    /// in one go. Nobody starts before `at` any more.
    fn forget(&mut self, at: SimTime) {
        let few = self.busy_until.len() / 32 + 2;
        for _ in 0..few {
            if self.busy_until.peek().is_none_or(|done| done.0 > at) {
                return;
            }
            self.busy_until.pop();
        }
        self.busy_until.retain(|done| done.0 > at);
    }

    /// Whether all workers are busy at `at`, as far as those that are done have been forgotten.
    #[inline]
    fn is_full(&self, at: SimTime) -> bool {
        self.busy_until.len() >= self.capacity.at(at) as usize
    }

    /// When a request that arrives at `now`, and is accepted, starts. While there are workers left over
    /// anyway, it does not matter who is done.
    #[inline]
    fn next_start(&mut self, now: SimTime) -> SimTime {
        let mut at = self.last_start.max(now);
        loop {
            if self.slow_down.is_some() || self.is_full(at) {
                self.forget(at);
            }
            if !self.is_full(at) {
                return at;
            }
            let free = self.busy_until.peek().map_or(SimTime::NEVER, |done| done.0);
            at = free.min(self.capacity.next_change(at));
            if at.is_never() {
                return at;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(n)
    }

    fn served(station: &mut Foreseen, at: u64, service: u64) -> Option<(u64, u64)> {
        let span = station.arrive(secs(at), SimDuration::from_secs(service))?;
        let whole = |at: SimTime| at.as_micros() / 1_000_000;
        Some((whole(span.start), whole(span.done)))
    }

    #[test]
    fn two_workers_and_a_queue_of_two() {
        let mut station = Foreseen::new(Capacity::constant(2), 2, SlowDown::default());
        for (at, service, expected) in [
            (0, 10, Some((0, 10))),
            (1, 3, Some((1, 4))),
            (2, 1, Some((4, 5))),
            (2, 9, Some((5, 14))),
            (3, 1, None),
            (4, 1, Some((10, 11))),
            (20, 1, Some((20, 21))),
        ] {
            assert_eq!(served(&mut station, at, service), expected, "at {at}");
        }
    }

    #[test]
    fn a_lost_worker_finishes_what_it_has_and_takes_nothing_more() {
        let lost = |t: SimTime| if t >= secs(5) && t < secs(50) { 1.0 } else { 0.0 };
        let capacity = Capacity::reduced(1, vec![secs(5), secs(50)], lost);
        let mut station = Foreseen::new(capacity, 9, SlowDown::default());
        assert_eq!(served(&mut station, 0, 10), Some((0, 10)));
        assert_eq!(served(&mut station, 1, 1), Some((50, 51)));
        assert_eq!(served(&mut station, 2, 1), Some((51, 52)));
    }

    #[test]
    fn whoever_would_wait_for_ever_is_gone_when_workers_come_back() {
        let none =
            || Capacity::reduced(1, vec![secs(5)], |at| if at < secs(5) { 0.0 } else { 1.0 });
        let mut station = Foreseen::new(none(), 9, SlowDown::default());
        assert_eq!(served(&mut station, 0, 7), Some((0, 7)));
        assert_eq!(
            station.arrive(secs(6), SimDuration::from_secs(1)).unwrap().start,
            SimTime::NEVER
        );
        station.staff(Capacity::constant(1));
        assert_eq!(served(&mut station, 8, 1), Some((8, 9)));
    }

    #[test]
    fn service_slows_down_as_workers_get_busy() {
        let slow_down = SlowDown { contention: 0.5, crosstalk: 0.0 };
        let mut station = Foreseen::new(Capacity::constant(3), 9, slow_down);
        assert_eq!(served(&mut station, 0, 10), Some((0, 10)));
        assert_eq!(served(&mut station, 0, 10), Some((0, 15)));
        assert_eq!(served(&mut station, 0, 10), Some((0, 20)));
        assert_eq!(served(&mut station, 1, 10), Some((10, 30)));
    }
}
