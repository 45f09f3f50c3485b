//! Up to when two arms are one.
//!
//! ```text
//!   arm A   ───────────────┬───── amnesty ─────          at: an amnesty opens, is announced, or ends
//!   arm B   ───────────────┴───────────┬─ phase ─        calm_until: the incident differs
//! ```
//!
//! Draws have names, so what happens to an org before anything differs is the same in both arms. And an
//! amnesty is noticed by those who hold a superseded token, or have stopped: the others live on
//! alike, and differ by what a thief could do.

use super::spec::World;
use crate::authority::{Amnesty, Rules};
use crate::base::SimTime;

/// Up to when an org lives the same life in two arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parting {
    /// Nothing that happens before it differs.
    pub at: SimTime,
    /// Not before this does anything differ for an org that nothing goes wrong with, but its replay
    /// exposure. At or after `at`.
    pub calm_until: SimTime,
}

impl Parting {
    /// Nothing is in common.
    const AT_ONCE: Self = Self { at: SimTime::ZERO, calm_until: SimTime::ZERO };

    /// How the orgs of a cohort part, in worlds without a station.
    pub fn of(first: &World, other: &World, cohort: usize) -> Self {
        let pair = first.cohorts.get(cohort).zip(other.cohorts.get(cohort));
        let Some((mine, theirs)) = pair else { return Self::AT_ONCE };
        let pardonless = |rules: &Rules| Rules { amnesty: None, ..rules.clone() };
        let is_one_world = first.server == other.server
            && first.duration == other.duration
            && first.start_of_day == other.start_of_day
            && mine.profile == theirs.profile
            && pardonless(&mine.rules) == pardonless(&theirs.rules);
        if !is_one_world {
            return Self::AT_ONCE;
        }
        let calm_until = incidents_part(first, other);
        let amnesties = amnesties_part(mine.rules.amnesty.as_ref(), theirs.rules.amnesty.as_ref());
        Self { at: amnesties.min(calm_until), calm_until }
    }
}

/// When the first phase begins that the other incident has not got, in the same place: the place names
/// its draws.
fn incidents_part(first: &World, other: &World) -> SimTime {
    let (mine, theirs) = (first.incident.phases(), other.incident.phases());
    let places = 0..mine.len().max(theirs.len());
    let differing = places.map(|place| [mine.get(place), theirs.get(place)]);
    let differing = differing.filter(|[mine, theirs]| mine != theirs).flatten();
    differing.flatten().map(|phase| phase.from).min().unwrap_or(SimTime::NEVER)
}

/// When one amnesty is first noticed that the other is not.
fn amnesties_part(mine: Option<&Amnesty>, theirs: Option<&Amnesty>) -> SimTime {
    if let (Some(mine), Some(theirs)) = (mine, theirs)
        && *mine == (Amnesty { until: mine.until, ..*theirs })
        && mine.until != theirs.until
    {
        return mine.until.min(theirs.until);
    }
    if mine == theirs {
        return SimTime::NEVER;
    }
    let noticed = |amnesty: &Amnesty| amnesty.from.min(amnesty.announced);
    [mine, theirs].into_iter().flatten().map(noticed).min().unwrap_or(SimTime::NEVER)
}
