//! The finding in words: whether goodput comes back after the incident, and when.

use crate::experiment::results::{ArmSummary, GoodputSummary, Summary};
use crate::report::sentence::extremes;
use crate::report::words::{brief_place, capital, count, duration, list, place, share};

/// Whether goodput comes back, and when; without an incident, how busy the server is.
pub(super) fn title(summary: &Summary) -> String {
    let arms = summary.arms.as_slice();
    if arms.iter().any(|arm| goodput(arm).is_none()) {
        return without_incident(summary);
    }
    let (back, never): (Vec<_>, Vec<_>) = arms.iter().partition(|arm| recovery(arm).is_finite());
    match (back.as_slice(), never.as_slice()) {
        ([], arms) => nowhere(arms),
        (arms, []) => everywhere(arms),
        (back, never) => in_some(back, never),
    }
}

fn nowhere(arms: &[&ArmSummary]) -> String {
    let after = |arm: &ArmSummary| goodput(arm).map_or(0.0, |goodput| goodput.after_share.mean);
    let mut ends: Vec<f64> = extremes(arms.iter().copied(), after).into_iter().map(after).collect();
    ends.sort_by(f64::total_cmp);
    let mut ends: Vec<String> = ends.into_iter().map(share).collect();
    ends.dedup();
    let whose = if arms.len() == 1 { "" } else { " in any arm" };
    let recovers = |arm: &&ArmSummary| goodput(arm).is_some_and(|it| it.recovered_share > 0.0);
    let comes = if arms.iter().any(recovers) { "seldom comes" } else { "does not come" };
    let ends = ends.join(" to ");
    format!("Goodput {comes} back after the incident{whose}: it stays at {ends}")
}

fn everywhere(arms: &[&ArmSummary]) -> String {
    let ends = match arms {
        [only] => vec![*only],
        [first, second] => vec![*first, *second],
        many => extremes(many.iter().copied(), recovery),
    };
    let alone = arms.len() == 1;
    let say = |arm: &ArmSummary| {
        let whose = if alone { String::new() } else { format!(" {}", brief_place(&arm.name)) };
        format!("{}{whose}", soon(recovery(arm)))
    };
    let ends: Vec<String> = ends.into_iter().map(say).collect();
    format!("After the incident goodput is back {}", ends.join(", "))
}

fn in_some(back: &[&ArmSummary], never: &[&ArmSummary]) -> String {
    let whose = match never {
        [_] | [_, _] => list(&never.iter().map(|arm| brief_place(&arm.name)).collect::<Vec<_>>()),
        many => format!("in {} of {} arms", many.len(), many.len() + back.len()),
    };
    let best = extremes(back.iter().copied(), recovery).pop();
    let best = best.map_or_else(String::new, |arm| {
        format!("; {} it is back {}", brief_place(&arm.name), soon(recovery(arm)))
    });
    format!("After the incident goodput does not come back {whose}{best}")
}

/// Goodput before and after the incident, where both are known.
pub(super) fn goodput(arm: &ArmSummary) -> Option<&GoodputSummary> {
    arm.load.as_ref()?.goodput.as_ref()
}

/// Seconds from the incident's end until goodput is back; infinite if it never is.
pub(super) fn recovery(arm: &ArmSummary) -> f64 {
    goodput(arm).and_then(|goodput| goodput.recovered_after_seconds).unwrap_or(f64::INFINITY)
}

fn soon(after: f64) -> String {
    if after <= 0.0 { "at once".to_owned() } else { format!("after {}", duration(after)) }
}

/// The finding where nothing is to come back: how busy the server is.
fn without_incident(summary: &Summary) -> String {
    let stations =
        summary.arms.iter().filter_map(|arm| Some((arm, arm.load.as_ref()?.station.as_ref()?)));
    let busiest = stations.reduce(|busiest, next| {
        if next.1.utilisation.mean > busiest.1.utilisation.mean { next } else { busiest }
    });
    let Some((arm, station)) = busiest else {
        return "What the server is asked for, and what comes of it".to_owned();
    };
    let whose = match summary.arms.len() {
        1 => String::new(),
        _ => format!(" {}", brief_place(&arm.name)),
    };
    format!(
        "Workers are busy {} of the time{whose}, and {} requests wait on average in the worst time bin",
        share(station.utilisation.mean),
        count(station.queue_peak.mean)
    )
}

/// The findings for those who do not see the picture.
pub(super) fn alt(summary: &Summary, title: &str) -> String {
    let arms: Vec<String> = summary
        .arms
        .iter()
        .filter_map(|arm| {
            let load = arm.load.as_ref()?;
            let mut parts = vec![format!("{} requests came", count(load.offered.mean))];
            if let Some(station) = &load.station {
                let busy = share(station.utilisation.mean);
                parts.push(format!("workers were busy {busy} of the time"));
                let queue = count(station.queue_peak.mean);
                parts.push(format!("{queue} requests waited on average in the worst time bin"));
            }
            if let Some(goodput) = &load.goodput {
                parts.push(format!(
                    "goodput went from {} tokens a second before the incident to {} after it",
                    count(goodput.before_per_second.mean),
                    count(goodput.after_per_second.mean)
                ));
            }
            Some(format!("{} {}", place(&arm.name), list(&parts)))
        })
        .collect();
    format!(
        "Small panels for each arm: requests and stored tokens a second, waiting requests, busy workers. {}. {title}.",
        capital(&arms.join("; "))
    )
}
