//! Orgs without access over time, one line an arm: what customers feel, whether or not credentials are
//! lost. Each time bin is a step whose height is a mean, so the area below a line is org-hours.

use crate::experiment::results::{ArmSummary, Results, Summary, TimelineRow};
use crate::report::chart::axis::{counts, instants};
use crate::report::chart::canvas::{Anchor, Canvas, Point, Type, picture};
use crate::report::chart::ends::{End, Ends};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::{Frame, Panel, Scale};
use crate::report::chart::theme::{self, size};
use crate::report::chart::windows::{Named, Strip, named, shade};
use crate::report::chart::{Chart, rows, svg, within};
use crate::report::clock::Clock;
use crate::report::rank::Drawn;
use crate::report::sentence::{beside, extremes};
use crate::report::words::{amount, brief_place, capital, count, label, place};

const NAME: &str = "access";
const READING: &str = "Each line counts the orgs whose app holds no access token that the server would honour: it has expired, was killed or was never renewed. The area below a line is org-hours without access. An app that refreshes only when it next calls is without a token between its calls, in calm too.";
const PLOT: f64 = 240.0;
const NUMBERS: f64 = 62.0;
const TICKS: f64 = 48.0;

/// The chart; `None` where every org had access all the time, or where that is not known.
pub(super) fn chart(results: &Results, drawn: &Drawn<'_>) -> Option<Chart> {
    let summary = &results.summary;
    if results.timeline.iter().all(|row| row.without_access <= 0.0) {
        return None;
    }
    let title = title(summary, largest(results));
    let alt = alt(drawn, &title);
    let svg = Layout::new(drawn, &title).draw(&title, &alt);
    Some(Chart { name: NAME, title, alt, reading: READING, left_out: drawn.left_out(), svg })
}

fn hours(arm: &ArmSummary) -> f64 {
    arm.total.org_hours_without_access.map_or(0.0, |hours| hours.mean)
}

fn largest(results: &Results) -> f64 {
    results.timeline.iter().map(|row| row.without_access).fold(0.0, f64::max)
}

fn title(summary: &Summary, largest: f64) -> String {
    match summary.arms.as_slice() {
        [] => String::new(),
        [only] => {
            let hours = amount(hours(only));
            format!("Up to {} orgs are without access, {hours} org-hours in all", count(largest))
        }
        [first, second] => format!(
            "Org-hours without access: {} {}, {} {}",
            amount(hours(first)),
            brief_place(&first.name),
            amount(hours(second)),
            beside(first, second)
        ),
        many => {
            let say =
                |arm: &ArmSummary| format!("{} {}", amount(hours(arm)), brief_place(&arm.name));
            let ends: Vec<String> = extremes(many.iter(), hours).into_iter().map(say).collect();
            format!("Org-hours without access: from {}", ends.join(" to "))
        }
    }
}

fn alt(drawn: &Drawn<'_>, title: &str) -> String {
    let summary = &drawn.results.summary;
    let arms: Vec<String> = summary
        .arms
        .iter()
        .map(|arm| format!("{} {} org-hours", place(&arm.name), amount(hours(arm))))
        .collect();
    format!(
        "Line chart of orgs without access over time, out of {}: {}. {title}.{}",
        count(summary.orgs as f64),
        capital(&arms.join("; ")),
        drawn.further()
    )
}

/// Two panels and everything on them: the incident at its own pace, and the whole run.
struct Layout<'r> {
    results: &'r Results,
    head: Header,
    windows: Vec<Named>,
    ends: Ends,
    panels: Vec<(Frame, [f64; 2])>,
}

impl<'r> Layout<'r> {
    fn new(drawn: &'r Drawn<'_>, title: &str) -> Self {
        let results = drawn.results.as_ref();
        let summary = &results.summary;
        let orgs = count(summary.orgs as f64);
        let mean = match summary.replications {
            1 => "one replication".to_owned(),
            many => format!("mean of {} replications", count(f64::from(many))),
        };
        let head = Header::new(
            title,
            &format!(
                "Orgs without access, of {orgs}, averaged over each time bin; {mean}; times in UTC{}",
                drawn.note()
            ),
        );
        let windows = named(summary);
        let ends = summary.arms.iter().enumerate().map(|(place, arm)| End {
            name: label(&arm.name).to_owned(),
            value: format!("{} org-hours", amount(hours(arm))),
            series: theme::arm(place),
        });
        let ends = Ends::new(ends.collect());
        let panels = panels(summary, &windows, (head.height(), ends.room()));
        Self { results, head, windows, ends, panels }
    }

    fn draw(&self, title: &str, alt: &str) -> String {
        let words = svg::Words { name: NAME, title, alt };
        let bottom = self.panels.iter().map(|(frame, _)| frame.bottom).fold(0.0, f64::max);
        picture(words, (WIDTH, bottom + TICKS), |canvas| {
            self.head.draw(canvas);
            self.data(canvas);
        })
    }

    fn data(&self, canvas: &Canvas<'_>) {
        let summary = &self.results.summary;
        let ticks = counts(largest(self.results), 4.0);
        let clock = Clock::starting(&summary.start);
        for (place, (frame, x)) in self.panels.iter().enumerate() {
            let panel = Panel::new(canvas, *frame, *x, Scale::up_to(&ticks));
            shade(&panel, &self.windows);
            panel.grid(&ticks, place == 0);
            let strip = Strip::new(&self.windows, *x, [frame.left, frame.right]);
            strip.draw(canvas, frame.top);
            let instants = instants(clock, x[0], x[1], frame.width() / 62.0);
            let is_last = place + 1 == self.panels.len();
            panel.horizontal_axis(&if is_last { instants } else { panel.within_frame(instants) });
            for (number, arm) in summary.arms.iter().enumerate() {
                panel.line(&steps(&within(&rows(self.results, &arm.name), *x)), theme::arm(number));
            }
            if self.panels.len() > 1 {
                let caption = if place == 0 { "The incident" } else { "The whole run" };
                let (at, kind) = ((frame.left, self.head.height() + 6.0), Type::bold(size::LABEL));
                canvas.text(at, Anchor::Start, kind, theme::TEXT, caption);
            }
            if is_last {
                let last = |arm: &ArmSummary| rows(self.results, &arm.name).last().copied();
                let heights = summary
                    .arms
                    .iter()
                    .map(|arm| panel.up(last(arm).map_or(0.0, |row| row.without_access)));
                self.ends.draw(canvas, *frame, &heights.collect::<Vec<_>>());
            }
        }
    }
}

/// The panels below `top`, with room for labels at their right.
fn panels(summary: &Summary, windows: &[Named], (top, room): (f64, f64)) -> Vec<(Frame, [f64; 2])> {
    let whole = [0.0, summary.duration_seconds];
    let (left, right) = (MARGIN + NUMBERS, WIDTH - MARGIN - room);
    // A focus that fills most of the run needs no panel of its own.
    let focus = summary.focus.filter(|[from, until]| until - from < 0.4 * summary.duration_seconds);
    let split = left + 0.32 * (right - left);
    let places = match focus {
        Some(focus) => vec![([left, split], focus), ([split + 28.0, right], whole)],
        None => vec![([left, right], whole)],
    };
    let strips = places.iter().map(|(across, x)| Strip::new(windows, *x, *across).height());
    let strip = strips.fold(0.0, f64::max);
    let captions = if focus.is_some() { 24.0 } else { 0.0 };
    let top = top + captions + strip;
    let frame = |[left, right]: [f64; 2]| Frame { left, right, top, bottom: top + PLOT };
    places.into_iter().map(|(across, x)| (frame(across), x)).collect()
}

/// Each bin as a step.
fn steps(rows: &[&TimelineRow]) -> Vec<Point> {
    let step = |row: &&TimelineRow| {
        [(row.from_seconds, row.without_access), (row.until_seconds, row.without_access)]
    };
    rows.iter().flat_map(step).collect()
}
