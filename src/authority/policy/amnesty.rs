//! The amnesty overlay: for some time any generation with a valid session handle is accepted.

use super::Policy;
use crate::authority::decide::Issue;
use crate::base::{SimDuration, SimTime};

/// A token amnesty, laid over a policy. Xero's began on 12 March 2018 at 23:30 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amnesty {
    /// When it opens.
    pub from: SimTime,
    /// When it is over.
    pub until: SimTime,
    /// When partners hear of it.
    pub announced: SimTime,
    /// The time over which they are told, each partner at its own instant; none, if all are told at once.
    pub stagger: SimDuration,
    /// What a superseded credential is answered with.
    pub reply: AmnestyReply,
    /// Whether it also restores families that reuse detection revoked.
    pub unrevoke: bool,
}

/// What a server answers to a superseded credential during an amnesty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AmnestyReply {
    /// The token that is current.
    CurrentPair,
    /// A new one, as if the current token had been presented.
    #[default]
    NewPair,
}

impl Amnesty {
    /// Whether the amnesty is open at `now`.
    pub fn covers(&self, now: SimTime) -> bool {
        (self.from..self.until).contains(&now)
    }
}

impl Policy {
    /// How this policy answers with a new pair whoever holds a superseded credential.
    pub(in crate::authority) const fn issue_for_newest(&self) -> Issue {
        match self {
            Self::Static(_) => Issue::Same,
            Self::NonRevoking(_) | Self::Strict(_) | Self::Grace(_) => Issue::RotateNewest,
            Self::CommitOnUse(_) => Issue::Unconfirmed { confirms: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::decide::Ground;
    use crate::authority::policy::table::{Table, accepted, refused};
    use crate::authority::{OnReuse, Strict};
    use crate::base::SimDuration;

    fn minutes(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_mins(n)
    }

    fn amnesty(reply: AmnestyReply, unrevoke: bool) -> Amnesty {
        Amnesty {
            from: minutes(100),
            until: minutes(200),
            announced: minutes(100),
            stagger: SimDuration::ZERO,
            reply,
            unrevoke,
        }
    }

    fn strict(on_reuse: OnReuse) -> Policy {
        Policy::Strict(Strict { on_reuse })
    }

    #[test]
    fn any_generation_is_accepted_from_the_first_instant_and_not_at_the_last() {
        let mut table = Table::new(strict(OnReuse::None));
        table.amnesty(amnesty(AmnestyReply::NewPair, false));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(1, 1, accepted(Ground::Policy), Some(2));
        table.row(99, 0, refused(false), None);
        table.row(100, 0, accepted(Ground::Amnesty), Some(3));
        table.row(150, 0, accepted(Ground::Amnesty), Some(4));
        table.row(199, 4, accepted(Ground::Policy), Some(5));
        table.row(200, 0, refused(false), None);
    }

    #[test]
    fn the_current_pair_supersedes_nothing() {
        let mut table = Table::new(strict(OnReuse::None));
        table.amnesty(amnesty(AmnestyReply::CurrentPair, false));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(100, 0, accepted(Ground::Amnesty), Some(1));
        table.row(200, 1, accepted(Ground::Policy), Some(2));
    }

    #[test]
    fn a_revoked_family_stays_dead_unless_the_amnesty_restores_it() {
        for (unrevoke, decision, issued) in
            [(false, refused(false), None), (true, accepted(Ground::Amnesty), Some(2))]
        {
            let mut table = Table::new(strict(OnReuse::RevokeFamily));
            table.amnesty(amnesty(AmnestyReply::NewPair, unrevoke));
            table.row(0, 0, accepted(Ground::Policy), Some(1));
            table.row(1, 0, refused(true), None);
            table.row(100, 0, decision, issued);
        }
    }

    #[test]
    fn reuse_during_an_amnesty_revokes_nothing() {
        let mut table = Table::new(strict(OnReuse::RevokeFamily));
        table.amnesty(amnesty(AmnestyReply::NewPair, false));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(150, 0, accepted(Ground::Amnesty), Some(2));
        table.row(151, 2, accepted(Ground::Policy), Some(3));
    }

    #[test]
    fn an_expired_session_handle_is_refused_even_then() {
        let mut table = Table::new(strict(OnReuse::None));
        table.amnesty(amnesty(AmnestyReply::NewPair, false));
        table.session(120);
        table.row(119, 0, accepted(Ground::Policy), Some(1));
        table.row(120, 0, refused(false), None);
        table.row(120, 1, refused(false), None);
    }
}
