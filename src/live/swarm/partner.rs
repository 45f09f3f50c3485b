//! What the orgs of one partner have in common: one process serves them.

use super::shared::Refresh;
use crate::client::{Per, Pool, Profile, Restraint};

/// One partner's process.
#[derive(Debug)]
pub(super) struct Partner {
    /// Its retry budget and its circuit breaker.
    pub(super) restraint: Restraint,
    /// Its connections, if they are limited.
    pub(super) pool: Option<Pool<Refresh>>,
}

impl Partner {
    pub(super) fn new(profile: &Profile) -> Self {
        let restraint = Restraint::new(profile, Per::Partner);
        Self { restraint, pool: profile.pool.map(Pool::new) }
    }
}
