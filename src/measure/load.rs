//! What a station was asked to do and did, over time.

use super::grid::TimeGrid;
use crate::base::SimTime;

/// The load of a limited station in each time bin. Merging is addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    flows: Vec<[u64; FLOWS]>,
    waiting: Occupancy,
    busy: Occupancy,
    /// Time that requests spent waiting and in service before the clock stopped, in request-microseconds.
    sojourn_micros: i128,
    /// How many are there now, waiting and in service: for stations that find out step by step.
    now: (usize, usize),
    /// How many runs were added up.
    runs: u64,
}

/// What passes through a station, counted in the bin in which it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Flow {
    /// A request of the swarm came to the door.
    Offered = 0,
    /// A request of the background load came.
    Background = 1,
    /// A request of the swarm was turned away with 429.
    Throttled = 2,
    /// A request of the swarm was turned away with 503: too many under way, the queue full, or
    /// displaced from it.
    Rejected = 3,
    /// A request of the swarm was given up because its client had gone.
    Cancelled = 4,
    /// A request of the swarm was served to the end.
    Served = 5,
    /// A request of the background load was turned away, or displaced from the queue.
    BackgroundRejected = 6,
    /// A request of the background load was served to the end.
    BackgroundServed = 7,
}

const FLOWS: usize = 8;

/// How many there are over time, kept so that an interval costs two additions however long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Occupancy {
    /// Came less went, by bin.
    steps: Vec<i64>,
    /// Time from each coming to the end of its bin, less the same of each going.
    micros: Vec<i64>,
}

impl Occupancy {
    fn new(bins: usize) -> Self {
        Self { steps: vec![0; bins], micros: vec![0; bins] }
    }

    #[inline]
    fn step(&mut self, grid: &TimeGrid, at: SimTime, by: i64) {
        self.step_in(grid, grid.bin(at), at, by);
    }

    #[inline]
    fn step_in(&mut self, grid: &TimeGrid, bin: usize, at: SimTime, by: i64) {
        let left = grid.end_of(bin).since(at).as_micros();
        self.steps[bin] += by;
        self.micros[bin] += by * i64::try_from(left).unwrap_or(i64::MAX);
    }

    /// One more from `from` in `bin` until `until`, or the end of the run. The bin in which it ends.
    #[inline]
    fn stay(&mut self, grid: &TimeGrid, bin: usize, from: SimTime, until: SimTime) -> usize {
        let last = grid.bin_from(bin, until);
        if last == bin && until < grid.end() {
            self.micros[bin] += i64::try_from(until.since(from).as_micros()).unwrap_or(i64::MAX);
            return bin;
        }
        self.step_in(grid, bin, from, 1);
        if until < grid.end() {
            self.step_in(grid, last, until, -1);
        }
        last
    }

    fn merge(&mut self, other: &Self) {
        self.steps.iter_mut().zip(&other.steps).for_each(|(mine, theirs)| *mine += theirs);
        self.micros.iter_mut().zip(&other.micros).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// The area under the curve in each bin, in microseconds times how many.
    fn areas(&self, grid: &TimeGrid) -> Vec<i128> {
        let mut there = 0_i128;
        let bins = grid.bins().zip(self.steps.iter().zip(&self.micros));
        bins.map(|((from, until), (steps, micros))| {
            let area = there * i128::from(until.since(from).as_micros()) + i128::from(*micros);
            there += i128::from(*steps);
            area
        })
        .collect()
    }

    fn at_end(&self) -> i64 {
        self.steps.iter().sum()
    }
}

impl Load {
    /// Nothing yet, over a grid of `bins`.
    pub fn new(bins: usize) -> Self {
        Self {
            flows: vec![[0; FLOWS]; bins],
            waiting: Occupancy::new(bins),
            busy: Occupancy::new(bins),
            sojourn_micros: 0,
            now: (0, 0),
            runs: 0,
        }
    }

    /// A run begins.
    pub fn begin(&mut self) {
        self.runs += 1;
    }

    /// Something passes at `at`; after the end of the run it is left out.
    #[inline]
    pub fn pass(&mut self, grid: &TimeGrid, flow: Flow, at: SimTime) {
        if at < grid.end() {
            self.flows[grid.bin(at)][flow as usize] += 1;
        }
    }

    /// A request that comes at `arrived` waits until `start` and keeps a worker busy until `done`, when
    /// it has passed as `flow`. What lies beyond the end of the run is left out.
    #[inline]
    pub fn visited(
        &mut self,
        grid: &TimeGrid,
        flow: Flow,
        arrived: SimTime,
        (start, done): (SimTime, SimTime),
    ) {
        let end = grid.end();
        if arrived >= end {
            return;
        }
        let mut bin = grid.bin(arrived);
        if start > arrived {
            bin = self.waiting.stay(grid, bin, arrived, start);
        }
        if start < end {
            bin = self.busy.stay(grid, bin, start, done);
        }
        if done < end {
            self.flows[bin][flow as usize] += 1;
        }
        self.sojourn_micros += i128::from(done.min(end).since(arrived).as_micros());
    }

    /// A request came into the station at `now`; when it leaves is not known yet.
    pub fn came(&mut self, now: SimTime) {
        self.sojourn_micros -= i128::from(now.as_micros());
    }

    /// One that came has left at `now`, or is there when the clock stops.
    pub fn left(&mut self, now: SimTime) {
        self.sojourn_micros += i128::from(now.as_micros());
    }

    /// From `now` on so many wait and so many are in service.
    pub fn present(&mut self, grid: &TimeGrid, now: SimTime, waiting: usize, busy: usize) {
        let step = |place: &mut Occupancy, before: usize, after: usize| {
            let change = after.cast_signed() - before.cast_signed();
            if change != 0 {
                place.step(grid, now, change as i64);
            }
        };
        step(&mut self.waiting, self.now.0, waiting);
        step(&mut self.busy, self.now.1, busy);
        self.now = (waiting, busy);
    }

    /// Adds the load of other runs over the same grid.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.flows.iter_mut().zip(&other.flows) {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
        self.waiting.merge(&other.waiting);
        self.busy.merge(&other.busy);
        self.sojourn_micros += other.sojourn_micros;
        self.runs += other.runs;
    }

    /// How many passed in a bin, over all runs.
    pub fn passed(&self, flow: Flow, bin: usize) -> u64 {
        self.flows[bin][flow as usize]
    }

    /// How many passed in all bins and runs.
    pub fn total(&self, flow: Flow) -> u64 {
        self.flows.iter().map(|bin| bin[flow as usize]).sum()
    }

    /// How many runs were added up.
    pub const fn runs(&self) -> u64 {
        self.runs
    }

    /// The mean number of waiting requests in each bin, over time and runs: the queue's length.
    pub fn queue_length(&self, grid: &TimeGrid) -> Vec<f64> {
        self.mean(&self.waiting, grid)
    }

    /// The mean number of busy workers in each bin, over time and runs.
    pub fn busy_workers(&self, grid: &TimeGrid) -> Vec<f64> {
        self.mean(&self.busy, grid)
    }

    fn mean(&self, place: &Occupancy, grid: &TimeGrid) -> Vec<f64> {
        let runs = self.runs.max(1) as f64;
        let bins = grid.bins().zip(place.areas(grid));
        bins.map(|((from, until), area)| area as f64 / until.since(from).as_micros() as f64 / runs)
            .collect()
    }

    /// Flow balance and Little's law, exactly: whatever came in left in one way or is still there, and
    /// the area under the number present is the sum of the sojourn times (L = λ·W over the run).
    pub fn balances(&self, grid: &TimeGrid) -> bool {
        let came = self.total(Flow::Offered) + self.total(Flow::Background);
        let left = [
            Flow::Throttled,
            Flow::Rejected,
            Flow::Cancelled,
            Flow::Served,
            Flow::BackgroundRejected,
            Flow::BackgroundServed,
        ];
        let left: u64 = left.into_iter().map(|flow| self.total(flow)).sum();
        let there = self.waiting.at_end() + self.busy.at_end();
        let area: i128 =
            self.waiting.areas(grid).iter().chain(&self.busy.areas(grid)).copied().sum();
        i64::try_from(came).ok()
            == i64::try_from(left).ok().and_then(|left| left.checked_add(there))
            && area == self.sojourn_micros
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimDuration;

    fn secs(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(n)
    }

    fn grid() -> TimeGrid {
        TimeGrid::new(SimDuration::from_secs(40), SimDuration::from_secs(10), None)
    }

    #[test]
    fn means_are_over_time() {
        let (mut load, grid) = (Load::new(4), grid());
        load.begin();
        // Arrives at 5, waits until 25, is served until 30.
        load.pass(&grid, Flow::Offered, secs(5));
        load.visited(&grid, Flow::Served, secs(5), (secs(25), secs(30)));
        assert_eq!(load.queue_length(&grid), [0.5, 1.0, 0.5, 0.0]);
        assert_eq!(load.busy_workers(&grid), [0.0, 0.0, 0.5, 0.0]);
        assert!(load.balances(&grid));
    }

    #[test]
    fn what_is_still_there_at_the_end_counts() {
        let (mut load, grid) = (Load::new(4), grid());
        load.begin();
        load.pass(&grid, Flow::Offered, secs(35));
        load.visited(&grid, Flow::Served, secs(35), (secs(36), secs(99)));
        assert!(load.balances(&grid));
        load.pass(&grid, Flow::Served, secs(39));
        assert!(!load.balances(&grid), "it cannot be served and still be there");
    }

    #[test]
    fn an_area_without_a_sojourn_breaks_little_s_law() {
        let (mut load, grid) = (Load::new(4), grid());
        load.pass(&grid, Flow::Offered, secs(1));
        load.present(&grid, secs(1), 0, 1);
        load.pass(&grid, Flow::Served, secs(2));
        load.present(&grid, secs(2), 0, 0);
        assert!(!load.balances(&grid));
        load.came(secs(1));
        load.left(secs(2));
        assert!(load.balances(&grid));
    }

    #[test]
    fn visits_are_what_steps_say() {
        let (grid, whole) = (grid(), [3, 10, 12, 20, 39, 40, 99]);
        for (a, b, c) in
            (0..7).flat_map(|a| (a..7).flat_map(move |b| (b..7).map(move |c| (a, b, c))))
        {
            let [arrived, start, done] = [a, b, c].map(|n| secs(whole[n]));
            let (mut visited, mut stepped) = (Load::new(4), Load::new(4));
            visited.visited(&grid, Flow::Served, arrived, (start, done));
            let end = grid.end();
            for (at, waiting, busy) in [(arrived, 1, 0), (start, 0, 1), (done, 0, 0)] {
                if at < end {
                    stepped.present(&grid, at, waiting, busy);
                }
            }
            if done < end {
                stepped.pass(&grid, Flow::Served, done);
            }
            stepped.came(arrived.min(end));
            stepped.left(done.min(end));
            stepped.now = visited.now;
            assert_eq!(visited, stepped, "{arrived:?} {start:?} {done:?}");
        }
    }
}
