//! Many arms, best first: a dot for the orgs that needed a person, and its 95 % interval.
//!
//! ```text
//!    commit_on_use   •┤ 4,193
//!        grace_30m      ├•┤ 11,802
//!  strict (first)                 ┊ ├•┤ 34,570     one row an arm, fewest first
//!           revoke                ┊  ├•┤ 34,725
//! ```

use crate::experiment::results::{ArmSummary, Summary};
use crate::report::chart::axis::counts;
use crate::report::chart::canvas::{Anchor, Canvas, Type, picture};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::{Frame, Panel, Scale};
use crate::report::chart::theme::{self, size};
use crate::report::chart::{Chart, nothing, svg};
use crate::report::rank::order;
use crate::report::words::{brief_place, count, estimate, heading, label, plural, shortened};

const NAME: &str = "ranked";
const READING: &str = "Each dot is the mean of an arm and the bar its 95 % interval; the dashed line is the first arm, so what lies left of it is better and what lies right of it worse.";
/// Height of a row, and of one of more than [`ROOMY`] rows.
const ROW: f64 = 23.0;
const NARROW_ROW: f64 = 19.0;
const ROOMY: usize = 30;
const TICKS: f64 = 34.0;
const DOT: f64 = 4.5;
const ARM: Type = Type::regular(size::TICK);
const FIRST: Type = Type::bold(size::TICK);
const NOTE: Type = Type::regular(size::TICK);
/// Names take no more than this from a picture's width.
const NAMES_MAX: f64 = 260.0;
/// Every second row has a band behind it, as faint as this.
const BAND: f64 = 0.35;

/// The chart.
pub(super) fn chart(summary: &Summary) -> Chart {
    let most = summary.arms.iter().map(needed).fold(0.0, f64::max);
    if most <= 0.0 {
        let because = format!(
            "Not one of {} needed a person in any of {}: there is nothing to rank.",
            plural(summary.orgs as f64, "org", "orgs"),
            plural(summary.arms.len() as f64, "arm", "arms"),
        );
        return nothing(NAME, READING, "Nobody needed a person", &because);
    }
    let arms: Vec<&ArmSummary> =
        order(summary).into_iter().map(|place| &summary.arms[place]).collect();
    let title = title(&arms);
    let alt = alt(summary, &arms, &title);
    let svg = draw(summary, &arms, &title, &alt);
    Chart { name: NAME, title, alt, reading: READING, left_out: String::new(), svg }
}

fn needed(arm: &ArmSummary) -> f64 {
    arm.total.needed_person.mean
}

/// The fewest and the most, and how many arms share them.
fn title(arms: &[&ArmSummary]) -> String {
    let end = |arm: &ArmSummary| {
        let shown = count(needed(arm));
        let like = arms.iter().filter(|other| count(needed(other)) == shown).count() - 1;
        let others = match like {
            0 => String::new(),
            like => format!(" and {}", plural(like as f64, "other", "others")),
        };
        format!("{shown} {}{others}", brief_place(&arm.name))
    };
    let ends: Vec<String> =
        [arms.first(), arms.last()].into_iter().flatten().map(|a| end(a)).collect();
    format!("Orgs that needed a person: from {}", ends.join(" to "))
}

fn alt(summary: &Summary, arms: &[&ArmSummary], title: &str) -> String {
    let rows: Vec<String> = arms
        .iter()
        .map(|arm| format!("{} {}", label(&arm.name), estimate(arm.total.needed_person)))
        .collect();
    format!(
        "Dot chart of the orgs that needed a person, of {}, an arm a row, fewest first: {}. {title}.",
        count(summary.orgs as f64),
        rows.join("; ")
    )
}

fn subtitle(summary: &Summary) -> String {
    let orgs = count(summary.orgs as f64);
    let replications = count(f64::from(summary.replications));
    let what = match summary.replications {
        1 => "one replication".to_owned(),
        _ => format!("mean of {replications} replications and 95 % interval"),
    };
    let first = summary.arms.first().map_or("", |arm| label(&arm.name));
    let first = shortened(first, 200.0, |text| NOTE.width(text));
    format!("Of {orgs} orgs: {what}, fewest first; dashed line: the first arm, {first}")
}

/// The arms in the order of their rows, with their names as they are shown.
struct Rows<'r> {
    arms: &'r [&'r ArmSummary],
    names: Vec<String>,
    first: &'r str,
    height: f64,
}

fn draw(summary: &Summary, arms: &[&ArmSummary], title: &str, alt: &str) -> String {
    let head = Header::new(title, &subtitle(summary));
    let names: Vec<String> = arms
        .iter()
        .map(|arm| shortened(&heading(&arm.name), NAMES_MAX, |text| FIRST.width(text)))
        .collect();
    let widest = names.iter().map(|name| FIRST.width(name)).fold(0.0, f64::max);
    let values = arms.iter().map(|arm| FIRST.width(&count(needed(arm))));
    let height = if arms.len() > ROOMY { NARROW_ROW } else { ROW };
    let first = summary.arms.first().map_or("", |arm| arm.name.as_str());
    let rows = Rows { arms, names, first, height };
    // Of many rows the axis stands above them too.
    let top = head.height() + if arms.len() > ROOMY { 22.0 } else { 0.0 };
    let frame = Frame {
        left: MARGIN + widest + 14.0,
        right: WIDTH - MARGIN - values.fold(0.0, f64::max) - 10.0,
        top,
        bottom: top + arms.len() as f64 * height,
    };
    let words = svg::Words { name: NAME, title, alt };
    picture(words, (WIDTH, frame.bottom + TICKS), |canvas| {
        head.draw(canvas);
        rows.draw(canvas, frame);
    })
}

impl Rows<'_> {
    fn draw(&self, canvas: &Canvas<'_>, frame: Frame) {
        let most = self.arms.iter().map(|arm| arm.total.needed_person.high).fold(0.0, f64::max);
        let ticks = counts(most, 5.0);
        let full = ticks.last().map_or(1.0, |tick| tick.at);
        let panel = Panel::new(canvas, frame, [0.0, full], Scale::Linear { max: 1.0 });
        for row in (1..self.arms.len()).step_by(2) {
            let top = frame.top + row as f64 * self.height;
            let (left, right, bottom) = (MARGIN, WIDTH - MARGIN, top + self.height);
            let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
            canvas.area(&corners, theme::GRID, BAND);
        }
        for tick in &ticks {
            let x = panel.across(tick.at);
            let ink = if tick.at == 0.0 { theme::AXIS } else { theme::GRID };
            canvas.rule((x, frame.top), (x, frame.bottom), ink);
            let below = (x, frame.bottom + 16.0);
            canvas.text(below, Anchor::Middle, NOTE, theme::MUTED, &tick.label);
            if self.arms.len() > ROOMY {
                let above = (x, frame.top - 13.0);
                canvas.text(above, Anchor::Middle, NOTE, theme::MUTED, &tick.label);
            }
        }
        let first = self.arms.iter().find(|arm| arm.name == self.first);
        let first_at = panel.across(first.map_or(0.0, |arm| needed(arm)));
        let series = theme::Series { dash: 2, ..theme::arm(0) };
        canvas.line(&[(first_at, frame.top), (first_at, frame.bottom)], series);
        for row in 0..self.arms.len() {
            self.row(canvas, &panel, row, first_at);
        }
    }

    /// Draws a row; the line of the first arm stands at `first_at`.
    fn row(&self, canvas: &Canvas<'_>, panel: &Panel<'_, '_>, row: usize, first_at: f64) {
        let arm = self.arms[row];
        let is_first = arm.name == self.first;
        let (series, kind) = if is_first { (theme::arm(0), FIRST) } else { (theme::arm(1), ARM) };
        let words = if is_first { series.words } else { theme::TEXT };
        let found = arm.total.needed_person;
        let y = panel.frame.top + (row as f64 + 0.5) * self.height;
        let name = (panel.frame.left - 14.0, y);
        canvas.text(name, Anchor::End, kind, words, &self.names[row]);
        let (low, x, high) =
            (panel.across(found.low), panel.across(found.mean), panel.across(found.high));
        if high - low > 0.5 {
            canvas.rect((low, y - 1.25), (high, y + 1.25), series.line);
        }
        canvas.dot((x, y), DOT, series.line);
        let text = count(found.mean);
        let (left, right) = (low.min(x - DOT) - 7.0, high.max(x + DOT) + 7.0);
        // Beside the dot, at the side where the line of the first arm does not cross it.
        let crossed = (right - 3.0..right + kind.width(&text) + 3.0).contains(&first_at);
        if crossed && !is_first && left - kind.width(&text) > panel.frame.left {
            canvas.text((left, y), Anchor::End, kind, words, &text);
        } else {
            canvas.text((right, y), Anchor::Start, kind, words, &text);
        }
    }
}
