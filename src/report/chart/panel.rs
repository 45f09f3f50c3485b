//! A panel: a frame on the canvas with two scales. Shades come first, then the grid, then data.

use crate::report::chart::axis::Tick;
use crate::report::chart::canvas::{Anchor, Canvas, Point, Type};
use crate::report::chart::theme::{self, Ink, Series, size};

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// Its width in pixels.
    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }
}

/// A vertical scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// From 0 to a largest value.
    Linear {
        /// The largest value.
        max: f64,
    },
    /// Logarithmic, between two positive values.
    Log {
        /// The smallest value.
        min: f64,
        /// The largest value.
        max: f64,
    },
}

impl Scale {
    /// Linear up to the last of these ticks.
    pub(super) fn up_to(ticks: &[Tick]) -> Self {
        Self::Linear { max: ticks.last().map_or(1.0, |tick| tick.at) }
    }

    /// Where a value stands between bottom (0) and top (1), never outside.
    fn share(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear { max } => value / max,
            Self::Log { min, max } => (value.max(min) / min).ln() / (max / min).ln(),
        };
        share.clamp(0.0, 1.0)
    }
}

/// A frame with its scales.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel<'c, 'b> {
    canvas: &'c Canvas<'b>,
    /// Where it stands.
    pub(super) frame: Frame,
    /// The values at its left and right edge.
    pub(super) x: [f64; 2],
    y: Scale,
}

impl<'c, 'b> Panel<'c, 'b> {
    /// A panel on a canvas.
    pub(super) fn new(canvas: &'c Canvas<'b>, frame: Frame, x: [f64; 2], y: Scale) -> Self {
        Self { canvas, frame, x, y }
    }

    /// The horizontal place of a value, never outside of the frame.
    pub(super) fn across(&self, x: f64) -> f64 {
        let [from, until] = self.x;
        let share = ((x - from) / (until - from)).clamp(0.0, 1.0);
        self.frame.left + share * self.frame.width()
    }

    /// The vertical place of a value, never outside of the frame.
    pub(super) fn up(&self, y: f64) -> f64 {
        self.frame.bottom - self.y.share(y) * (self.frame.bottom - self.frame.top)
    }

    /// Shades the stretch between two values.
    pub(super) fn shade(&self, from: f64, until: f64, ink: Ink) {
        let left = self.across(from);
        // A short stretch of a long run stays visible: two pixels at least.
        let right = self.across(until).max(left + 2.0).min(self.frame.right);
        self.canvas.rect((left, self.frame.top), (right, self.frame.bottom), ink);
    }

    /// Horizontal grid lines; `labelled` writes their values to the left.
    pub(super) fn grid(&self, ticks: &[Tick], labelled: bool) {
        let Frame { left, right, .. } = self.frame;
        for tick in ticks {
            let y = self.up(tick.at);
            let ink = if tick.at == 0.0 { theme::AXIS } else { theme::GRID };
            self.canvas.rule((left, y), (right, y), ink);
            if labelled {
                let kind = Type::regular(size::TICK);
                self.canvas.text((left - 8.0, y), Anchor::End, kind, theme::MUTED, &tick.label);
            }
        }
    }

    /// Those of some ticks whose labels end within the frame: one at its right edge would run into the
    /// first of a panel beside it.
    pub(super) fn within_frame(&self, mut ticks: Vec<Tick>) -> Vec<Tick> {
        let kind = Type::regular(size::TICK);
        let half = |tick: &Tick| {
            let lines = [Some(&tick.label), tick.below.as_ref()].into_iter().flatten();
            lines.map(|line| kind.width(line)).fold(0.0, f64::max) / 2.0
        };
        ticks.retain(|tick| self.across(tick.at) + half(tick) <= self.frame.right + 1.0);
        ticks
    }

    /// Ticks and labels below the frame.
    pub(super) fn horizontal_axis(&self, ticks: &[Tick]) {
        let Frame { left, right, bottom, .. } = self.frame;
        let kind = Type::regular(size::TICK);
        self.canvas.rule((left, bottom), (right, bottom), theme::AXIS);
        for tick in ticks {
            let x = self.across(tick.at);
            self.canvas.rule((x, bottom), (x, bottom + 5.0), theme::AXIS);
            self.canvas.text((x, bottom + 16.0), Anchor::Middle, kind, theme::MUTED, &tick.label);
            if let Some(below) = &tick.below {
                self.canvas.text((x, bottom + 34.0), Anchor::Middle, kind, theme::MUTED, below);
            }
        }
    }

    /// A data line.
    pub(super) fn line(&self, points: &[Point], series: Series) {
        self.canvas.line(&thinned(&self.placed(points)), series);
    }

    /// A filled band between two lines over the same places.
    pub(super) fn band(&self, lower: &[Point], upper: &[Point], ink: Ink, opacity: f64) {
        let mut outline = thinned(&self.placed(upper));
        outline.extend(thinned(&self.placed(lower)).into_iter().rev());
        self.canvas.area(&outline, ink, opacity);
    }

    /// A filled area between a line and zero.
    pub(super) fn hill(&self, top: &[Point], ink: Ink) {
        let ends = [top.first(), top.last()].into_iter().flatten();
        let floor: Vec<Point> = ends.map(|&(x, _)| (x, 0.0)).collect();
        self.band(&floor, top, ink, 1.0);
    }

    fn placed(&self, points: &[Point]) -> Vec<Point> {
        points.iter().map(|&(x, y)| (self.across(x), self.up(y))).collect()
    }
}

/// At most four points in each column of pixels: the first, the lowest, the highest, the last. No
/// peak and no step is lost.
fn thinned(points: &[Point]) -> Vec<Point> {
    let mut out = Vec::with_capacity(points.len());
    for column in points.chunk_by(|a, b| a.0.floor().total_cmp(&b.0.floor()).is_eq()) {
        if column.len() <= 4 {
            out.extend_from_slice(column);
            continue;
        }
        let by_height = |a: &&Point, b: &&Point| a.1.total_cmp(&b.1);
        let low = column.iter().min_by(by_height).copied();
        let high = column.iter().max_by(by_height).copied();
        let mut middle = [low, high];
        middle.sort_by(|a, b| a.map_or(0.0, |a| a.0).total_cmp(&b.map_or(0.0, |b| b.0)));
        out.extend(column.first().copied());
        out.extend(middle.into_iter().flatten());
        out.extend(column.last().copied());
    }
    out
}

/// Splits points where there is no value, for lines with gaps.
pub(super) fn unbroken(points: impl Iterator<Item = (f64, Option<f64>)>) -> Vec<Vec<Point>> {
    let mut runs = vec![Vec::new()];
    for (x, y) in points {
        match (y, runs.last_mut()) {
            (Some(y), Some(run)) => run.push((x, y)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            (_, _) => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// A step curve: each value holds until the next place.
pub(super) fn steps(points: &[Point]) -> Vec<Point> {
    let mut out: Vec<Point> = Vec::with_capacity(points.len() * 2);
    for &(x, y) in points {
        if let Some(&(_, before)) = out.last() {
            out.push((x, before));
        }
        out.push((x, y));
    }
    out
}

/// Heights of labels that want to stand at `wanted`, at least `gap` apart, between `top` and
/// `bottom`, in the order given by their wishes.
pub(super) fn spread(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut placed: Vec<f64> = wanted.to_vec();
    let mut free = top;
    for &label in &order {
        placed[label] = placed[label].max(free);
        free = placed[label] + gap;
    }
    let mut free = bottom;
    for &label in order.iter().rev() {
        placed[label] = placed[label].min(free);
        free = placed[label] - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_distance_and_their_order() {
        assert_eq!(spread(&[100.0, 102.0, 20.0], 18.0, 0.0, 110.0), [92.0, 110.0, 20.0]);
    }

    #[test]
    fn thinning_keeps_the_peak() {
        let points: Vec<Point> =
            (0..100).map(|n| (f64::from(n) / 100.0, if n == 42 { 9.0 } else { 1.0 })).collect();
        let kept = thinned(&points);
        assert!(kept.len() <= 4);
        assert!(kept.iter().any(|point| point.1 > 8.0));
    }

    #[test]
    fn gaps_stay_gaps_and_steps_stay_steps() {
        let points = [(0.0, Some(1.0)), (1.0, None), (2.0, None), (3.0, Some(2.0))];
        assert_eq!(unbroken(points.into_iter()), [vec![(0.0, 1.0)], vec![(3.0, 2.0)]]);
        assert_eq!(steps(&[(0.0, 1.0), (2.0, 0.5)]), [(0.0, 1.0), (2.0, 1.0), (2.0, 0.5)]);
    }
}
