//! Whom a person authorises: hints that the authorization endpoints of both protocols take beside
//! what the protocols say.
//!
//! ```text
//!   /connect/authorize?...&org=17          org 17 again, in a new family
//!   /connect/authorize?...&cohort=bigco    a new org of that cohort
//!   /connect/authorize?...                 a new org of the first cohort
//! ```

use crate::base::SimTime;
use crate::live::grants::{Authorised, Grants, NoSuchOrg};

/// Whom a person authorises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// An org that exists.
    Org(u32),
    /// A new one of this cohort.
    New { cohort: usize },
}

impl Target {
    /// Reads the hints of a query. An org takes precedence over a cohort.
    pub(super) fn read(query: &str, grants: &Grants) -> Result<Self, NoSuchOrg> {
        let hint = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value)
        };
        if let Some(org) = hint("org").or_else(|| hint("login_hint")) {
            let number: u32 = org.parse().map_err(|_| NoSuchOrg::Unknown(u32::MAX))?;
            let known = (number as usize) < grants.holders().len();
            return known.then_some(Self::Org(number)).ok_or(NoSuchOrg::Unknown(number));
        }
        let Some(name) = hint("cohort") else { return Ok(Self::New { cohort: 0 }) };
        let mut cohorts = grants.stage().world().cohorts.iter();
        let cohort = cohorts.position(|cohort| cohort.name == name).ok_or(NoSuchOrg::Cohort)?;
        Ok(Self::New { cohort })
    }

    /// Authorises it at `now`.
    pub(super) fn authorise(
        self,
        grants: &mut Grants,
        now: SimTime,
    ) -> Result<Authorised, NoSuchOrg> {
        match self {
            Self::Org(number) => grants.reauthorise(number, now),
            Self::New { cohort } => {
                let stage = std::sync::Arc::clone(grants.stage());
                grants
                    .add(stage.world().cohorts.get(cohort).map(|cohort| cohort.name.as_str()), now)
            }
        }
    }
}
