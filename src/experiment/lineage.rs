//! Arms that begin alike, where islands are of many orgs: a common island is cloned where they part.
//!
//! ```text
//!   leader ──────┬──────────┬──────────►
//!                └─► arm 2  └─► arm 3
//! ```

use crate::base::SimTime;
use crate::world::{Parting, Stage};

/// Arms that begin alike: the first one leads, the others leave it in the order of their partings.
#[derive(Debug)]
pub(super) struct Lineage {
    pub(super) leader: usize,
    /// When which arm leaves.
    pub(super) others: Vec<(SimTime, usize)>,
}

impl Lineage {
    /// Puts each arm to the first one with which it has a beginning in common, but for those that are
    /// played alone.
    pub(super) fn of(stages: &[Stage], is_alone: impl Fn(usize) -> bool) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (arm, stage) in stages.iter().enumerate() {
            let kin = all.iter_mut().find_map(|lineage| {
                if is_alone(arm) || is_alone(lineage.leader) {
                    return None;
                }
                let at = Parting::of_worlds(stages[lineage.leader].world(), stage.world());
                (at > SimTime::ZERO).then_some((lineage, at.min(stage.end())))
            });
            match kin {
                Some((lineage, at)) => lineage.others.push((at, arm)),
                None => all.push(Self { leader: arm, others: Vec::new() }),
            }
        }
        for lineage in &mut all {
            lineage.others.sort_unstable();
        }
        all
    }
}
