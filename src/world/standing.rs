//! How an org stands: the rule that joins what the server remembers and what the client holds.

use crate::authority::{self, Grant, GrantStatus, Ground, Rules};
use crate::base::SimTime;
use crate::client::Credentials;
use crate::measure::{Means, OrgState};

/// The state of an org at `now`, and until when it lasts if nothing is sent or stored.
///
/// ```text
///   deleted ─► abandoned   family killed ─► revoked   not trying ─► stopped
///   a refresh would be refused ─► stale               else connected
/// ```
#[inline]
pub fn standing(
    rules: &Rules,
    grant: &Grant,
    credentials: Credentials,
    now: SimTime,
) -> (OrgState, SimTime) {
    let Some(stored) = credentials.stored else {
        return (OrgState::Abandoned, SimTime::NEVER);
    };
    let live = grant.status() == GrantStatus::Live;
    if live && credentials.is_trying && grant.is_current(stored) && now < grant.session_until() {
        return (OrgState::Connected, grant.session_until());
    }
    let authority::Standing { accepted, until } = authority::accepts(rules, grant, stored, now);
    let state = if !live && !accepted {
        OrgState::Revoked
    } else if !credentials.is_trying {
        OrgState::Stopped
    } else if accepted {
        OrgState::Connected
    } else {
        OrgState::Stale
    };
    (state, until)
}

/// The means of recovery that a ground of acceptance stands for.
pub const fn means(ground: Ground) -> Means {
    match ground {
        Ground::Policy => Means::Retry,
        Ground::Grace => Means::Grace,
        Ground::Amnesty => Means::Amnesty,
    }
}
