//! What the ports of one live server share: its memory and its clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use super::grants::Grants;
use crate::base::SimTime;

/// One live server.
///
/// The lock is held for the microsecond that a decision takes, and never across an await.
#[derive(Debug)]
pub struct Site {
    clock: Clock,
    grants: Mutex<Grants>,
}

impl Site {
    /// A server with this memory, whose time this clock tells.
    pub fn new(grants: Grants, clock: Clock) -> Arc<Self> {
        Arc::new(Self { clock, grants: Mutex::new(grants) })
    }

    /// Its clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The scenario's time.
    pub fn now(&self) -> SimTime {
        self.clock.now()
    }

    /// Its memory.
    pub fn grants(&self) -> MutexGuard<'_, Grants> {
        // A panic elsewhere ends the program; until then the memory is as good as it was.
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its memory, when nobody else needs it any more; the site again if somebody does.
    ///
    /// # Errors
    /// The site itself, while it is shared.
    pub fn into_grants(self: Arc<Self>) -> Result<Grants, Arc<Self>> {
        let site = Arc::try_unwrap(self)?;
        Ok(site.grants.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}
