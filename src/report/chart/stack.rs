//! A panel of stacked areas: refresh attempts a minute, outcome upon outcome.

use crate::experiment::results::TimelineRow;
use crate::report::chart::panel::{Panel, unbroken};
use crate::report::chart::theme::{self, Ink};

/// An outcome: its words, its colour, and how many attempts of a bin had it.
pub(super) type Layer = (&'static str, Ink, fn(&TimelineRow) -> f64);

/// From the bottom to the top.
pub(super) const LAYERS: [Layer; 4] = [
    ("stored", theme::GOOD, |row| row.stored),
    ("refused", theme::REFUSED, |row| row.refused),
    ("timed out", theme::TIMED_OUT, |row| row.timed_out),
    ("failed otherwise", theme::FAILED, |row| row.failed),
];

/// All attempts that ended in a bin.
pub(super) fn attempts(row: &TimelineRow) -> f64 {
    LAYERS.iter().map(|(_, _, of)| of(row)).sum()
}

/// All attempts of a bin as a rate.
pub(super) fn per_minute(row: &TimelineRow) -> f64 {
    attempts(row) * 60.0 / (row.until_seconds - row.from_seconds).max(1e-3)
}

/// Draws the layers of some bins; `largest` is the rate at the top of the panel, `shortest` the time
/// that a column of the picture can show.
pub(super) fn draw(panel: &Panel<'_, '_>, rows: &[&TimelineRow], largest: f64, shortest: f64) {
    let columns = columns(rows, shortest);
    // Each layer goes down to zero, from the back: the one below it covers the rest.
    for layer in (0..LAYERS.len()).rev() {
        let edges = columns.iter().flat_map(|column| {
            let top = column.heights[layer];
            let below = layer.checked_sub(1).map_or(0.0, |below| column.heights[below]);
            // A layer thinner than a tenth of a pixel would only leave a seam.
            let top = (top - below > largest / 2_000.0).then_some(top);
            [(column.from, top), (column.until, top)]
        });
        for top in unbroken(edges) {
            panel.hill(&top, LAYERS[layer].1);
        }
    }
}

/// A stretch of time and the attempts a minute in it, each layer with those below it.
struct Column {
    from: f64,
    until: f64,
    heights: [f64; LAYERS.len()],
}

/// Bins, those shorter than `shortest` seconds taken together: their mean rate is what a column of
/// pixels can show.
fn columns(rows: &[&TimelineRow], shortest: f64) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut open: Option<Column> = None;
    for row in rows {
        let column = open.get_or_insert(Column {
            from: row.from_seconds,
            until: row.from_seconds,
            heights: [0.0; LAYERS.len()],
        });
        column.until = row.until_seconds;
        for (height, (_, _, of)) in column.heights.iter_mut().zip(LAYERS) {
            *height += of(row);
        }
        if column.until - column.from >= shortest {
            columns.extend(open.take());
        }
    }
    columns.extend(open);
    for column in &mut columns {
        let minutes = (column.until - column.from).max(1e-3) / 60.0;
        let mut below = 0.0;
        for height in &mut column.heights {
            below += *height / minutes;
            *height = below;
        }
    }
    columns
}
