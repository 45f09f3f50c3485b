//! Labels at the right end of lines, in place of a legend.

use crate::report::chart::canvas::{Anchor, Canvas, Type};
use crate::report::chart::panel::{Frame, spread};
use crate::report::chart::theme::{self, Series, size};
use crate::report::words::{shortened, wrap};

const NAME: Type = Type::bold(size::LABEL);
const VALUE: Type = Type::regular(size::LABEL);
const LINE_HEIGHT: f64 = 20.0;
/// Labels take no more than this from a picture's width.
const ROOM_MAX: f64 = 190.0;
/// The same, with name and value on one line.
const LINE_MAX: f64 = 215.0;
/// Between a name and the value on its line.
const SPACE: f64 = 7.0;

/// The label of one line.
#[derive(Debug, Clone)]
pub(super) struct End {
    /// What the line is.
    pub(super) name: String,
    /// Where it ends, in words; may be empty.
    pub(super) value: String,
    /// How it is drawn.
    pub(super) series: Series,
}

/// More labels than these take one line each.
const ROOMY: usize = 3;

/// Labels, broken into lines.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    labels: Vec<Label>,
}

#[derive(Debug, Clone)]
struct Label {
    name: Vec<String>,
    value: String,
    /// Whether the value follows the name on its line.
    beside: bool,
    series: Series,
}

impl Label {
    /// One of a few labels: a name of up to two lines, and the value below it.
    fn roomy(end: End) -> Self {
        let measure = |text: &str| NAME.width(text);
        let mut name = wrap(&end.name, ROOM_MAX, measure);
        if name.len() > 2 {
            // Both ends of a long name tell arms apart: its middle goes.
            let short = shortened(&end.name, ROOM_MAX * 1.8, measure);
            name = wrap(&short, ROOM_MAX, measure);
            name.truncate(2);
        }
        Self { name, value: end.value, beside: false, series: end.series }
    }

    /// One of many labels: name and value on one line.
    fn narrow(end: End) -> Self {
        let room = LINE_MAX - VALUE.width(&end.value) - SPACE;
        let name = shortened(&end.name, room, |text| NAME.width(text));
        Self { name: vec![name], value: end.value, beside: true, series: end.series }
    }

    fn rows(&self) -> usize {
        self.name.len() + usize::from(!self.beside && !self.value.is_empty())
    }

    fn width(&self) -> f64 {
        let name = self.name.iter().map(|line| NAME.width(line)).fold(0.0, f64::max);
        let value = VALUE.width(&self.value);
        if self.beside { name + SPACE + value } else { name.max(value) }
    }

    fn draw(&self, canvas: &Canvas<'_>, (x, middle): (f64, f64)) {
        let mut y = middle - (self.rows() as f64 - 1.0) / 2.0 * LINE_HEIGHT;
        for line in &self.name {
            canvas.text((x, y), Anchor::Start, NAME, self.series.words, line);
            y += LINE_HEIGHT;
        }
        if self.value.is_empty() {
            return;
        }
        let at = match (self.beside, self.name.last()) {
            (true, Some(name)) => (x + NAME.width(name) + SPACE, y - LINE_HEIGHT),
            (_, _) => (x, y),
        };
        canvas.text(at, Anchor::Start, VALUE, theme::TEXT, &self.value);
    }
}

impl Ends {
    /// Labels for the lines of a panel.
    pub(super) fn new(ends: Vec<End>) -> Self {
        let few = ends.len() <= ROOMY;
        let label = if few { Label::roomy } else { Label::narrow };
        Self { labels: ends.into_iter().map(label).collect() }
    }

    fn leader(&self) -> f64 {
        if self.labels.len() <= ROOMY { 12.0 } else { 22.0 }
    }

    /// The room to leave at the right of the panel, in pixels.
    pub(super) fn room(&self) -> f64 {
        self.leader() + self.labels.iter().map(Label::width).fold(20.0, f64::max)
    }

    /// Draws the labels beside a frame; `ends` are the heights at which the lines end.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, frame: Frame, ends: &[f64]) {
        let tallest = self.labels.iter().map(Label::rows).max().unwrap_or(1);
        let block = tallest as f64 * LINE_HEIGHT;
        let heights = spread(
            ends,
            block + 3.0,
            frame.top + block / 2.0 - 6.0,
            frame.bottom - block / 2.0 + 8.0,
        );
        for ((label, height), wanted) in self.labels.iter().zip(heights).zip(ends) {
            let x = frame.right + self.leader();
            if (height - wanted).abs() > 6.0 {
                let from = (frame.right + 2.0, *wanted);
                canvas.rule(from, (x - 3.0, height), label.series.words);
            }
            label.draw(canvas, (x, height));
        }
    }
}
