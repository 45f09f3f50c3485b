//! A map of two dimensions: a cell for each pair of values, an arm a panel, one colour scale for all.

use crate::experiment::sweep::{Sweep, SweepAxis};
use crate::report::chart::axis::{Tick, counts, shares};
use crate::report::chart::canvas::{Anchor, Canvas, Type, picture};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::Frame;
use crate::report::chart::theme::{self, RAMP, size};
use crate::report::chart::{Chart, svg};
use crate::report::rank::DrawnSweep;
use crate::report::sweep::finding;
use crate::report::sweep::words::{self, Quantity, figure};
use crate::report::words::{capital, heading, place, shortened};

const NAME: &str = "sweep";
const READING: &str = "Each cell is the same scenario with another pair of values, on the same draws; the bar says which colour is how much.";
const TICK: Type = Type::regular(size::TICK);
const HEAD: Type = Type::bold(size::LABEL);
const AXIS: Type = Type::bold(size::SUBTITLE);
const CELL: Type = Type::bold(13.0);
/// Between panels.
const GAP: f64 = 22.0;
/// Height of an arm's name above its panel, and of what stands below it.
const ABOVE: f64 = 30.0;
const BELOW: f64 = 28.0;
/// Width of the colour bar.
const BAR: f64 = 260.0;

/// The chart.
pub(super) fn chart(
    sweep: &Sweep,
    drawn: &DrawnSweep<'_>,
    rows: &SweepAxis,
    columns: &SweepAxis,
) -> Chart {
    let title = finding(sweep);
    let alt = format!("{}{}", alt(&drawn.sweep, rows, columns, &title), drawn.further());
    let map = Map::new(&drawn.sweep, rows, columns);
    let svg = map.picture(&title, &drawn.note(), &alt);
    Chart { name: NAME, title, alt, reading: READING, left_out: drawn.left_out(), svg }
}

fn alt(sweep: &Sweep, rows: &SweepAxis, columns: &SweepAxis, title: &str) -> String {
    let arms: Vec<String> = (0..sweep.arms.len())
        .map(|arm| {
            let means = sweep.shown_of(arm).map(|shown| shown.mean);
            let low = means.clone().fold(f64::INFINITY, f64::min);
            let high = means.fold(f64::NEG_INFINITY, f64::max);
            let say = |number| figure(number, sweep.shown.as_share);
            format!("{} {} to {}", place(&sweep.arms[arm]), say(low), say(high))
        })
        .collect();
    format!(
        "Heat map of the {} by {} and {}. {title}. {}.",
        Quantity::of(&sweep.shown).words,
        words::axis(rows),
        words::axis(columns),
        capital(&arms.join("; "))
    )
}

/// How figures become colours.
#[derive(Debug, Clone)]
struct Colours {
    ticks: Vec<Tick>,
    min: f64,
    max: f64,
    log: bool,
}

impl Colours {
    /// A scale for these figures: from zero; from the least where zero is far below, as it is for
    /// ratios; logarithmic where they span decades.
    fn of(figures: &[f64], as_share: bool) -> Self {
        let min = figures.iter().copied().fold(f64::INFINITY, f64::min);
        let max = figures.iter().copied().fold(0.0, f64::max);
        let log = min > 0.0 && max / min > 30.0;
        let far_from_zero = min > max / 5.0 && min < max;
        if !as_share && (log || far_from_zero) {
            let middle = if log { (min * max).sqrt() } else { f64::midpoint(min, max) };
            let label = |at: f64| Tick { at, label: figure(at, as_share), below: None };
            return Self { ticks: [min, middle, max].map(label).to_vec(), min, max, log };
        }
        let ticks = if as_share { shares(max.min(1.0), 3.0) } else { counts(max, 3.0) };
        let max = ticks.last().map_or(1.0, |tick| tick.at);
        Self { ticks, min: 0.0, max, log: false }
    }

    /// Where a figure stands between the least (0) and the most (1).
    fn share(&self, figure: f64) -> f64 {
        let share = if self.log {
            (figure.max(self.min) / self.min).ln() / (self.max / self.min).ln()
        } else {
            (figure - self.min) / (self.max - self.min)
        };
        share.clamp(0.0, 1.0)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share between 0 and 1"
    )]
    fn step(&self, figure: f64) -> usize {
        ((self.share(figure) * RAMP.len() as f64) as usize).min(RAMP.len() - 1)
    }

    /// The bar, with its title to the left of it.
    fn draw(&self, canvas: &Canvas<'_>, title: &str, top: f64) {
        let room = WIDTH - 2.0 * MARGIN - BAR - 36.0;
        let title = shortened(title, room, |text| AXIS.width(text));
        canvas.text((MARGIN, top + 8.0), Anchor::Start, AXIS, theme::TEXT, &title);
        let left = MARGIN + AXIS.width(&title) + 20.0;
        let width = BAR / RAMP.len() as f64;
        for (step, ink) in RAMP.into_iter().enumerate() {
            let x = left + step as f64 * width;
            canvas.rect((x, top), (x + width, top + 16.0), ink);
        }
        for tick in &self.ticks {
            let x = left + self.share(tick.at) * BAR;
            canvas.rule((x, top + 16.0), (x, top + 21.0), theme::AXIS);
            canvas.text((x, top + 31.0), Anchor::Middle, TICK, theme::MUTED, &tick.label);
        }
    }
}

/// The map before it is drawn.
struct Map<'s> {
    sweep: &'s Sweep,
    rows: Vec<String>,
    columns: Vec<String>,
    down: String,
    across: String,
    colours: Colours,
}

impl<'s> Map<'s> {
    fn new(sweep: &'s Sweep, rows: &SweepAxis, columns: &SweepAxis) -> Self {
        let figures: Vec<f64> =
            sweep.cells.iter().flat_map(|cell| &cell.arms).map(|arm| arm.shown.mean).collect();
        Self {
            sweep,
            rows: words::values(rows),
            columns: words::values(columns),
            down: capital(&words::axis(rows)),
            across: capital(&words::axis(columns)),
            colours: Colours::of(&figures, sweep.shown.as_share),
        }
    }

    /// Panels in a line.
    fn abreast(&self) -> usize {
        match self.sweep.arms.len() {
            0 | 1 => 1,
            2 | 4 => 2,
            _ => 3,
        }
    }

    /// The room for the labels of rows.
    fn labels(&self) -> f64 {
        let widest = self.rows.iter().map(|row| TICK.width(row)).fold(0.0, f64::max);
        widest.min(170.0) + 10.0
    }

    fn picture(&self, title: &str, note: &str, alt: &str) -> String {
        let subtitle = "Each cell is a run of the scenario with its own pair of values";
        let head = Header::new(title, &format!("{subtitle}{note}"));
        let bar = head.height();
        let top = bar + 62.0;
        let abreast = self.abreast();
        let room = WIDTH - 2.0 * MARGIN - self.labels();
        let width = (room - GAP * (abreast as f64 - 1.0)) / abreast as f64;
        let most = if abreast == 1 { 380.0 } else { 250.0 };
        let rows = self.rows.len() as f64;
        let tall = (rows * if abreast == 1 { 40.0 } else { 30.0 }).clamp(60.0, most);
        let above = if self.sweep.arms.len() > 1 { ABOVE } else { 12.0 };
        let line = above + tall + BELOW;
        let lines = self.sweep.arms.len().div_ceil(abreast);
        let height = top + line * lines as f64 + 42.0;
        let words = svg::Words { name: NAME, title, alt };
        picture(words, (WIDTH, height), |canvas| {
            head.draw(canvas);
            let quantity = capital(&Quantity::of(&self.sweep.shown).words);
            let log = if self.colours.log { " (logarithmic)" } else { "" };
            self.colours.draw(canvas, &format!("{quantity}{log}"), bar);
            let down = format!("↑ {}", self.down);
            canvas.text((MARGIN, top + 2.0), Anchor::Start, AXIS, theme::TEXT, &down);
            let across = format!("{} →", self.across);
            let right = (WIDTH - MARGIN, height - 20.0);
            canvas.text(right, Anchor::End, AXIS, theme::TEXT, &across);
            for arm in 0..self.sweep.arms.len() {
                let (column, line_of) = (arm % abreast, arm / abreast);
                let left = MARGIN + self.labels() + column as f64 * (width + GAP);
                let top = top + 8.0 + line * line_of as f64 + above;
                let frame = Frame { left, right: left + width, top, bottom: top + tall };
                self.panel(canvas, frame, arm, column == 0);
            }
        })
    }

    fn panel(&self, canvas: &Canvas<'_>, frame: Frame, arm: usize, first: bool) {
        if self.sweep.arms.len() > 1 {
            let name = heading(&self.sweep.arms[arm]);
            let name = shortened(&name, frame.width(), |text| HEAD.width(text));
            let middle = (f64::midpoint(frame.left, frame.right), frame.top - 14.0);
            canvas.text(middle, Anchor::Middle, HEAD, theme::TEXT, &name);
        }
        let means: Vec<f64> = self.sweep.shown_of(arm).map(|shown| shown.mean).collect();
        let wide = frame.width() / self.columns.len() as f64;
        let tall = (frame.bottom - frame.top) / self.rows.len() as f64;
        let labels = self.cell_labels(wide, tall);
        for (cell, mean) in means.iter().enumerate() {
            let (row, column) = (cell / self.columns.len(), cell % self.columns.len());
            let left = frame.left + column as f64 * wide;
            // The first row is the lowest, as on any vertical axis.
            let bottom = frame.bottom - row as f64 * tall;
            let step = self.colours.step(*mean);
            let gap = if wide > 12.0 && tall > 12.0 { 0.5 } else { 0.0 };
            let upper = (left + gap, bottom - tall + gap);
            canvas.rect(upper, (left + wide - gap, bottom - gap), RAMP[step]);
            if let Some(label) = labels {
                let middle = (left + wide / 2.0, bottom - tall / 2.0);
                let label = label(*mean, self.sweep.shown.as_share);
                canvas.text(middle, Anchor::Middle, CELL, theme::on_ramp(step), &label);
            }
        }
        self.ticks(canvas, frame, (wide, tall), first);
    }

    /// What is written into the cells of all panels: figures with their unit, without it, or nothing.
    fn cell_labels(&self, wide: f64, tall: f64) -> Option<fn(f64, bool) -> String> {
        let figures = || self.sweep.cells.iter().flat_map(|cell| &cell.arms);
        let fits = |label: &fn(f64, bool) -> String| {
            let width = |mean: f64| CELL.width(&label(mean, self.sweep.shown.as_share));
            tall >= 17.0 && figures().all(|arm| width(arm.shown.mean) + 8.0 <= wide)
        };
        let labels: [fn(f64, bool) -> String; 2] = [figure, bare];
        labels.into_iter().find(fits)
    }

    /// The values at the left and below; as many as there is room for.
    fn ticks(&self, canvas: &Canvas<'_>, frame: Frame, (wide, tall): (f64, f64), first: bool) {
        let widest = self.columns.iter().map(|label| TICK.width(label)).fold(0.0, f64::max);
        let limit = 150.0_f64.max(wide);
        let every = every((widest.min(limit) + 8.0) / wide, self.columns.len());
        for (column, label) in self.columns.iter().enumerate().step_by(every) {
            let x = frame.left + (column as f64 + 0.5) * wide;
            let label = shortened(label, limit, |text| TICK.width(text));
            canvas.text((x, frame.bottom + 15.0), Anchor::Middle, TICK, theme::MUTED, &label);
        }
        if !first {
            return;
        }
        let every = self::every(18.0 / tall, self.rows.len());
        for (row, label) in self.rows.iter().enumerate().step_by(every) {
            let y = frame.bottom - (row as f64 + 0.5) * tall;
            let label = shortened(label, 170.0, |text| TICK.width(text));
            canvas.text((frame.left - 8.0, y), Anchor::End, TICK, theme::MUTED, &label);
        }
    }
}

/// A figure without its unit.
fn bare(number: f64, as_share: bool) -> String {
    figure(number, as_share).trim_end_matches(" %").to_owned()
}

/// Every how many of `of` labels there is room for one that takes up `cells` of them.
fn every(cells: f64, of: usize) -> usize {
    (1..of.max(2)).find(|every| *every as f64 >= cells).unwrap_or(of.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_take_the_whole_ramp() {
        let colours = Colours::of(&[0.0, 0.2, 0.4], true);
        assert_eq!((colours.step(0.0), colours.step(0.4)), (0, RAMP.len() - 1));
        let decades = Colours::of(&[1.0, 10.0, 100.0], false);
        assert_eq!(decades.step(10.0), RAMP.len() / 2);
        let ratios = Colours::of(&[1.0, 2.0, 3.0], false);
        assert_eq!((ratios.step(1.0), ratios.step(2.0)), (0, RAMP.len() / 2));
        assert_eq!(Colours::of(&[0.0], true).step(0.0), 0, "nothing anywhere is pale");
    }

    #[test]
    fn labels_are_left_out_evenly() {
        assert_eq!((every(0.8, 10), every(1.2, 10), every(99.0, 10)), (1, 2, 10));
    }
}
