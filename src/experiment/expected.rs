//! How large a ledger will be, before the run: from the scenario alone, within a factor of two.
//!
//! An org makes an attempt each time its access token, or its timetable, comes round; while a phase makes
//! attempts fail, an app that retries makes more. What queues, breakers and people do is left out.

use super::recording::Selection;
use crate::base::SimDuration;
use crate::client::{Concurrency, Profile, Trigger};
use crate::fault::Phase;
use crate::scenario::Plan;
use crate::world::{Cohort, Swarm, World};

/// Bytes of a row, but for the names of arm and run: 110 to 125 in the shipped scenarios.
const ROW_BYTES: f64 = 116.0;

/// The size of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LedgerSize {
    /// How many rows it has.
    pub rows: f64,
    /// How many bytes they take, uncompressed.
    pub bytes: f64,
}

/// The size of the ledger of the rows that are selected; `run` is the run's identity.
pub fn expected(plan: &Plan, swarm: &Swarm, selection: &Selection, run: &str) -> LedgerSize {
    let mut orgs = vec![0_u64; plan.arms.first().map_or(0, |arm| arm.world.cohorts.len())];
    for org in swarm.range(selection.orgs.clone()) {
        orgs[org.cohort] += 1;
    }
    let replications = f64::from(
        selection
            .replications
            .end
            .min(plan.replications)
            .saturating_sub(selection.replications.start),
    );
    let mut size = LedgerSize::default();
    for (arm, _) in plan.arms.iter().zip(0..).filter(|(_, place)| selection.has_arm(*place)) {
        let cohorts = arm.world.cohorts.iter().enumerate().zip(&orgs);
        let rows: f64 = cohorts
            .map(|((index, cohort), orgs)| *orgs as f64 * rows_each(&arm.world, index, cohort))
            .sum();
        let rows = rows * replications;
        size.rows += rows;
        size.bytes += rows * (ROW_BYTES + (arm.name.len() + run.len()) as f64);
    }
    size
}

/// Rows of one org of a cohort: its attempts, and how it ended.
fn rows_each(world: &World, index: usize, cohort: &Cohort) -> f64 {
    let duration = world.duration.as_micros() as f64;
    let refreshes = duration / period(cohort).max(1.0);
    let workers = match cohort.profile.concurrency {
        Concurrency::SingleFlight => 1.0,
        Concurrency::Racing { workers, .. } => f64::from(workers),
    };
    let phases = world.incident.phases().iter();
    let phases =
        phases.filter(|it| it.reach.cohorts.as_ref().is_none_or(|them| them.contains(&index)));
    let retries: f64 = phases
        .map(|phase| {
            let length = phase.until.since(phase.from).as_micros() as f64;
            (length / duration).min(1.0) * retries(&cohort.profile, phase)
        })
        .sum();
    1.0 + refreshes * workers * (1.0 + retries)
}

/// Microseconds from one refresh of an untroubled org to its next.
fn period(cohort: &Cohort) -> f64 {
    let Cohort { profile, rules, .. } = cohort;
    let lifetime = rules.access_token_ttl;
    let next_call = profile.next_call.mean().unwrap_or_default();
    match profile.trigger {
        Trigger::BeforeExpiry { lead } => {
            lifetime.saturating_sub(lead).max(SimDuration::from_millis(1)).as_micros() as f64
        }
        Trigger::AtExpiry | Trigger::OnUnauthorized => lifetime.as_micros() as f64 + next_call,
        Trigger::Periodic { every, .. } => every.as_micros() as f64,
    }
}

/// How many retries a refresh makes in a phase, on average.
fn retries(profile: &Profile, phase: &Phase) -> f64 {
    let fails = |it: f64, is_retried: bool| if is_retried { it } else { 0.0 };
    let retry_on = profile.retry_on;
    let error = phase.error.as_ref().map_or(0.0, |error| error.probability.as_f64());
    let throttle = phase.throttle.as_ref().map_or(0.0, |throttle| throttle.probability.as_f64());
    let lost = phase.response_lost.as_ref().map_or(0.0, |lost| lost.probability.as_f64());
    let fails = fails(error, retry_on.server_error)
        + fails(throttle, retry_on.throttled)
        + fails(lost + phase.request_lost.as_f64(), retry_on.timeout || retry_on.reset);
    let reach = phase.reach.orgs.as_f64() * phase.reach.partners.as_f64();
    let (mut retries, mut still) = (0.0, fails.min(1.0));
    for _ in 1..profile.max_attempts {
        retries += still;
        still *= fails.min(1.0);
    }
    reach * retries
}
