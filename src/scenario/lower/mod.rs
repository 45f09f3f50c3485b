//! Pass 4: from typed sections to the world that engines play, with the checks that need more than one
//! section.

mod client;
mod incident;
mod law;
mod profile;
mod restraint;
mod server;
mod swarm;
mod time;
mod words;
mod written;

pub(crate) use client::named as named_client;
pub(crate) use server::policy_json;
pub use swarm::expected_orgs;
pub(crate) use words::{old_access_token_json, protocol_json};
pub(crate) use written::client_json;

use jiff::Timestamp;

use super::file::ScenarioForm;
use super::finding::Finding;
use super::read::{Name, Reader, Spanned};
use crate::base::SimDuration;
use crate::fault::Schedule;
use crate::world::World;
use time::Timeline;

/// The longest run: ten years.
const LONGEST_RUN: SimDuration = SimDuration::from_hours(24 * 3653);

/// How many cohorts and how many phases a scenario may have.
const CROWD_MAX: usize = 64;

/// The world that `form` describes. `None` if it contradicts itself; the reasons are in the sink.
pub(crate) fn world(form: &ScenarioForm, reader: &mut Reader<'_>) -> Option<World> {
    check_clock(form, reader)?;
    check_crowd_size(form, reader)?;
    let crowd = check_names(form, reader);
    let timeline = Timeline::of(form, reader);
    let phases = incident::phases(form, &timeline, reader);
    let amnesty = server::amnesty(form, &timeline, reader);
    let rules = server::rules(form, reader);
    let server = server::server(form, reader);
    let cohorts = swarm::cohorts(form, reader);
    crowd?;
    let (mut cohorts, rules, phases, amnesty) = (cohorts?, rules?, phases?, amnesty.ok()?);
    for cohort in &mut cohorts {
        cohort.rules = rules.clone();
        cohort.rules.amnesty = amnesty.as_ref().and_then(|amnesty| amnesty.of(&cohort.name));
    }
    Some(World {
        server: server?,
        cohorts,
        incident: Schedule::new(phases),
        duration: form.clock.duration.value,
        start_of_day: start_of_day(form.clock.start.0),
    })
}

fn check_clock(form: &ScenarioForm, reader: &mut Reader<'_>) -> Option<()> {
    let duration = &form.clock.duration;
    let wrong = if duration.value.is_zero() {
        "the run lasts no time"
    } else if duration.value > LONGEST_RUN {
        "the run lasts longer than ten years"
    } else {
        return Some(());
    };
    reader.report(Finding::at(duration.span, wrong));
    None
}

/// The names of cohorts and of phases.
fn names(form: &ScenarioForm) -> [(&'static str, Vec<&Spanned<Name>>); 2] {
    let cohorts = form.swarm.value.0.iter().map(|cohort| &cohort.name);
    let phases = form.incident.0.iter().map(|phase| &phase.phase);
    [("cohort", cohorts.collect()), ("phase", phases.collect())]
}

fn check_crowd_size(form: &ScenarioForm, reader: &mut Reader<'_>) -> Option<()> {
    for (kind, names) in names(form) {
        if let Some(one_too_many) = names.get(CROWD_MAX) {
            let message = format!("more than {CROWD_MAX} {kind}s");
            reader.report(Finding::at(one_too_many.span, message));
            return None;
        }
    }
    if form.swarm.value.0.is_empty() {
        reader.report(Finding::at(form.swarm.span, "the swarm has no cohort"));
        return None;
    }
    Some(())
}

fn check_names(form: &ScenarioForm, reader: &mut Reader<'_>) -> Option<()> {
    let mut fine = true;
    for (kind, names) in names(form) {
        for (index, name) in names.iter().enumerate() {
            let first = names[..index].iter().find(|first| first.value == name.value);
            if let Some(first) = first {
                fine = false;
                let message = format!("two {kind}s are named `{}`", name.value.0);
                reader.report(
                    Finding::at(name.span, message)
                        .label("again here")
                        .also(first.span, "first here"),
                );
            }
        }
    }
    fine.then_some(())
}

/// Time from midnight UTC to `start`.
fn start_of_day(start: Timestamp) -> SimDuration {
    const DAY: i64 = 86_400_000_000;
    let micros = start.as_microsecond().rem_euclid(DAY);
    SimDuration::from_micros(micros.unsigned_abs())
}
