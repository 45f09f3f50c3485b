//! `commit_on_use`: the predecessor dies only when the successor proves that it arrived.

use super::OnReuse;
use crate::authority::decide::{Decision, Ground, Issue};
use crate::authority::grant::Grant;
use crate::base::SimTime;
use crate::protocol::Generation;

/// The old credential lives until the new one is used (Doorkeeper, `SuperTokens`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitOnUse {
    /// Which use of the successor confirms it.
    pub confirm_by: ConfirmBy,
    /// What happens to unconfirmed siblings when one successor is confirmed.
    pub siblings: Siblings,
    /// What a superseded credential sets off.
    pub on_reuse: OnReuse,
}

/// Which use of a successor confirms that it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConfirmBy {
    /// The first API call with its access token (Doorkeeper).
    AccessUse,
    /// The first refresh with it (Keycloak with `refreshTokenMaxReuse`).
    RefreshUse,
    /// Whichever comes first (`SuperTokens`).
    #[default]
    Either,
}

/// What happens to the other unconfirmed successors when one is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Siblings {
    /// They stay valid.
    Keep,
    /// They are revoked.
    #[default]
    Revoke,
}

impl CommitOnUse {
    pub(in crate::authority) fn decide(self, grant: &Grant, presented: Generation) -> Decision {
        let confirmed = match grant.previous() {
            Some(previous) => previous.generation == presented,
            None => grant.is_current(presented),
        };
        let confirms = match self.confirm_by {
            _ if confirmed => None,
            ConfirmBy::AccessUse => None,
            ConfirmBy::RefreshUse | ConfirmBy::Either => Some(self.siblings),
        };
        if confirmed || grant.is_current(presented) {
            Decision::accept(Issue::Unconfirmed { confirms }, Ground::Policy)
        } else {
            Decision::superseded(self.on_reuse)
        }
    }

    pub(in crate::authority) fn access_used(
        self,
        grant: &mut Grant,
        generation: Generation,
        now: SimTime,
    ) {
        match self.confirm_by {
            ConfirmBy::AccessUse | ConfirmBy::Either if grant.is_current(generation) => {
                grant.confirm(generation, now, self.siblings);
            }
            ConfirmBy::AccessUse | ConfirmBy::Either | ConfirmBy::RefreshUse => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Policy;
    use crate::authority::policy::table::{Table, accepted, refused};

    const EITHER: CommitOnUse = CommitOnUse {
        confirm_by: ConfirmBy::Either,
        siblings: Siblings::Revoke,
        on_reuse: OnReuse::None,
    };

    #[test]
    fn the_old_credential_works_until_a_successor_is_used() {
        let mut table = Table::new(Policy::CommitOnUse(EITHER));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(1, 0, accepted(Ground::Policy), Some(2));
        table.row(90_000, 0, accepted(Ground::Policy), Some(3));
        table.access_used(90_001, 3);
        table.row(90_002, 0, refused(false), None);
        table.row(90_003, 3, accepted(Ground::Policy), Some(4));
    }

    #[test]
    fn a_refresh_with_the_successor_confirms_it() {
        let mut table = Table::new(Policy::CommitOnUse(EITHER));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(1, 1, accepted(Ground::Policy), Some(2));
        table.row(2, 0, refused(false), None);
        table.row(3, 1, accepted(Ground::Policy), Some(3));
    }

    #[test]
    fn where_only_access_confirms_a_refresh_does_not() {
        let by_access = CommitOnUse { confirm_by: ConfirmBy::AccessUse, ..EITHER };
        let mut table = Table::new(Policy::CommitOnUse(by_access));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(1, 1, accepted(Ground::Policy), Some(2));
        table.row(2, 0, accepted(Ground::Policy), Some(3));
    }

    #[test]
    fn where_only_a_refresh_confirms_access_does_not() {
        let by_refresh = CommitOnUse { confirm_by: ConfirmBy::RefreshUse, ..EITHER };
        let mut table = Table::new(Policy::CommitOnUse(by_refresh));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.access_used(1, 1);
        table.row(2, 0, accepted(Ground::Policy), Some(2));
    }

    #[test]
    fn siblings_die_or_stay_as_the_knob_says() {
        for (siblings, sibling_is) in
            [(Siblings::Revoke, refused(true)), (Siblings::Keep, accepted(Ground::Policy))]
        {
            let policy = CommitOnUse { siblings, on_reuse: OnReuse::RevokeFamily, ..EITHER };
            let mut table = Table::new(Policy::CommitOnUse(policy));
            table.row(0, 0, accepted(Ground::Policy), Some(1));
            table.row(1, 0, accepted(Ground::Policy), Some(2));
            table.access_used(2, 2);
            let issued = (siblings == Siblings::Keep).then_some(3);
            table.row(3, 1, sibling_is, issued);
        }
    }
}
