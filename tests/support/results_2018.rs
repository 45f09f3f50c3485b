//! Made-up results in the likeness of the 2018 incident, for tests of the reports.
//!
//! Everything follows from a few curves, so that summary and timeline agree with one another. The
//! figures are plausible and nothing more: no engine made them.

use amnesty::experiment::results::{
    ArmSummary, Attempts, Became, Caveat, CohortMeasures, Contrast, Estimate, Latency, Measures,
    Quantiles, RecoveredBy, Results, SUMMARY_VERSION, StatesAtEnd, Summary, SurvivalPoint,
    TimelineRow, TimeoutMark, Window, WindowKind,
};

const ORGS: f64 = 50_000.0;
/// An hour in seconds.
pub(crate) const HOUR: f64 = 3_600.0;
const RUN: f64 = 9.0 * 24.0 * HOUR;
/// 23:30 and 00:40, with the clock starting at 22:00.
const INCIDENT: [f64; 2] = [1.5 * HOUR, 1.5 * HOUR + 4_200.0];
const FOCUS: [f64; 2] = [1.0 * HOUR, 4.5 * HOUR];
/// 12 March 23:30, five days.
const AMNESTY: [f64; 2] = [25.5 * HOUR, 145.5 * HOUR];
const STALE: f64 = 15_000.0;

/// How an arm of the made-up experiment behaves.
#[derive(Debug, Clone)]
pub(crate) struct ArmShape {
    /// Its name.
    pub(crate) name: String,
    /// What it changes.
    pub(crate) changes: Vec<String>,
    /// Share of the orgs hit that it ever disconnects.
    pub(crate) severity: f64,
    /// Share of the disconnected that its amnesty reaches; `None` without one.
    pub(crate) amnesty_reach: Option<f64>,
}

/// The two arms of the incident.
pub(crate) fn arms_of_2018() -> Vec<ArmShape> {
    vec![
        ArmShape {
            name: "without_amnesty".to_owned(),
            changes: vec![],
            severity: 1.0,
            amnesty_reach: None,
        },
        ArmShape {
            name: "with_amnesty".to_owned(),
            changes: vec!["server.amnesty.from = 2018-03-12T23:30:00Z, for 5d".to_owned()],
            severity: 1.0,
            amnesty_reach: Some(0.96),
        },
    ]
}

/// The incident with and without the amnesty.
pub(crate) fn results_2018() -> Results {
    results(&arms_of_2018(), 20)
}

/// The incident with any arms, each against the first one.
pub(crate) fn results(shapes: &[ArmShape], replications: u32) -> Results {
    let arms: Vec<ArmSummary> = shapes.iter().map(|shape| arm(shape, replications)).collect();
    let contrasts = arms.iter().skip(1).map(|arm| contrast(arm, &arms[0])).collect();
    let timeline = shapes.iter().flat_map(|shape| timeline(shape, replications)).collect();
    let caveats = match replications {
        1 => vec![Caveat::TooFewReplications { replications }],
        _ => vec![],
    };
    let summary = Summary {
        version: SUMMARY_VERSION,
        made_by: "0.1.0".to_owned(),
        scenario: "xero-2018-03-12".to_owned(),
        about: "Xero's token-refresh incident of March 2018, with and without the amnesty that ended it.".to_owned(),
        assumptions: vec![
            "35 % of the answers were lost; the incident report says \"in many cases\".".to_owned(),
            "Partners hold between 1 and 10,000 orgs, 60 in the median.".to_owned(),
            "Half of the people re-authorise within two days; one in four never does.".to_owned(),
            "The amnesty lasted five days; the report estimates 3 to 7.".to_owned(),
        ],
        digest: "6fd1b0c3a27de6d0c19b2b3c8c1f5f1f7f7b0f5a2f1f4c8e9d3b6a5c4e2d1f00".to_owned(),
        seed: 20_180_312,
        replications,
        engine: "sim".to_owned(),
        start: "2018-03-11T22:00:00Z".to_owned(),
        duration_seconds: RUN,
        partners: 140,
        orgs: 50_000,
        windows: windows(shapes),
        client_timeouts: vec![
            TimeoutMark { cohorts: vec!["php".to_owned()], seconds: 30.0 },
            TimeoutMark {
                cohorts: vec!["xero-net".to_owned(), "ruby".to_owned()],
                seconds: 100.0,
            },
        ],
        focus: Some(FOCUS),
        arms,
        contrasts,
        caveats,
        live: None,
        resolved: serde_json::json!({
            "name": "xero-2018-03-12",
            "clock": { "start": "2018-03-11T22:00:00Z", "duration": "9d" },
            "server": { "policy": "xero-2018", "gateway_timeout": "100s" },
        }),
    };
    Results { summary, timeline, load: Vec::new() }
}

fn windows(shapes: &[ArmShape]) -> Vec<Window> {
    let mut windows = vec![Window {
        kind: WindowKind::Phase,
        name: "degraded".to_owned(),
        arms: vec![],
        from_seconds: INCIDENT[0],
        until_seconds: INCIDENT[1],
    }];
    windows.extend(shapes.iter().filter(|shape| shape.amnesty_reach.is_some()).map(|shape| {
        Window {
            kind: WindowKind::Amnesty,
            name: "amnesty".to_owned(),
            arms: vec![shape.name.clone()],
            from_seconds: AMNESTY[0],
            until_seconds: AMNESTY[1],
        }
    }));
    windows
}

/// Orgs disconnected at an instant.
fn disconnected(shape: &ArmShape, at: f64) -> f64 {
    let hit = ((at - INCIDENT[0]) / (INCIDENT[1] - INCIDENT[0])).clamp(0.0, 1.0);
    let built = STALE * shape.severity * hit.powf(1.2);
    built * waiting(shape, at - INCIDENT[1])
}

/// Share of the disconnected that still are, `after` seconds after the incident.
fn waiting(shape: &ArmShape, after: f64) -> f64 {
    let people = |after: f64| 0.25 + 0.75 * (-(after - 10.0 * HOUR).max(0.0) / (40.0 * HOUR)).exp();
    let since_amnesty = after + INCIDENT[1] - AMNESTY[0];
    match shape.amnesty_reach {
        Some(reach) if since_amnesty > 0.0 => {
            let back = (1.0 - (-since_amnesty / HOUR).exp()) * reach;
            people(after) * (1.0 - back)
        }
        Some(_) | None => people(after.max(0.0)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made-up counts are small and not negative"
)]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

/// A mean with an interval that looks like one.
pub(crate) fn estimate(mean: f64, replications: u32) -> Estimate {
    let half = if replications > 1 { mean.sqrt() * 0.8 } else { 0.0 };
    Estimate { mean, low: (mean - half).max(0.0), high: mean + half }
}

fn arm(shape: &ArmShape, replications: u32) -> ArmSummary {
    let total = measures(shape, 1.0, replications);
    let needed = total.needed_person.mean;
    ArmSummary {
        name: shape.name.clone(),
        changes: shape.changes.clone(),
        total,
        cohorts: [("xero-net", 0.55), ("php", 0.3), ("ruby", 0.15)]
            .map(|(name, part)| CohortMeasures {
                name: name.to_owned(),
                client: name.to_owned(),
                measures: measures(shape, part, replications),
            })
            .to_vec(),
        survival: survival(shape),
        needed_person_by_replication: (0..replications).map(|_| whole(needed)).collect(),
        load: None,
    }
}

fn measures(shape: &ArmShape, part: f64, replications: u32) -> Measures {
    let of = |count: f64| estimate(count * part, replications);
    let stale = STALE * shape.severity;
    let end = disconnected(shape, RUN);
    let by_amnesty = shape.amnesty_reach.map_or(0.0, |reach| {
        stale
            * waiting(&ArmShape { amnesty_reach: None, ..shape.clone() }, AMNESTY[0] - INCIDENT[1])
            * reach
    });
    let by_person = stale - end - by_amnesty;
    let retried = 2_300.0;
    let total = 20_400_000.0;
    let refused = 61_000.0 * (1.0 - by_amnesty / STALE) * 9.0 * shape.severity;
    let timed_out = 41_000.0;
    let hours: f64 =
        (0..2_160).map(|step| disconnected(shape, f64::from(step) * 360.0) * 0.1).sum();
    Measures {
        orgs: whole(ORGS * part),
        lost_answer: of(stale + retried),
        ever_disconnected: of(stale),
        peak_disconnected: of(stale * 0.993),
        disconnected_at_end: of(end),
        needed_person: of(by_person + end),
        org_hours_disconnected: of(hours),
        org_hours_without_access: Some(of(hours * 1.04)),
        at_end: StatesAtEnd {
            connected: of(ORGS - end),
            stale: of(end * 0.7),
            stopped: of(end * 0.2),
            abandoned: of(end * 0.1),
            revoked: Estimate::default(),
        },
        recovered_by: RecoveredBy {
            retry: of(retried),
            grace: Estimate::default(),
            amnesty: of(by_amnesty),
            person: of(by_person),
        },
        became: Became {
            unaffected: of(ORGS - stale - retried),
            retry: of(retried),
            grace: Estimate::default(),
            amnesty: of(by_amnesty),
            person: of(by_person),
            never: of(end),
            pending: Estimate::default(),
        },
        attempts: Attempts {
            total: of(total),
            stored: of(total - refused - timed_out - 8_000.0),
            refused: of(refused),
            timed_out: of(timed_out),
            reset: of(5_000.0),
            server_error: of(3_000.0),
            committed_and_lost: of(stale + retried),
            ..Attempts::default()
        },
        amplification: Some(total / 20_160_000.0),
        latency: Latency {
            server: Quantiles { p50: 0.09, p90: 0.31, p99: 0.7, p999: 41.0, max: 212.0 },
            client: Quantiles { p50: 0.12, p90: 0.35, p99: 0.81, p999: 48.0, max: 100.0 },
            timed_out_share: timed_out / total,
        },
        replay_exposure_org_hours: of(shape.amnesty_reach.map_or(0.0, |_| 120.0 * ORGS)),
    }
}

fn survival(shape: &ArmShape) -> Vec<SurvivalPoint> {
    if shape.severity == 0.0 {
        return vec![];
    }
    (0..=212)
        .map(|hour| {
            let share = waiting(shape, f64::from(hour) * HOUR);
            let half = 1.96 * (share * (1.0 - share) / 3_000.0).sqrt();
            SurvivalPoint {
                hours: f64::from(hour),
                share,
                low: (share - half).max(0.0),
                high: (share + half).min(1.0),
                at_risk: STALE * shape.severity * waiting(shape, f64::from(hour - 1) * HOUR),
            }
        })
        .collect()
}

fn contrast(arm: &ArmSummary, first: &ArmSummary) -> Contrast {
    let (here, there) = (arm.total.needed_person.mean, first.total.needed_person.mean);
    let saved = (there - here).max(0.0);
    let harmed = (here - there).max(0.0);
    Contrast {
        arm: arm.name.clone(),
        against: first.name.clone(),
        saved: estimate(saved, 20),
        harmed: estimate(harmed, 20),
        unchanged: estimate(ORGS - saved - harmed, 20),
        difference: Estimate {
            mean: here - there,
            low: here - there - 60.0,
            high: here - there + 60.0,
        },
        harmed_orgs: vec![],
    }
}

/// Bins of two minutes inside the focus, of half an hour outside.
fn timeline(shape: &ArmShape, replications: u32) -> Vec<TimelineRow> {
    let mut rows = Vec::new();
    let mut from = 0.0;
    while from < RUN {
        let fine = (FOCUS[0]..FOCUS[1]).contains(&from);
        let until = from + if fine { 120.0 } else { 1_800.0 };
        rows.push(bin(shape, replications, from, until));
        from = until;
    }
    rows
}

fn bin(shape: &ArmShape, replications: u32, from: f64, until: f64) -> TimelineRow {
    let minutes = (until - from) / 60.0;
    let middle = f64::midpoint(from, until);
    let down = disconnected(shape, until);
    let spread = if replications > 1 { 0.03 } else { 0.0 };
    let calm = if shape.severity > 0.0 { 1.0 } else { 0.0 };
    let ramp = calm
        * ((middle - INCIDENT[0]) / 300.0).clamp(0.0, 1.0)
        * ((INCIDENT[1] + 200.0 - middle) / 200.0).clamp(0.0, 1.0);
    let ripple = 1.0 + 0.04 * (middle / 97.0).sin();
    let due = (ORGS - down) / 30.0 * minutes * ripple;
    let timed_out = due * 0.38 * ramp;
    let failed = due * 0.09 * ramp;
    let refused = down * 0.7 / 30.0
        * minutes
        * if shape.amnesty_reach.is_some() && middle > AMNESTY[0] { 0.1 } else { 1.0 };
    let quantile = |calm: f64, worst: f64| Some(calm * (worst / calm).powf(ramp) * ripple);
    TimelineRow {
        arm: shape.name.clone(),
        from_seconds: from,
        until_seconds: until,
        disconnected: down,
        disconnected_min: down * (1.0 - spread),
        disconnected_max: down * (1.0 + spread),
        most_disconnected: down,
        most_disconnected_min: down * (1.0 - spread),
        most_disconnected_max: down * (1.0 + spread),
        stale: down * 0.7,
        stopped: down * 0.2,
        abandoned: down * 0.1,
        revoked: 0.0,
        without_access: down + due / minutes * 0.47 * ramp * 4.0,
        stored: due - timed_out - failed,
        refused,
        timed_out,
        failed,
        client_p50: quantile(0.12, 8.0),
        client_p90: quantile(0.35, 30.0),
        client_p99: quantile(0.81, 99.0).map(|seconds: f64| seconds.min(100.0)),
    }
}
