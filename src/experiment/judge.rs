//! Judges the lines under `expect`.

use super::layout::Layout;
use super::load::ArmLoad;
use super::run::Findings;
use super::summarise::disconnected_at_end;
use super::tally::Tally;
use crate::base::SimDuration;
use crate::measure::{Counts, Flow, Interval, Means, OrgState, mean_interval};
use crate::scenario::{
    Comparison, Expectation, Metric, Plan, Quantity, ServerMetric, Term, Unjudged,
};

/// Confidence of the interval shown where an expectation asks for none.
const SHOWN_LEVEL: f64 = 0.95;

/// One expectation of one scenario, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Name of the scenario.
    pub scenario: String,
    /// The file that the expectation stands in.
    pub file: String,
    /// Its line in that file, from 1.
    pub line: usize,
    /// The expectation as written.
    pub text: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// What was found, in words.
    pub detail: String,
    /// How far it is missed, as a share of what was expected; 0 where it holds.
    pub miss: f64,
}

/// What was found of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Held,
    /// It does not.
    Failed,
    /// Nobody can tell: not all of its arms were run.
    NotJudged,
}

/// Judges all expectations of a plan, in order; those that cannot be judged come last.
pub fn judge(plan: &Plan, findings: &Findings) -> Vec<Judgement> {
    let judged = plan.expectations.iter().map(|it| judgement(plan, &findings.tally, it));
    judged.chain(plan.unjudged.iter().map(|it| not_judged(plan, it))).collect()
}

fn not_judged(plan: &Plan, unjudged: &Unjudged) -> Judgement {
    let arms: Vec<_> = unjudged.missing.iter().map(|arm| format!("`{arm}`")).collect();
    let (arms, were) = (arms.join(", "), if arms.len() == 1 { "was" } else { "were" });
    Judgement {
        scenario: plan.name.clone(),
        file: unjudged.file.clone(),
        line: unjudged.line,
        text: unjudged.text.clone(),
        verdict: Verdict::NotJudged,
        detail: format!("{arms} {were} not run"),
        miss: 0.0,
    }
}

/// What an expectation measures, replication by replication.
fn measured(plan: &Plan, tally: &Tally, expectation: &Expectation) -> Vec<f64> {
    let as_share = matches!(expectation.right, Quantity::Share(_));
    let left = values(plan, tally, &expectation.left, as_share);
    match &expectation.minus {
        None => left,
        Some(minus) => {
            let minus = values(plan, tally, minus, as_share);
            left.iter().zip(&minus).map(|(left, minus)| left - minus).collect()
        }
    }
}

/// The interval of what an expectation measures, and whether it is met.
pub(super) fn weighed(plan: &Plan, tally: &Tally, expectation: &Expectation) -> (Interval, bool) {
    let values = measured(plan, tally, expectation);
    let found = interval(&values, expectation.confidence.unwrap_or(SHOWN_LEVEL));
    let too_few = values.is_empty() || (values.len() < 2 && expectation.confidence.is_some());
    (found, !too_few && holds(expectation, &found))
}

fn judgement(plan: &Plan, tally: &Tally, expectation: &Expectation) -> Judgement {
    let values = measured(plan, tally, expectation);
    let level = expectation.confidence.unwrap_or(SHOWN_LEVEL);
    let found = interval(&values, level);
    let show = |value: f64| shown(value, expectation.right);
    let alone = values.len() < 2;
    let (passed, detail) = if values.is_empty() {
        (false, "found nothing: no time bin lies before the incident, or none after it".to_owned())
    } else if expectation.confidence.is_some() && alone {
        (
            false,
            format!("found {}, but a confidence needs at least 2 replications", show(found.mean)),
        )
    } else {
        let interval = format!(
            "found {} ({}% interval {} to {})",
            show(found.mean),
            level * 100.0,
            show(found.low),
            show(found.high)
        );
        let detail = if alone { format!("found {}", show(found.mean)) } else { interval };
        (holds(expectation, &found), detail)
    };
    let right = number(expectation.right);
    let distance = (found.mean - right).abs().min(f64::MAX);
    let miss = if right.abs() > 0.0 { distance / right.abs() } else { distance };
    Judgement {
        scenario: plan.name.clone(),
        file: expectation.file.clone(),
        line: expectation.line,
        text: expectation.text.clone(),
        verdict: if passed { Verdict::Held } else { Verdict::Failed },
        detail,
        miss: if passed { 0.0 } else { miss },
    }
}

/// The mean with its interval. A replication that never recovers makes the mean infinite; the lower end
/// is then the quickest of the others.
fn interval(values: &[f64], level: f64) -> Interval {
    if values.is_empty() {
        return Interval::default();
    }
    if values.iter().all(|value| value.is_finite()) {
        return mean_interval(values, level);
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    Interval { mean: f64::INFINITY, low, high: f64::INFINITY }
}

/// A value in the unit of what it is compared with.
fn shown(value: f64, right: Quantity) -> String {
    match right {
        Quantity::Share(_) => format!("{:.2}%", value * 100.0),
        Quantity::Number(_) => format!("{value:.2}"),
        Quantity::Seconds(_) if value.is_infinite() => "never".to_owned(),
        Quantity::Seconds(_) => whole_seconds(value).to_string(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a length of time; the cast saturates"
)]
fn whole_seconds(seconds: f64) -> SimDuration {
    SimDuration::from_secs(seconds.round() as u64)
}

/// Whether an interval meets an expectation: all of it where a confidence is asked for, its mean
/// otherwise. `=` with a confidence asks that the interval holds the value.
fn holds(expectation: &Expectation, found: &Interval) -> bool {
    let right = number(expectation.right);
    let tolerance = expectation.tolerance.map_or(0.0, number);
    let (low, high) = match expectation.confidence {
        Some(_) => (found.low, found.high),
        None => (found.mean, found.mean),
    };
    match expectation.comparison {
        Comparison::Less => high < right,
        Comparison::AtMost => high <= right,
        Comparison::More => low > right,
        Comparison::AtLeast => low >= right,
        Comparison::Equal => low - tolerance <= right && right <= high + tolerance,
    }
}

pub(super) const fn number(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::Share(value) | Quantity::Number(value) | Quantity::Seconds(value) => value,
    }
}

/// A term's value in each replication: as a share of its orgs, or as a number.
pub(super) fn values(plan: &Plan, tally: &Tally, term: &Term, as_share: bool) -> Vec<f64> {
    // The scenario has checked both names.
    let arm = plan.arms.iter().position(|arm| arm.name == term.arm).unwrap_or(0);
    if let Metric::Server(metric) = term.metric {
        return of_the_server(plan, tally, arm, metric, as_share).unwrap_or_default();
    }
    let cohorts = &plan.arms[arm].world.cohorts;
    let cohort = term
        .cohort
        .as_ref()
        .and_then(|name| cohorts.iter().position(|cohort| cohort.name == *name));
    let counts = tally.counts(arm, cohort);
    let calm = tally.calm_attempts(cohort) as f64;
    let numbers: Vec<_> = match (term.metric, tally.contrast(arm)) {
        (Metric::Saved, Some(found)) => found.saved.iter().map(|n| *n as f64).collect(),
        (Metric::Harmed, Some(found)) => found.harmed.iter().map(|n| *n as f64).collect(),
        (Metric::PeakDisconnected, _) => {
            tally.peaks(arm, cohort).into_iter().map(|n| n as f64).collect()
        }
        // Amplification is measured in the first replication.
        (Metric::Amplification, _) if calm > 0.0 => vec![counts[0].sent as f64 / calm],
        (metric, _) => counts.iter().map(|counts| value(metric, counts)).collect(),
    };
    let orgs = if as_share { counts[0].orgs as f64 } else { 1.0 };
    numbers.into_iter().map(|number| number / orgs).collect()
}

/// What the server of an arm bore in each replication; nothing where it was not measured.
fn of_the_server(
    plan: &Plan,
    tally: &Tally,
    arm: usize,
    metric: ServerMetric,
    as_share: bool,
) -> Option<Vec<f64>> {
    let layout = Layout::of(plan);
    let load = ArmLoad::of(plan, &layout, tally, arm)?;
    let seconds =
        |after: Option<SimDuration>| after.map_or(f64::INFINITY, SimDuration::as_secs_f64);
    match metric {
        ServerMetric::Utilisation => load.utilisation(),
        ServerMetric::QueuePeak => Some(load.queue_peak()),
        ServerMetric::Rejected if as_share => {
            let offered = load.passed(Flow::Offered);
            let rejected = load.passed(Flow::Rejected).into_iter().zip(offered);
            Some(rejected.map(|(rejected, offered)| rejected / offered.max(1.0)).collect())
        }
        ServerMetric::Rejected => Some(load.passed(Flow::Rejected)),
        ServerMetric::GoodputAfter => load.goodput_after(),
        ServerMetric::RecoveryTime => Some(load.recoveries()?.into_iter().map(seconds).collect()),
    }
}

fn value(metric: Metric, counts: &Counts) -> f64 {
    const MICROS_PER_HOUR: f64 = 3.6e9;
    let orgs = match metric {
        Metric::NeededPerson => counts.needed_person,
        Metric::EverDisconnected => counts.ever_disconnected,
        Metric::DisconnectedAtEnd => disconnected_at_end(counts),
        Metric::LostAnswer => counts.lost_answer,
        Metric::RevokedAtEnd => counts.at_end[OrgState::Revoked.index()],
        Metric::RecoveredByRetry => counts.recovered_by(Means::Retry),
        Metric::RecoveredByGrace => counts.recovered_by(Means::Grace),
        Metric::RecoveredByAmnesty => counts.recovered_by(Means::Amnesty),
        Metric::RecoveredByPerson => counts.recovered_by(Means::Person),
        Metric::Attempts => counts.sent,
        Metric::ShortCircuited => counts.short_circuited,
        Metric::OrgHoursDisconnected => {
            return counts.disconnected_micros as f64 / MICROS_PER_HOUR;
        }
        Metric::OrgHoursWithoutAccess => {
            return counts.without_access.total_micros() as f64 / MICROS_PER_HOUR;
        }
        Metric::ReplayExposureOrgHours => return counts.exposed_micros as f64 / MICROS_PER_HOUR,
        // Nobody is saved or harmed by the first arm, a calm run has nothing to amplify, the server is
        // not counted by cohort, and the most at once is no count of parts.
        Metric::Saved | Metric::Harmed | Metric::PeakDisconnected | Metric::Server(_) => 0,
        Metric::Amplification => 1,
    };
    orgs as f64
}
