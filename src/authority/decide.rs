//! The one decision: is this generation accepted now, and what follows?
//!
//! ```text
//!   session over? ──► refuse
//!   revoked?      ──► amnesty with `unrevoke`: restore and accept; else refuse
//!   policy        ──► accept │ refuse ──► amnesty open? accept : refuse, perhaps revoke the family
//! ```
//!
//! The policy is asked first, so an amnesty changes nothing for whoever would have been accepted
//! anyway. Whether it can still harm is a question with an exact answer: `tests/laws/amnesty.rs`.

use super::grant::{Grant, GrantStatus};
use super::policy::{AmnestyReply, OnReuse, Policy, Rules, Siblings};
use crate::base::{SimDuration, SimTime};
use crate::protocol::Generation;

/// What the server decides about a presented generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A token is handed out.
    Accept {
        /// Which one, and what it does to the family.
        issue: Issue,
        /// By what right.
        ground: Ground,
    },
    /// 401 `token_rejected` or 400 `invalid_grant`.
    Refuse {
        /// Why.
        refusal: Refusal,
        /// Whether the whole family is revoked as well.
        revoke_family: bool,
    },
}

/// Which token an accepted refresh is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issue {
    /// The presented credential stays; only the access token is new.
    Same,
    /// A new generation supersedes the presented one.
    Rotate,
    /// A new generation supersedes the newest one, whatever was presented.
    RotateNewest,
    /// A further successor beside those already issued.
    Branch,
    /// A further successor; those already issued die.
    Replace,
    /// The newest generation once more.
    Replay,
    /// A successor that supersedes nothing until it is confirmed.
    Unconfirmed {
        /// Set where presenting it proves that the presented generation arrived: what becomes of the
        /// siblings of the presented one.
        confirms: Option<Siblings>,
    },
}

/// By what right a generation is accepted: how a report attributes a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The policy honours it as a matter of course.
    Policy,
    /// It lies within a grace window.
    Grace,
    /// Only the amnesty honours it.
    Amnesty,
}

/// Why a refresh is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The generation is superseded.
    Superseded,
    /// The family is revoked.
    Revoked,
    /// The session handle has expired.
    SessionExpired,
    /// The generation was never issued.
    Unknown,
}

impl Decision {
    pub(super) const fn accept(issue: Issue, ground: Ground) -> Self {
        Self::Accept { issue, ground }
    }

    pub(super) const fn superseded(on_reuse: OnReuse) -> Self {
        Self::Refuse {
            refusal: Refusal::Superseded,
            revoke_family: matches!(on_reuse, OnReuse::RevokeFamily),
        }
    }

    const fn refuse(refusal: Refusal) -> Self {
        Self::Refuse { refusal, revoke_family: false }
    }

    /// Whether a token is handed out.
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::Accept { .. })
    }
}

/// Decides about `presented`, with the grant's state at `now`. Changes nothing.
#[inline]
pub fn decide(rules: &Rules, grant: &Grant, presented: Generation, now: SimTime) -> Decision {
    if now >= grant.session_until() {
        return Decision::refuse(Refusal::SessionExpired);
    }
    if presented > grant.newest() {
        return Decision::refuse(Refusal::Unknown);
    }
    let amnesty = rules.amnesty.as_ref().filter(|amnesty| amnesty.covers(now));
    let by_policy = match (grant.status(), amnesty) {
        (GrantStatus::Revoked, Some(amnesty)) if amnesty.unrevoke => {
            Decision::refuse(Refusal::Revoked)
        }
        (GrantStatus::Revoked, _) => return Decision::refuse(Refusal::Revoked),
        (GrantStatus::Live, _) => match &rules.policy {
            Policy::Static(policy) => policy.decide(),
            Policy::NonRevoking(policy) => policy.decide(grant, presented),
            Policy::Strict(policy) => policy.decide(grant, presented),
            Policy::Grace(policy) => policy.decide(grant, presented, now),
            Policy::CommitOnUse(policy) => policy.decide(grant, presented),
        },
    };
    match (by_policy, amnesty) {
        (Decision::Refuse { .. }, Some(amnesty)) => {
            let issue = match amnesty.reply {
                AmnestyReply::CurrentPair => Issue::Replay,
                AmnestyReply::NewPair => rules.policy.issue_for_newest(),
            };
            Decision::accept(issue, Ground::Amnesty)
        }
        (decision, _) => decision,
    }
}

/// Whether `presented` is accepted at `now`, and until when that holds if nothing else happens.
pub fn accepts(rules: &Rules, grant: &Grant, presented: Generation, now: SimTime) -> Standing {
    let accepted = decide(rules, grant, presented, now).is_accepted();
    let mut until = grant.session_until();
    let mut consider = |edge: SimTime| {
        if edge > now {
            until = until.min(edge);
        }
    };
    if let Some(amnesty) = &rules.amnesty {
        consider(amnesty.from);
        consider(amnesty.until);
    }
    if let (Policy::Grace(policy), Some(previous)) = (&rules.policy, grant.previous()) {
        consider(previous.used_at + policy.window);
        consider(previous.closes_at);
    }
    if until <= now {
        until = SimTime::NEVER;
    }
    Standing { accepted, until }
}

/// Whether a generation is accepted, and until when at least the answer stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is accepted.
    pub accepted: bool,
    /// When the answer may change without anything being presented.
    pub until: SimTime,
}

/// How much of `[from, until)` a superseded credential of this grant would have been honoured, if
/// nothing is presented in between: the price of leniency.
pub fn replay_exposure(rules: &Rules, grant: &Grant, from: SimTime, until: SimTime) -> SimDuration {
    let until = until.min(grant.session_until());
    if !grant.has_superseded() || from >= until {
        return SimDuration::ZERO;
    }
    let live = grant.status() == GrantStatus::Live;
    let by_policy_until = match &rules.policy {
        _ if !live => from,
        Policy::NonRevoking(policy) if policy.keep != Some(1) => until,
        Policy::CommitOnUse(_) if grant.has_unconfirmed() => until,
        Policy::Grace(policy) => policy.honoured_until(grant).clamp(from, until),
        Policy::Static(_) | Policy::NonRevoking(_) | Policy::Strict(_) | Policy::CommitOnUse(_) => {
            from
        }
    };
    let by_policy = by_policy_until.since(from);
    let by_amnesty = match &rules.amnesty {
        Some(amnesty) if live || amnesty.unrevoke => {
            amnesty.until.min(until).since(amnesty.from.max(by_policy_until))
        }
        Some(_) | None => SimDuration::ZERO,
    };
    by_policy + by_amnesty
}

impl Grant {
    /// Carries a decision out at `now`. The generation handed back to the client, if any.
    pub fn commit(
        &mut self,
        presented: Generation,
        decision: Decision,
        now: SimTime,
    ) -> Option<Generation> {
        let (issue, ground) = match decision {
            Decision::Accept { issue, ground } => (issue, ground),
            Decision::Refuse { revoke_family, .. } => {
                if revoke_family {
                    self.revoke();
                }
                return None;
            }
        };
        self.restore();
        if ground == Ground::Grace {
            self.count_reuse();
        }
        Some(match issue {
            Issue::Same => presented,
            Issue::Rotate => self.rotate(presented, now),
            Issue::RotateNewest => self.rotate(self.newest(), now),
            Issue::Branch => self.issue(),
            Issue::Replace => self.replace(),
            Issue::Replay => self.newest(),
            Issue::Unconfirmed { confirms } => {
                if let Some(siblings) = confirms {
                    self.confirm(presented, now, siblings);
                }
                self.issue_unconfirmed(presented, now)
            }
        })
    }

    /// The access token of `generation` was used for an API call at `now`: the proof of arrival that
    /// some policies wait for.
    pub fn access_used(&mut self, rules: &Rules, generation: Generation, now: SimTime) {
        match &rules.policy {
            Policy::CommitOnUse(policy) => policy.access_used(self, generation, now),
            Policy::Grace(policy) => policy.access_used(self, generation, now),
            Policy::Static(_) | Policy::NonRevoking(_) | Policy::Strict(_) => {}
        }
    }
}
