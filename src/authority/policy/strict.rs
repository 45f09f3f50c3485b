//! `strict`: a credential is used once. The rule that made the incident of March 2018.

use super::OnReuse;
use crate::authority::decide::{Decision, Ground, Issue};
use crate::authority::grant::Grant;
use crate::protocol::Generation;

/// Single use (Xero's OAuth 1.0a, Zitadel, GitHub; with `RevokeFamily`: Hydra, node-oidc-provider).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strict {
    /// What a presented superseded credential sets off.
    pub on_reuse: OnReuse,
}

impl Strict {
    #[inline]
    pub(in crate::authority) fn decide(self, grant: &Grant, presented: Generation) -> Decision {
        if grant.is_current(presented) {
            Decision::accept(Issue::Rotate, Ground::Policy)
        } else {
            Decision::superseded(self.on_reuse)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Policy;
    use crate::authority::policy::table::{Table, accepted, refused};

    #[test]
    fn a_credential_is_accepted_once() {
        let mut table = Table::new(Policy::Strict(Strict { on_reuse: OnReuse::None }));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(0, 0, refused(false), None);
        table.row(9, 0, refused(false), None);
        table.row(9, 1, accepted(Ground::Policy), Some(2));
    }

    #[test]
    fn reuse_detection_kills_the_good_token_too() {
        let mut table = Table::new(Policy::Strict(Strict { on_reuse: OnReuse::RevokeFamily }));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(1, 0, refused(true), None);
        table.row(2, 1, refused(false), None);
    }
}
