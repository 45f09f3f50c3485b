//! Phases of the incident, begun and ended by hand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desk::Desk;
use super::moment::Instant;
use super::operation::{Call, Plain};
use super::problem::Problem;
use super::reply::{Json, Nothing};
use crate::base::{Probability, SimTime};
use crate::fault::{self, Latency};
use crate::live::grants::{ByHand, Grants};

/// Which phase.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PhasePath {
    /// The phase's name.
    name: String,
}

/// A phase of the incident.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Phase {
    /// Its name.
    name: String,
    /// Whether it is running now.
    running: bool,
    /// When it began or begins; absent where it waits for somebody to start it.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Instant>,
    /// When it ends or ended; absent where somebody has to end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Instant>,
    /// What it does, in words for people.
    does: Vec<String>,
}

/// All phases of the incident.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Phases {
    /// The phases, in the order of the scenario.
    phases: Vec<Phase>,
}

fn is_running(phase: &fault::Phase, now: SimTime) -> bool {
    (phase.from..phase.until).contains(&now)
}

/// Names of the phases that are running.
pub(super) fn running(grants: &Grants, now: SimTime) -> Vec<String> {
    let phases = grants.incident().phases().iter();
    phases.filter(|phase| is_running(phase, now)).map(|phase| phase.name.clone()).collect()
}

fn share(probability: Probability) -> String {
    format!("{} %", (probability.as_f64() * 10_000.0).round() / 100.0)
}

/// What a phase does, in words.
fn does(phase: &fault::Phase) -> Vec<String> {
    let mut words = Vec::new();
    match &phase.latency {
        Some(Latency::Multiply(by)) => words.push(format!("takes {by} times as long")),
        Some(Latency::Add(_)) => words.push("adds latency".to_owned()),
        Some(Latency::Replace(_)) => words.push("changes latency".to_owned()),
        None => {}
    }
    if !phase.request_lost.is_never() {
        words.push(format!("loses {} of requests", share(phase.request_lost)));
    }
    if let Some(throttle) = &phase.throttle {
        let wait = throttle.retry_after;
        words.push(format!("answers 429 to {}, come back in {wait}", share(throttle.probability)));
    }
    if let Some(error) = &phase.error {
        words.push(format!("answers {} to {}", error.status, share(error.probability)));
    }
    if let Some(lost) = &phase.response_lost {
        words.push(format!("loses {} of answers after the commit", share(lost.probability)));
    }
    if !phase.duplicate.is_never() {
        words.push(format!("delivers {} of requests twice", share(phase.duplicate)));
    }
    if !phase.capacity_lost.is_never() {
        words.push(format!("takes {} of the workers", share(phase.capacity_lost)));
    }
    words
}

fn phase(desk: &Desk, phase: &fault::Phase, now: SimTime) -> Phase {
    Phase {
        name: phase.name.clone(),
        running: is_running(phase, now),
        from: desk.calendar.at(phase.from),
        until: desk.calendar.at(phase.until),
        does: does(phase),
    }
}

pub(super) fn list(desk: &Desk, call: &Plain) -> Json<Phases> {
    let grants = desk.site.grants();
    let phases = grants.incident().phases().iter();
    Json(Phases { phases: phases.map(|it| phase(desk, it, call.now)).collect() })
}

type Of = Call<PhasePath, Nothing, Nothing>;

pub(super) fn start(desk: &Desk, call: &Of) -> Result<Json<Phase>, Problem> {
    turn(desk, call, ByHand::Start)
}

pub(super) fn end(desk: &Desk, call: &Of) -> Result<Json<Phase>, Problem> {
    turn(desk, call, ByHand::End)
}

fn turn(desk: &Desk, call: &Of, turn: ByHand) -> Result<Json<Phase>, Problem> {
    let name = &call.path.name;
    let mut grants = desk.site.grants();
    grants.turn_phase(name, turn, call.now)?;
    let turned = grants.incident().phases().iter().find(|phase| phase.name == *name);
    let turned = turned.map(|it| phase(desk, it, call.now));
    turned.map(Json).ok_or_else(|| Problem::missing(format!("there is no phase `{name}`")))
}
