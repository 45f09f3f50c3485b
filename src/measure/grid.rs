//! Time bins: coarse over the whole run, fine around the incident.

use std::ops::Range;

use crate::base::{SimDuration, SimTime};

/// A partition of the run into bins `[edge, next edge)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeGrid {
    edges: Vec<SimTime>,
    focus: Range<usize>,
    /// The bin that holds the beginning of each stretch of `2^shift` microseconds, or one before it: half
    /// of a core's first cache.
    first_bin: Vec<u16>,
    shift: u32,
}

/// At most so many look-up stretches.
const MAX_STRETCHES: u64 = 8_192;

impl TimeGrid {
    /// Bins of `coarse` over `[0, duration)`, and of `fine` within `focus`.
    ///
    /// # Panics
    /// If `duration` or `coarse` is zero.
    pub fn new(
        duration: SimDuration,
        coarse: SimDuration,
        focus: Option<(SimTime, SimTime, SimDuration)>,
    ) -> Self {
        assert!(!duration.is_zero() && !coarse.is_zero(), "a grid needs time to divide");
        let end = SimTime::ZERO + duration;
        let mut edges: Vec<_> = multiples(SimTime::ZERO, end, coarse).collect();
        if let Some((from, until, fine)) = focus {
            edges.retain(|edge| *edge < from || *edge > until.min(end));
            edges.extend(multiples(from, until.min(end), fine));
            edges.sort_unstable();
            edges.dedup();
        }
        Self::of(edges, focus.map(|(from, until, _)| (from, until)))
    }

    /// The same with one edge more.
    #[must_use]
    pub fn cut(self, at: SimTime) -> Self {
        let focus = (self.edges[self.focus.start], self.edges[self.focus.end]);
        let mut edges = self.edges;
        edges.insert(edges.partition_point(|edge| *edge < at), at);
        edges.dedup();
        Self::of(edges, Some(focus))
    }

    /// The bins between these edges.
    fn of(edges: Vec<SimTime>, focus: Option<(SimTime, SimTime)>) -> Self {
        let starts = &edges[..edges.len() - 1];
        let focus = focus.map_or(0..starts.len(), |(from, until)| {
            starts.partition_point(|edge| *edge < from)
                ..starts.partition_point(|edge| *edge < until)
        });
        let duration = edges[edges.len() - 1].since(edges[0]);
        let mut shift = 0;
        while duration.as_micros() >> shift >= MAX_STRETCHES {
            shift += 1;
        }
        let mut bin = 0;
        let first_bin = (0..=duration.as_micros() >> shift).map(|stretch| {
            let start = SimTime::from_micros(stretch << shift);
            while edges.get(bin + 1).is_some_and(|next| *next <= start) {
                bin += 1;
            }
            u16::try_from(bin).unwrap_or(u16::MAX)
        });
        let first_bin = first_bin.collect();
        Self { edges, focus, first_bin, shift }
    }

    /// The bin that holds `at`; the last one for anything after the end.
    #[inline]
    pub fn bin(&self, at: SimTime) -> usize {
        let last = self.len() - 1;
        let stretch = usize::try_from(at.as_micros() >> self.shift).unwrap_or(usize::MAX);
        let mut bin = self.first_bin.get(stretch).map_or(last, |bin| usize::from(*bin));
        while bin < last && self.edges[bin + 1] <= at {
            bin += 1;
        }
        bin.min(last)
    }

    /// The bin that holds `at`, which is not before `bin`.
    #[inline]
    pub fn bin_from(&self, bin: usize, at: SimTime) -> usize {
        if at < self.end_of(bin) { bin } else { self.bin(at) }
    }

    /// When a bin begins.
    #[inline]
    pub fn start_of(&self, bin: usize) -> SimTime {
        self.edges[bin]
    }

    /// When a bin ends.
    #[inline]
    pub fn end_of(&self, bin: usize) -> SimTime {
        self.edges[bin + 1]
    }

    /// When the run ends.
    pub fn end(&self) -> SimTime {
        self.edges[self.edges.len() - 1]
    }

    /// How many bins there are.
    #[expect(clippy::len_without_is_empty, reason = "a grid is never empty")]
    pub fn len(&self) -> usize {
        self.edges.len() - 1
    }

    /// The bins of the focus; all bins where there is none.
    pub fn focus(&self) -> Range<usize> {
        self.focus.clone()
    }

    /// The bins' beginnings and ends.
    pub fn bins(&self) -> impl Iterator<Item = (SimTime, SimTime)> {
        self.edges.windows(2).map(|pair| (pair[0], pair[1]))
    }
}

/// `from`, then every multiple of `step` (counted from zero) before `until`, then `until`.
fn multiples(from: SimTime, until: SimTime, step: SimDuration) -> impl Iterator<Item = SimTime> {
    let first = from.as_micros() / step.as_micros() + 1;
    let between = (first..)
        .map(move |n| SimTime::from_micros(n * step.as_micros()))
        .take_while(move |at| *at < until);
    std::iter::once(from).chain(between).chain(std::iter::once(until))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mins(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_mins(n)
    }

    fn grid() -> TimeGrid {
        let focus = (mins(90), mins(150), SimDuration::from_mins(2));
        TimeGrid::new(SimDuration::from_hours(9), SimDuration::from_mins(30), Some(focus))
    }

    #[test]
    fn bins_are_fine_in_focus_and_coarse_elsewhere() {
        let widths: Vec<_> =
            grid().bins().map(|(from, until)| until.since(from).as_micros() / 60_000_000).collect();
        assert_eq!(grid().focus(), 3..33);
        assert_eq!(widths[..3], [30, 30, 30]);
        assert_eq!(widths[3..33], [2; 30]);
        assert_eq!(widths[33..], [30; 13]);
    }

    #[test]
    fn every_instant_has_the_bin_that_holds_it() {
        let grid = grid();
        let bins: Vec<_> = grid.bins().collect();
        for n in 0..9 * 60 * 4 {
            let at = SimTime::ZERO + SimDuration::from_secs(n * 15);
            let (from, until) = bins[grid.bin(at)];
            assert!((from..until).contains(&at), "{at:?} in {from:?}..{until:?}");
        }
        assert_eq!(grid.bin(mins(10_000)), grid.len() - 1);
        assert_eq!(grid.bin(SimTime::NEVER), grid.len() - 1);
    }

    #[test]
    fn a_cut_divides_a_bin_and_leaves_the_others() {
        let (whole, cut) = (grid(), grid().cut(mins(47)));
        let bins: Vec<_> = whole.bins().collect();
        let expected = [&bins[..1], &[(mins(30), mins(47)), (mins(47), mins(60))], &bins[2..]];
        assert_eq!(cut.bins().collect::<Vec<_>>(), expected.concat());
        assert_eq!((cut.focus(), whole.focus()), (4..34, 3..33));
        assert_eq!((cut.bin(mins(46)), cut.bin(mins(47))), (1, 2));
        assert_eq!(whole.clone().cut(mins(30)), whole);
    }

    #[test]
    fn an_unaligned_focus_still_partitions_the_run() {
        let focus = (mins(91), mins(10_000), SimDuration::from_mins(7));
        let grid =
            TimeGrid::new(SimDuration::from_hours(3), SimDuration::from_mins(30), Some(focus));
        let bins: Vec<_> = grid.bins().collect();
        assert_eq!(bins[0].0, SimTime::ZERO);
        assert_eq!(bins[bins.len() - 1].1, mins(180));
        assert!(bins.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }
}
