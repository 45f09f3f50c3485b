//! Refreshes in a row by a client that holds the newest generation: what they come to, all at once.
//!
//! Every policy accepts the newest generation of a live family, and what it then hands out is the
//! newest one. So a row of such refreshes never ends by the server's doing, and under most policies
//! neither what it leaves of the grant nor its replay exposure depends on the instants within.

use super::decide::{Decision, Ground, decide};
use super::grant::Grant;
use super::policy::{Policy, Rules};
use crate::base::SimTime;
use crate::protocol::Generation;

impl Policy {
    /// Whether a row of renewals can be carried out at once by [`Grant::renew`]: whatever superseded
    /// credentials are honoured for does not depend on when they were superseded.
    pub const fn renews_evenly(&self) -> bool {
        match self {
            Self::Static(_) | Self::NonRevoking(_) | Self::Strict(_) => true,
            Self::Grace(_) | Self::CommitOnUse(_) => false,
        }
    }
}

impl Grant {
    /// Whether whoever presents `stored` until the session is over renews it: it is the newest
    /// generation, and accepted as a matter of course.
    pub fn is_renewed_by(&self, rules: &Rules, stored: Generation, now: SimTime) -> bool {
        let decision = decide(rules, self, stored, now);
        stored == self.newest()
            && matches!(decision, Decision::Accept { ground: Ground::Policy, .. })
    }

    /// Carries out `times` renewals, the last at `last`, under a policy that
    /// [renews evenly](Policy::renews_evenly).
    pub fn renew(&mut self, rules: &Rules, times: u32, last: SimTime) {
        match rules.policy {
            _ if times == 0 => {}
            Policy::Static(_) => {}
            Policy::NonRevoking(_)
            | Policy::Strict(_)
            | Policy::Grace(_)
            | Policy::CommitOnUse(_) => {
                self.rotate_newest(times, last);
            }
        }
    }
}
