//! How a client asks its budget and its breaker, and what it does without their leave.
//!
//! Out of line: most apps have neither. Of the two restraints, the org's own and that which its partner
//! shares, at most one has a budget, and at most one a breaker; the other always says yes.

use super::{Client, Turn};
use crate::base::SimTime;
use crate::client::breaker::Pass;
use crate::client::message::Outlet;
use crate::client::restraint::Restraint;
use crate::protocol::Conclusion;

impl Client {
    /// Whether an attempt may be made.
    #[cold]
    pub(super) fn ask_leave(
        &mut self,
        now: SimTime,
        attempt: u16,
        shared: &mut Restraint,
    ) -> Option<Pass> {
        let pass = self.own.admit(now)?.max(shared.admit(now)?);
        if attempt == 0 {
            self.own.deposit();
            shared.deposit();
        }
        Some(pass)
    }

    /// An attempt is not made: its worker has failed, and is done.
    #[cold]
    pub(super) fn short_circuit(&mut self, turn: Turn<'_>, index: usize, out: &mut impl Outlet) {
        if let Some(worker) = self.workers.get_mut(index) {
            worker.rest();
        }
        self.fail(turn.app);
        out.short_circuited();
        if self.workers.are_idle() {
            self.finish_refresh(turn);
        }
    }

    /// An attempt ended, which says something of the server's health.
    #[cold]
    pub(super) fn learn(
        &mut self,
        now: SimTime,
        pass: Pass,
        conclusion: Conclusion,
        shared: &mut Restraint,
    ) {
        self.own.concluded(now, pass, conclusion);
        shared.concluded(now, pass, conclusion);
    }

    /// Whether a retry may be made; it is paid for then.
    #[cold]
    pub(super) fn can_afford_retry(&mut self, shared: &mut Restraint) -> bool {
        self.own.spend() && shared.spend()
    }
}
