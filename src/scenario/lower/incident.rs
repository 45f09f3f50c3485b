//! Phases of the incident.

use super::time::Timeline;
use super::words::sight;
use crate::base::{Probability, SimDuration};
use crate::fault::{ErrorFault, Latency, Phase, Reach, ResponseLost, SeenAs, Throttle};
use crate::scenario::file::{Anchor, LatencyForm, PhaseForm, ScenarioForm, SeenAsForm};
use crate::scenario::finding::Finding;
use crate::scenario::read::{List, Name, Reader, Reported, Share, Spanned, percent_text};

/// Names that instants refer to and phases cannot have.
const RESERVED: [&str; 3] = ["clock", "incident", "amnesty"];

/// All phases, in the order of the scenario.
pub(super) fn phases(
    form: &ScenarioForm,
    timeline: &Timeline<'_>,
    reader: &mut Reader<'_>,
) -> Option<Vec<Phase>> {
    let phases: Vec<Option<Phase>> =
        form.incident.0.iter().map(|phase| lower(form, phase, timeline, reader)).collect();
    phases.into_iter().collect()
}

fn lower(
    form: &ScenarioForm,
    phase: &PhaseForm,
    timeline: &Timeline<'_>,
    reader: &mut Reader<'_>,
) -> Option<Phase> {
    let name = &phase.phase.value.0;
    if RESERVED.contains(&name.as_str()) {
        let message = format!("a phase cannot be named `{name}`");
        let help = "instants use that name for something else";
        reader.report(Finding::at(phase.phase.span, message).help(help));
    }
    let window = timeline.window(&Anchor::Phase(name.clone()), false, reader);
    let latency = latency(phase, reader);
    let response_lost = response_lost(phase, reader);
    let error = error(phase, reader);
    let cohorts = match &phase.cohorts {
        Some(names) => cohorts(form, names, "the phase hits no cohort", reader).map(Some),
        None => Some(None),
    };
    let window = window?;
    let length = window.until.since(window.from);
    let ramps = [&phase.ramp, &phase.ramp_down];
    let [ramp_up, ramp_down] =
        ramps.map(|ramp| ramp.as_ref().map_or(SimDuration::ZERO, |ramp| ramp.value));
    if ramp_up + ramp_down > length {
        let place = ramps.into_iter().flatten().next().map_or(phase.phase.span, |ramp| ramp.span);
        let message = format!("the ramps are longer than the phase, which lasts {length}");
        reader.report(Finding::at(place, message));
        return None;
    }
    Some(Phase {
        name: name.clone(),
        from: window.from,
        until: window.until,
        ramp_up,
        ramp_down,
        latency: latency.ok()?,
        request_lost: probability(phase.request_lost),
        error: error.ok()?,
        throttle: phase.throttle.as_ref().map(|throttle| Throttle {
            probability: probability(throttle.probability),
            retry_after: throttle.retry_after,
        }),
        response_lost: response_lost.ok()?,
        duplicate: probability(phase.duplicate),
        capacity_lost: phase
            .capacity
            .as_ref()
            .map_or(Probability::NEVER, |capacity| probability(capacity.lost)),
        reach: Reach {
            cohorts: cohorts?,
            partners: probability(phase.partners),
            orgs: probability(phase.orgs),
        },
    })
}

/// A share as a probability. A share lies between 0 and 1, so this cannot fail.
pub(super) fn probability(share: Share) -> Probability {
    Probability::new(share.0).unwrap_or(Probability::NEVER)
}

/// The places of the named cohorts in the swarm.
pub(super) fn cohorts(
    form: &ScenarioForm,
    names: &Spanned<List<Spanned<Name>>>,
    none: &str,
    reader: &mut Reader<'_>,
) -> Option<Vec<usize>> {
    let known: Vec<&str> =
        form.swarm.value.0.iter().map(|cohort| cohort.name.value.0.as_str()).collect();
    let (span, names) = (names.span, &names.value.0);
    if names.is_empty() {
        reader.report(Finding::at(span, none).help("leave the list out for all cohorts"));
        return None;
    }
    let mut places = Vec::new();
    for name in names {
        match known.iter().position(|known| *known == name.value.0) {
            Some(place) if places.contains(&place) => {
                let message = format!("the cohort `{}` is named twice", name.value.0);
                reader.report(Finding::at(name.span, message));
            }
            Some(place) => places.push(place),
            None => {
                let message = format!("there is no cohort `{}`", name.value.0);
                reader.report(
                    Finding::at(name.span, message).suggest(&name.value.0, known.iter().copied()),
                );
            }
        }
    }
    (places.len() == names.len()).then(|| {
        places.sort_unstable();
        places
    })
}

fn latency(phase: &PhaseForm, reader: &mut Reader<'_>) -> Result<Option<Latency>, Reported> {
    Ok(match &phase.latency {
        None => None,
        Some(LatencyForm::Replace(law)) => Some(Latency::Replace(law.meaning.clone())),
        Some(LatencyForm::Add(law)) => Some(Latency::Add(law.meaning.clone())),
        Some(LatencyForm::Multiply(factor)) => {
            if !(1e-6..=1e6).contains(&factor.value) {
                let message = "the factor of a latency lies between 0.000001 and 1000000";
                reader.report(Finding::at(factor.span, message));
                return Err(Reported);
            }
            Some(Latency::Multiply(factor.value))
        }
    })
}

fn error(phase: &PhaseForm, reader: &mut Reader<'_>) -> Result<Option<ErrorFault>, Reported> {
    let Some(error) = &phase.error else {
        return Ok(None);
    };
    let status = error.status.as_ref().map_or(503, |status| status.value);
    if !(500..=599).contains(&status) {
        let place = error.status.as_ref().map_or(phase.phase.span, |status| status.span);
        let message = format!("the status {status} is not between 500 and 599");
        reader.report(Finding::at(place, message).help("for 429 use `throttle`"));
        return Err(Reported);
    }
    Ok(Some(ErrorFault { probability: probability(error.probability), status }))
}

fn response_lost(
    phase: &PhaseForm,
    reader: &mut Reader<'_>,
) -> Result<Option<ResponseLost>, Reported> {
    let Some(lost) = &phase.response_lost else {
        return Ok(None);
    };
    let seen_as = match &lost.seen_as {
        None => vec![(SeenAs::Silence, 1.0)],
        Some(seen_as) => weights(seen_as, reader).ok_or(Reported)?,
    };
    Ok(Some(ResponseLost { probability: probability(lost.probability), seen_as }))
}

/// Weights that sum to one.
fn weights(form: &SeenAsForm, reader: &mut Reader<'_>) -> Option<Vec<(SeenAs, f64)>> {
    const NEAR: f64 = 1e-6;
    let sum: f64 = form.weights.iter().map(|(_, weight)| weight).sum();
    if (sum - 1.0).abs() > NEAR {
        let rounded = percent_text((sum * 1e8).round() / 1e8);
        let message = format!("the weights of `seen_as` sum to {rounded}, not to 100%");
        let largest = form.weights.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let mut finding = Finding::at(form.span, message);
        if let Some((name, weight)) = largest {
            let mended = weight + 1.0 - sum;
            if mended > 0.0 {
                let mended = percent_text((mended * 1e8).round() / 1e8);
                finding = finding.help(format!("`{name}: {mended}` would make it 100%"));
            }
        }
        reader.report(finding);
        return None;
    }
    Some(
        form.weights
            .iter()
            .filter(|(_, weight)| *weight > 0.0)
            .map(|(name, weight)| (sight(name), weight / sum))
            .collect(),
    )
}
