//! What a server bears and what comes of it, around the incident: requests and goodput, queue, workers.
//!
//! ```text
//!   arm 1            arm 2            three panels an arm, one below the other on one axis of time;
//!   ┌ requests/s ┐   ┌────────────┐   all arms on the same scales, so that they can be compared
//!   ├ waiting ───┤   ├────────────┤
//!   └ busy ──────┘   └────────────┘
//! ```

mod words;

use self::words::{alt, goodput, recovery, title};
use crate::experiment::results::{ArmSummary, LoadRow, Results, Summary, WindowKind};
use crate::report::chart::axis::{Tick, counts, instants, shares};
use crate::report::chart::canvas::{Anchor, Canvas, Point, Type, picture};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::{Frame, Panel, Scale, unbroken};
use crate::report::chart::theme::{self, Ink, Series, size};
use crate::report::chart::windows::{Named, Strip, named, of_arm, shade};
use crate::report::chart::{Chart, svg};
use crate::report::clock::Clock;
use crate::report::rank::{few, left_out};
use crate::report::words::{count, duration, heading, shortened};

const NAME: &str = "load";
const READING: &str = "Where the dark line runs above the blue area, requests come of which nothing comes: they are turned away, refused or served for nobody. Where it stays there after the incident, the server is kept busy by what failed before.";
const NUMBERS: f64 = 62.0;
const TICKS: f64 = 48.0;
/// Above each panel, for its caption.
const CAPTION: f64 = 26.0;
const HEADING: f64 = 26.0;
/// Between columns, and between rows of arms.
const GAP: f64 = 20.0;
const HEAD: Type = Type::bold(size::LABEL);
const NOTE: Type = Type::regular(size::TICK);

/// So long after an amnesty opens those that it brings back have come, in seconds.
const AMNESTY_SHOWN: f64 = 6.0 * 3_600.0;
/// So many seconds of a run without an incident are shown: hourly jobs can still be told apart.
const CALM_MAX: f64 = 21_600.0;

const OFFERED: Series = Series { line: theme::HIT, words: theme::HIT, dash: 0 };
const WAITING: Series = Series { line: theme::TIMED_OUT, words: theme::TIMEOUT, dash: 0 };

/// The chart; `None` where orgs do not meet at the server.
pub(super) fn chart(results: &Results) -> Option<Chart> {
    let summary = &results.summary;
    if results.load.is_empty() || summary.arms.iter().all(|arm| arm.load.is_none()) {
        return None;
    }
    let title = title(summary);
    let alt = alt(summary, &title);
    let svg = draw(results, &title, &alt);
    let left_out = not_shown(summary);
    Some(Chart { name: NAME, title, alt, reading: READING, left_out, svg })
}

/// The stretch to show: from before the incident until goodput is back in all arms, or so long that
/// nobody expects it any more, and an amnesty with what it brings; without an incident, the beginning
/// of the run.
fn stretch(summary: &Summary) -> [f64; 2] {
    let phases = summary.windows.iter().filter(|window| window.kind == WindowKind::Phase);
    let ends = phases.fold(None, |ends: Option<[f64; 2]>, window| {
        let [from, until] = ends.unwrap_or([f64::INFINITY, 0.0]);
        Some([from.min(window.from_seconds), until.max(window.until_seconds)])
    });
    let end = summary.duration_seconds;
    let Some([from, until]) = ends else { return [0.0, end.min(CALM_MAX)] };
    let length = until - from;
    let slowest = summary.arms.iter().map(recovery).fold(0.0, f64::max);
    let tail = if slowest.is_finite() { slowest * 1.5 } else { (length * 8.0).max(14_400.0) };
    let amnesties = summary.windows.iter().filter(|window| window.kind == WindowKind::Amnesty);
    let answered = amnesties.map(|window| (window.from_seconds + AMNESTY_SHOWN).min(end));
    let shown = answered.fold(until + tail.max(length).max(1_800.0), f64::max);
    // A short rest belongs to the picture too.
    let shown = if shown > 0.8 * end { end } else { shown };
    [(from - (length / 2.0).max(900.0)).max(0.0), shown]
}

/// The arms to draw: all, or the first and those that differ most in goodput after the incident.
fn shown(summary: &Summary) -> Vec<usize> {
    let after = |arm: &ArmSummary| goodput(arm).map_or(0.0, |goodput| goodput.after_share.mean);
    few(&summary.arms.iter().map(after).collect::<Vec<_>>())
}

/// The arms that are not drawn, in a sentence.
fn not_shown(summary: &Summary) -> String {
    let shown = shown(summary);
    let others = summary.arms.iter().enumerate().filter(|(place, _)| !shown.contains(place));
    left_out(shown.len(), &others.map(|(_, arm)| heading(&arm.name)).collect::<Vec<_>>())
}

/// The scales and the places that all arms share.
struct Sheet<'r> {
    results: &'r Results,
    arms: Vec<usize>,
    windows: Vec<Vec<Named>>,
    x: [f64; 2],
    columns: usize,
    width: f64,
    strip: f64,
    panels: Vec<Kind>,
}

/// One of the panels of an arm.
struct Kind {
    caption: &'static str,
    height: f64,
    ticks: Vec<Tick>,
    draw: fn(&Panel<'_, '_>, &[&LoadRow]),
}

fn draw(results: &Results, title: &str, alt: &str) -> String {
    let summary = &results.summary;
    let sheet = Sheet::new(results);
    let head = Header::new(title, &subtitle(summary, sheet.arms.len()));
    let head = head.key(&[
        (theme::HIT, "refresh requests that come"),
        (theme::GOOD, "tokens stored (goodput)"),
    ]);
    let rows = sheet.arms.len().div_ceil(sheet.columns) as f64;
    let height = head.height() + rows * sheet.height() - GAP + 6.0;
    let words = svg::Words { name: NAME, title, alt };
    picture(words, (WIDTH, height), |canvas| {
        head.draw(canvas);
        for place in 0..sheet.arms.len() {
            sheet.arm(canvas, place, head.height());
        }
    })
}

fn subtitle(summary: &Summary, shown: usize) -> String {
    let mean = match summary.replications {
        1 => "one replication".to_owned(),
        many => format!("means of {} replications", count(f64::from(many))),
    };
    let arms = match summary.arms.len() {
        all if all > shown => {
            format!(
                "; {shown} of {all} arms, the first and those whose goodput after the incident differs most"
            )
        }
        _ => String::new(),
    };
    let when = if summary.windows.iter().any(|window| window.kind == WindowKind::Phase) {
        "around the incident".to_owned()
    } else if summary.duration_seconds > CALM_MAX {
        format!("in the first {}", duration(CALM_MAX))
    } else {
        "over the run".to_owned()
    };
    format!("What the server bears {when}: {mean}; times in UTC{arms}")
}

impl<'r> Sheet<'r> {
    fn new(results: &'r Results) -> Self {
        let summary = &results.summary;
        let (x, arms, all) = (stretch(summary), shown(summary), named(summary));
        let columns = match arms.len() {
            2 | 4 => 2,
            few => few.min(3),
        };
        let room = WIDTH - 2.0 * MARGIN - NUMBERS - GAP * (columns as f64 - 1.0);
        let windows: Vec<_> =
            arms.iter().map(|arm| of_arm(&all, &summary.arms[*arm].name)).collect();
        let mut sheet = Self {
            results,
            arms,
            x,
            columns,
            width: room / columns as f64,
            strip: 0.0,
            panels: Vec::new(),
            windows,
        };
        let strips = (0..sheet.arms.len()).map(|place| sheet.named(place, 0.0).height());
        sheet.strip = strips.fold(0.0, f64::max);
        sheet.panels = sheet.kinds();
        sheet
    }

    /// The panels, with scales that hold what any arm shows.
    fn kinds(&self) -> Vec<Kind> {
        let most = |of: fn(&LoadRow) -> f64| {
            let rows = (0..self.arms.len()).flat_map(|place| self.rows(place));
            rows.map(of).fold(0.0, f64::max)
        };
        let rates = most(|row| offered(row).max(stored(row)));
        let mut kinds = vec![Kind {
            caption: "Requests a second",
            height: 120.0,
            ticks: counts(rates, 3.0),
            draw: requests,
        }];
        let limited = self.arms.iter().any(|arm| {
            let load = self.results.summary.arms[*arm].load.as_ref();
            load.is_some_and(|load| load.station.is_some())
        });
        if limited {
            let queue = counts(most(|row| row.waiting), 2.0);
            kinds.push(Kind { caption: "Waiting", height: 66.0, ticks: queue, draw: waiting });
            let busy = shares(1.0, 2.0);
            kinds.push(Kind { caption: "Workers busy", height: 54.0, ticks: busy, draw: workers });
        }
        kinds
    }

    /// The bins of an arm that are shown.
    fn rows(&self, place: usize) -> Vec<&'r LoadRow> {
        let name = &self.results.summary.arms[self.arms[place]].name;
        let [from, until] = self.x;
        let rows = self.results.load.iter().filter(|row| row.arm == *name);
        rows.filter(|row| row.from_seconds < until && row.until_seconds > from).collect()
    }

    fn named(&self, place: usize, left: f64) -> Strip<'_> {
        Strip::new(&self.windows[place], self.x, [left, left + self.width])
    }

    fn heading(&self) -> f64 {
        if self.results.summary.arms.len() > 1 { HEADING } else { 0.0 }
    }

    /// The height that an arm takes, the space below it included.
    fn height(&self) -> f64 {
        let panels: f64 = self.panels.iter().map(|kind| CAPTION + kind.height).sum();
        self.heading() + self.strip + panels + TICKS + GAP
    }

    /// Draws all panels of an arm.
    fn arm(&self, canvas: &Canvas<'_>, place: usize, top: f64) {
        let (row, column) = (place / self.columns, place % self.columns);
        let left = MARGIN + NUMBERS + column as f64 * (self.width + GAP);
        let mut y = top + row as f64 * self.height() + self.heading();
        if self.heading() > 0.0 {
            let name = heading(&self.results.summary.arms[self.arms[place]].name);
            let name = shortened(&name, self.width, |text| HEAD.width(text));
            canvas.text((left, y - 14.0), Anchor::Start, HEAD, theme::TEXT, &name);
        }
        y += self.strip;
        // The strip ends where the first panel's caption begins: it names what all of them shade.
        self.named(place, left).draw(canvas, y);
        let rows = self.rows(place);
        for (number, kind) in self.panels.iter().enumerate() {
            let top = y + CAPTION;
            y = top + kind.height;
            let frame = Frame { left, right: left + self.width, top, bottom: y };
            let panel = Panel::new(canvas, frame, self.x, Scale::up_to(&kind.ticks));
            shade(&panel, &self.windows[place]);
            panel.grid(&kind.ticks, column == 0);
            let caption = (left, top - 11.0);
            canvas.text(caption, Anchor::Start, NOTE, theme::MUTED, kind.caption);
            (kind.draw)(&panel, &rows);
            if number + 1 == self.panels.len() {
                let clock = Clock::starting(&self.results.summary.start);
                let [from, until] = self.x;
                let ticks = instants(clock, from, until, frame.width() / 62.0);
                let alone = column + 1 == self.columns;
                panel.horizontal_axis(&if alone { ticks } else { panel.within_frame(ticks) });
            }
        }
    }
}

fn per_second(count: f64, row: &LoadRow) -> f64 {
    count / (row.until_seconds - row.from_seconds).max(1e-3)
}

fn offered(row: &LoadRow) -> f64 {
    per_second(row.offered, row)
}

fn stored(row: &LoadRow) -> f64 {
    per_second(row.stored, row)
}

/// Each bin as a step, with gaps where it has no value.
fn stairs(rows: &[&LoadRow], of: impl Fn(&LoadRow) -> Option<f64>) -> Vec<Vec<Point>> {
    unbroken(rows.iter().flat_map(|row| {
        let value = of(row);
        [(row.from_seconds, value), (row.until_seconds, value)]
    }))
}

fn requests(panel: &Panel<'_, '_>, rows: &[&LoadRow]) {
    for run in stairs(rows, |row| Some(stored(row))) {
        panel.hill(&run, theme::GOOD);
    }
    for run in stairs(rows, |row| Some(offered(row))) {
        panel.line(&run, OFFERED);
    }
}

fn waiting(panel: &Panel<'_, '_>, rows: &[&LoadRow]) {
    tinted(panel, &stairs(rows, |row| row.workers.map(|_| row.waiting)), WAITING);
}

fn workers(panel: &Panel<'_, '_>, rows: &[&LoadRow]) {
    let share = |row: &LoadRow| {
        let workers = row.workers.filter(|workers| *workers > 0.0)?;
        Some((row.busy / workers).min(1.0))
    };
    tinted(panel, &stairs(rows, share), OFFERED);
}

/// Lines over a tint that lets the shades of the windows through.
fn tinted(panel: &Panel<'_, '_>, runs: &[Vec<Point>], series: Series) {
    let ink: Ink = series.line;
    for run in runs {
        let ends = [run.first(), run.last()].into_iter().flatten();
        let floor: Vec<Point> = ends.map(|&(x, _)| (x, 0.0)).collect();
        panel.band(&floor, run, ink, 0.3);
        panel.line(run, series);
    }
}
