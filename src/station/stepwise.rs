//! A station that finds out step by step: last-in first-out, dropping the oldest, giving up what nobody
//! waits for any more.
//!
//! Drive it like every machine here: [`Stepwise::arrive`] and [`Stepwise::cancel`] tell it what comes
//! in, [`Stepwise::next_deadline`] says when something happens by itself, [`Stepwise::finish`] what has.
//! `T` names a request.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::capacity::Capacity;
use super::foreseen::Factors;
use super::spec::{Discipline, Overflow, StationSpec};
use crate::base::{SimDuration, SimTime};

/// The station.
#[derive(Debug, Clone)]
pub struct Stepwise<T> {
    capacity: Capacity,
    queue_limit: usize,
    discipline: Discipline,
    overflow: Overflow,
    slow_down: Option<Factors>,
    /// In order of arrival.
    waiting: VecDeque<(T, SimDuration)>,
    /// By when they are done, then by when they started.
    served: BinaryHeap<Reverse<(SimTime, u64, T)>>,
    started: u64,
    /// When the number of workers changes next.
    change_at: SimTime,
}

/// What becomes of a request as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival<T> {
    /// It is in service or waits.
    Accepted,
    /// It waits, and this one, which had waited longest, is turned away for it.
    Displaced(T),
    /// The queue is full.
    Full,
}

impl<T: Copy + Ord> Stepwise<T> {
    /// An empty station with so many workers over time.
    pub fn new(spec: &StationSpec, capacity: Capacity) -> Self {
        Self {
            queue_limit: spec.queue_limit as usize,
            discipline: spec.discipline,
            overflow: spec.overflow,
            slow_down: Factors::new(spec.slow_down, capacity.most()),
            waiting: VecDeque::new(),
            served: BinaryHeap::new(),
            started: 0,
            change_at: capacity.next_change(SimTime::ZERO),
            capacity,
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many are waiting or in service.
    pub fn present(&self) -> usize {
        self.waiting.len() + self.served.len()
    }

    /// When [`Stepwise::finish`] has something to do.
    #[inline]
    pub fn next_deadline(&self) -> SimTime {
        let done = self.served.peek().map_or(SimTime::NEVER, |Reverse((at, ..))| *at);
        if self.waiting.is_empty() { done } else { done.min(self.change_at) }
    }

    /// What is done at `now` goes into `done`, in order; then whoever waits for the workers starts.
    pub fn finish(&mut self, now: SimTime, done: &mut Vec<T>) {
        while self.served.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            done.extend(self.served.pop().map(|Reverse((_, _, request))| request));
        }
        self.fill(now);
    }

    /// A request arrives at `now` that takes `service`. Everything due by then is finished.
    pub fn arrive(&mut self, now: SimTime, request: T, service: SimDuration) -> Arrival<T> {
        self.fill(now);
        if self.waiting.is_empty() && self.has_free_worker(now) {
            self.start(now, request, service);
            return Arrival::Accepted;
        }
        if self.waiting.len() < self.queue_limit {
            self.waiting.push_back((request, service));
            return Arrival::Accepted;
        }
        match (self.overflow, self.waiting.pop_front()) {
            (Overflow::DropOldest, Some((oldest, _))) => {
                self.waiting.push_back((request, service));
                Arrival::Displaced(oldest)
            }
            (Overflow::Reject, Some(oldest)) => {
                self.waiting.push_front(oldest);
                Arrival::Full
            }
            (_, None) => Arrival::Full,
        }
    }

    /// The client of a request has gone: it is given up. Whether it was there.
    pub fn cancel(&mut self, now: SimTime, request: T) -> bool {
        if let Some(place) = self.waiting.iter().position(|(waiting, _)| *waiting == request) {
            self.waiting.remove(place);
            return true;
        }
        let before = self.served.len();
        self.served.retain(|Reverse((_, _, served))| *served != request);
        let was_served = self.served.len() < before;
        if was_served {
            self.fill(now);
        }
        was_served
    }

    fn has_free_worker(&self, now: SimTime) -> bool {
        self.served.len() < self.capacity.at(now) as usize
    }

    /// Idle workers take from the queue.
    fn fill(&mut self, now: SimTime) {
        if self.change_at <= now {
            self.change_at = self.capacity.next_change(now);
        }
        while self.has_free_worker(now) {
            let next = match self.discipline {
                Discipline::Fifo => self.waiting.pop_front(),
                Discipline::Lifo => self.waiting.pop_back(),
            };
            let Some((request, service)) = next else { return };
            self.start(now, request, service);
        }
    }

    fn start(&mut self, now: SimTime, request: T, service: SimDuration) {
        let service = match &self.slow_down {
            None => service,
            Some(factors) => factors.slow(service, self.served.len() + 1),
        };
        self.started += 1;
        self.served.push(Reverse((now + service, self.started, request)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::foreseen::Foreseen;
    use super::super::spec::SlowDown;
    use super::*;

    fn spec(discipline: Discipline, overflow: Overflow, queue_limit: u32) -> StationSpec {
        let slow_down = SlowDown::default();
        let cancel_on_disconnect = false;
        StationSpec {
            workers: 1,
            queue_limit,
            discipline,
            overflow,
            slow_down,
            cancel_on_disconnect,
        }
    }

    fn secs(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(n)
    }

    /// Plays arrivals (second, service) and says who is done when, and who was turned away.
    fn play(spec: &StationSpec, arrivals: &[(u64, u64)]) -> (Vec<(u32, u64)>, Vec<u32>) {
        let mut station = Stepwise::new(spec, Capacity::constant(spec.workers));
        let (mut done, mut lost) = (Vec::new(), Vec::new());
        let mut drain = |station: &mut Stepwise<u32>, until: SimTime| {
            let mut finished = Vec::new();
            while station.next_deadline() <= until && !station.next_deadline().is_never() {
                let at = station.next_deadline();
                station.finish(at, &mut finished);
                done.extend(finished.drain(..).map(|n| (n, at.as_micros() / 1_000_000)));
            }
        };
        for (n, (at, service)) in (0..).zip(arrivals) {
            drain(&mut station, secs(*at));
            match station.arrive(secs(*at), n, SimDuration::from_secs(*service)) {
                Arrival::Accepted => {}
                Arrival::Displaced(oldest) => lost.push(oldest),
                Arrival::Full => lost.push(n),
            }
        }
        drain(&mut station, secs(1_000_000));
        (done, lost)
    }

    #[test]
    fn who_is_served_next_and_who_is_turned_away() {
        use Discipline::{Fifo, Lifo};
        use Overflow::{DropOldest, Reject};
        let arrivals = [(0, 10), (1, 1), (2, 1), (3, 1)];
        for (discipline, overflow, done, lost) in [
            (Fifo, Reject, vec![(0, 10), (1, 11), (2, 12)], 3),
            (Lifo, Reject, vec![(0, 10), (2, 11), (1, 12)], 3),
            (Fifo, DropOldest, vec![(0, 10), (2, 11), (3, 12)], 1),
            (Lifo, DropOldest, vec![(0, 10), (3, 11), (2, 12)], 1),
        ] {
            let got = play(&spec(discipline, overflow, 2), &arrivals);
            assert_eq!(got, (done, vec![lost]), "{discipline:?} {overflow:?}");
        }
    }

    #[test]
    fn whoever_is_given_up_frees_the_place() {
        let mut station =
            Stepwise::new(&spec(Discipline::Fifo, Overflow::Reject, 5), Capacity::constant(1));
        for n in 0..3_u32 {
            station.arrive(secs(0), n, SimDuration::from_secs(10));
        }
        assert!(station.cancel(secs(1), 1), "it waits");
        assert!(station.cancel(secs(2), 0), "it is in service");
        assert!(!station.cancel(secs(3), 0), "it is gone");
        assert_eq!(
            station.next_deadline(),
            secs(12),
            "the third started when the first was given up"
        );
    }

    proptest! {
        /// First in, first out: both machines say the same of every request.
        #[test]
        fn it_agrees_with_the_station_that_foresees(
            gaps in prop::collection::vec((0_u64..4, 1_u64..12), 1..60),
            workers in 1_u32..4,
            queue_limit in 0_u32..5,
            (contention, crosstalk) in (0.0..0.5, 0.0..0.1),
            (from, length, lost) in (0_u64..40, 1_u64..40, 0.0..1.0),
        ) {
            let mut at = 0;
            let arrivals: Vec<_> = gaps.iter().map(|(gap, service)| { at += gap; (at, *service) }).collect();
            let capacity = Capacity::reduced(workers, vec![secs(from), secs(from + length)], |t| {
                if t >= secs(from) && t < secs(from + length) { lost } else { 0.0 }
            });
            let slow_down = SlowDown { contention, crosstalk };
            let spec = StationSpec { workers, slow_down, ..spec(Discipline::Fifo, Overflow::Reject, queue_limit) };
            let mut foreseen = Foreseen::new(capacity.clone(), queue_limit, slow_down);
            let mut stepwise = Stepwise::new(&spec, capacity);
            let (mut expected, mut got) = (Vec::new(), Vec::new());
            let mut finished = Vec::new();
            for (n, (at, service)) in (0_u32..).zip(arrivals.iter().chain([&(100_000, 1)])) {
                let (now, service) = (secs(*at), SimDuration::from_secs(*service));
                while stepwise.next_deadline() <= now {
                    let at = stepwise.next_deadline();
                    stepwise.finish(at, &mut finished);
                    got.extend(finished.drain(..).map(|n| (at, n)));
                }
                let accepted = stepwise.arrive(now, n, service) == Arrival::Accepted;
                let span = foreseen.arrive(now, service);
                prop_assert_eq!(span.is_some(), accepted, "request {}", n);
                expected.extend(span.map(|span| (span.done, n)));
            }
            expected.pop();
            expected.sort_unstable();
            got.sort_unstable();
            prop_assert_eq!(got, expected);
        }
    }
}
