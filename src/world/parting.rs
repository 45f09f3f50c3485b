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

    /// Before when nothing differs in worlds whose orgs meet: any org may feel what another one does. A
    /// station knows its workers in advance, so a phase that takes some of them away is felt at once.
    pub fn of_worlds(first: &World, other: &World) -> SimTime {
        let cutting = |world: &World| -> Vec<_> {
            let phases = world.incident.phases().iter();
            phases.filter(|phase| !phase.capacity_lost.is_never()).cloned().collect()
        };
        if cutting(first) != cutting(other) || first.cohorts.len() != other.cohorts.len() {
            return SimTime::ZERO;
        }
        let cohorts = 0..first.cohorts.len();
        cohorts.map(|cohort| Self::of(first, other, cohort).at).min().unwrap_or(SimTime::ZERO)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{AmnestyReply, OldAccessToken, OnReuse, Policy, Strict};
    use crate::base::{Distribution, SimDuration};
    use crate::client::{Profile, Trigger};
    use crate::fault::{Phase, Schedule};
    use crate::protocol::Protocol;
    use crate::world::{Cohort, Server};

    fn hours(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_hours(n)
    }

    fn phase(from: u64) -> Phase {
        Phase::calm("degraded", hours(from), hours(from + 1))
    }

    fn amnesty(from: u64, until: u64, announced: u64) -> Amnesty {
        let (from, until, announced) = (hours(from), hours(until), hours(announced));
        let reply = AmnestyReply::NewPair;
        let stagger = SimDuration::ZERO;
        Amnesty { from, until, announced, stagger, reply, unrevoke: false }
    }

    fn world(phases: Vec<Phase>, amnesty: Option<Amnesty>) -> World {
        let one = Distribution::exactly(SimDuration::from_micros(1));
        World {
            server: Server {
                protocol: Protocol::Oauth2,
                service_time: one.clone(),
                station: None,
                admission: None,
                background: None,
                gateway_timeout: None,
                overhead: SimDuration::ZERO,
                registrations: Vec::new(),
            },
            cohorts: vec![Cohort {
                name: "apps".into(),
                partners: 1,
                orgs_per_partner: one,
                client: "inline".into(),
                profile: Profile::new(Trigger::AtExpiry),
                rules: Rules {
                    policy: Policy::Strict(Strict { on_reuse: OnReuse::None }),
                    amnesty,
                    access_token_ttl: SimDuration::from_mins(30),
                    session_lifetime: SimDuration::from_hours(99),
                    old_access_token: OldAccessToken::LivesToExpiry,
                },
            }],
            incident: Schedule::new(phases),
            duration: SimDuration::from_hours(50),
            start_of_day: SimDuration::ZERO,
        }
    }

    #[test]
    fn worlds_part_where_the_first_difference_is_noticed() {
        let never = SimTime::NEVER;
        let plain = || world(vec![phase(2)], None);
        let pardoned = |amnesty| world(vec![phase(2)], Some(amnesty));
        for (first, other, at, calm_until) in [
            (plain(), plain(), never, never),
            (plain(), pardoned(amnesty(9, 12, 10)), hours(9), never),
            (pardoned(amnesty(9, 12, 8)), plain(), hours(8), never),
            (pardoned(amnesty(9, 12, 9)), pardoned(amnesty(9, 20, 9)), hours(12), never),
            (pardoned(amnesty(9, 12, 9)), pardoned(amnesty(7, 20, 9)), hours(7), never),
            (plain(), world(vec![], None), hours(2), hours(2)),
            (plain(), world(vec![phase(2), phase(5)], None), hours(5), hours(5)),
            (plain(), world(vec![phase(1), phase(2)], None), hours(1), hours(1)),
            (
                world(vec![], Some(amnesty(3, 4, 3))),
                world(vec![phase(6)], None),
                hours(3),
                hours(6),
            ),
        ] {
            let parting = Parting { at, calm_until };
            assert_eq!(Parting::of(&first, &other, 0), parting, "{first:?} and {other:?}");
            assert_eq!(Parting::of(&other, &first, 0), parting, "{other:?} and {first:?}");
        }
    }

    #[test]
    fn another_app_or_server_has_nothing_in_common() {
        let plain = || world(vec![phase(2)], None);
        let mut impatient = plain();
        impatient.cohorts[0].profile.timeout = Some(SimDuration::from_secs(1));
        let mut lenient = plain();
        lenient.cohorts[0].rules.policy = Policy::Static(crate::authority::Static);
        let mut quick = plain();
        quick.server.gateway_timeout = Some(SimDuration::from_secs(1));
        let mut longer = plain();
        longer.duration = SimDuration::from_hours(51);
        for other in [impatient, lenient, quick, longer] {
            assert_eq!(Parting::of(&plain(), &other, 0), Parting::AT_ONCE, "{other:?}");
        }
    }
}
