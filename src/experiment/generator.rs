//! How well the generator of a live run kept up, over all its parts.

use hdrhistogram::Histogram;

use super::failure;
use super::results::{Caveat, LiveSummary, WallQuantiles};
use crate::base::SimDuration;
use crate::live::TimeScale;
use crate::live::swarm::Finished;

/// All parts together.
pub(super) fn summary(runs: &[&Finished], scale: TimeScale) -> LiveSummary {
    let sum = |of: &dyn Fn(&Finished) -> u64| runs.iter().map(|run| of(run)).sum::<u64>();
    let quantiles = |of: fn(&Finished) -> &Histogram<u64>| wall(merged(runs, of).as_ref(), scale);
    LiveSummary {
        time_scale: scale.to_string(),
        attempts: sum(&|run| run.sent),
        late: sum(&|run| run.late + run.unsent),
        lag_ms: quantiles(|run| &run.lag),
        corrected_ms: quantiles(|run| &run.corrected),
        raw_ms: quantiles(|run| &run.raw),
        peak_connections: runs.iter().map(|run| run.connections.peak as u64).max().unwrap_or(0),
        connect_failures: sum(&|run| run.connections.failed),
        authorise_failures: sum(&|run| run.gave_up),
        failures: failure::of_runs(runs.iter().copied()),
    }
}

/// What is to be doubted because of it.
pub(super) fn doubts(runs: &[&Finished]) -> Vec<Caveat> {
    let mut doubts = Vec::new();
    if runs.iter().any(|run| run.fell_behind().is_some()) {
        let late = runs.iter().map(|run| run.late + run.unsent).sum();
        let attempts = runs.iter().map(|run| run.sent + run.unsent).sum();
        doubts.push(Caveat::GeneratorFellBehind { late, attempts });
    }
    let failed = runs.iter().map(|run| run.connections.failed).sum();
    if failed > 0 {
        doubts.push(Caveat::ConnectFailures { connections: failed });
    }
    if let Some(cut) = runs.iter().find(|run| run.interrupted) {
        let at_seconds = cut.ended_at.as_micros() / 1_000_000;
        doubts.push(Caveat::Interrupted { at_seconds });
    }
    doubts
}

fn merged(runs: &[&Finished], of: fn(&Finished) -> &Histogram<u64>) -> Option<Histogram<u64>> {
    let mut all = of(runs.first()?).clone();
    for run in &runs[1..] {
        // Their bounds are the same.
        all.add(of(run)).ok()?;
    }
    Some(all)
}

/// Quantiles of the scenario's microseconds in milliseconds of the wall clock.
fn wall(histogram: Option<&Histogram<u64>>, scale: TimeScale) -> WallQuantiles {
    let ms = |micros: u64| scale.stretch(SimDuration::from_micros(micros)).as_secs_f64() * 1e3;
    let Some(histogram) = histogram.filter(|histogram| !histogram.is_empty()) else {
        return WallQuantiles::default();
    };
    WallQuantiles {
        p50: ms(histogram.value_at_quantile(0.5)),
        p99: ms(histogram.value_at_quantile(0.99)),
        max: ms(histogram.max()),
    }
}
