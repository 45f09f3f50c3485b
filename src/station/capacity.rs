//! How many workers there are, over time.

use crate::base::SimTime;

/// A step function of time: the number of workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// From when on there are how many; ascending, the first at the clock's start.
    steps: Vec<(SimTime, u32)>,
}

impl Capacity {
    /// Always the same number.
    pub fn constant(workers: u32) -> Self {
        Self { steps: vec![(SimTime::ZERO, workers)] }
    }

    /// `workers`, of which the share `lost(t)` is lost at `t`: looked at anew at each of the instants
    /// `edges`, and rounded to whole workers.
    pub fn reduced(
        workers: u32,
        mut edges: Vec<SimTime>,
        mut lost: impl FnMut(SimTime) -> f64,
    ) -> Self {
        edges.push(SimTime::ZERO);
        edges.sort_unstable();
        let mut steps: Vec<(SimTime, u32)> = Vec::new();
        for at in edges {
            let left = f64::from(workers) * (1.0 - lost(at).clamp(0.0, 1.0));
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the number of workers"
            )]
            let left = left.round() as u32;
            if steps.last().is_none_or(|(_, before)| *before != left) {
                steps.push((at, left));
            }
        }
        Self { steps }
    }

    /// How many there are at `at`.
    #[inline]
    pub fn at(&self, at: SimTime) -> u32 {
        match self.steps.as_slice() {
            [(_, only)] => *only,
            steps => steps[steps.partition_point(|(from, _)| *from <= at).max(1) - 1].1,
        }
    }

    /// The next instant after `at` from which there are more or fewer.
    pub fn next_change(&self, at: SimTime) -> SimTime {
        let next = self.steps.partition_point(|(from, _)| *from <= at);
        self.steps.get(next).map_or(SimTime::NEVER, |(from, _)| *from)
    }

    /// All steps: from when on there are how many.
    pub fn steps(&self) -> &[(SimTime, u32)] {
        &self.steps
    }

    /// How many there are on average between two instants.
    ///
    /// # Panics
    /// If there is no time between them.
    pub fn mean(&self, from: SimTime, until: SimTime) -> f64 {
        assert!(from < until, "a mean over time needs time");
        let (mut at, mut area) = (from, 0_u128);
        while at < until {
            let next = self.next_change(at).min(until);
            area += u128::from(self.at(at)) * u128::from(next.since(at).as_micros());
            at = next;
        }
        area as f64 / until.since(from).as_micros() as f64
    }

    /// The most there ever are.
    pub fn most(&self) -> u32 {
        self.steps.iter().map(|(_, workers)| *workers).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_what_is_lost() {
        let at = |micros| SimTime::from_micros(micros);
        let lost = |t: SimTime| match t.as_micros() {
            10..20 => 0.5,
            20..30 => 1.0,
            _ => 0.0,
        };
        let capacity = Capacity::reduced(5, vec![at(20), at(10), at(30), at(15)], lost);
        assert_eq!(capacity.steps(), [(at(0), 5), (at(10), 3), (at(20), 0), (at(30), 5)]);
        for (micros, workers, change) in [
            (0, 5, Some(10)),
            (9, 5, Some(10)),
            (10, 3, Some(20)),
            (29, 0, Some(30)),
            (30, 5, None),
        ] {
            assert_eq!(capacity.at(at(micros)), workers, "{micros}");
            assert_eq!(capacity.next_change(at(micros)), change.map_or(SimTime::NEVER, at));
        }
        for (from, until, mean) in [(0, 10, 5.0), (5, 15, 4.0), (20, 30, 0.0), (0, 40, 3.25)] {
            let found = capacity.mean(at(from), at(until));
            assert!((found - mean).abs() < 1e-12, "{from} to {until}: {found}");
        }
        assert_eq!(Capacity::constant(7).at(at(99)), 7);
        assert_eq!(Capacity::constant(7).next_change(at(99)), SimTime::NEVER);
    }
}
