//! Runs a sweep: its cells one after another, each on all threads.
//!
//! Cells share their seed, so two cells differ by what was varied and by nothing else, and the result
//! depends on no thread. Of a cell only its figures are kept: memory is that of one run.

mod results;

pub use results::{
    Cell, CellArm, Met, Misfit, SWEEP_VERSION, Shown, Sweep, SweepAxis, SweepValue, Target, Unit,
};

use super::judge::{number, values, weighed};
use super::results::Estimate;
use super::run::{Findings, Options, RunError, run};
use crate::measure::{Interval, mean_interval};
use crate::scenario::{
    Axis, AxisKind, Comparison, Expectation, Metric, Plan, Quantity, ServerMetric, SweepPlan, Term,
};

/// Confidence of every interval in the results.
const LEVEL: f64 = 0.95;

/// Steps of progress within a cell.
const STEPS: u64 = 1_000;

/// Runs every cell of a sweep.
///
/// # Errors
/// [`RunError`] if it is stopped, if a swarm is too large, or if threads cannot be started.
pub fn sweep(plan: &SweepPlan, options: &Options<'_>) -> Result<Sweep, RunError> {
    let of = plan.cells.len() as u64 * STEPS;
    let counts: Vec<usize> = plan.axes.iter().map(|axis| axis.values.len()).collect();
    let mut cells = Vec::with_capacity(plan.cells.len());
    let mut met = Vec::new();
    for (index, cell) in plan.cells.iter().enumerate() {
        let before = index as u64 * STEPS;
        let progress = |done: u64, all: u64| {
            (options.progress)(before + done * STEPS / all.max(1), of);
        };
        let findings = run(cell, &Options { progress: &progress, ..*options })?;
        cells.push(figures(plan, index, &counts, &findings));
        met.extend(plan.target.as_ref().map(|target| {
            let (found, met) = weighed(cell, &findings.tally, target);
            Met { met, found: estimate(found) }
        }));
    }
    let first = &plan.cells[0];
    Ok(Sweep {
        version: SWEEP_VERSION,
        made_by: env!("CARGO_PKG_VERSION").into(),
        scenario: plan.name.clone(),
        about: plan.about.clone(),
        digest: plan.digest.clone(),
        seed: first.seed.0,
        replications: first.replications,
        engine: "sim".into(),
        axes: plan.axes.iter().map(axis).collect(),
        shown: Shown {
            metric: plan.shown.metric.name().to_owned(),
            arm: plan.shown.arm.clone(),
            cohort: plan.shown.cohort.clone(),
            as_share: plan.shown.metric.reads_as_share(),
        },
        arms: first.arms.iter().map(|arm| arm.name.clone()).collect(),
        cells,
        target: plan.target.as_ref().map(|line| target(plan, line, met)),
    })
}

fn axis(axis: &Axis) -> SweepAxis {
    let (unit, after) = match &axis.kind {
        AxisKind::Duration => (Unit::Seconds, None),
        AxisKind::Share => (Unit::Share, None),
        AxisKind::Number => (Unit::Number, None),
        AxisKind::Instant => (Unit::Instant, None),
        AxisKind::After(name) => (Unit::Seconds, Some(name.clone())),
        AxisKind::Words => (Unit::Words, None),
    };
    let values = axis.values.iter();
    let values = values.map(|value| SweepValue { text: value.text.clone(), number: value.number });
    SweepAxis { path: axis.path.clone(), unit, after, values: values.collect() }
}

/// The figures of one cell, arm by arm.
fn figures(sweep: &SweepPlan, index: usize, counts: &[usize], findings: &Findings) -> Cell {
    let plan = &sweep.cells[index];
    let arms = plan.arms.iter().map(|arm| {
        let of = |metric: Metric, cohort: Option<String>, as_share: bool| {
            let term = Term { metric, arm: arm.name.clone(), cohort };
            of(plan, findings, &term, as_share)
        };
        let shown = &sweep.shown;
        CellArm {
            name: arm.name.clone(),
            shown: of(shown.metric, shown.cohort.clone(), shown.metric.reads_as_share()),
            figures: Metric::all()
                .filter(|metric| is_measured(plan, *metric))
                .map(|metric| (metric.name().to_owned(), of(metric, None, false)))
                .collect(),
        }
    });
    Cell {
        at: place(index, counts),
        digest: plan.digest.clone(),
        orgs: findings.results.summary.orgs,
        arms: arms.collect(),
    }
}

/// Whether a metric has a number in every arm: not where there is no station or no incident, or where it
/// can be never.
fn is_measured(plan: &Plan, metric: Metric) -> bool {
    let Metric::Server(metric) = metric else { return true };
    metric != ServerMetric::RecoveryTime
        && (metric != ServerMetric::GoodputAfter || plan.leaves_time_around_its_incident())
        && plan.arms.iter().all(|arm| arm.world.server.station.is_some())
}

fn of(plan: &Plan, findings: &Findings, term: &Term, as_share: bool) -> Estimate {
    estimate(mean_interval(&values(plan, &findings.tally, term, as_share), LEVEL))
}

const fn estimate(interval: Interval) -> Estimate {
    let Interval { mean, low, high } = interval;
    Estimate { mean, low, high }
}

/// Which value of each dimension a cell has.
fn place(index: usize, counts: &[usize]) -> Vec<usize> {
    match *counts {
        [_, columns] => vec![index / columns, index % columns],
        _ => vec![index],
    }
}

fn target(plan: &SweepPlan, line: &Expectation, values: Vec<Met>) -> Target {
    // A line in the chart stands for a bound on what the chart shows.
    let is_shown = line.minus.is_none()
        && (line.left.metric, &line.left.cohort) == (plan.shown.metric, &plan.shown.cohort)
        && plan.shown.metric.reads_as_share() == matches!(line.right, Quantity::Share(_));
    let is_bound = line.comparison != Comparison::Equal;
    Target {
        text: line.text.clone(),
        arm: line.left.arm.clone(),
        as_share: matches!(line.right, Quantity::Share(_)),
        bound: (is_shown && is_bound).then(|| number(line.right)),
        confidence: line.confidence,
        values,
    }
}
