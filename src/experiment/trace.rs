//! Every attempt of a virtual run, one by one.

use super::layout::Layout;
use super::run::RunError;
use crate::base::Seed;
use crate::measure::{OrgEnd, Sheet};
use crate::scenario::Plan;
use crate::sim;
use crate::world::{Entry, Ledger, Org, Stage, Swarm};

/// Plays the first replication of a plan once more, on one thread, and hands over every line of the
/// ledger with the name of its arm: arm by arm, org by org, in the order of their attempts.
///
/// # Errors
/// What `sink` returns, or that the swarm is too large.
pub fn trace<E: From<RunError>>(
    plan: &Plan,
    mut sink: impl FnMut(&str, &Entry) -> Result<(), E>,
) -> Result<(), E> {
    let layout = Layout::of(plan);
    let swarm = Swarm::of(plan.seed, &plan.arms[0].world).map_err(RunError::from)?;
    for arm in &plan.arms {
        let stage = Stage::new(arm.world.clone());
        for org in swarm.range(0..swarm.orgs()) {
            let (_, entries) = trace_org(&stage, &org, (plan.seed, 0), &layout);
            entries.iter().try_for_each(|entry| sink(&arm.name, entry))?;
        }
    }
    Ok(())
}

/// The virtual run of one org, with every line in the order of its attempts.
pub(super) fn trace_org(
    stage: &Stage,
    org: &Org,
    (seed, replication): (Seed, u32),
    layout: &Layout,
) -> (OrgEnd, Vec<Entry>) {
    let world = stage.world();
    let mut sheet = Sheet::new(layout.grid.clone(), world.cohorts.len(), world.duration);
    let mut ledger = Ledger::new(org.number);
    let mut recorder = sheet.recorder(org.cohort);
    let end = sim::play(stage, org, seed, replication, &mut recorder, &mut ledger);
    let mut lines = ledger.into_entries();
    lines.sort_by_key(|entry| entry.attempt);
    (end, lines)
}
