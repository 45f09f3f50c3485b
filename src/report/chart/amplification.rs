//! How many attempts each arm makes of those that a calm run needs: one bar an arm.

use crate::experiment::results::{ArmSummary, Results, Summary};
use crate::report::chart::axis::counts;
use crate::report::chart::canvas::{Anchor, Canvas, Type, picture};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::{Frame, Panel, Scale};
use crate::report::chart::theme::{self, size};
use crate::report::chart::{Chart, svg};
use crate::report::rank::Drawn;
use crate::report::sentence::extremes;
use crate::report::words::{amount, brief_place, heading, place, shortened};

const NAME: &str = "amplification";
const READING: &str = "Each bar is how many refresh attempts there were for one of a calm run, without incident and amnesty; what goes beyond the line at 1 is retries and, where it stays below, orgs that have stopped.";
const BAR: f64 = 20.0;
const ROW: f64 = 32.0;
const TICKS: f64 = 30.0;
const LABEL: Type = Type::regular(size::LABEL);
const VALUE: Type = Type::bold(size::LABEL);
const NOTE: Type = Type::regular(size::TICK);
/// Names take no more than this from a picture's width.
const NAMES_MAX: f64 = 230.0;

/// The chart; `None` where there is no calm run to compare with.
pub(super) fn chart(results: &Results, drawn: &Drawn<'_>) -> Option<Chart> {
    let summary = &results.summary;
    if summary.arms.iter().any(|arm| arm.total.amplification.is_none()) {
        return None;
    }
    let title = title(summary);
    let alt = alt(drawn, &title);
    let svg = draw(drawn, &title, &alt);
    Some(Chart { name: NAME, title, alt, reading: READING, left_out: drawn.left_out(), svg })
}

fn ratio(arm: &ArmSummary) -> f64 {
    arm.total.amplification.unwrap_or(0.0)
}

/// "2.40 ×".
fn times(ratio: f64) -> String {
    format!("{ratio:.2} ×")
}

fn title(summary: &Summary) -> String {
    let say = |arm: &ArmSummary| format!("{} {}", times(ratio(arm)), brief_place(&arm.name));
    match summary.arms.as_slice() {
        [] => String::new(),
        [first, others @ ..]
            if others.iter().all(|arm| times(ratio(arm)) == times(ratio(first))) =>
        {
            format!("The attempts are {} those of a calm run", times(ratio(first)))
        }
        [first, second] => {
            format!("Attempts, of those of a calm run: {}, {}", say(first), say(second))
        }
        arms => {
            let ends: Vec<String> = extremes(arms.iter(), ratio).into_iter().map(say).collect();
            format!("Attempts, of those of a calm run: from {}", ends.join(" to "))
        }
    }
}

fn alt(drawn: &Drawn<'_>, title: &str) -> String {
    let summary = &drawn.results.summary;
    let arms: Vec<String> = summary
        .arms
        .iter()
        .map(|arm| {
            let attempts = amount(arm.total.attempts.total.mean);
            format!("{} {} ({attempts} attempts)", place(&arm.name), times(ratio(arm)))
        })
        .collect();
    format!(
        "Bar chart of attempts divided by those of a calm run: {}. {title}.{}",
        arms.join("; "),
        drawn.further()
    )
}

fn draw(drawn: &Drawn<'_>, title: &str, alt: &str) -> String {
    let summary = &drawn.results.summary;
    let subtitle = "Refresh attempts ÷ those of the first arm without incident and amnesty, on the same draws (first replication)";
    let head = Header::new(title, &format!("{subtitle}{}", drawn.note()));
    let names: Vec<String> = summary
        .arms
        .iter()
        .map(|arm| shortened(&heading(&arm.name), NAMES_MAX, |text| LABEL.width(text)))
        .collect();
    let widest = names.iter().map(|name| LABEL.width(name)).fold(0.0, f64::max);
    let rows = summary.arms.len() as f64;
    let top = head.height() + 22.0;
    let frame = Frame {
        left: MARGIN + widest + 14.0,
        right: WIDTH - MARGIN - VALUE.width("00.00 ×") - 8.0,
        top,
        bottom: top + rows * ROW + 6.0,
    };
    let words = svg::Words { name: NAME, title, alt };
    picture(words, (WIDTH, frame.bottom + TICKS + 6.0), |canvas| {
        head.draw(canvas);
        bars(canvas, summary, &names, frame);
    })
}

fn bars(canvas: &Canvas<'_>, summary: &Summary, names: &[String], frame: Frame) {
    let most = summary.arms.iter().map(ratio).fold(1.0, f64::max);
    let ticks = counts(most, 5.0);
    let full = ticks.last().map_or(1.0, |tick| tick.at);
    let panel = Panel::new(canvas, frame, [0.0, full], Scale::Linear { max: 1.0 });
    for tick in &ticks {
        let x = panel.across(tick.at);
        canvas.rule((x, frame.top), (x, frame.bottom), theme::GRID);
        let label = format!("{} ×", tick.label);
        canvas.text((x, frame.bottom + 16.0), Anchor::Middle, NOTE, theme::MUTED, &label);
    }
    for (place, (arm, name)) in summary.arms.iter().zip(names).enumerate() {
        let top = frame.top + place as f64 * ROW + 6.0;
        let middle = top + BAR / 2.0;
        let end = panel.across(ratio(arm)).max(frame.left + 1.5);
        canvas.text((frame.left - 14.0, middle), Anchor::End, LABEL, theme::TEXT, name);
        canvas.rect((frame.left, top), (end, top + BAR), theme::arm(place).line);
        let value = times(ratio(arm));
        canvas.text((end + 8.0, middle), Anchor::Start, VALUE, theme::TEXT, &value);
    }
    let calm = panel.across(1.0);
    canvas.rule((calm, frame.top - 4.0), (calm, frame.bottom), theme::TEXT);
    let over = (calm, frame.top - 14.0);
    canvas.text(over, Anchor::Start, NOTE, theme::TEXT, "a calm run");
    canvas.rule((frame.left, frame.top), (frame.left, frame.bottom), theme::AXIS);
}
