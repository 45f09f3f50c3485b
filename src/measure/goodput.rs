//! Goodput over time, and when it is back after an incident.
//!
//! A server can be whole again and still be busy with nothing but retries (Bronson et al., *Metastable
//! failures in distributed systems*, `HotOS` 2021). What tells the two apart is not the load but what comes of
//! it: tokens that clients store.

use super::grid::TimeGrid;
use crate::base::{SimDuration, SimTime};

/// Back means at least this share of what there was before.
const BACK: f64 = 0.9;

/// Tokens stored in each bin of one run.
#[derive(Debug, Clone)]
pub struct Goodput<'a> {
    bins: Vec<(SimTime, SimTime)>,
    stored: &'a [u64],
}

impl<'a> Goodput<'a> {
    /// The goodput of a run whose bins are those of `grid`.
    pub fn new(grid: &TimeGrid, stored: &'a [u64]) -> Self {
        Self { bins: grid.bins().collect(), stored }
    }

    /// Tokens stored a second over the bins that lie within `[from, until]`; `None` if there are none.
    pub fn per_second(&self, from: SimTime, until: SimTime) -> Option<f64> {
        let first = self.bins.partition_point(|(start, _)| *start < from);
        let end = self.bins.partition_point(|(_, end)| *end <= until);
        (first < end).then(|| self.rate(first, end))
    }

    /// How long after `over` goodput is back for good, if it was `before` a second; `None` if it is not.
    ///
    /// It is back with the first bin that holds at least nine tenths of `before`, and from which on every
    /// stretch of length `cycle` up to the end of the run holds as much on average. A single empty bin
    /// is noise, and so are the waves that an outage leaves when it makes orgs refresh in step, if `cycle`
    /// is the time in which every org refreshes once. A cycle of more than half the time that is left
    /// is cut to that.
    pub fn recovery(&self, before: f64, over: SimTime, cycle: SimDuration) -> Option<SimDuration> {
        if before <= 0.0 {
            return None;
        }
        let first = self.bins.partition_point(|(start, _)| *start < over);
        let end = self.bins.last()?.1;
        let left = self.bins.get(first)?.0;
        let half = SimDuration::from_micros(end.since(left).as_micros() / 2);
        let cycle = cycle.min(half);
        let mut back = None;
        // From the last stretch to the first: whatever goes before a bad one is not for good.
        for bin in (first..self.bins.len()).rev() {
            let (start, _) = self.bins[bin];
            if start + cycle > end {
                continue;
            }
            let until = self.bins.partition_point(|(_, end)| *end < start + cycle) + 1;
            if self.rate(bin, until) < BACK * before {
                break;
            }
            if self.rate(bin, bin + 1) >= BACK * before {
                back = Some(start.since(over));
            }
        }
        back
    }

    /// Tokens stored a second in the bins `first..end`, of which there is at least one.
    fn rate(&self, first: usize, end: usize) -> f64 {
        let stored: u64 = self.stored[first..end].iter().sum();
        stored as f64 / self.bins[end - 1].1.since(self.bins[first].0).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mins(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_mins(n)
    }

    /// Sixty bins of a minute; the incident is from 10 to 20, a cycle takes five minutes.
    fn recovery(stored: impl Fn(u64) -> u64) -> Option<u64> {
        let grid = TimeGrid::new(SimDuration::from_hours(1), SimDuration::from_mins(1), None);
        let stored: Vec<u64> = (0..60).map(stored).collect();
        let goodput = Goodput::new(&grid, &stored);
        let before = goodput.per_second(SimTime::ZERO, mins(10)).unwrap();
        let back = goodput.recovery(before, mins(20), SimDuration::from_mins(5));
        back.map(|after| after.as_micros() / 60_000_000)
    }

    #[test]
    fn rates_are_over_whole_bins() {
        let grid = TimeGrid::new(SimDuration::from_mins(4), SimDuration::from_mins(1), None);
        let goodput = Goodput::new(&grid, &[60, 120, 180, 0]);
        let half = SimTime::ZERO + SimDuration::from_secs(90);
        assert_eq!(goodput.per_second(SimTime::ZERO, mins(2)), Some(1.5));
        assert_eq!(goodput.per_second(half, mins(4)), Some(1.5));
        assert_eq!(goodput.per_second(half, half), None);
    }

    #[test]
    fn goodput_is_back_when_it_stays() {
        assert_eq!(recovery(|_| 100), Some(0), "it never went");
        assert_eq!(recovery(|bin| if bin < 27 { 0 } else { 100 }), None, "there was none before");
        let down = |bin: u64| (10..27).contains(&bin);
        assert_eq!(recovery(|bin| if down(bin) { 0 } else { 100 }), Some(7));
        assert_eq!(recovery(|bin| if bin >= 10 { 50 } else { 100 }), None, "half is not back");
        assert_eq!(recovery(|bin| if (10..58).contains(&bin) { 0 } else { 100 }), None);
    }

    #[test]
    fn a_bad_bin_is_noise_and_a_relapse_is_not() {
        let with_a_hole = |bin: u64| match bin {
            10..27 => 0,
            40 => 60,
            _ => 100,
        };
        assert_eq!(recovery(with_a_hole), Some(7));
        let relapse = |bin: u64| if (10..27).contains(&bin) || bin > 35 { 20 } else { 100 };
        assert_eq!(recovery(relapse), None);
    }

    #[test]
    fn waves_of_a_cycle_are_no_outage() {
        // All refresh within the same two minutes of every five.
        let waves = |bin: u64| match bin {
            0..10 => 100,
            10..23 => 0,
            _ if bin % 5 < 2 => 250,
            _ => 0,
        };
        assert_eq!(recovery(waves), Some(5));
    }
}
