//! Dose and response: what is shown against the value that was varied, a line an arm with its 95 %
//! band.
//!
//! Values that are words have no order and no distance: they get points and whiskers, and no line
//! between them.

use crate::experiment::results::Estimate;
use crate::experiment::sweep::{Sweep, SweepAxis, Unit};
use crate::report::chart::axis::{Tick, counts, shares};
use crate::report::chart::canvas::{Anchor, Canvas, Point, Type, picture};
use crate::report::chart::ends::{End, Ends};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::{Frame, Panel, Scale};
use crate::report::chart::theme::{self, Series, size};
use crate::report::chart::{Chart, svg};
use crate::report::rank::DrawnSweep;
use crate::report::sweep::words::{self, Quantity, figure};
use crate::report::sweep::{finding, verdict};
use crate::report::words::{capital, label, place, shortened, wrap};

const NAME: &str = "sweep";
const READING: &str = "Each point is the same scenario with another value, on the same draws; the band is its 95 % interval over replications.";
const PLOT: f64 = 300.0;
const NUMBERS: f64 = 66.0;
/// Between lines of words below the axis.
const LINE: f64 = 18.0;
const TICK: Type = Type::regular(size::TICK);
const AXIS: Type = Type::bold(size::SUBTITLE);

/// The chart.
pub(super) fn chart(sweep: &Sweep, drawn: &DrawnSweep<'_>, axis: &SweepAxis) -> Chart {
    let title = match &sweep.target {
        Some(target) => verdict(sweep, target),
        None => finding(sweep),
    };
    let alt = format!("{}{}", alt(&drawn.sweep, axis, &title), drawn.further());
    let svg = draw(drawn, axis, &title, &alt);
    Chart { name: NAME, title, alt, reading: READING, left_out: drawn.left_out(), svg }
}

fn alt(sweep: &Sweep, axis: &SweepAxis, title: &str) -> String {
    let labels = words::values(axis);
    let arms: Vec<String> = (0..sweep.arms.len())
        .map(|arm| {
            let points = labels.iter().zip(sweep.shown_of(arm));
            let points: Vec<String> = points
                .map(|(label, shown)| {
                    format!("{} at {label}", figure(shown.mean, sweep.shown.as_share))
                })
                .collect();
            format!("{} {}", place(&sweep.arms[arm]), points.join(", "))
        })
        .collect();
    let quantity = Quantity::of(&sweep.shown).words;
    let what = words::axis(axis);
    format!("{} by {what}. {title}. {}.", capital(&quantity), capital(&arms.join("; ")))
}

/// How the values are spread over the width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spacing {
    /// In proportion.
    Linear,
    /// In proportion to their logarithm.
    Log,
    /// Evenly, in their order.
    Even,
}

impl Spacing {
    /// The first one in which neighbours keep a twentieth of the width apart.
    fn of(axis: &SweepAxis) -> Self {
        let numbers: Option<Vec<f64>> = axis.values.iter().map(|value| value.number).collect();
        let Some(numbers) = numbers else {
            return Self::Even;
        };
        let roomy = |spacing: Self| {
            let places: Vec<f64> = numbers.iter().map(|number| spacing.place(0, *number)).collect();
            let gaps = places.windows(2).map(|pair| pair[1] - pair[0]);
            let all =
                places.last().copied().unwrap_or(0.0) - places.first().copied().unwrap_or(0.0);
            gaps.fold(f64::INFINITY, f64::min) >= all / 20.0
        };
        if roomy(Self::Linear) {
            Self::Linear
        } else if numbers.iter().all(|number| *number > 0.0) && roomy(Self::Log) {
            Self::Log
        } else {
            Self::Even
        }
    }

    fn place(self, at: usize, number: f64) -> f64 {
        match self {
            Self::Linear => number,
            Self::Log => number.ln(),
            Self::Even => at as f64,
        }
    }

    /// What a reader must know about the axis.
    fn note(self, axis: &SweepAxis) -> &'static str {
        match (self, axis.unit) {
            (Self::Log, _) => " (logarithmic)",
            (Self::Even, unit) if unit != Unit::Words => " (not to scale)",
            (Self::Linear | Self::Even, _) => "",
        }
    }
}

/// What is drawn: the places of the values, and their labels.
struct Content<'s> {
    sweep: &'s Sweep,
    axis: &'s SweepAxis,
    places: Vec<f64>,
    x: [f64; 2],
    note: &'static str,
}

impl<'s> Content<'s> {
    fn new(sweep: &'s Sweep, axis: &'s SweepAxis) -> Self {
        let spacing = Spacing::of(axis);
        let values = axis.values.iter().enumerate();
        let places: Vec<f64> =
            values.map(|(at, value)| spacing.place(at, value.number.unwrap_or_default())).collect();
        let (first, last) = (places[0], places[places.len() - 1]);
        // Words stand in the middle of their share of the width; a value alone in the middle of all.
        let x = if axis.unit == Unit::Words || places.len() == 1 {
            [first - 0.5, last + 0.5]
        } else {
            [first, last]
        };
        Self { sweep, axis, places, x, note: spacing.note(axis) }
    }

    fn is_words(&self) -> bool {
        self.axis.unit == Unit::Words
    }

    fn points(&self, arm: usize, of: fn(Estimate) -> f64) -> Vec<Point> {
        self.places.iter().copied().zip(self.sweep.shown_of(arm).map(of)).collect()
    }

    /// Words below their points, in lines; as many as the room between points takes.
    fn words(&self, width: f64) -> Vec<Vec<String>> {
        let room = width / self.places.len() as f64 - 8.0;
        let lines = |label: &String| {
            let short = shortened(label, room * 2.7, |text| TICK.width(text));
            wrap(&short, room, |text| TICK.width(text))
        };
        words::values(self.axis).iter().map(lines).collect()
    }

    /// Values at the axis; those that would touch the one before are left out, the last one never is.
    fn ticks(&self, width: f64) -> Vec<Tick> {
        let labels = words::values(self.axis);
        let [from, until] = self.x;
        let scale = width / (until - from);
        let tick = |at: usize| Tick { at: self.places[at], label: labels[at].clone(), below: None };
        let half = |tick: &Tick| TICK.width(&tick.label) / 2.0;
        let last = tick(self.places.len() - 1);
        let mut ticks: Vec<Tick> = Vec::new();
        for tick in (0..self.places.len() - 1).map(tick) {
            let apart = |other: &Tick| {
                (other.at - tick.at).abs() * scale > half(&tick) + half(other) + 10.0
            };
            if ticks.last().is_none_or(apart) && apart(&last) {
                ticks.push(tick);
            }
        }
        ticks.push(last);
        ticks
    }
}

fn draw(drawn: &DrawnSweep<'_>, axis: &SweepAxis, title: &str, alt: &str) -> String {
    let sweep = drawn.sweep.as_ref();
    let content = Content::new(sweep, axis);
    let aim = sweep.target.as_ref();
    let subtitle = format!(
        "{}, with 95 % {}{}{}",
        capital(&Quantity::of(&sweep.shown).words),
        if content.is_words() { "interval" } else { "band" },
        aim.map_or_else(String::new, |target| format!("; target: {}", target.text)),
        drawn.note()
    );
    let head = Header::new(title, &subtitle);
    // Points have no line that could lead to a label at its end.
    let key: Vec<_> =
        (0..).zip(&sweep.arms).map(|(at, arm)| (theme::arm(at).line, label(arm))).collect();
    let head = if content.is_words() { head.key(&key) } else { head };
    let ends = Ends::new((0..sweep.arms.len()).map(|arm| end(sweep, arm)).collect());
    let room = if content.is_words() { 0.0 } else { ends.room() };
    let top = head.height() + 10.0;
    let frame =
        Frame { left: MARGIN + NUMBERS, right: WIDTH - MARGIN - room, top, bottom: top + PLOT };
    let labels = if content.is_words() { content.words(frame.width()) } else { Vec::new() };
    let lines = labels.iter().map(Vec::len).max().unwrap_or(1);
    let below = (lines as f64 - 1.0) * LINE;
    let height = frame.bottom + below + 62.0;
    let words = svg::Words { name: NAME, title, alt };
    picture(words, (WIDTH, height), |canvas| {
        head.draw(canvas);
        let largest = sweep.cells.iter().flat_map(|cell| &cell.arms);
        let largest = largest.map(|arm| arm.shown.high).fold(0.0, f64::max);
        let bound = aim.and_then(|target| target.bound);
        let largest = largest.max(bound.unwrap_or(0.0));
        let heights =
            if sweep.shown.as_share { shares(largest.min(1.0), 5.0) } else { counts(largest, 4.0) };
        let panel = Panel::new(canvas, frame, content.x, Scale::up_to(&heights));
        panel.grid(&heights, true);
        if content.is_words() {
            panel.horizontal_axis(&[]);
            under(canvas, &panel, &content, &labels);
        } else {
            panel.horizontal_axis(&content.ticks(frame.width()));
        }
        let what = format!("{}{}", capital(&words::axis(axis)), content.note);
        let middle = (f64::midpoint(frame.left, frame.right), frame.bottom + below + 42.0);
        canvas.text(middle, Anchor::Middle, AXIS, theme::TEXT, &what);
        if let Some(bound) = bound {
            target(canvas, &panel, &content, bound);
        }
        curves(canvas, &panel, &content);
        let last: Vec<f64> = (0..sweep.arms.len())
            .filter_map(|arm| content.points(arm, |shown| shown.mean).last().copied())
            .map(|(_, y)| panel.up(y))
            .collect();
        if !content.is_words() {
            ends.draw(canvas, frame, &last);
        }
    })
}

/// Words below the axis.
fn under(
    canvas: &Canvas<'_>,
    panel: &Panel<'_, '_>,
    content: &Content<'_>,
    labels: &[Vec<String>],
) {
    for (place, lines) in content.places.iter().zip(labels) {
        let x = panel.across(*place);
        for (line, text) in lines.iter().enumerate() {
            let y = panel.frame.bottom + 16.0 + line as f64 * LINE;
            canvas.text((x, y), Anchor::Middle, TICK, theme::MUTED, text);
        }
    }
}

fn end(sweep: &Sweep, arm: usize) -> End {
    let last = sweep.shown_of(arm).last().unwrap_or_default();
    End {
        name: label(&sweep.arms[arm]).to_owned(),
        value: figure(last.mean, sweep.shown.as_share),
        series: theme::arm(arm),
    }
}

fn curves(canvas: &Canvas<'_>, panel: &Panel<'_, '_>, content: &Content<'_>) {
    let arms = content.sweep.arms.len();
    if !content.is_words() {
        for arm in 0..arms {
            let (low, high) =
                (content.points(arm, |shown| shown.low), content.points(arm, |shown| shown.high));
            panel.band(&low, &high, theme::arm(arm).line, 0.2);
        }
    }
    for arm in 0..arms {
        let series = theme::arm(arm);
        let means = content.points(arm, |shown| shown.mean);
        if !content.is_words() {
            panel.line(&means, series);
        }
        // Arms side by side, so that equal ones do not hide each other.
        let aside =
            if content.is_words() { (arm as f64 - (arms as f64 - 1.0) / 2.0) * 12.0 } else { 0.0 };
        let ends = content.points(arm, |shown| shown.low);
        let ends = ends.into_iter().zip(content.points(arm, |shown| shown.high));
        for ((x, mean), ((_, low), (_, high))) in means.into_iter().zip(ends) {
            let x = panel.across(x) + aside;
            if content.is_words() {
                let solid = Series { dash: 0, ..series };
                canvas.line(&[(x, panel.up(low)), (x, panel.up(high))], solid);
            }
            let y = panel.up(mean);
            canvas.rect((x - 4.0, y - 4.0), (x + 4.0, y + 4.0), series.line);
        }
    }
}

/// The target as a line, named where it is farthest from the curves.
fn target(canvas: &Canvas<'_>, panel: &Panel<'_, '_>, content: &Content<'_>, bound: f64) {
    let Frame { left, right, .. } = panel.frame;
    let y = panel.up(bound);
    canvas.line(&[(left, y), (right, y)], theme::TARGET);
    let distance = |at: usize| {
        let ends = (0..content.sweep.arms.len())
            .filter_map(|arm| content.points(arm, |shown| shown.mean).get(at).copied());
        // The words stand above the line: what is below it is not in their way.
        ends.map(|(_, mean)| y - panel.up(mean)).map(f64::abs).fold(f64::INFINITY, f64::min)
    };
    let figure = figure(bound, content.sweep.shown.as_share);
    let words = format!("target {figure}");
    let (x, anchor) = if distance(0) >= distance(content.places.len() - 1) {
        (left + 8.0, Anchor::Start)
    } else {
        (right - 8.0, Anchor::End)
    };
    canvas.text((x, y - 12.0), anchor, TICK, theme::TEXT, &words);
}
