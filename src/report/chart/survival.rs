//! How long until a disconnected org is back: Kaplan–Meier curves with their 95 % bands, and below
//! them how many orgs each part of a curve rests on.

use crate::experiment::results::{ArmSummary, Results, Summary, SurvivalPoint};
use crate::report::chart::axis::{Tick, lengths, shares};
use crate::report::chart::canvas::{Anchor, Canvas, Type, picture};
use crate::report::chart::ends::{End, Ends};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::{Frame, Panel, Scale, steps};
use crate::report::chart::theme::{self, size};
use crate::report::chart::{Chart, nothing, svg};
use crate::report::rank::Drawn;
use crate::report::sentence::{beside, extremes};
use crate::report::words::{
    brief_place, capital, count, duration, label, list, place, plural, share, shortened,
};

const NAME: &str = "survival";
const READING: &str = "Each curve starts at the moment an org is disconnected and falls as orgs come back; orgs still disconnected when the clock stops are counted until then and no longer.";
const PLOT: f64 = 270.0;
const NUMBERS: f64 = 62.0;
const ROW: f64 = 23.0;

/// The chart.
pub(super) fn chart(results: &Results, drawn: &Drawn<'_>) -> Chart {
    let summary = &results.summary;
    if summary.arms.iter().all(|arm| arm.survival.is_empty()) {
        let because = format!(
            "Not one of {} was disconnected at any time, so none had to come back.",
            plural(summary.orgs as f64, "org", "orgs"),
        );
        return nothing(NAME, READING, "Nobody was ever disconnected", &because);
    }
    let title = title(summary);
    let alt = alt(drawn, &title);
    let svg = draw(drawn, &title, &alt);
    Chart { name: NAME, title, alt, reading: READING, left_out: drawn.left_out(), svg }
}

/// Hours until half of the orgs are back; `None` if that is not seen.
fn half(arm: &ArmSummary) -> Option<f64> {
    arm.survival.iter().find(|point| point.share <= 0.5).map(|point| point.hours)
}

fn title(summary: &Summary) -> String {
    let arms: Vec<&ArmSummary> =
        summary.arms.iter().filter(|arm| !arm.survival.is_empty()).collect();
    let after = |arm: &ArmSummary| {
        half(arm).map_or_else(
            || "not within the run".to_owned(),
            |hours| format!("after {}", duration(hours * 3_600.0)),
        )
    };
    match arms.as_slice() {
        [only] => format!("Half of the disconnected orgs are back {}", after(only)),
        [first, second] => {
            let there = beside(first, second);
            format!(
                "Half of the disconnected orgs are back {} {}, {} {there}",
                after(first),
                brief_place(&first.name),
                after(second)
            )
        }
        many => {
            let hours = |arm: &ArmSummary| half(arm).unwrap_or(f64::INFINITY);
            let say = |arm: &ArmSummary| format!("{} {}", after(arm), brief_place(&arm.name));
            let ends = extremes(many.iter().copied(), hours);
            let ends: Vec<String> = ends.into_iter().map(say).collect();
            format!("Half of the disconnected orgs are back {}", ends.join(", "))
        }
    }
}

fn alt(drawn: &Drawn<'_>, title: &str) -> String {
    let summary = &drawn.results.summary;
    let arms: Vec<String> = summary
        .arms
        .iter()
        .map(|arm| match arm.survival.last() {
            None => format!("{} nobody was disconnected", place(&arm.name)),
            Some(last) => format!(
                "{} {} are still disconnected after {}",
                place(&arm.name),
                share(last.share),
                duration(last.hours * 3_600.0)
            ),
        })
        .collect();
    format!(
        "Kaplan–Meier curves of the time from disconnection to reconnection. {title}. {}.{}",
        capital(&arms.join("; ")),
        drawn.further()
    )
}

fn draw(drawn: &Drawn<'_>, title: &str, alt: &str) -> String {
    let summary = &drawn.results.summary;
    let subtitle = format!(
        "Share of disconnected orgs still disconnected, by time since disconnection, with 95 % band{}{}",
        untouched(summary),
        drawn.note()
    );
    let head = Header::new(title, &subtitle);
    let arms: Vec<(usize, &ArmSummary)> =
        summary.arms.iter().enumerate().filter(|(_, arm)| !arm.survival.is_empty()).collect();
    let ends = Ends::new(arms.iter().map(|(place, arm)| end(*place, arm)).collect());
    let top = head.height() + 6.0;
    let frame = Frame {
        left: MARGIN + NUMBERS,
        right: WIDTH - MARGIN - ends.room(),
        top,
        bottom: top + PLOT,
    };
    let table = frame.bottom + 46.0;
    let height = table + ROW * (arms.len() as f64 + 1.0) + 8.0;
    let longest = arms.iter().filter_map(|(_, arm)| arm.survival.last());
    let longest = longest.map(|point| point.hours).fold(1e-3, f64::max);
    let words = svg::Words { name: NAME, title, alt };
    picture(words, (WIDTH, height), |canvas| {
        head.draw(canvas);
        let panel = Panel::new(canvas, frame, [0.0, longest], Scale::Linear { max: 1.0 });
        let ticks = lengths(longest, frame.width() / 70.0);
        panel.grid(&shares(1.0, 5.0), true);
        panel.horizontal_axis(&ticks);
        curves(&panel, &arms);
        let heights: Vec<f64> = arms
            .iter()
            .map(|(_, arm)| panel.up(arm.survival.last().map_or(0.0, |last| last.share)))
            .collect();
        ends.draw(canvas, frame, &heights);
        at_risk(canvas, &panel, &arms, &ticks, table);
    })
}

/// The arms without a curve, in words.
fn untouched(summary: &Summary) -> String {
    let arms = summary.arms.iter().filter(|arm| arm.survival.is_empty());
    let places: Vec<String> = arms.map(|arm| brief_place(&arm.name)).collect();
    if places.is_empty() {
        return String::new();
    }
    format!("; nobody was disconnected {}", list(&places))
}

fn end(place: usize, arm: &ArmSummary) -> End {
    End {
        name: label(&arm.name).to_owned(),
        value: share(arm.survival.last().map_or(0.0, |last| last.share)),
        series: theme::arm(place),
    }
}

fn curves(panel: &Panel<'_, '_>, arms: &[(usize, &ArmSummary)]) {
    let curve = |arm: &ArmSummary, of: fn(&SurvivalPoint) -> f64| {
        let start = [(0.0, 1.0)].into_iter();
        let points: Vec<(f64, f64)> =
            start.chain(arm.survival.iter().map(|point| (point.hours, of(point)))).collect();
        steps(&points)
    };
    for (place, arm) in arms {
        let (low, high) = (curve(arm, |point| point.low), curve(arm, |point| point.high));
        panel.band(&low, &high, theme::arm(*place).line, 0.2);
    }
    for (place, arm) in arms {
        panel.line(&curve(arm, |point| point.share), theme::arm(*place));
    }
}

/// Disconnections still observed at each tick, an arm a row.
fn at_risk(
    canvas: &Canvas<'_>,
    panel: &Panel<'_, '_>,
    arms: &[(usize, &ArmSummary)],
    ticks: &[Tick],
    top: f64,
) {
    let (head, kind) = (Type::regular(size::TICK), Type::bold(size::TICK));
    let words = "Orgs still disconnected and observed";
    canvas.text((panel.frame.left, top), Anchor::Start, head, theme::MUTED, words);
    let text = |arm: &ArmSummary, tick: &Tick| {
        // Just before the first step at or after the tick; past the last step nothing is known.
        let risk = arm.survival.iter().find(|point| point.hours >= tick.at - 1e-9);
        risk.map_or_else(|| "–".to_owned(), |point| count(point.at_risk.round()))
    };
    // A number below a tick near the right edge reaches beyond it.
    let reach =
        |arm: &ArmSummary, tick: &Tick| panel.across(tick.at) + kind.width(&text(arm, tick)) / 2.0;
    let reaches = arms.iter().flat_map(|(_, arm)| ticks.iter().map(|tick| reach(arm, tick)));
    let names = reaches.fold(panel.frame.right, f64::max) + 12.0;
    for (row, (place, arm)) in arms.iter().enumerate() {
        let y = top + (row as f64 + 1.0) * ROW;
        let ink = theme::arm(*place).words;
        for tick in ticks {
            let at = (panel.across(tick.at), y);
            canvas.text(at, Anchor::Middle, kind, ink, &text(arm, tick));
        }
        let name = shortened(label(&arm.name), WIDTH - MARGIN - names, |text| kind.width(text));
        canvas.text((names, y), Anchor::Start, kind, ink, &name);
    }
}
