//! How refresh attempts end, stacked, in attempts a minute.
//!
//! Arms differ only after what they change, so around the incident most are alike: then one panel
//! stands for all, and panels of the whole run show where each arm goes from there. Where arms differ
//! from the beginning, each has its own panel.

use crate::experiment::results::{ArmSummary, Results, TimelineRow};
use crate::report::chart::axis::{counts, instants};
use crate::report::chart::canvas::{Anchor, Canvas, Type, picture};
use crate::report::chart::group::{Group, groups};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::{Frame, Panel, Scale};
use crate::report::chart::stack::{self, LAYERS, attempts, per_minute};
use crate::report::chart::theme::{self, Ink, size};
use crate::report::chart::windows::{Named, Strip, named, shade};
use crate::report::chart::{Chart, nothing, rows, svg, within};
use crate::report::clock::Clock;
use crate::report::rank::Drawn;
use crate::report::sentence::{beside, extremes};
use crate::report::words::{amount, brief_place, capital, place, share_of, shortened};

const NAME: &str = "outcomes";
const READING: &str = "The height is the load on the server, the colours are what became of it; attempts that clients gave up on are counted like all others.";
const NUMBERS: f64 = 62.0;
const TICKS: f64 = 48.0;
const HEAD: Type = Type::bold(size::LABEL);

/// The chart.
pub(super) fn chart(results: &Results, drawn: &Drawn<'_>) -> Chart {
    if results.timeline.iter().all(|row| attempts(row) <= 0.0) {
        let because = "The clock stopped before the first refresh attempt ended.";
        return nothing(NAME, READING, "No refresh attempt ended", because);
    }
    let panels = panels(&drawn.results, drawn.are_all());
    let title = title(results);
    let alt = alt(drawn, &title);
    let svg = draw(drawn, &panels, &title, &alt);
    Chart { name: NAME, title, alt, reading: READING, left_out: drawn.left_out(), svg }
}

/// A panel to draw: its heading, its arm, its stretch of time, and whether it takes a whole line.
struct Content<'r> {
    heading: String,
    rows: Vec<&'r TimelineRow>,
    x: [f64; 2],
    wide: bool,
    windows: Vec<Named>,
}

/// The panels; `all` says whether the results are those of all arms.
fn panels(results: &Results, all: bool) -> Vec<Content<'_>> {
    let summary = &results.summary;
    let whole = [0.0, summary.duration_seconds];
    let near = summary.focus.unwrap_or(whole);
    let several = summary.arms.len() > 1;
    let alike = |row: &TimelineRow, other: &TimelineRow| {
        let allowed = attempts(row).max(attempts(other)).max(1.0) / 50.0;
        LAYERS.iter().all(|(_, _, of)| (of(row) - of(other)).abs() <= allowed)
    };
    let windows = named(summary);
    let content = |group: Group<'_>, x, heading: String, wide| Content {
        windows: group.windows(&windows),
        rows: within(&rows(results, &group.arms[0].name), x),
        heading,
        x,
        wide,
    };
    let around = groups(results, near, alike);
    if around.len() > 1 {
        return around
            .into_iter()
            .map(|group| {
                let heading = group.heading();
                content(group, near, heading, false)
            })
            .collect();
    }
    let after = groups(results, whole, alike);
    let differ_later = after.len() > 1;
    let heading = match (several, summary.focus) {
        (_, None) => "The whole run",
        (false, ..) => "The incident",
        (true, ..) if all => "The incident, alike in every arm",
        (true, ..) => "The incident, alike in every arm drawn",
    };
    let first = around.into_iter().map(|group| content(group, near, heading.to_owned(), true));
    let further = after.into_iter().filter(|_| summary.focus.is_some()).map(|group| {
        let heading = if differ_later {
            format!("{}, the whole run", group.heading())
        } else {
            "The whole run".to_owned()
        };
        content(group, whole, heading, !differ_later)
    });
    first.chain(further).collect()
}

/// The worst bin, and how many attempts each arm had refused.
fn title(results: &Results) -> String {
    let summary = &results.summary;
    let lost = |row: &&TimelineRow| (attempts(row) - row.stored) / attempts(row);
    let worst = results
        .timeline
        .iter()
        .filter(|row| attempts(row) > 0.0)
        .max_by(|a, b| lost(a).total_cmp(&lost(b)));
    let worst = worst.map_or(0.0, |row| lost(&row));
    if worst < 5e-4 {
        return "Every refresh attempt ends with a stored token".to_owned();
    }
    let opening = format!("At worst {} of refresh attempts fail", share_of(worst, 1.0));
    let refused = |arm: &ArmSummary| arm.total.attempts.refused.mean;
    let say = |arm: &ArmSummary| format!("{} {}", amount(refused(arm)), brief_place(&arm.name));
    match summary.arms.as_slice() {
        [only] => format!("{opening}; {} are refused in all", amount(refused(only))),
        [first, second] => {
            let there = format!("{} {}", amount(refused(second)), beside(first, second));
            format!(
                "{opening}; {} are refused {}, {there}",
                amount(refused(first)),
                brief_place(&first.name)
            )
        }
        many => {
            let ends = extremes(many.iter(), refused);
            let ends: Vec<String> = ends.into_iter().map(say).collect();
            format!("{opening}; refused in all: from {}", ends.join(" to "))
        }
    }
}

fn alt(drawn: &Drawn<'_>, title: &str) -> String {
    let summary = &drawn.results.summary;
    let arms: Vec<String> = summary
        .arms
        .iter()
        .map(|arm| {
            let attempts = &arm.total.attempts;
            let failed = attempts.total.mean
                - attempts.stored.mean
                - attempts.refused.mean
                - attempts.timed_out.mean;
            format!(
                "{} {} attempts, of which {} stored, {} refused, {} timed out, {} failed otherwise",
                place(&arm.name),
                amount(attempts.total.mean),
                amount(attempts.stored.mean),
                amount(attempts.refused.mean),
                amount(attempts.timed_out.mean),
                amount(failed.max(0.0)),
            )
        })
        .collect();
    format!(
        "Stacked areas of refresh attempts a minute. {title}. {}.{}",
        capital(&arms.join("; ")),
        drawn.further()
    )
}

fn draw(drawn: &Drawn<'_>, panels: &[Content<'_>], title: &str, alt: &str) -> String {
    let results = &drawn.results;
    let key: Vec<(Ink, &'static str)> =
        LAYERS.iter().map(|(words, ink, _)| (*ink, *words)).collect();
    let what = "Refresh attempts a minute by how they ended; times in UTC";
    let head = Header::new(title, &format!("{what}{}", drawn.note())).key(&key);
    let rates = panels.iter().flat_map(|panel| &panel.rows).map(|row| per_minute(row));
    let largest = rates.fold(0.0, f64::max);
    let (slots, height) = slots(panels, head.height());
    let words = svg::Words { name: NAME, title, alt };
    picture(words, (WIDTH, height), |canvas| {
        head.draw(canvas);
        let clock = Clock::starting(&results.summary.start);
        // Columns of pixels as wide as keeps the picture small, however many panels it has.
        let column = 1.5 + panels.len().saturating_sub(3) as f64 * 0.7;
        for (panel, slot) in panels.iter().zip(&slots) {
            panel.draw(canvas, slot, clock, largest, column);
        }
    })
}

/// Where a panel stands, and the height of its heading.
struct Slot {
    frame: Frame,
    heading: f64,
}

/// The places of the panels: wide ones on lines of their own, others two to a line. And the height
/// that the picture needs for them.
fn slots(panels: &[Content<'_>], top: f64) -> (Vec<Slot>, f64) {
    let gap = 30.0;
    let room = WIDTH - 2.0 * MARGIN - NUMBERS - 10.0;
    let left = MARGIN + NUMBERS;
    let columns = |panel: &Content<'_>| if panel.wide { 1 } else { 2 };
    let width = |panel: &Content<'_>| {
        let columns = f64::from(columns(panel));
        (room - gap * (columns - 1.0)) / columns
    };
    // Narrow panels get strips of one height, so that neighbours stand level.
    let strip = |panel: &Content<'_>| {
        Strip::new(&panel.windows, panel.x, [left, left + width(panel)]).height()
    };
    let narrow = panels.iter().filter(|panel| !panel.wide).map(strip).fold(0.0, f64::max);
    let (mut y, mut column) = (top, 0);
    let mut slots = Vec::new();
    for (place, panel) in panels.iter().enumerate() {
        let strip = if panel.wide { strip(panel) } else { narrow };
        let left = left + f64::from(column) * (width(panel) + gap);
        let top = y + 24.0 + strip;
        let height = if panel.wide { 190.0 } else { 130.0 };
        let frame = Frame { left, right: left + width(panel), top, bottom: top + height };
        slots.push(Slot { frame, heading: y + 8.0 });
        column = (column + 1) % columns(panel);
        if column == 0 || place + 1 == panels.len() {
            y = frame.bottom + TICKS + 14.0;
        }
    }
    (slots, y - 6.0)
}

impl Content<'_> {
    /// Draws the panel; `largest` is the rate at its top, `column` the pixels of its shortest bin.
    fn draw(&self, canvas: &Canvas<'_>, slot: &Slot, clock: Clock, largest: f64, column: f64) {
        let Slot { frame, heading } = *slot;
        let ticks = counts(largest, if self.wide { 4.0 } else { 3.0 });
        let panel = Panel::new(canvas, frame, self.x, Scale::up_to(&ticks));
        let words = shortened(&self.heading, frame.width(), |text| HEAD.width(text));
        canvas.text((frame.left, heading), Anchor::Start, HEAD, theme::TEXT, &words);
        shade(&panel, &self.windows);
        Strip::new(&self.windows, self.x, [frame.left, frame.right]).draw(canvas, frame.top);
        let first_column = frame.left < MARGIN + NUMBERS + 1.0;
        panel.grid(&ticks, first_column);
        let [from, until] = self.x;
        let shortest = column * (until - from) / frame.width();
        stack::draw(&panel, &self.rows, largest, shortest);
        let ticks = instants(clock, from, until, frame.width() / 62.0);
        let alone = self.wide || !first_column;
        panel.horizontal_axis(&if alone { ticks } else { panel.within_frame(ticks) });
    }
}
