//! What became of the orgs that were hit: a waterfall for each arm, all on one scale.
//!
//! ```text
//!   hit          ████████████████████  all that lost an answer or were disconnected
//!   a retry                      ████  …of them, those whom a plain retry brought back
//!   the amnesty      ████████████      …
//!   a person      ███
//!   still out    █
//! ```

use crate::experiment::results::{ArmSummary, Became, Estimate, Results, Summary};
use crate::report::chart::canvas::{Anchor, Canvas, Type, picture};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::theme::{self, Ink, size};
use crate::report::chart::{Chart, nothing, svg};
use crate::report::rank::Drawn;
use crate::report::sentence::{beside, extremes, worst};
use crate::report::words::{
    brief_place, capital, count, heading, label, list, plural, share_of, shortened,
};

const NAME: &str = "became";
const READING: &str = "Read each panel from top to bottom: every bar takes away the orgs that one means of recovery brought back, and what the last bars hold needed a person.";
const BAR: f64 = 20.0;
const ROW: f64 = 30.0;
const LABEL: Type = Type::regular(size::LABEL);
const VALUE: Type = Type::bold(size::TICK);
const HEAD: Type = Type::bold(size::LABEL);

/// A means of recovery, or the lack of one.
#[derive(Debug, Clone, Copy)]
struct Fate {
    words: &'static str,
    ink: Ink,
    of: fn(&Became) -> Estimate,
}

/// From the cheapest to the dearest.
const FATES: [Fate; 6] = [
    Fate { words: "a retry was enough", ink: theme::RETRY, of: |became| became.retry },
    Fate { words: "grace window", ink: theme::GRACE, of: |became| became.grace },
    Fate { words: "amnesty", ink: theme::SAVED, of: |became| became.amnesty },
    Fate { words: "not tried again yet", ink: theme::AXIS, of: |became| became.pending },
    Fate { words: "a person", ink: theme::PERSON, of: |became| became.person },
    Fate { words: "never", ink: theme::NEVER, of: |became| became.never },
];

/// The chart.
pub(super) fn chart(results: &Results, drawn: &Drawn<'_>) -> Chart {
    let summary = &results.summary;
    if summary.arms.iter().all(|arm| hit(arm) <= 0.0) {
        let because = format!(
            "Not one of {} lost an answer or was disconnected, in {}: there is nothing to draw.",
            plural(summary.orgs as f64, "org", "orgs"),
            plural(f64::from(summary.replications), "replication", "replications"),
        );
        return nothing(NAME, READING, "No org was hit", &because);
    }
    let title = title(summary);
    let alt = alt(drawn, &title);
    let svg = draw(drawn, &unaffected(summary), &title, &alt);
    Chart { name: NAME, title, alt, reading: READING, left_out: drawn.left_out(), svg }
}

/// Orgs that lost an answer or were disconnected.
fn hit(arm: &ArmSummary) -> f64 {
    FATES.iter().map(|fate| (fate.of)(&arm.total.became).mean).sum()
}

fn needed(arm: &ArmSummary) -> f64 {
    let Became { person, never, .. } = &arm.total.became;
    person.mean + never.mean
}

fn title(summary: &Summary) -> String {
    let arms = summary.arms.as_slice();
    let say = |arm: &ArmSummary| {
        let share = share_of(needed(arm), hit(arm));
        format!("{} {share} of the orgs hit needed a person", brief_place(&arm.name))
    };
    match arms {
        [only] => {
            let share = share_of(needed(only), hit(only));
            format!("{share} of the {} orgs hit needed a person", count(hit(only)))
        }
        [first, second] => {
            let there = beside(first, second);
            format!("{}, {there} {}", capital(&say(first)), share_of(needed(second), hit(second)))
        }
        _ => {
            let say =
                |arm: &ArmSummary| format!("{} {}", count(needed(arm)), brief_place(&arm.name));
            let ends: Vec<String> = extremes(arms.iter(), needed).into_iter().map(say).collect();
            format!("Orgs that needed a person: from {}", ends.join(" to "))
        }
    }
}

fn alt(drawn: &Drawn<'_>, title: &str) -> String {
    let summary = &drawn.results.summary;
    let arms: Vec<String> = summary
        .arms
        .iter()
        .map(|arm| {
            let parts: Vec<String> = shown(summary)
                .iter()
                .map(|fate| format!("{} {}", fate.words, count((fate.of)(&arm.total.became).mean)))
                .collect();
            let unaffected = count(arm.total.became.unaffected.mean);
            format!(
                "{}, of {} orgs hit ({unaffected} were not): {}",
                label(&arm.name),
                count(hit(arm)),
                list(&parts)
            )
        })
        .collect();
    format!("Waterfall for each arm: {}. {title}.{}", arms.join("; "), drawn.further())
}

/// The fates that occur in some arm; a person and never are always told.
fn shown(summary: &Summary) -> Vec<Fate> {
    FATES
        .into_iter()
        .filter(|fate| {
            let most = worst(&summary.arms, |arm| (fate.of)(&arm.total.became));
            matches!(fate.words, "a person" | "never") || most.is_some_and(|(_, most)| most > 0.0)
        })
        .collect()
}

fn draw(drawn: &Drawn<'_>, unaffected: &str, title: &str, alt: &str) -> String {
    let summary = &drawn.results.summary;
    let subtitle = format!(
        "What brought back the orgs that lost an answer; shares are of those hit{unaffected}{}",
        drawn.note()
    );
    let head = Header::new(title, &subtitle);
    let fates = shown(summary);
    let labels =
        fates.iter().map(|fate| LABEL.width(fate.words)).fold(LABEL.width("orgs hit"), f64::max);
    let across = summary.arms.len().min(2);
    let gap = 26.0;
    let room = WIDTH - 2.0 * MARGIN - labels - 14.0 - gap * (across as f64 - 1.0);
    let sheet = Sheet {
        summary,
        fates: &fates,
        left: MARGIN + labels + 14.0,
        width: room / across as f64,
        gap,
        across,
        full: worst(&summary.arms, |arm| Estimate { mean: hit(arm), ..Estimate::default() })
            .map_or(1.0, |(_, most)| most),
    };
    let height = head.height() + sheet.height() + 8.0;
    let words = svg::Words { name: NAME, title, alt };
    picture(words, (WIDTH, height), |canvas| {
        head.draw(canvas);
        sheet.draw(canvas, head.height());
    })
}

/// How many orgs were not hit, where the arms agree on it.
fn unaffected(summary: &Summary) -> String {
    let mut arms = summary.arms.iter().map(|arm| count(arm.total.became.unaffected.mean));
    let first = arms.next().unwrap_or_default();
    if arms.all(|other| other == first) {
        format!("; {first} of {} were not", count(summary.orgs as f64))
    } else {
        String::new()
    }
}

/// The panels: at most two side by side, with the names of the rows at the left.
struct Sheet<'r> {
    summary: &'r Summary,
    fates: &'r [Fate],
    left: f64,
    width: f64,
    gap: f64,
    across: usize,
    /// Orgs that fill the width of a panel.
    full: f64,
}

impl Sheet<'_> {
    /// Height of the name above a panel; a single arm needs none.
    fn heading(&self) -> f64 {
        if self.summary.arms.len() > 1 { 34.0 } else { 6.0 }
    }

    fn panel_height(&self) -> f64 {
        self.heading() + ROW * (self.fates.len() as f64 + 1.0) + 18.0
    }

    fn height(&self) -> f64 {
        self.summary.arms.len().div_ceil(self.across) as f64 * self.panel_height()
    }

    fn draw(&self, canvas: &Canvas<'_>, top: f64) {
        for (place, arm) in self.summary.arms.iter().enumerate() {
            let top = top + (place / self.across) as f64 * self.panel_height();
            let left = self.left + (place % self.across) as f64 * (self.width + self.gap);
            if place % self.across == 0 {
                self.row_names(canvas, top);
            }
            if self.summary.arms.len() > 1 {
                let name = shortened(&heading(&arm.name), self.width, |text| HEAD.width(text));
                canvas.text((left, top + 8.0), Anchor::Start, HEAD, theme::TEXT, &name);
            }
            self.waterfall(canvas, arm, (left, top + self.heading()));
        }
    }

    fn row_names(&self, canvas: &Canvas<'_>, top: f64) {
        let names = ["orgs hit"].into_iter().chain(self.fates.iter().map(|fate| fate.words));
        for (row, name) in names.enumerate() {
            let y = top + self.heading() + row as f64 * ROW + BAR / 2.0;
            canvas.text((self.left - 14.0, y), Anchor::End, LABEL, theme::TEXT, name);
        }
    }

    fn waterfall(&self, canvas: &Canvas<'_>, arm: &ArmSummary, (left, top): (f64, f64)) {
        let all = hit(arm);
        let scale = self.width / self.full;
        let bottom = top + ROW * (self.fates.len() as f64 + 1.0) - 6.0;
        canvas.rule((left, top - 6.0), (left, bottom), theme::AXIS);
        let mut until = all;
        let bars = self.fates.iter().map(|fate| (fate.ink, (fate.of)(&arm.total.became).mean));
        for (row, (ink, orgs)) in [(theme::HIT, all)].into_iter().chain(bars).enumerate() {
            let from = if row == 0 { 0.0 } else { (until - orgs).max(0.0) };
            let y = top + row as f64 * ROW;
            let (start, end) = (left + from * scale, left + until * scale);
            if orgs > 0.0 {
                // What exists is seen, however few they are.
                canvas.rect((start.min(end - 1.5), y), (end, y + BAR), ink);
            }
            if row > 0 {
                // Where a bar is missing, the connection runs on through its row.
                let until_y = if orgs > 0.0 { y } else { y + BAR };
                canvas.rule((end, y - (ROW - BAR)), (end, until_y), theme::AXIS);
                until = from;
            }
            let text = match row {
                0 => count(orgs),
                _ if orgs <= 0.0 => "none".to_owned(),
                _ => format!("{} · {}", count(orgs), share_of(orgs, all)),
            };
            self.value(canvas, [left, start, end], y + BAR / 2.0, (&text, ink));
        }
    }

    /// The count of a bar: beside it where there is room, at the right first.
    fn value(
        &self,
        canvas: &Canvas<'_>,
        [left, start, end]: [f64; 3],
        y: f64,
        (text, bar): (&str, Ink),
    ) {
        let width = VALUE.width(text);
        if end + 8.0 + width <= left + self.width + self.gap * 0.5 {
            canvas.text((end + 8.0, y), Anchor::Start, VALUE, theme::TEXT, text);
        } else if start - 8.0 - width >= left {
            canvas.text((start - 8.0, y), Anchor::End, VALUE, theme::TEXT, text);
        } else {
            canvas.text((end - 8.0, y), Anchor::End, VALUE, on(bar), text);
        }
    }
}

/// The colour of words on a bar.
fn on(bar: Ink) -> Ink {
    match bar {
        theme::PERSON | theme::AXIS => theme::ON_BRIGHT,
        theme::RETRY => theme::TEXT,
        _ => theme::PAPER,
    }
}
