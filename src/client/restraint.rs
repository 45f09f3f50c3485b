//! What apps do to restrain themselves when a server is in trouble.
//!
//! ```text
//!   first attempt ──► breaker: closed? ──► deposit in the budget ──► sent
//!   retry ──► budget: a token? ──► wait ──► breaker: closed? ──────► sent
//! ```
//!
//! One process serves all orgs of a partner, so its budget and its breaker are usually those of the
//! partner: a [`Restraint`] that whoever drives the clients keeps once a partner and hands to each of
//! them. What is per org, a client keeps itself.

use super::breaker::{Breaker, Pass};
use super::budget::Budget;
use super::profile::Profile;
use crate::base::{Probability, SimDuration, SimTime};
use crate::protocol::Conclusion;

/// Among whom something is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Per {
    /// All orgs of a partner: they are served by one process.
    #[default]
    Partner,
    /// Each org has its own.
    Org,
}

/// How many retries an app allows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryBudget {
    /// Tokens that each first attempt adds; a retry costs one. Counted in millionths.
    pub ratio: Probability,
    /// The most tokens it can save up; it starts with so many.
    pub burst: u32,
    /// Among whom it is shared.
    pub per: Per,
}

/// When an app leaves an ill server alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// The share of failures that opens it: timeouts, broken connections, 5xx and 429. A refusal is an
    /// answer. Counted in millionths.
    pub failures: Probability,
    /// Of the last so many attempts; at least 1.
    pub over: u16,
    /// How long it stays open before it lets one attempt through.
    pub open_for: SimDuration,
    /// Among whom it is shared.
    pub per: Per,
}

/// How many attempts of one partner are under way at once, at most; at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSize(pub u32);

/// The budget and the breaker of a partner, or of an org; most have neither.
#[derive(Debug, Clone, Default)]
pub struct Restraint(Option<Box<Parts>>);

#[derive(Debug, Clone)]
struct Parts {
    budget: Option<Budget>,
    breaker: Option<Breaker>,
}

impl Restraint {
    /// What an app with this profile keeps for each partner, or for each org.
    pub fn new(profile: &Profile, per: Per) -> Self {
        let budget = profile.retry_budget.filter(|terms| terms.per == per).map(Budget::new);
        let breaker = profile.circuit_breaker.filter(|terms| terms.per == per).map(Breaker::new);
        let any = budget.is_some() || breaker.is_some();
        Self(any.then(|| Box::new(Parts { budget, breaker })))
    }

    /// Whether there is neither.
    pub(super) const fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether an attempt may be made at `now`.
    pub(super) fn admit(&mut self, now: SimTime) -> Option<Pass> {
        self.breaker().map_or(Some(Pass::Ordinary), |breaker| breaker.admit(now))
    }

    /// A first attempt is made.
    pub(super) fn deposit(&mut self) {
        if let Some(budget) = self.budget() {
            budget.deposit();
        }
    }

    /// Whether a retry may be made; it is paid for then.
    pub(super) fn spend(&mut self) -> bool {
        self.budget().is_none_or(Budget::spend)
    }

    /// An attempt with this pass ended.
    pub(super) fn concluded(&mut self, now: SimTime, pass: Pass, conclusion: Conclusion) {
        if let Some(breaker) = self.breaker() {
            breaker.concluded(now, pass, is_failure(conclusion));
        }
    }

    /// An attempt with this pass was broken off by its own side.
    pub(super) fn broken_off(&mut self, now: SimTime, pass: Pass) {
        if let Some(breaker) = self.breaker() {
            breaker.broken_off(now, pass);
        }
    }

    fn budget(&mut self) -> Option<&mut Budget> {
        self.0.as_mut()?.budget.as_mut()
    }

    fn breaker(&mut self) -> Option<&mut Breaker> {
        self.0.as_mut()?.breaker.as_mut()
    }
}

/// Whether an end speaks of an ill server: it did not answer, or said that it cannot.
const fn is_failure(conclusion: Conclusion) -> bool {
    match conclusion {
        Conclusion::Stored(_)
        | Conclusion::Crashed
        | Conclusion::Refused
        | Conclusion::BrokenOff => false,
        Conclusion::TimedOut
        | Conclusion::Reset
        | Conclusion::Truncated
        | Conclusion::ServerError
        | Conclusion::Throttled => true,
    }
}
