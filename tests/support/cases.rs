//! Every shape of results that reports must bear, made from the curves of the incident.

use amnesty::experiment::results::{
    Became, Caveat, Estimate, Results, TimeoutMark, Window, WindowKind,
};

use crate::load::loaded;
use crate::results_2018::{ArmShape, HOUR, arms_of_2018, estimate, results, results_2018};

/// Everything below, by name.
pub(crate) fn cases() -> Vec<(&'static str, Results)> {
    let six = [
        shape("strict", 1.0, None),
        shape("grace_30m_replace_successor_and_revoke_family", 0.4, None),
        shape("grace_2m", 0.8, None),
        shape("non_revoking", 0.05, None),
        shape("amnesty_3d", 1.0, Some(0.7)),
        shape("amnesty_and_grace", 0.4, Some(0.9)),
    ];
    vec![
        ("2018", results_2018()),
        ("calm", calm()),
        ("one-arm-one-replication", results(&arms_of_2018()[..1], 1)),
        ("policies", policies()),
        ("six-arms", results(&six, 20)),
        ("crowded", crowded()),
        ("two-servers", two_servers()),
        ("many-servers", many_servers()),
        ("a-hundred-arms", a_hundred_arms()),
        ("ticks-at-edges", ticks_at_edges()),
        ("one-server", loaded(results(&arms_of_2018()[..1], 1), &[Some(720.0)])),
    ]
}

/// The incident with a server that comes back in one arm and does not in the other.
pub(crate) fn two_servers() -> Results {
    loaded(results_2018(), &[None, Some(720.0)])
}

/// More arms with a server than a chart shows.
pub(crate) fn many_servers() -> Results {
    let shapes: Vec<_> = (0..8).map(|arm| shape(&format!("arm_{arm}"), 1.0, None)).collect();
    let back = (0..8).map(|arm| (arm > 2).then_some(f64::from(arm) * 600.0));
    let mut results = loaded(results(&shapes, 1), &back.collect::<Vec<_>>());
    results.summary.arms.iter_mut().for_each(|arm| arm.survival.clear());
    results
}

/// More arms than a scenario can have, some of them alike.
pub(crate) fn a_hundred_arms() -> Results {
    let shapes: Vec<_> = (0..100_u8)
        .map(|arm| {
            let severity = f64::from(100 - arm / 4) / 100.0;
            let reach = arm.is_multiple_of(7).then_some(f64::from(arm) / 100.0);
            shape(&format!("server_{arm}_of_a_vendor"), severity, reach)
        })
        .collect();
    results(&shapes, 3)
}

/// Six hours whose full hours stand at the edges of the panels, and curves that end at a tick.
pub(crate) fn ticks_at_edges() -> Results {
    let mut results = policies();
    results.summary.duration_seconds = 6.0 * HOUR;
    results.summary.focus = Some([HOUR, 3.0 * HOUR]);
    results.timeline.retain(|row| row.until_seconds <= 6.0 * HOUR);
    for arm in &mut results.summary.arms {
        arm.survival.retain(|point| point.hours <= 5.0);
        if let Some(last) = arm.survival.last_mut() {
            last.hours = 5.0;
        }
    }
    results
}

/// A calm run: no incident, nobody disconnected, no answer lost.
pub(crate) fn calm() -> Results {
    let mut shapes = arms_of_2018();
    for shape in &mut shapes {
        shape.severity = 0.0;
    }
    let mut results = results(&shapes, 20);
    results.summary.windows.clear();
    results.summary.focus = None;
    for arm in &mut results.summary.arms {
        arm.total.lost_answer = Estimate::default();
        arm.total.became = Became { unaffected: estimate(50_000.0, 1), ..Became::default() };
        arm.survival.clear();
    }
    for row in &mut results.timeline {
        (row.refused, row.timed_out, row.failed) = (0.0, 0.0, 0.0);
    }
    results
}

/// Policies side by side.
pub(crate) fn policies() -> Results {
    let shapes = [
        shape("strict", 1.0, None),
        shape("grace_30m", 0.4, None),
        shape("commit_on_use", 0.0, None),
        shape("amnesty", 1.0, Some(0.96)),
    ];
    results(&shapes, 20)
}

/// Long names, overlapping windows, an amnesty that outlasts the run, many timeouts, empty bins.
pub(crate) fn crowded() -> Results {
    let mut results = results(
        &[
            shape("strict_with_reuse_detection_that_revokes_families", 1.0, None),
            shape("strict_with_reuse_detection_and_short_amnesty", 1.0, Some(0.5)),
            shape("strict_with_reuse_detection_and_long_amnesty", 1.0, Some(0.9)),
        ],
        5,
    );
    let long = "strict_with_reuse_detection_and_long_amnesty".to_owned();
    let summary = &mut results.summary;
    summary.windows[1].until_seconds = summary.windows[1].from_seconds + 72.0 * HOUR;
    summary.windows[2].until_seconds = summary.duration_seconds;
    summary.windows.push(Window {
        kind: WindowKind::Phase,
        name: "recovery with <slow> \"database\" & retries".to_owned(),
        arms: vec![],
        from_seconds: 9_600.0,
        until_seconds: 14_000.0,
    });
    summary.caveats =
        vec![Caveat::EndsDuringAmnesty { arm: long.clone() }, Caveat::Harm { arm: long, orgs: 3 }];
    summary.client_timeouts = [5.0, 10.0, 12.0, 30.0, 60.0, 100.0]
        .map(|seconds| TimeoutMark {
            cohorts: ["a-very-long-cohort-name", "another-even-longer-cohort-name", "third"]
                .map(str::to_owned)
                .to_vec(),
            seconds,
        })
        .to_vec();
    for (place, row) in results.timeline.iter_mut().enumerate() {
        if place % 37 < 4 {
            (row.stored, row.refused, row.timed_out, row.failed) = (0.0, 0.0, 0.0, 0.0);
            (row.client_p50, row.client_p90, row.client_p99) = (None, None, None);
        }
    }
    results
}

/// An arm without changes in words.
fn shape(name: &str, severity: f64, amnesty_reach: Option<f64>) -> ArmShape {
    ArmShape { name: name.to_owned(), changes: vec![], severity, amnesty_reach }
}
