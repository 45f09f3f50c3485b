//! `non_revoking`: each refresh issues a new generation; the last K stay valid.

use super::OnReuse;
use crate::authority::decide::{Decision, Ground, Issue};
use crate::authority::grant::Grant;
use crate::protocol::Generation;

/// Rotation that leaves old generations valid (Microsoft Entra).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonRevoking {
    /// How many generations stay valid, the newest included; `None` for all.
    pub keep: Option<u32>,
}

impl NonRevoking {
    /// What is valid follows from its age alone: a rotation supersedes the newest generation, whatever
    /// was presented.
    pub(in crate::authority) fn decide(self, grant: &Grant, presented: Generation) -> Decision {
        let age = grant.newest().0 - presented.0;
        match self.keep {
            Some(keep) if age >= keep => Decision::superseded(OnReuse::None),
            Some(_) | None => Decision::accept(Issue::RotateNewest, Ground::Policy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Policy;
    use crate::authority::policy::table::{Table, accepted, refused};

    #[test]
    fn the_last_k_generations_stay_valid() {
        let mut table = Table::new(Policy::NonRevoking(NonRevoking { keep: Some(2) }));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(1, 0, accepted(Ground::Policy), Some(2));
        table.row(2, 0, refused(false), None);
        table.row(3, 1, accepted(Ground::Policy), Some(3));
        table.row(4, 3, accepted(Ground::Policy), Some(4));
    }

    #[test]
    fn without_a_limit_every_generation_stays_valid() {
        let mut table = Table::new(Policy::NonRevoking(NonRevoking { keep: None }));
        for n in 1..=200 {
            table.row(n, 0, accepted(Ground::Policy), Some(n));
        }
    }
}
