//! Latencies, counted as they come: an increment each, where a histogram keeps totals as well.
//!
//! The cells are those of the [`Histogram`] that is handed out in the end, so nothing is lost on the
//! way. They come in pages of 2 KiB, about one an octave, made when first needed: a cohort whose
//! latencies lie between a millisecond and twenty seconds holds 15 pages, an eighth of what a
//! histogram does, and those in constant use fit into a first-level cache.

use hdrhistogram::Histogram;

use super::log_linear::{cell, lowest};
use crate::base::SimDuration;

/// Two days, in microseconds: longer than any attempt; what is longer counts as this.
const LONGEST_MICROS: u64 = 2 * 86_400 * 1_000_000;

/// 2^10 cells an octave: three significant digits.
const STEPS_LOG2: u32 = 10;
const PAGE: usize = 1 << STEPS_LOG2;
/// Page 28 holds [`LONGEST_MICROS`].
const PAGES: usize = 29;

/// How many attempts took how long.
#[derive(Debug, Clone, Default)]
pub(super) struct Latencies {
    pages: [Option<Box<[u16; PAGE]>>; PAGES],
    /// Cells that ran full, once for each 2^16 that they counted: one in 65,536 attempts at most.
    full: Vec<usize>,
}

impl Latencies {
    /// Counts one.
    #[inline]
    pub(super) fn record(&mut self, latency: SimDuration) {
        let cell = cell::<STEPS_LOG2>(latency.as_micros().min(LONGEST_MICROS));
        self.add(cell, 1);
    }

    #[inline]
    fn add(&mut self, cell: usize, more: u16) {
        let Some(page) = &mut self.pages[cell / PAGE] else {
            self.open_page(cell, more);
            return;
        };
        let (count, full) = page[cell % PAGE].overflowing_add(more);
        page[cell % PAGE] = count;
        if full {
            self.full.push(cell);
        }
    }

    #[cold]
    fn open_page(&mut self, cell: usize, count: u16) {
        let mut page = Box::new([0; PAGE]);
        page[cell % PAGE] = count;
        self.pages[cell / PAGE] = Some(page);
    }

    /// Adds others.
    pub(super) fn merge(&mut self, other: &Self) {
        other.cells().for_each(|(cell, count)| self.add(cell, count));
        self.full.extend_from_slice(&other.full);
    }

    /// The cells in use, with their counts.
    fn cells(&self) -> impl Iterator<Item = (usize, u16)> {
        let pages = self.pages.iter().zip(0..).filter_map(|(page, n)| Some((n, page.as_ref()?)));
        let cells = pages.flat_map(|(n, page)| (n * PAGE..).zip(page.iter().copied()));
        cells.filter(|(_, count)| *count > 0)
    }

    /// The same as a histogram of microseconds, three significant digits.
    #[expect(clippy::expect_used, reason = "the bounds are constants")]
    pub(super) fn histogram(&self) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_bounds(1, LONGEST_MICROS, 3)
            .expect("1 ≤ high / 2 and 3 ≤ 5 digits");
        for (cell, count) in self.cells() {
            histogram.saturating_record_n(lowest::<STEPS_LOG2>(cell), u64::from(count));
        }
        for &cell in &self.full {
            histogram.saturating_record_n(lowest::<STEPS_LOG2>(cell), 1 << 16);
        }
        histogram
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(values: &[u64]) -> Latencies {
        let mut latencies = Latencies::default();
        for value in values {
            latencies.record(SimDuration::from_micros(*value));
        }
        latencies
    }

    fn recorded(values: &[u64]) -> Histogram<u64> {
        let mut histogram = Latencies::default().histogram();
        for value in values {
            histogram.record(*value).unwrap();
        }
        histogram
    }

    fn cells(histogram: &Histogram<u64>) -> Vec<(u64, u64)> {
        let cells = histogram.iter_recorded();
        cells.map(|cell| (cell.value_iterated_to(), cell.count_at_value())).collect()
    }

    /// Latencies of all magnitudes.
    fn values() -> impl Strategy<Value = Vec<u64>> {
        let value = (0_u32..38, any::<u64>())
            .prop_map(|(bits, draw)| (draw >> (63 - bits)).min(LONGEST_MICROS));
        prop::collection::vec(value, 0..200)
    }

    proptest! {
        #[test]
        fn they_are_what_a_histogram_would_have_recorded(a in values(), b in values()) {
            let all = [a.clone(), b.clone()].concat();
            let mut merged = counted(&a);
            merged.merge(&counted(&b));
            let (mine, theirs) = (merged.histogram(), recorded(&all));
            prop_assert_eq!(cells(&mine), cells(&theirs));
            prop_assert_eq!(mine.len(), theirs.len());
            prop_assert_eq!((mine.min(), mine.max()), (theirs.min(), theirs.max()));
            for p in [0.0, 0.5, 0.99, 1.0] {
                prop_assert_eq!(mine.value_at_quantile(p), theirs.value_at_quantile(p));
            }
        }
    }

    #[test]
    fn what_is_too_long_counts_as_two_days() {
        let histogram = counted(&[u64::MAX, LONGEST_MICROS]).histogram();
        assert_eq!(cells(&histogram).len(), 1);
        assert!(histogram.equivalent(histogram.max(), LONGEST_MICROS));
    }

    #[test]
    fn a_cell_counts_beyond_16_bits() {
        let mut latencies = counted(&[5, 5, 7]);
        latencies.add(5, u16::MAX);
        let twice = latencies.clone();
        latencies.merge(&twice);
        let histogram = latencies.histogram();
        assert_eq!(histogram.count_at(5), 2 * (2 + u64::from(u16::MAX)));
        assert_eq!(histogram.count_at(7), 2);
    }
}
