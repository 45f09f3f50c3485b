//! `static`: no rotation. Any refresh answers a new access token and the same refresh credential.

use crate::authority::decide::{Decision, Ground, Issue};

/// No rotation (Keycloak, Spring, Duende 7 and Google by default).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Static;

impl Static {
    #[expect(clippy::unused_self, reason = "all policies decide alike")]
    pub(in crate::authority) const fn decide(self) -> Decision {
        Decision::accept(Issue::Same, Ground::Policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::policy::table::{Table, accepted};

    #[test]
    fn the_same_credential_is_accepted_for_ever() {
        let mut table = Table::new(crate::authority::Policy::Static(Static));
        for minute in [0, 1, 30, 100_000] {
            table.row(minute, 0, accepted(Ground::Policy), Some(0));
        }
    }
}
