//! The pictures: each states its finding as its title and can be read in two seconds.
//!
//! | chart | question |
//! |---|---|
//! | `disconnected` | how many orgs are disconnected when? |
//! | `access` | how many orgs are without an access token when? Where any are |
//! | `became` | what became of the orgs that were hit? |
//! | `survival` | how long until a disconnected org is back? |
//! | `outcomes` | how do refresh attempts end, and how many are there? |
//! | `latency` | what do clients wait, and how many give up? |
//! | `sweep` | how does the outcome answer to one value, or to two? |
//! | `load` | what does the server bear, and what comes of it? Where orgs meet there |
//! | `amplification` | how many attempts for one of a calm run? Likewise |
//!
//! Absent on purpose: legends in boxes, second axes, truncated axes, successful requests only.

mod access;
mod amplification;
mod axis;
mod became;
mod canvas;
mod disconnected;
mod dose;
mod ends;
mod group;
mod header;
mod heat;
mod latency;
mod load;
mod outcomes;
mod panel;
mod png;
mod stack;
mod survival;
mod svg;
mod theme;
mod windows;

use crate::experiment::results::{Results, TimelineRow};
use crate::experiment::sweep::Sweep;

pub use png::{PngError, png};
pub(crate) use svg::{escaped, inline};
pub(crate) use theme::dark_mode;

/// A picture and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Name of its file, without an ending.
    pub name: &'static str,
    /// The finding, as the picture's title says it.
    pub title: String,
    /// The finding in words and numbers, for those who do not see the picture.
    pub alt: String,
    /// How to read it, in one sentence.
    pub reading: &'static str,
    /// The picture: an SVG that stands alone, 800 pixels wide, with a twin for dark pages in it.
    pub svg: String,
}

/// All charts, in the order in which a report shows them.
pub fn all(results: &Results) -> Vec<Chart> {
    let mut charts = vec![disconnected::chart(results)];
    charts.extend(access::chart(results));
    charts.extend([
        became::chart(results),
        survival::chart(results),
        outcomes::chart(results),
        latency::chart(results),
    ]);
    if let Some(load) = load::chart(results) {
        charts.push(load);
        charts.extend(amplification::chart(results));
    }
    charts
}

/// The chart of a sweep: curves of one dimension, a map of two.
pub fn sweep(sweep: &Sweep) -> Chart {
    match sweep.axes.as_slice() {
        [axis] => dose::chart(sweep, axis),
        [rows, columns] => heat::chart(sweep, rows, columns),
        _ => nothing("sweep", "", "Nothing was varied", "A sweep has one dimension or two."),
    }
}

/// The time bins of one arm.
fn rows<'r>(results: &'r Results, arm: &str) -> Vec<&'r TimelineRow> {
    results.timeline.iter().filter(|row| row.arm == arm).collect()
}

/// Those bins that lie within `[from, until]`.
fn within<'r>(rows: &[&'r TimelineRow], [from, until]: [f64; 2]) -> Vec<&'r TimelineRow> {
    rows.iter()
        .copied()
        .filter(|row| row.from_seconds >= from - 0.5 && row.until_seconds <= until + 0.5)
        .collect()
}

/// A picture that says in words why there is nothing to draw.
fn nothing(name: &'static str, reading: &'static str, title: &str, because: &str) -> Chart {
    let head = header::Header::new(title, because);
    let words = svg::Words { name, title, alt: because };
    let size = (header::WIDTH, head.height() + header::MARGIN);
    let svg = canvas::picture(words, size, |canvas| head.draw(canvas));
    Chart { name, title: title.to_owned(), alt: because.to_owned(), reading, svg }
}
