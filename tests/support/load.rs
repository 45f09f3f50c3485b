//! Made-up load of a server, for results that have none.

use amnesty::experiment::results::{
    ArmSummary, Estimate, GoodputSummary, LoadRow, LoadSummary, Results, StationSummary,
};

/// Tokens a second before the incident, of so many workers' requests.
const CALM: f64 = 30.0;
const WORKERS: f64 = 8.0;

/// The results with a server whose arms come back after so many seconds; `None` for never.
pub(crate) fn loaded(mut results: Results, back: &[Option<f64>]) -> Results {
    let [from, until] = results
        .summary
        .windows
        .first()
        .map_or([0.0, 0.0], |window| [window.from_seconds, window.until_seconds]);
    for (arm, back) in results.summary.arms.iter_mut().zip(back) {
        let rows = results.timeline.iter().filter(|row| row.arm == arm.name);
        let rows = rows.map(|bin| {
            let is_bad =
                bin.from_seconds >= from && back.is_none_or(|back| bin.from_seconds < until + back);
            row(&arm.name, [bin.from_seconds, bin.until_seconds], is_bad)
        });
        results.load.extend(rows);
        arm.load = Some(summary(arm, *back));
        arm.total.amplification = Some(if back.is_some() { 1.08 } else { 10.7 });
    }
    results
}

fn row(arm: &str, [from, until]: [f64; 2], is_bad: bool) -> LoadRow {
    let seconds = until - from;
    let (offered, stored, waiting, busy) =
        if is_bad { (4.0 * CALM, 0.2 * CALM, 1_900.0, WORKERS) } else { (CALM, CALM, 0.4, 2.6) };
    LoadRow {
        arm: arm.to_owned(),
        from_seconds: from,
        until_seconds: until,
        offered: offered * seconds,
        background: 0.0,
        throttled: 0.0,
        rejected: if is_bad { CALM * seconds } else { 0.0 },
        cancelled: 0.0,
        served: if is_bad { 2.0 * CALM * seconds } else { CALM * seconds },
        stored: stored * seconds,
        waiting,
        busy,
        workers: Some(WORKERS),
    }
}

fn summary(arm: &ArmSummary, back: Option<f64>) -> LoadSummary {
    let exactly = |mean| Estimate { mean, low: mean, high: mean };
    let offered = arm.total.attempts.total.mean;
    let after = if back.is_some() { 0.97 } else { 0.2 };
    LoadSummary {
        offered: exactly(offered),
        background: exactly(0.0),
        background_rejected: None,
        throttled: exactly(0.0),
        rejected: exactly(0.04 * offered),
        cancelled: exactly(0.0),
        served: exactly(0.96 * offered),
        wasted_share: exactly(if back.is_some() { 0.02 } else { 0.4 }),
        station: Some(StationSummary {
            workers: 8,
            utilisation: exactly(0.41),
            utilisation_peak: exactly(1.0),
            queue_mean: exactly(12.5),
            queue_peak: exactly(1_900.0),
        }),
        goodput: Some(GoodputSummary {
            before_per_second: exactly(CALM),
            after_per_second: exactly(CALM * after),
            after_share: exactly(after),
            recovered_share: if back.is_some() { 1.0 } else { 0.0 },
            recovered_after_seconds: back,
        }),
    }
}
