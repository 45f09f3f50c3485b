//! How a run is divided in time: bins, the stretch in focus, and the windows that charts shade.

use super::results::{TimeoutMark, Window, WindowKind};
use crate::base::{SimDuration, SimTime};
use crate::measure::TimeGrid;
use crate::scenario::Plan;

/// Bins over the whole run, at most.
const COARSE_BINS: u64 = 250;
/// Bins within the focus, at most.
const FINE_BINS: u64 = 150;

/// Bin widths to choose from, in seconds.
const WIDTHS: [u64; 19] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 604_800,
];

/// The division of a plan's time.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The bins.
    pub grid: TimeGrid,
    /// The stretch around the incident that has fine bins.
    pub focus: Option<(SimTime, SimTime)>,
    /// Phases and amnesties.
    pub windows: Vec<Window>,
    /// Client timeouts in use.
    pub client_timeouts: Vec<TimeoutMark>,
}

impl Layout {
    /// The layout of a plan.
    pub fn of(plan: &Plan) -> Self {
        let focus = focus(plan);
        let coarse = width(plan.duration, COARSE_BINS);
        let fine = focus.map(|(from, until)| (from, until, width(until.since(from), FINE_BINS)));
        let grid = TimeGrid::new(plan.duration, coarse, fine);
        Self {
            grid: with_bins_around(grid, plan),
            focus,
            windows: windows(plan),
            client_timeouts: client_timeouts(plan),
        }
    }
}

/// The grid, where a bin lies before the incident and one after it if there is time for that: what was
/// stored then is compared.
fn with_bins_around(grid: TimeGrid, plan: &Plan) -> TimeGrid {
    let Some((from, over)) = plan.incident().filter(|_| plan.leaves_time_around_its_incident())
    else {
        return grid;
    };
    let has_before = grid.bins().any(|(_, end)| end <= from);
    let has_after = grid.bins().any(|(start, _)| start >= over);
    let grid = if has_before { grid } else { grid.cut(from) };
    if has_after { grid } else { grid.cut(over) }
}

/// The narrowest width that divides `span` into at most `bins`.
fn width(span: SimDuration, bins: u64) -> SimDuration {
    let fits = |secs: &&u64| span.as_micros().div_ceil(**secs * 1_000_000) <= bins;
    let secs = WIDTHS.iter().find(fits).copied();
    secs.map_or_else(
        || SimDuration::from_micros(span.as_micros().div_ceil(bins)),
        SimDuration::from_secs,
    )
}

/// From before the first phase to after the last: half the incident's length before, as much as its
/// length after, and at least a quarter of an hour. None where that is most of the run anyway.
fn focus(plan: &Plan) -> Option<(SimTime, SimTime)> {
    let (from, until) = plan.incident()?;
    let length = until.since(from);
    let margin = SimDuration::from_micros(length.as_micros() / 2).max(SimDuration::from_mins(15));
    let end = SimTime::ZERO + plan.duration;
    let focus = (from - margin, (until + margin + margin).min(end));
    let most = SimDuration::from_micros(plan.duration.as_micros() / 2);
    (focus.1.since(focus.0) < most).then_some(focus)
}

/// Phases and amnesties of all arms; equal ones once, with the names of the arms that have them.
fn windows(plan: &Plan) -> Vec<Window> {
    let end = SimTime::ZERO + plan.duration;
    let mut windows: Vec<Window> = Vec::new();
    for arm in &plan.arms {
        let phases = arm.world.incident.phases().iter();
        let phases = phases.map(|p| (WindowKind::Phase, p.name.as_str(), p.from, p.until));
        let amnesty = arm.world.cohorts.iter().find_map(|cohort| cohort.rules.amnesty.as_ref());
        let amnesty = amnesty.map(|a| (WindowKind::Amnesty, "amnesty", a.from, a.until));
        for (kind, name, from, until) in phases.chain(amnesty) {
            let from_seconds = from.as_secs_f64();
            let until_seconds = until.min(end).as_secs_f64();
            let window =
                Window { kind, name: name.into(), arms: vec![], from_seconds, until_seconds };
            let same = windows.iter_mut().find(|known| {
                (known.kind, &known.name) == (kind, &window.name)
                    && known.from_seconds.total_cmp(&from_seconds).is_eq()
                    && known.until_seconds.total_cmp(&until_seconds).is_eq()
            });
            match same {
                Some(known) => known.arms.push(arm.name.clone()),
                None => windows.push(Window { arms: vec![arm.name.clone()], ..window }),
            }
        }
    }
    for window in &mut windows {
        if window.arms.len() == plan.arms.len() {
            window.arms.clear();
        }
    }
    windows
}

/// The timeouts of the first arm's cohorts, ascending.
fn client_timeouts(plan: &Plan) -> Vec<TimeoutMark> {
    let mut marks: Vec<TimeoutMark> = Vec::new();
    for cohort in &plan.arms[0].world.cohorts {
        let Some(timeout) = cohort.profile.timeout else {
            continue;
        };
        let seconds = timeout.as_secs_f64();
        match marks.iter_mut().find(|mark| mark.seconds.total_cmp(&seconds).is_eq()) {
            Some(mark) => mark.cohorts.push(cohort.name.clone()),
            None => marks.push(TimeoutMark { cohorts: vec![cohort.name.clone()], seconds }),
        }
    }
    marks.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    marks
}
