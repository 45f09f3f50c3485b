//! The pictures: each states its finding as its title and can be read in two seconds.
//!
//! | chart | question |
//! |---|---|
//! | `ranked` | which of many arms does best, and by how much? Where there are more than six |
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
mod ranked;
mod stack;
mod survival;
mod svg;
mod theme;
mod windows;

use crate::experiment::results::{Results, TimelineRow};
use crate::experiment::sweep::Sweep;
use crate::report::rank::{Drawn, DrawnSweep, are_many};

pub use png::{PngError, png};
pub(crate) use svg::{escaped, inline};
pub(crate) use theme::dark_mode;

/// The names of all charts, of runs and of sweeps.
pub const NAMES: [&str; 10] = [
    "ranked",
    "access",
    "disconnected",
    "became",
    "survival",
    "outcomes",
    "latency",
    "sweep",
    "load",
    "amplification",
];

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
    /// The arms that it leaves to the tables and the data, in a sentence; empty where it draws all.
    pub left_out: String,
    /// The picture: an SVG that stands alone, 800 pixels wide, with a twin for dark pages in it.
    pub svg: String,
}

/// All charts, in the order in which a report shows them.
///
/// Of many arms the first picture ranks all, and the others draw a few.
pub fn all(results: &Results) -> Vec<Chart> {
    let drawn = Drawn::of(results);
    let mut charts = Vec::new();
    if are_many(results.summary.arms.len()) {
        charts.push(ranked::chart(&results.summary));
    }
    charts.push(disconnected::chart(results, &drawn));
    charts.extend(access::chart(results, &drawn));
    charts.extend([
        became::chart(results, &drawn),
        survival::chart(results, &drawn),
        outcomes::chart(results, &drawn),
        latency::chart(results, &drawn),
    ]);
    if let Some(load) = load::chart(results) {
        charts.push(load);
        charts.extend(amplification::chart(results, &drawn));
    }
    charts
}

/// The chart of a sweep: curves of one dimension, a map of two. Of many arms it draws a few.
pub fn sweep(sweep: &Sweep) -> Chart {
    let drawn = DrawnSweep::of(sweep);
    match sweep.axes.as_slice() {
        [axis] => dose::chart(sweep, &drawn, axis),
        [rows, columns] => heat::chart(sweep, &drawn, rows, columns),
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
    let (title, alt) = (title.to_owned(), because.to_owned());
    Chart { name, title, alt, reading, left_out: String::new(), svg }
}
