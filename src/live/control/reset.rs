//! `POST /reset`: calm again, for the next test of a suite.

use schemars::JsonSchema;
use serde::Serialize;

use super::amnesty;
use super::desk::Desk;
use super::operation::Plain;
use super::phases;
use super::problem::Problem;
use super::reply::Json;
use crate::live::grants::ByHand;

/// What was undone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Reset")]
pub(super) struct Calmed {
    /// Names of the phases that were ended.
    ended_phases: Vec<String>,
    /// Names of the cohorts for which the amnesty was ended.
    ended_amnesty_for: Vec<String>,
    /// How many fates were taken back.
    forgotten: usize,
}

pub(super) fn calm(desk: &Desk, call: &Plain) -> Result<Json<Calmed>, Problem> {
    let now = call.now;
    let mut grants = desk.site.grants();
    let ended_phases = phases::running(&grants, now);
    for name in &ended_phases {
        grants.turn_phase(name, ByHand::End, now)?;
    }
    let ended_amnesty_for = amnesty::open_for(&grants, now);
    amnesty::close(&mut grants, now)?;
    Ok(Json(Calmed { ended_phases, ended_amnesty_for, forgotten: grants.forget_all_orders() }))
}
