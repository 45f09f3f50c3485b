//! A person authorises an org: one of the swarm's anew, or one that nobody had.

use super::{Grants, Holder, Presented};
use crate::base::SimTime;
use crate::protocol::Generation;
use crate::world::{LedgerEvent, Org};

/// Orgs that may be added to those of the scenario: a bound on what strangers can make the server hold.
const MAX_ADDED: usize = 1_000_000;

/// An org with fresh credentials: `T0` of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorised {
    /// The org's number.
    pub org: u32,
    /// Its family.
    pub family: u16,
}

impl Authorised {
    /// Its first token.
    pub const fn presented(self) -> Presented {
        Presented { org: self.org, family: self.family, generation: Generation(0) }
    }
}

/// Nothing could be authorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchOrg {
    /// The org does not exist.
    #[error("there is no org {0}")]
    Unknown(u32),
    /// The cohort does not exist.
    #[error("the scenario has no such cohort")]
    Cohort,
    /// Its families are all used up: a token says which it is of in 16 bits.
    #[error("org {0} was authorised anew {max} times, and cannot be once more", max = u16::MAX)]
    TooOften(u32),
    /// Too many were added.
    #[error("{MAX_ADDED} orgs were added to those of the scenario, and no more can be")]
    TooMany,
}

impl Grants {
    /// An org of the scenario, or one added before, gets a new family at `now`; the old one dies.
    ///
    /// # Errors
    /// [`NoSuchOrg`] if there is none of this number, or it was authorised anew too often.
    pub fn reauthorise(&mut self, org: u32, now: SimTime) -> Result<Authorised, NoSuchOrg> {
        let holder = self.holders.get_mut(org as usize).ok_or(NoSuchOrg::Unknown(org))?;
        if holder.family() == u16::MAX {
            return Err(NoSuchOrg::TooOften(org));
        }
        let cohort = holder.org().cohort;
        self.pages.forget_transit(org);
        holder.reauthorise(&self.rules[cohort], now, &mut self.sheet.recorder(cohort));
        self.pages.happened(org.into(), now, LedgerEvent::Reauthorised);
        Ok(Authorised { org, family: holder.family() })
    }

    /// A new org, of the first cohort or of the one named, authorised at `now`.
    ///
    /// # Errors
    /// [`NoSuchOrg`] if the cohort is unknown, or too many orgs were added.
    pub fn add(&mut self, cohort: Option<&str>, now: SimTime) -> Result<Authorised, NoSuchOrg> {
        let cohorts = &self.stage.world().cohorts;
        let cohort = match cohort {
            None => 0,
            Some(name) => {
                cohorts.iter().position(|cohort| cohort.name == name).ok_or(NoSuchOrg::Cohort)?
            }
        };
        let added = self.holders.len() as u64 - self.scenario_orgs;
        let number = u32::try_from(self.holders.len()).map_err(|_| NoSuchOrg::TooMany)?;
        if added >= MAX_ADDED as u64 {
            return Err(NoSuchOrg::TooMany);
        }
        // It belongs to no partner of the scenario: to one of its own.
        let org = Org { number: u64::from(number), partner: u64::from(u32::MAX - number), cohort };
        let rules = &self.rules[cohort];
        let mut holder = Holder::new(org, rules, &self.incident, self.seed, self.replication);
        holder.begin(rules, now, &mut self.sheet.recorder(cohort));
        self.holders.push(holder);
        Ok(Authorised { org: number, family: 0 })
    }
}
