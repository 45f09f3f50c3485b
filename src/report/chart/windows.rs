//! Incident and amnesty: shaded in a panel, and named on a strip above it.

use crate::experiment::results::{Summary, Window, WindowKind};
use crate::report::chart::canvas::{Anchor, Canvas, Type};
use crate::report::chart::panel::Panel;
use crate::report::chart::theme::{self, Ink, size};
use crate::report::words::{label, list, shortened};

/// Height of a row of the strip.
pub(super) const ROW: f64 = 27.0;
/// More rows than these are not named; their shade stays.
const ROWS_MAX: usize = 4;
const KIND: Type = Type::bold(size::TICK);

/// A window as it is shown: where, and under what name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    kind: WindowKind,
    from: f64,
    until: f64,
    name: String,
    /// The arms that have it; empty for all.
    arms: Vec<String>,
}

/// Those windows that an arm has.
pub(super) fn of_arm(windows: &[Named], arm: &str) -> Vec<Named> {
    let has = |window: &&Named| window.arms.is_empty() || window.arms.iter().any(|own| own == arm);
    windows.iter().filter(has).cloned().collect()
}

impl Named {
    fn shade(&self) -> Ink {
        match self.kind {
            WindowKind::Phase => theme::PHASE,
            WindowKind::Amnesty => theme::AMNESTY,
        }
    }

    fn bar(&self) -> Ink {
        match self.kind {
            WindowKind::Phase => theme::PHASE_BAR,
            WindowKind::Amnesty => theme::AMNESTY_BAR,
        }
    }
}

/// The windows of a run under short names, those that several arms share only once.
pub(super) fn named(summary: &Summary) -> Vec<Named> {
    let amnesties = distinct(summary, WindowKind::Amnesty);
    let phases = distinct(summary, WindowKind::Phase);
    let one = amnesties.len() == 1;
    let mut all: Vec<Named> = Vec::new();
    for (window, arms) in phases.iter().chain(&amnesties) {
        let whose: Vec<String> = arms.iter().map(|arm| label(arm).to_owned()).collect();
        let mut name = match window.kind {
            WindowKind::Phase => format!("incident: {}", window.name),
            WindowKind::Amnesty if one => "token amnesty".to_owned(),
            WindowKind::Amnesty => format!("amnesty, {}", list(&whose)),
        };
        if window.kind == WindowKind::Amnesty && window.until_seconds >= summary.duration_seconds {
            name.push_str(" (outlasts the run)");
        }
        all.push(Named {
            kind: window.kind,
            from: window.from_seconds,
            until: window.until_seconds,
            name,
            arms: arms.iter().map(|arm| (*arm).to_owned()).collect(),
        });
    }
    all
}

/// Windows of a kind that differ in time, each with all the arms that have it.
fn distinct(summary: &Summary, kind: WindowKind) -> Vec<(&Window, Vec<&str>)> {
    let mut found: Vec<(&Window, Vec<&str>)> = Vec::new();
    for window in summary.windows.iter().filter(|window| window.kind == kind) {
        let arms = window.arms.iter().map(String::as_str);
        let same = found.iter_mut().find(|(other, _)| {
            other.from_seconds.total_cmp(&window.from_seconds).is_eq()
                && other.until_seconds.total_cmp(&window.until_seconds).is_eq()
                && (kind == WindowKind::Amnesty || other.name == window.name)
        });
        match same {
            Some((_, known)) => known.extend(arms),
            None => found.push((window, arms.collect())),
        }
    }
    found
}

/// Shades the windows that a panel shows.
pub(super) fn shade(panel: &Panel<'_, '_>, windows: &[Named]) {
    // Amnesties first: an incident inside of one must not vanish.
    for kind in [WindowKind::Amnesty, WindowKind::Phase] {
        for window in windows.iter().filter(|window| window.kind == kind) {
            if visible(window, panel.x) {
                panel.shade(window.from, window.until, window.shade());
            }
        }
    }
}

fn visible(window: &Named, [from, until]: [f64; 2]) -> bool {
    window.from < until && window.until > from
}

/// A strip above a panel: a bar and a name for each window, in as few rows as they need.
#[derive(Debug, Clone)]
pub(super) struct Strip<'w> {
    rows: Vec<Vec<Entry<'w>>>,
}

#[derive(Debug, Clone)]
struct Entry<'w> {
    window: &'w Named,
    bar: [f64; 2],
    text: f64,
    name: String,
}

impl<'w> Strip<'w> {
    /// Packs the windows that lie in `x` into rows over the pixels from `left` to `right`.
    pub(super) fn new(windows: &'w [Named], x: [f64; 2], [left, right]: [f64; 2]) -> Self {
        let across =
            |at: f64| left + ((at - x[0]) / (x[1] - x[0])).clamp(0.0, 1.0) * (right - left);
        let mut rows: Vec<Vec<Entry<'w>>> = Vec::new();
        for window in windows.iter().filter(|window| visible(window, x)) {
            let bar_left = across(window.from).min(right - 3.0);
            let bar = [bar_left, across(window.until).max(bar_left + 3.0)];
            let name = shortened(&window.name, right - left, |text| KIND.width(text));
            let text = bar[0].min(right - KIND.width(&name)).max(left);
            let entry = Entry { window, bar, text, name };
            let free = |row: &Vec<Entry<'_>>| row.iter().all(|other| !entry.touches(other));
            match rows.iter().position(free) {
                Some(row) => rows[row].push(entry),
                None if rows.len() < ROWS_MAX => rows.push(vec![entry]),
                None => {}
            }
        }
        Self { rows }
    }

    /// Its height in pixels.
    pub(super) fn height(&self) -> f64 {
        self.rows.len() as f64 * ROW
    }

    /// Draws it so that it ends at `bottom`.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, bottom: f64) {
        for (row, entries) in self.rows.iter().rev().enumerate() {
            let y = bottom - row as f64 * ROW;
            for Entry { window, bar, text, name } in entries {
                canvas.rect((bar[0], y - 7.0), (bar[1], y - 3.0), window.bar());
                canvas.text((*text, y - 16.0), Anchor::Start, KIND, window.bar(), name);
            }
        }
    }
}

impl Entry<'_> {
    /// Whether two entries come too close to stand in one row.
    fn touches(&self, other: &Self) -> bool {
        let [own_left, own_right] = self.extent();
        let [left, right] = other.extent();
        own_left < right + 10.0 && left < own_right + 10.0
    }

    fn extent(&self) -> [f64; 2] {
        [self.bar[0].min(self.text), self.bar[1].max(self.text + KIND.width(&self.name))]
    }
}
