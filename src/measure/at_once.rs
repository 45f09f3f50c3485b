//! How many orgs are disconnected at once: exactly, from every instant at which one is or no longer is.
//!
//! ```text
//!   Track ──(instant, down or up)──► Steps, per cohort ──all parts of a replication──► AtOnce
//! ```
//!
//! The most at once is a property of all orgs together, so it cannot be told from the parts of a swarm one
//! by one, nor from the ends of time bins: a thousand orgs can lose their sessions and be back within
//! one. Each change takes 8 bytes, and is kept until its replication is complete. Attempts are many,
//! disconnections few: an org that is never disconnected takes nothing.

use super::grid::TimeGrid;
use crate::base::SimTime;

/// The instants at which orgs of one cohort were disconnected or reconnected, in any order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Steps {
    /// Microseconds in the upper 63 bits; the lowest is set where an org was disconnected.
    all: Vec<u64>,
    is_off: bool,
}

/// How many orgs of one arm were disconnected at once in one replication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtOnce {
    /// At most, of each cohort.
    pub cohorts: Vec<u64>,
    /// At most, of all of them together.
    pub all: u64,
    /// Of all of them, at most within each time bin.
    pub bins: Vec<u64>,
}

impl Steps {
    /// Steps that nobody asks for: nothing is kept.
    pub const fn off() -> Self {
        Self { all: Vec::new(), is_off: true }
    }

    /// An org was disconnected at `at`.
    pub fn down(&mut self, at: SimTime) {
        self.push(at, 1);
    }

    /// An org was reconnected at `at`.
    pub fn up(&mut self, at: SimTime) {
        self.push(at, 0);
    }

    /// Adds those of other orgs.
    pub fn append(&mut self, other: &Self) {
        self.all.extend_from_slice(&other.all);
    }

    fn push(&mut self, at: SimTime, down: u64) {
        if !self.is_off {
            self.all.push(at.as_micros() << 1 | down);
        }
    }

    /// How many orgs are disconnected from each instant on at which that changes. What happens at one
    /// instant happens together.
    fn levels(&mut self) -> impl Iterator<Item = (SimTime, u64)> {
        self.all.sort_unstable();
        let mut level = 0_u64;
        self.all.chunk_by(|one, other| one >> 1 == other >> 1).map(move |together| {
            let down = together.iter().filter(|step| **step & 1 == 1).count() as u64;
            let up = together.len() as u64 - down;
            level = (level + down).saturating_sub(up);
            (SimTime::from_micros(together[0] >> 1), level)
        })
    }
}

impl AtOnce {
    /// What the steps of all orgs of each cohort come to.
    pub fn of(mut cohorts: Vec<Steps>, grid: &TimeGrid) -> Self {
        let most = |steps: &mut Steps| steps.levels().map(|(_, level)| level).max().unwrap_or(0);
        let most_each = cohorts.iter_mut().map(most).collect();
        let mut all = cohorts.pop().unwrap_or_default();
        while let Some(steps) = cohorts.pop() {
            all.append(&steps);
        }
        let mut bins = vec![0; grid.len()];
        let (mut most, mut level, mut bin) = (0, 0, 0);
        for (at, next) in all.levels() {
            let here = grid.bin_from(bin, at);
            // A change at the very beginning of a bin leaves nothing of what was before.
            let begun = bin + 1..here + usize::from(at > grid.start_of(here));
            bins.get_mut(begun).into_iter().flatten().for_each(|bin| *bin = level);
            bins[here] = next.max(bins[here]);
            (most, level, bin) = (most.max(next), next, here);
        }
        bins[bin + 1..].fill(level);
        Self { cohorts: most_each, all: most, bins }
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

    /// Eight bins of ten seconds.
    fn grid() -> TimeGrid {
        TimeGrid::new(SimDuration::from_secs(80), SimDuration::from_secs(10), None)
    }

    fn steps(stretches: &[(u64, u64)]) -> Steps {
        let mut steps = Steps::default();
        for (from, until) in stretches {
            steps.down(secs(*from));
            if *until < 80 {
                steps.up(secs(*until));
            }
        }
        steps
    }

    #[test]
    fn what_lies_within_a_bin_counts() {
        let found = AtOnce::of(vec![steps(&[(12, 14), (13, 18)]), steps(&[(13, 30)])], &grid());
        assert_eq!((found.cohorts, found.all), (vec![2, 1], 3));
        assert_eq!(found.bins, [0, 3, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_happens_at_one_instant_happens_together() {
        let found = AtOnce::of(vec![steps(&[(10, 20), (20, 30), (40, 40)])], &grid());
        assert_eq!(found.all, 1, "one comes as the other goes");
        assert_eq!(found.bins, [0, 1, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn nobody_asks_for_what_is_off() {
        let mut steps = Steps::off();
        steps.down(secs(1));
        assert_eq!(AtOnce::of(vec![steps], &grid()).all, 0);
        assert_eq!(AtOnce::of(Vec::new(), &grid()).bins, [0; 8]);
    }

    proptest! {
        /// Counted second by second, however the orgs are divided among parts.
        #[test]
        fn it_is_what_counting_finds(
            stretches in prop::collection::vec((0..2_usize, 0..80_u64, 0..30_u64), 0..40),
            cut in 0..40_usize,
        ) {
            let stretches: Vec<_> =
                stretches.iter().map(|(cohort, from, length)| (*cohort, *from, from + length)).collect();
            let of = |part: &[(usize, u64, u64)], cohort| {
                let its = part.iter().filter(|stretch| stretch.0 == cohort);
                steps(&its.map(|(_, from, until)| (*from, *until)).collect::<Vec<_>>())
            };
            let (first, second) = stretches.split_at(cut.min(stretches.len()));
            let merged = (0..2).map(|cohort| {
                let mut merged = of(second, cohort);
                merged.append(&of(first, cohort));
                merged
            });
            let found = AtOnce::of(merged.collect(), &grid());
            let at = |second: u64, cohort: Option<usize>| {
                let counts = |it: &&(usize, u64, u64)| cohort.is_none_or(|cohort| cohort == it.0)
                    && (it.1..it.2).contains(&second);
                stretches.iter().filter(counts).count() as u64
            };
            let most = |cohort| (0..80).map(|second| at(second, cohort)).max().unwrap();
            prop_assert_eq!(found.all, most(None));
            prop_assert_eq!(found.cohorts, vec![most(Some(0)), most(Some(1))]);
            let bins: Vec<_> = (0..8)
                .map(|bin| (bin * 10..bin * 10 + 10).map(|second| at(second, None)).max().unwrap())
                .collect();
            prop_assert_eq!(found.bins, bins);
        }
    }
}
