//! Cells for counting values of any size to a fixed relative precision.
//!
//! ```text
//!   values   0 1 2 …  2·S   │  2·S … 4·S in steps of 2  │  4·S … 8·S in steps of 4  │ …      S = 2^STEPS_LOG2
//!   cells    one each       │  S of them                │  S of them                │ …
//! ```
//!
//! The layout of `HdrHistogram`: with `S = 2^10` its cells are those of three significant digits.

/// The cell that holds a value: exact below `2^(STEPS_LOG2 + 1)`, then `2^STEPS_LOG2` cells an octave.
#[inline]
pub(super) fn cell<const STEPS_LOG2: u32>(value: u64) -> usize {
    let octave = (value | 1).ilog2().saturating_sub(STEPS_LOG2);
    let cell = (u64::from(octave) << STEPS_LOG2) + (value >> octave);
    usize::try_from(cell).unwrap_or(usize::MAX)
}

/// The lowest value of a cell.
pub(super) fn lowest<const STEPS_LOG2: u32>(cell: usize) -> u64 {
    let cell = cell as u64;
    let octave = (cell >> STEPS_LOG2).saturating_sub(1);
    (cell - (octave << STEPS_LOG2)) << octave
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const STEPS_LOG2: u32>() {
        let values = (0..100_000).chain((17..60).flat_map(|bits| {
            let octave = 1 << bits;
            [octave - 1, octave, octave + 1, octave + 12_345]
        }));
        for value in values {
            let cell = cell::<STEPS_LOG2>(value);
            let range = lowest::<STEPS_LOG2>(cell)..lowest::<STEPS_LOG2>(cell + 1);
            assert!(range.contains(&value), "{value} in {cell}: {range:?}");
        }
    }

    #[test]
    fn cells_cover_all_values_without_gaps() {
        check::<3>();
        check::<10>();
    }
}
