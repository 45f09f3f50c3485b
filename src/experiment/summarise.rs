//! From integers to findings: means and intervals over replications.

use super::failure;
use super::layout::Layout;
use super::load::ArmLoad;
use super::results::{
    ArmSummary, Attempts, Became as BecameEstimate, Caveat, CohortMeasures, Contrast, Estimate,
    Latency, Measures, OrgReference, Quantiles, RecoveredBy, Results, SUMMARY_VERSION, StatesAtEnd,
    Summary, SurvivalPoint, TimelineRow,
};
use super::tally::Tally;
use crate::authority::Amnesty;
use crate::base::{SimDuration, SimTime};
use crate::measure::{
    Became, Counts, DISCONNECTED_STATES, Ending, Interval, Means, OrgState, Spread, mean_interval,
};
use crate::scenario::{Arm, Plan};
use crate::world::Swarm;

/// Confidence of every interval in the results.
const LEVEL: f64 = 0.95;

/// The smallest step of a survival curve that is kept.
const SURVIVAL_STEP: f64 = 0.005;

const MICROS_PER_HOUR: f64 = 3.6e9;

/// Computes the results of a whole experiment.
pub(super) fn summarise(plan: &Plan, swarm: &Swarm, layout: &Layout, tally: &Tally) -> Results {
    let mut arms: Vec<_> = (0..plan.arms.len()).map(|arm| arm_summary(plan, tally, arm)).collect();
    // Either all arms have a load or none has.
    let loads: Vec<_> =
        (0..plan.arms.len()).filter_map(|arm| ArmLoad::of(plan, layout, tally, arm)).collect();
    arms.iter_mut().zip(&loads).for_each(|(arm, load)| arm.load = Some(load.summary()));
    let contrasts: Vec<_> =
        (1..plan.arms.len()).filter_map(|arm| contrast(plan, tally, arm)).collect();
    let caveats = caveats(plan, tally, &contrasts);
    let timeline =
        (0..plan.arms.len()).flat_map(|arm| timeline(plan, layout, tally, arm)).collect();
    let summary = Summary {
        version: SUMMARY_VERSION,
        made_by: env!("CARGO_PKG_VERSION").into(),
        scenario: plan.name.clone(),
        about: plan.about.clone(),
        assumptions: plan.assumptions.clone(),
        digest: plan.digest.clone(),
        seed: plan.seed.0,
        replications: plan.replications,
        engine: "sim".into(),
        start: plan.start.to_string(),
        duration_seconds: plan.duration.as_secs_f64(),
        partners: swarm.partners(),
        orgs: swarm.orgs(),
        windows: layout.windows.clone(),
        client_timeouts: layout.client_timeouts.clone(),
        focus: layout.focus.map(|(from, until)| [from.as_secs_f64(), until.as_secs_f64()]),
        arms,
        contrasts,
        caveats,
        resolved: plan.resolved.clone(),
        live: None,
    };
    Results { summary, timeline, load: loads.iter().flat_map(ArmLoad::rows).collect() }
}

fn arm_summary(plan: &Plan, tally: &Tally, arm: usize) -> ArmSummary {
    let cohorts = plan.arms[arm].world.cohorts.iter().enumerate();
    let cohorts = cohorts.map(|(index, cohort)| CohortMeasures {
        name: cohort.name.clone(),
        client: cohort.client.clone(),
        measures: measures(tally, arm, Some(index)),
    });
    let by_replication = tally.counts(arm, None);
    ArmSummary {
        name: plan.arms[arm].name.clone(),
        changes: plan.arms[arm].changes.clone(),
        total: measures(tally, arm, None),
        cohorts: cohorts.collect(),
        survival: survival(&tally.spread(arm, None), plan.replications),
        needed_person_by_replication: by_replication.iter().map(|c| c.needed_person).collect(),
        load: None,
    }
}

fn measures(tally: &Tally, arm: usize, cohort: Option<usize>) -> Measures {
    let counts = tally.counts(arm, cohort);
    let of = |count: &dyn Fn(&Counts) -> u64| estimate(counts.iter().map(|c| count(c) as f64));
    let hours = |count: &dyn Fn(&Counts) -> u128| {
        estimate(counts.iter().map(|c| count(c) as f64 / MICROS_PER_HOUR))
    };
    let state = |state: OrgState| of(&|c| c.at_end[state.index()]);
    let recovered = |means: Means| of(&|c| c.recovered_by(means));
    let became = |became: Became| of(&|c| c.that_became(became));
    let calm = tally.calm_attempts(cohort);
    Measures {
        orgs: counts[0].orgs,
        lost_answer: of(&|c| c.lost_answer),
        ever_disconnected: of(&|c| c.ever_disconnected),
        peak_disconnected: estimate(tally.peaks(arm, cohort).into_iter().map(|n| n as f64)),
        disconnected_at_end: of(&disconnected_at_end),
        needed_person: of(&|c| c.needed_person),
        org_hours_disconnected: hours(&|c| c.disconnected_micros),
        org_hours_without_access: Some(hours(&|c| c.without_access.total_micros())),
        at_end: StatesAtEnd {
            connected: state(OrgState::Connected),
            stale: state(OrgState::Stale),
            stopped: state(OrgState::Stopped),
            abandoned: state(OrgState::Abandoned),
            revoked: state(OrgState::Revoked),
        },
        recovered_by: RecoveredBy {
            retry: recovered(Means::Retry),
            grace: recovered(Means::Grace),
            amnesty: recovered(Means::Amnesty),
            person: recovered(Means::Person),
        },
        became: BecameEstimate {
            unaffected: became(Became::Unaffected),
            retry: became(Became::Retry),
            grace: became(Became::Grace),
            amnesty: became(Became::Amnesty),
            person: became(Became::Person),
            never: became(Became::Never),
            pending: became(Became::Pending),
        },
        attempts: attempts(&counts),
        amplification: (calm > 0).then(|| counts[0].sent as f64 / calm as f64),
        latency: latency(&tally.spread(arm, cohort), &counts),
        replay_exposure_org_hours: hours(&|c| c.exposed_micros),
    }
}

pub(super) fn disconnected_at_end(counts: &Counts) -> u64 {
    DISCONNECTED_STATES.iter().map(|state| counts.at_end[state.index()]).sum()
}

fn attempts(counts: &[Counts]) -> Attempts {
    let ended = |ending: Ending| estimate(counts.iter().map(|c| c.ended_as(ending) as f64));
    Attempts {
        total: estimate(counts.iter().map(|c| c.sent as f64)),
        stored: ended(Ending::Stored),
        crashed: ended(Ending::Crashed),
        refused: ended(Ending::Refused),
        timed_out: ended(Ending::TimedOut),
        reset: ended(Ending::Reset),
        truncated: ended(Ending::Truncated),
        server_error: ended(Ending::ServerError),
        throttled: ended(Ending::Throttled),
        broken_off: ended(Ending::BrokenOff),
        unfinished: ended(Ending::Unfinished),
        committed_and_lost: estimate(counts.iter().map(|c| c.committed_and_lost as f64)),
        short_circuited: estimate(counts.iter().map(|c| c.short_circuited as f64)),
    }
}

fn latency(spread: &Spread, counts: &[Counts]) -> Latency {
    let quantiles = |histogram: &hdrhistogram::Histogram<u64>| {
        let at = |p: f64| histogram.value_at_quantile(p) as f64 / 1e6;
        Quantiles {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max() as f64 / 1e6,
        }
    };
    let sent: u64 = counts.iter().map(|c| c.sent).sum();
    let timed_out: u64 = counts.iter().map(|c| c.ended_as(Ending::TimedOut)).sum();
    Latency {
        server: quantiles(&spread.server()),
        client: quantiles(&spread.client()),
        timed_out_share: if sent == 0 { 0.0 } else { timed_out as f64 / sent as f64 },
    }
}

/// The steps of the curve that can be told apart in a chart: the first, the last, and those half a
/// percentage point below the one before.
fn survival(spread: &Spread, replications: u32) -> Vec<SurvivalPoint> {
    if spread.disconnection.total() == 0 {
        return Vec::new();
    }
    let steps = spread.disconnection.steps(LEVEL);
    let last = steps.len() - 1;
    let mut shown = f64::INFINITY;
    let mut points = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        if index == last || shown - step.share >= SURVIVAL_STEP {
            shown = step.share;
            points.push(SurvivalPoint {
                hours: step.at.as_hours_f64(),
                share: step.share,
                low: step.low,
                high: step.high,
                at_risk: step.at_risk as f64 / f64::from(replications),
            });
        }
    }
    points
}

fn contrast(plan: &Plan, tally: &Tally, arm: usize) -> Option<Contrast> {
    let found = tally.contrast(arm)?;
    let orgs = tally.counts(0, None)[0].orgs as f64;
    let floats = |values: &[u64]| values.iter().map(|v| *v as f64).collect::<Vec<_>>();
    let (saved, harmed) = (floats(&found.saved), floats(&found.harmed));
    let changed = || saved.iter().zip(&harmed);
    let harmed_orgs = found.harmed_orgs.iter().map(|&(replication, org, cohort)| OrgReference {
        replication,
        org,
        cohort: plan.arms[arm].world.cohorts[cohort].name.clone(),
    });
    Some(Contrast {
        arm: plan.arms[arm].name.clone(),
        against: plan.arms[0].name.clone(),
        saved: estimate(saved.iter().copied()),
        harmed: estimate(harmed.iter().copied()),
        unchanged: estimate(changed().map(|(saved, harmed)| orgs - saved - harmed)),
        difference: estimate(changed().map(|(saved, harmed)| harmed - saved)),
        harmed_orgs: harmed_orgs.collect(),
    })
}

fn caveats(plan: &Plan, tally: &Tally, contrasts: &[Contrast]) -> Vec<Caveat> {
    let arms = plan.arms.iter().enumerate();
    let mut caveats: Vec<_> = arms
        .filter_map(|(arm, it)| failure::nothing_succeeded(&it.name, &tally.counts(arm, None)))
        .collect();
    if plan.replications < 2 {
        caveats.push(Caveat::TooFewReplications { replications: plan.replications });
    }
    let end = SimTime::ZERO + plan.duration;
    for arm in &plan.arms {
        if amnesty_of(arm).is_some_and(|amnesty| amnesty.from < end && amnesty.until > end) {
            caveats.push(Caveat::EndsDuringAmnesty { arm: arm.name.clone() });
        }
    }
    // Any change of the world harms somebody; an amnesty is not expected to.
    let amnesties = plan.arms.iter().filter(|arm| amnesty_of(arm).is_some());
    for contrast in amnesties.filter_map(|arm| contrasts.iter().find(|c| c.arm == arm.name)) {
        let orgs = contrast.harmed.mean * f64::from(plan.replications);
        if orgs > 0.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            let orgs = orgs.round() as u64;
            caveats.push(Caveat::Harm { arm: contrast.arm.clone(), orgs });
        }
    }
    caveats
}

/// The amnesty of an arm, if it has one for any cohort.
fn amnesty_of(arm: &Arm) -> Option<&Amnesty> {
    arm.world.cohorts.iter().find_map(|cohort| cohort.rules.amnesty.as_ref())
}

fn timeline(plan: &Plan, layout: &Layout, tally: &Tally, arm: usize) -> Vec<TimelineRow> {
    let counts = tally.counts(arm, None);
    let disconnected: Vec<_> = counts.iter().map(Counts::disconnected).collect();
    let at_once = tally.peaks_by_bin(arm);
    let states: Vec<Vec<_>> = DISCONNECTED_STATES
        .iter()
        .map(|state| counts.iter().map(|c| c.in_state(*state)).collect())
        .collect();
    let mean_at = |by_replication: &[Vec<i64>], bin: usize| {
        by_replication.iter().map(|series| series[bin] as f64).sum::<f64>() / counts.len() as f64
    };
    let replications = f64::from(plan.replications);
    let series = tally.series(arm);
    let absent: Vec<_> = counts.iter().map(|c| c.without_access.by_bin(&layout.grid)).collect();
    let without_access = |bin: usize, width: SimDuration| {
        let micros: u128 = absent.iter().map(|bins| bins[bin]).sum();
        micros as f64 / width.as_micros() as f64 / counts.len() as f64
    };
    let rows = layout.grid.bins().enumerate().map(|(bin, (from, until))| {
        let all = || disconnected.iter().map(|series| series[bin] as f64);
        let most = || at_once.iter().map(|bins| bins[bin] as f64);
        let [stored, refused, timed_out, failed] =
            series.ended(bin).map(|count| count as f64 / replications);
        let client = |p: f64| series.latency(bin).quantile(p).map(|micros| micros / 1e6);
        TimelineRow {
            arm: plan.arms[arm].name.clone(),
            from_seconds: from.as_secs_f64(),
            until_seconds: until.as_secs_f64(),
            disconnected: mean_at(&disconnected, bin),
            disconnected_min: all().fold(f64::INFINITY, f64::min),
            disconnected_max: all().fold(0.0, f64::max),
            most_disconnected: most().sum::<f64>() / counts.len() as f64,
            most_disconnected_min: most().reduce(f64::min).unwrap_or(0.0),
            most_disconnected_max: most().fold(0.0, f64::max),
            stale: mean_at(&states[0], bin),
            stopped: mean_at(&states[1], bin),
            abandoned: mean_at(&states[2], bin),
            revoked: mean_at(&states[3], bin),
            without_access: without_access(bin, until.since(from)),
            stored,
            refused,
            timed_out,
            failed,
            client_p50: client(0.5),
            client_p90: client(0.9),
            client_p99: client(0.99),
        }
    });
    rows.collect()
}

/// Mean and interval over replications.
pub(super) fn estimate(values: impl Iterator<Item = f64>) -> Estimate {
    let values: Vec<_> = values.collect();
    let Interval { mean, low, high } = mean_interval(&values, LEVEL);
    Estimate { mean, low, high }
}
