//! The attempts of one org in a virtual run, for the cross-check.

use super::layout::Layout;
use crate::base::Seed;
use crate::measure::{OrgEnd, Sheet};
use crate::sim;
use crate::world::{Entry, Ledger, Org, Stage};

/// The virtual run of one org that nobody influences, with every line in the order of its attempts.
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
