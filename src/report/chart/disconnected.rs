//! Orgs disconnected over time, one line an arm, with the incident and the amnesty shaded.
//!
//! An incident of an hour is a sliver on an axis of days, so a first panel shows it at its own pace;
//! both panels have the same vertical scale.

use crate::experiment::results::{ArmSummary, Results, Summary, TimelineRow};
use crate::report::chart::axis::{counts, instants};
use crate::report::chart::canvas::{Anchor, Canvas, Type, picture};
use crate::report::chart::ends::{End, Ends};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::{Frame, Panel, Scale};
use crate::report::chart::theme::{self, size};
use crate::report::chart::windows::{Named, Strip, named, shade};
use crate::report::chart::{Chart, nothing, rows, svg, within};
use crate::report::clock::Clock;
use crate::report::rank::Drawn;
use crate::report::sentence::{beside, extremes, without_access, worst};
use crate::report::words::{amount, brief_place, capital, count, label, place, plural};

const NAME: &str = "disconnected";
const READING: &str = "Each line counts the orgs whose stored credential the server would refuse, or whose client has given up; the highest count within each time bin is drawn. When it falls, orgs have come back by the amnesty, by a retry or by a person.";
const PLOT: f64 = 300.0;
/// Room for the numbers on the vertical axis, and below for two lines of ticks.
const NUMBERS: f64 = 62.0;
const TICKS: f64 = 48.0;

/// The chart.
pub(super) fn chart(results: &Results, drawn: &Drawn<'_>) -> Chart {
    let summary = &results.summary;
    let never = summary.arms.iter().all(|arm| arm.total.ever_disconnected.mean <= 0.0);
    if never {
        let because = format!(
            "Not one of {} was disconnected at any time, in {}: there is nothing to draw.",
            plural(summary.orgs as f64, "org", "orgs"),
            plural(f64::from(summary.replications), "replication", "replications"),
        );
        let title = match without_access(summary) {
            Some(_) => "Nobody lost credentials, though many were without access",
            None => "Nobody was ever disconnected",
        };
        return nothing(NAME, READING, title, &because);
    }
    let title = title(summary);
    let alt = alt(drawn, &title);
    let svg = draw(drawn, &title, &alt);
    Chart { name: NAME, title, alt, reading: READING, left_out: drawn.left_out(), svg }
}

/// The finding: what is left at the end where the arms differ there, else what it added up to.
fn title(summary: &Summary) -> String {
    let arms = summary.arms.as_slice();
    let end = |arm: &ArmSummary| arm.total.disconnected_at_end.mean;
    let hours = |arm: &ArmSummary| arm.total.org_hours_disconnected.mean;
    let peak = worst(arms, |arm| arm.total.peak_disconnected).map_or(0.0, |(_, peak)| peak);
    let [first, others @ ..] = arms else {
        return String::new();
    };
    if others.is_empty() {
        return format!(
            "Up to {} orgs are disconnected at once, {} at the end",
            count(peak),
            count(end(first))
        );
    }
    let ends = extremes(arms.iter(), end);
    let gap =
        ends.first().map_or(0.0, |most| end(most)) - ends.last().map_or(0.0, |least| end(least));
    let ends_tell = gap > 0.02 * peak;
    let of: &dyn Fn(&ArmSummary) -> f64 = if ends_tell { &end } else { &hours };
    let say = |arm: &ArmSummary| format!("{} {}", amount(of(arm)), brief_place(&arm.name));
    if let [second] = others {
        let what = if ends_tell {
            "orgs are still disconnected at the end"
        } else {
            "org-hours of disconnection"
        };
        return format!(
            "{} {what} {}, {} {}",
            amount(of(first)),
            brief_place(&first.name),
            amount(of(second)),
            beside(first, second)
        );
    }
    let ends: Vec<String> = extremes(arms.iter(), of).into_iter().map(say).collect();
    let question =
        if ends_tell { "Still disconnected at the end" } else { "Org-hours of disconnection" };
    format!("{question}: from {}", ends.join(" to "))
}

fn alt(drawn: &Drawn<'_>, title: &str) -> String {
    let summary = &drawn.results.summary;
    let arms: Vec<String> = summary
        .arms
        .iter()
        .map(|arm| {
            format!(
                "{} at most {} at once and {} at the end",
                place(&arm.name),
                count(arm.total.peak_disconnected.mean),
                count(arm.total.disconnected_at_end.mean)
            )
        })
        .collect();
    format!(
        "Line chart of disconnected orgs over time, out of {}: {}. {title}.{}",
        count(summary.orgs as f64),
        capital(&arms.join("; ")),
        drawn.further()
    )
}

/// Both panels and everything on them.
struct Layout<'r> {
    results: &'r Results,
    windows: Vec<Named>,
    ends: Ends,
    top: f64,
    focus: Option<(Frame, [f64; 2])>,
    run: (Frame, [f64; 2]),
}

fn draw(drawn: &Drawn<'_>, title: &str, alt: &str) -> String {
    let results = drawn.results.as_ref();
    let summary = &results.summary;
    let head = Header::new(title, &format!("{}{}", subtitle(summary), drawn.note()));
    let windows = named(summary);
    let layout = layout(results, windows, head.height());
    let words = svg::Words { name: NAME, title, alt };
    let height = layout.run.0.bottom + TICKS;
    picture(words, (WIDTH, height), |canvas| {
        head.draw(canvas);
        layout.draw(canvas);
    })
}

fn subtitle(summary: &Summary) -> String {
    let orgs = count(summary.orgs as f64);
    let replications = f64::from(summary.replications);
    match summary.replications {
        1 => format!(
            "Disconnected orgs, of {orgs}, at most in each time bin; one replication; times in UTC"
        ),
        _ => format!(
            "Disconnected orgs, of {orgs}, at most in each time bin: mean of {} replications, band from smallest to largest; times in UTC",
            count(replications)
        ),
    }
}

fn layout(results: &Results, windows: Vec<Named>, top: f64) -> Layout<'_> {
    let summary = &results.summary;
    let whole = [0.0, summary.duration_seconds];
    let ends = Ends::new(
        summary
            .arms
            .iter()
            .enumerate()
            .map(|(place, arm)| End {
                name: label(&arm.name).to_owned(),
                value: count(last(&rows(results, &arm.name))),
                series: theme::arm(place),
            })
            .collect(),
    );
    let left = MARGIN + NUMBERS;
    let right = WIDTH - MARGIN - ends.room();
    // A focus that fills most of the run needs no panel of its own.
    let focus = summary.focus.filter(|[from, until]| until - from < 0.4 * summary.duration_seconds);
    let split = if focus.is_some() { left + 0.32 * (right - left) } else { left };
    let gap = if focus.is_some() { 28.0 } else { 0.0 };
    let strip = [focus.map(|x| (x, [left, split])), Some((whole, [split + gap, right]))]
        .into_iter()
        .flatten()
        .map(|(x, across)| Strip::new(&windows, x, across).height())
        .fold(0.0, f64::max);
    let captions = if focus.is_some() { 24.0 } else { 0.0 };
    let frame = |left: f64, right: f64| Frame {
        left,
        right,
        top: top + captions + strip,
        bottom: top + captions + strip + PLOT,
    };
    Layout {
        results,
        ends,
        top,
        focus: focus.map(|x| (frame(left, split), x)),
        run: (frame(split + gap, right), whole),
        windows,
    }
}

impl Layout<'_> {
    fn draw(&self, canvas: &Canvas<'_>) {
        let largest = self.results.timeline.iter().map(|row| row.most_disconnected_max);
        let ticks = counts(largest.fold(0.0, f64::max), 4.0);
        let scale = Scale::up_to(&ticks);
        let clock = Clock::starting(&self.results.summary.start);
        let panels = [self.focus, Some(self.run)].into_iter().flatten();
        for (place, (frame, x)) in panels.enumerate() {
            let panel = Panel::new(canvas, frame, x, scale);
            shade(&panel, &self.windows);
            panel.grid(&ticks, place == 0);
            Strip::new(&self.windows, x, [frame.left, frame.right]).draw(canvas, frame.top);
            let ticks = instants(clock, x[0], x[1], frame.width() / 62.0);
            let alone = place == 1 || self.focus.is_none();
            panel.horizontal_axis(&if alone { ticks } else { panel.within_frame(ticks) });
            self.lines(&panel, x);
            if self.focus.is_some() {
                let caption = if place == 0 { "The incident" } else { "The whole run" };
                let kind = Type::bold(size::LABEL);
                canvas.text(
                    (frame.left, self.top + 6.0),
                    Anchor::Start,
                    kind,
                    theme::TEXT,
                    caption,
                );
            }
        }
        let run = Panel::new(canvas, self.run.0, self.run.1, scale);
        let arms = &self.results.summary.arms;
        let heights: Vec<f64> =
            arms.iter().map(|arm| run.up(last(&rows(self.results, &arm.name)))).collect();
        self.ends.draw(canvas, self.run.0, &heights);
    }

    /// The bands, then the lines; the first arm last, so that a later arm's dashes do not hide it.
    fn lines(&self, panel: &Panel<'_, '_>, x: [f64; 2]) {
        let arms = &self.results.summary.arms;
        let shown = |arm: &ArmSummary| within(&rows(self.results, &arm.name), x);
        let line = |rows: &[&TimelineRow], of: fn(&TimelineRow) -> f64| -> Vec<(f64, f64)> {
            rows.iter().map(|row| (row.until_seconds, of(row))).collect()
        };
        if self.results.summary.replications > 1 {
            for (place, arm) in arms.iter().enumerate() {
                let rows = shown(arm);
                let lower = line(&rows, |row| row.most_disconnected_min);
                let upper = line(&rows, |row| row.most_disconnected_max);
                panel.band(&lower, &upper, theme::arm(place).line, 0.2);
            }
        }
        for (place, arm) in arms.iter().enumerate() {
            let rows = shown(arm);
            let mut points = line(&rows, |row| row.most_disconnected);
            // The run ends where its last bin does.
            points.extend(rows.last().map(|row| (row.until_seconds, row.disconnected)));
            panel.line(&points, theme::arm(place));
        }
    }
}

/// Orgs disconnected at the end of the last bin.
fn last(rows: &[&TimelineRow]) -> f64 {
    rows.last().map_or(0.0, |row| row.disconnected)
}
