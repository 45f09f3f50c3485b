//! The incident by hand: phases and the amnesty begin and end when somebody says so, and the next
//! refresh of one org meets the fate that was ordered for it.

use std::collections::VecDeque;

use super::Grants;
use crate::authority::{Amnesty, Rules};
use crate::base::{SimDuration, SimTime};
use crate::fault::{Fate, Phase, RequestFate, ResponseFate, Schedule, SeenAs};

/// Orders that may wait for one org.
const MAX_ORDERS: usize = 1_000;

/// The fate ordered for one refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// It is decided and committed, and the client sees this instead of the answer.
    LoseAnswer(SeenAs),
    /// It never reaches the server; nothing is committed.
    LoseRequest,
    /// The server fails before it commits.
    Fail {
        /// With which status (500 to 599).
        status: u16,
    },
    /// It is turned away with 429.
    Throttle {
        /// What `Retry-After` says.
        retry_after: SimDuration,
    },
    /// The server takes so long over it.
    Delay(SimDuration),
    /// It is delivered twice; the client sees the second answer.
    Duplicate,
}

impl Order {
    /// Bends a fate.
    pub(super) const fn act(self, fate: &mut Fate) {
        match self {
            Self::LoseAnswer(seen) => fate.response = ResponseFate::Lost(seen),
            Self::LoseRequest => fate.request = RequestFate::Lost,
            Self::Fail { status } => fate.request = RequestFate::Fails { status },
            Self::Throttle { retry_after } => {
                fate.request = RequestFate::Throttled { retry_after };
            }
            Self::Delay(service_time) => fate.service_time = service_time,
            Self::Duplicate => fate.repeated = Some(fate.service_time),
        }
    }
}

/// A thing that cannot be done by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The phase does not exist.
    #[error("there is no phase `{0}`")]
    Phase(String),
    /// The org does not exist.
    #[error("there is no org {0}")]
    Org(u32),
    /// Too many fates wait for the org.
    #[error("{MAX_ORDERS} fates wait for org {0} already")]
    TooMany(u32),
    /// No cohort is covered.
    #[error("the scenario has no such cohort")]
    Cohort,
}

/// What can be started and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByHand {
    /// It begins now, and lasts until it is ended.
    Start,
    /// It ends now.
    End,
}

/// A phase that waits to be started.
pub(super) fn asleep(phase: &Phase) -> Phase {
    let never = SimTime::NEVER;
    let none = SimDuration::ZERO;
    Phase { from: never, until: never, ramp_up: none, ramp_down: none, ..phase.clone() }
}

impl Grants {
    /// Starts or ends a phase at `now`. One that runs by the clock obeys too.
    ///
    /// # Errors
    /// [`OrderError::Phase`] if there is none of this name.
    pub fn turn_phase(&mut self, name: &str, turn: ByHand, now: SimTime) -> Result<(), OrderError> {
        let mut phases = self.incident.phases().to_vec();
        let phase = phases.iter_mut().find(|phase| phase.name == name);
        let phase = phase.ok_or_else(|| OrderError::Phase(name.to_owned()))?;
        let running = phase.from <= now && now < phase.until;
        match turn {
            ByHand::Start if !running => {
                (phase.from, phase.until) = (now, SimTime::NEVER);
                // A ramp that is reckoned from the end has no end to reckon from.
                phase.ramp_down = SimDuration::ZERO;
            }
            ByHand::End if running => phase.until = now,
            ByHand::Start | ByHand::End => {}
        }
        self.incident = Schedule::new(phases);
        if let Some(door) = &mut self.door {
            door.staff(self.stage.world().staffed(&self.incident));
        }
        Ok(())
    }

    /// Starts an amnesty for all cohorts, or for those named, at `now`; or ends whatever is open.
    ///
    /// # Errors
    /// [`OrderError::Cohort`] if a name is unknown.
    pub fn turn_amnesty(
        &mut self,
        turn: ByHand,
        (terms, scope): (Amnesty, Option<&[String]>),
        now: SimTime,
    ) -> Result<(), OrderError> {
        let cohorts = &self.stage.world().cohorts;
        let names = scope.unwrap_or_default();
        if names.iter().any(|name| !cohorts.iter().any(|cohort| cohort.name == *name)) {
            return Err(OrderError::Cohort);
        }
        let before = self.rules.clone();
        for (rules, cohort) in self.rules.iter_mut().zip(cohorts) {
            let covered = scope.is_none_or(|names| names.contains(&cohort.name));
            match turn {
                ByHand::Start if covered => {
                    let until = SimTime::NEVER;
                    rules.amnesty = Some(Amnesty { from: now, until, announced: now, ..terms });
                }
                ByHand::End if covered => end_amnesty(rules, now),
                ByHand::Start | ByHand::End => {}
            }
        }
        for holder in &mut self.holders {
            let cohort = holder.org().cohort;
            let change = (&before[cohort], &self.rules[cohort]);
            holder.change_rules(change, now, &mut self.sheet.recorder(cohort));
        }
        Ok(())
    }

    /// The next refreshes of an org meet these fates, one each; orders given before come first.
    ///
    /// # Errors
    /// [`OrderError`] if there is no such org, or too many orders wait for it.
    pub fn order(&mut self, org: u32, order: Order, times: usize) -> Result<(), OrderError> {
        if org as usize >= self.holders.len() {
            return Err(OrderError::Org(org));
        }
        let orders = self.orders.entry(org).or_default();
        if orders.len().saturating_add(times) > MAX_ORDERS {
            return Err(OrderError::TooMany(org));
        }
        orders.extend(std::iter::repeat_n(order, times));
        Ok(())
    }

    /// The orders that wait for an org.
    pub fn orders(&self, org: u32) -> impl Iterator<Item = &Order> {
        self.orders.get(&org).into_iter().flatten()
    }

    /// Forgets the orders that wait for an org. How many there were.
    pub fn forget_orders(&mut self, org: u32) -> usize {
        self.orders.remove(&org).map_or(0, |orders| orders.len())
    }

    /// Forgets the orders that wait for any org. How many there were.
    pub fn forget_all_orders(&mut self) -> usize {
        let forgotten = self.orders_waiting();
        self.orders.clear();
        forgotten
    }

    /// How many orders wait, over all orgs.
    pub fn orders_waiting(&self) -> usize {
        self.orders.values().map(VecDeque::len).sum()
    }

    /// Whether phases and the amnesty wait for somebody to start them.
    pub const fn is_by_hand(&self) -> bool {
        self.by_hand
    }
}

fn end_amnesty(rules: &mut Rules, now: SimTime) {
    if let Some(amnesty) = &mut rules.amnesty {
        amnesty.until = amnesty.until.min(now);
        amnesty.from = amnesty.from.min(amnesty.until);
    }
}
