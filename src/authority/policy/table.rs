//! A truth table in a test: rows of (time, presented generation) and what must follow.

use super::{Amnesty, OldAccessToken, Policy, Rules};
use crate::authority::{Decision, Grant, Ground, decide};
use crate::base::{SimDuration, SimTime};
use crate::protocol::Generation;

/// What a row expects of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Accepted(Ground),
    Refused { revoke_family: bool },
}

pub(super) fn accepted(ground: Ground) -> Expected {
    Expected::Accepted(ground)
}

pub(super) fn refused(revoke_family: bool) -> Expected {
    Expected::Refused { revoke_family }
}

/// One grant under one set of rules, taken through the rows in order.
#[derive(Debug)]
pub(super) struct Table {
    rules: Rules,
    grant: Grant,
}

impl Table {
    pub(super) fn new(policy: Policy) -> Self {
        let session_lifetime = SimDuration::from_hours(24 * 3650);
        let rules = Rules {
            policy,
            amnesty: None,
            access_token_ttl: SimDuration::from_mins(30),
            session_lifetime,
            old_access_token: OldAccessToken::KilledAtRotation,
        };
        Self { rules, grant: Grant::new(SimTime::ZERO, session_lifetime) }
    }

    pub(super) fn amnesty(&mut self, amnesty: Amnesty) {
        self.rules.amnesty = Some(amnesty);
    }

    pub(super) fn session(&mut self, lifetime_mins: u64) {
        self.grant = Grant::new(SimTime::ZERO, SimDuration::from_mins(lifetime_mins));
    }

    /// At `minute`, `presented` must be answered as `expected`, with the generation `issued`.
    pub(super) fn row(
        &mut self,
        minute: u32,
        presented: u32,
        expected: Expected,
        issued: Option<u32>,
    ) {
        let now = SimTime::ZERO + SimDuration::from_mins(minute.into());
        let presented = Generation(presented);
        let decision = decide(&self.rules, &self.grant, presented, now);
        let got = match decision {
            Decision::Accept { ground, .. } => Expected::Accepted(ground),
            Decision::Refuse { revoke_family, .. } => Expected::Refused { revoke_family },
        };
        assert_eq!(got, expected, "{presented} at minute {minute} of {:?}", self.grant);
        let issued_now = self.grant.commit(presented, decision, now);
        assert_eq!(issued_now, issued.map(Generation), "{presented} at minute {minute}");
    }

    pub(super) fn access_used(&mut self, minute: u64, generation: u32) {
        let now = SimTime::ZERO + SimDuration::from_mins(minute);
        self.grant.access_used(&self.rules, Generation(generation), now);
    }
}
