//! Stretches of time, by time bin: how long orgs were in a condition, in all and over the run.
//!
//! ```text
//!   bins      |         |         |         |         |
//!   stretch        ├─────────────────────────────┤
//!   kept           part   whole     whole    part          parts as time, whole bins as steps
//! ```
//!
//! Adding a stretch costs the same however many bins it covers, and the bins sum to the total exactly.

use super::counts::running_sum;
use super::grid::TimeGrid;
use crate::base::SimTime;

/// Time that orgs spent in a condition. Merging is addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretches {
    /// Org-microseconds.
    total: u128,
    /// Per bin: org-microseconds of stretches that begin or end in it.
    parts: Vec<u128>,
    /// Per bin: orgs whose stretch covers this bin and not the one before, less orgs of whom the
    /// reverse is true.
    steps: Vec<i64>,
}

impl Stretches {
    /// None yet, over so many bins.
    pub(super) fn new(bins: usize) -> Self {
        Self { total: 0, parts: vec![0; bins], steps: vec![0; bins] }
    }

    /// One org, from one instant to another.
    pub(super) fn add(&mut self, grid: &TimeGrid, from: SimTime, until: SimTime) {
        let (first, last) = (grid.bin(from), grid.bin(until));
        let span = u128::from(until.since(from).as_micros());
        self.total += span;
        if first == last {
            self.parts[first] += span;
            return;
        }
        self.parts[first] += u128::from(grid.end_of(first).since(from).as_micros());
        self.parts[last] += u128::from(until.since(grid.start_of(last)).as_micros());
        self.steps[first + 1] += 1;
        self.steps[last] -= 1;
    }

    /// One org, from one instant to another, which lies in `bin`. Most stretches are short.
    #[inline]
    pub(super) fn add_within(
        &mut self,
        grid: &TimeGrid,
        bin: usize,
        (from, until): (SimTime, SimTime),
    ) {
        if from < grid.start_of(bin) {
            return self.add(grid, from, until);
        }
        let span = u128::from(until.since(from).as_micros());
        self.total += span;
        self.parts[bin] += span;
    }

    /// Adds the stretches of other orgs over the same grid.
    pub(super) fn merge(&mut self, other: &Self) {
        self.total += other.total;
        self.parts.iter_mut().zip(&other.parts).for_each(|(mine, theirs)| *mine += theirs);
        self.steps.iter_mut().zip(&other.steps).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// All of it, in org-microseconds.
    pub const fn total_micros(&self) -> u128 {
        self.total
    }

    /// What fell into each bin of the grid that it was counted over, in org-microseconds.
    pub fn by_bin(&self, grid: &TimeGrid) -> Vec<u128> {
        let whole = running_sum(&self.steps);
        let bins = grid.bins().zip(whole).zip(&self.parts);
        bins.map(|(((from, until), orgs), part)| {
            let width = u128::from(until.since(from).as_micros());
            part + width * u128::try_from(orgs).unwrap_or(0)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::SimDuration;

    fn secs(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(n)
    }

    /// Bins of 10 s up to 100 s, and of 3 s between 40 s and 60 s.
    fn grid() -> TimeGrid {
        let (coarse, fine) = (SimDuration::from_secs(10), SimDuration::from_secs(3));
        TimeGrid::new(SimDuration::from_secs(100), coarse, Some((secs(40), secs(60), fine)))
    }

    proptest! {
        #[test]
        fn bins_hold_what_falls_into_them_and_sum_to_the_total(
            ends in prop::collection::vec((0..=100_u64, 0..=100_u64), 0..20),
        ) {
            let grid = grid();
            let mut all = Stretches::new(grid.len());
            let mut expected = vec![0; grid.len()];
            for (a, b) in ends {
                let (from, until) = (secs(a.min(b)), secs(a.max(b)));
                let mut one = Stretches::new(grid.len());
                one.add(&grid, from, until);
                let mut other = Stretches::new(grid.len());
                other.add_within(&grid, grid.bin(until), (from, until));
                prop_assert_eq!(&one, &other);
                all.merge(&one);
                for (bin, (start, end)) in grid.bins().enumerate() {
                    expected[bin] += u128::from(end.min(until).since(start.max(from)).as_micros());
                }
            }
            prop_assert_eq!(&all.by_bin(&grid), &expected);
            prop_assert_eq!(all.total_micros(), expected.iter().sum::<u128>());
        }
    }
}
