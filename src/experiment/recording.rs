//! What of a run goes into its ledger, and who takes it.
//!
//! ```text
//!   sections 0, 1, 2, …   played on any thread, in any order ──► LedgerSink ──► written in order
//! ```
//!
//! The rows are those of the world that is played, told while it is played. They come in sections, and
//! the sections in one order, whatever the threads: replication by replication; within it org by org
//! where nobody influences anybody, partner by partner where the orgs of a partner share something, and
//! else all at once; within that arm by arm in the order of the scenario. Rows of one org are in the
//! order in which they were done.

use std::ops::Range;

use crate::scenario::Plan;
use crate::world::{Row, Rows};

/// Takes the rows of a run. It may make whoever is far ahead wait.
pub trait LedgerSink: Sync {
    /// Opens the section of this number. All numbers from 0 are opened once, in any order.
    fn section(&self, number: u64) -> Box<dyn LedgerSection + '_>;

    /// Whether it takes no more: the run need not go on.
    fn has_failed(&self) -> bool;
}

/// Rows that follow each other in the ledger.
pub trait LedgerSection {
    /// Adds a row of an arm, by its place in the plan, and a replication.
    fn push(&mut self, arm: usize, replication: u32, row: &Row);

    /// There are no more.
    fn close(self: Box<Self>);
}

/// Which rows are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Of which arms, by their places in the plan.
    pub arms: Vec<bool>,
    /// Of the orgs with these numbers.
    pub orgs: Range<u64>,
    /// Of these replications.
    pub replications: Range<u32>,
}

/// The ledger of a run in the making.
#[derive(Clone, Copy)]
pub struct Recording<'a> {
    /// Which rows are wanted.
    pub selection: &'a Selection,
    /// Who takes them.
    pub sink: &'a dyn LedgerSink,
    /// How many orgs a section holds at most, where nobody influences anybody.
    pub section_orgs: u64,
}

impl std::fmt::Debug for Recording<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("selection", self.selection).finish_non_exhaustive()
    }
}

impl Selection {
    /// All rows of a plan.
    pub fn all(plan: &Plan) -> Self {
        Self {
            arms: vec![true; plan.arms.len()],
            orgs: 0..u64::MAX,
            replications: 0..plan.replications,
        }
    }

    /// Whether rows of this arm in this replication are wanted.
    pub fn has_island(&self, arm: usize, replication: u32) -> bool {
        self.has_arm(arm) && self.replications.contains(&replication)
    }

    /// Whether rows of this arm are wanted.
    pub(super) fn has_arm(&self, arm: usize) -> bool {
        self.arms.get(arm).copied().unwrap_or(false)
    }

    /// Whether rows of this replication and of some of these orgs are wanted.
    pub(super) fn has(&self, replication: u32, orgs: &Range<u64>) -> bool {
        self.replications.contains(&replication)
            && self.orgs.start < orgs.end
            && orgs.start < self.orgs.end
    }

    /// A witness that hands the wanted rows of an arm and replication to a section.
    pub(super) fn witness<'s>(
        &self,
        section: &'s mut dyn LedgerSection,
        (replication, arm): (u32, usize),
    ) -> Rows<impl FnMut(Row) + 's> {
        Rows::new(self.orgs.clone(), move |row| section.push(arm, replication, &row))
    }
}
