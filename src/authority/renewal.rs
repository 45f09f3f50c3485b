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

    /// What a renewal makes of the newest generation.
    #[inline]
    pub const fn renewed(&self, newest: Generation) -> Generation {
        if matches!(self, Self::Static(_)) { newest } else { newest.next() }
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

    /// Whether whoever presents `stored` at `now` is refused, and that is all.
    pub fn is_untouched_by(&self, rules: &Rules, stored: Generation, now: SimTime) -> bool {
        let decision = decide(rules, self, stored, now);
        matches!(decision, Decision::Refuse { revoke_family: false, .. })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::authority::{
        Amnesty, AmnestyReply, CommitOnUse, ConfirmBy, Grace, GraceReply, GrantStatus, NonRevoking,
        OldAccessToken, OnReuse, Siblings, Static, Strict, replay_exposure,
    };
    use crate::base::SimDuration;

    fn mins(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_mins(n)
    }

    fn policy() -> impl Strategy<Value = Policy> {
        let on_reuse = OnReuse::RevokeFamily;
        let window = SimDuration::from_mins(40);
        prop_oneof![
            Just(Policy::Static(Static)),
            prop::option::of(1..4_u32).prop_map(|keep| Policy::NonRevoking(NonRevoking { keep })),
            Just(Policy::Strict(Strict { on_reuse })),
            Just(Policy::Grace(Grace {
                window,
                max_reuse: None,
                reply: GraceReply::NewBranch,
                close_on_use: Some(SimDuration::from_mins(3)),
                on_reuse,
            })),
            Just(Policy::CommitOnUse(CommitOnUse {
                confirm_by: ConfirmBy::Either,
                siblings: Siblings::Keep,
                on_reuse,
            })),
        ]
    }

    fn rules(policy: Policy) -> Rules {
        let amnesty = Amnesty {
            from: mins(700),
            until: mins(900),
            announced: mins(700),
            stagger: SimDuration::ZERO,
            reply: AmnestyReply::NewPair,
            unrevoke: false,
        };
        Rules {
            policy,
            amnesty: Some(amnesty),
            access_token_ttl: SimDuration::from_mins(30),
            session_lifetime: SimDuration::from_hours(99),
            old_access_token: OldAccessToken::LivesToExpiry,
        }
    }

    /// Presents a generation that was issued so many times ago, and uses what comes back.
    fn present(rules: &Rules, grant: &mut Grant, age: u32, now: SimTime) -> bool {
        let presented = Generation(grant.newest().0.saturating_sub(age));
        let decision = decide(rules, grant, presented, now);
        let issued = grant.commit(presented, decision, now);
        if let Some(generation) = issued {
            grant.access_used(rules, generation, now);
        }
        issued.is_some()
    }

    proptest! {
        #[test]
        fn renewals_at_once_are_renewals_one_by_one(
            policy in policy(),
            before in prop::collection::vec(0..3_u32, 0..6),
            gaps in prop::collection::vec(1..90_u64, 1..80),
        ) {
            let rules = rules(policy);
            let mut grant = Grant::new(mins(0), rules.session_lifetime);
            for (minute, age) in (0..).zip(before) {
                present(&rules, &mut grant, age, mins(minute));
            }
            if !grant.is_renewed_by(&rules, grant.newest(), mins(10)) {
                prop_assert_eq!(grant.status(), GrantStatus::Revoked);
                return Ok(());
            }
            let mut at_once = grant.clone();
            let (mut now, mut first, mut exposed) = (10, None, SimDuration::ZERO);
            for gap in &gaps {
                let from = mins(now);
                now += gap;
                if first.is_some() {
                    exposed = exposed + replay_exposure(&rules, &grant, from, mins(now));
                }
                first = first.or(Some(mins(now)));
                prop_assert!(present(&rules, &mut grant, 0, mins(now)), "the newest is accepted");
                prop_assert!(grant.is_renewed_by(&rules, grant.newest(), mins(now)));
            }
            if rules.policy.renews_evenly() {
                let first = first.unwrap_or_default();
                at_once.renew(&rules, 1, first);
                prop_assert_eq!(replay_exposure(&rules, &at_once, first, mins(now)), exposed);
                at_once.renew(&rules, u32::try_from(gaps.len()).unwrap() - 1, mins(now));
                prop_assert_eq!(at_once, grant);
            }
        }
    }
}
