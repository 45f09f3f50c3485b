//! One arm and replication of a plan, played on this machine: the server on one thread, the swarm on
//! another, and loopback sockets between them.

use std::sync::Arc;

use super::clock::TimeScale;
use crate::base::{Seed, SimTime};
use crate::measure::{OrgEnd, Sheet, TimeGrid};
use crate::world::{Entry, Stage, Swarm};

/// What is played, and how.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// The arm's world.
    pub stage: Arc<Stage>,
    /// Its orgs.
    pub swarm: &'a Swarm,
    /// Seed of all draws.
    pub seed: Seed,
    /// Which replication.
    pub replication: u32,
    /// The time bins.
    pub grid: TimeGrid,
    /// How much faster than the wall clock.
    pub scale: TimeScale,
    /// Whether connections serve more than one request.
    pub keep_alive: bool,
    /// Connections that the swarm holds at most.
    pub connections: usize,
}

/// What a live run found.
#[derive(Debug)]
pub struct Played {
    /// How each org ended, by number.
    pub ends: Vec<OrgEnd>,
    /// What was counted.
    pub sheet: Sheet,
    /// The ledger.
    pub entries: Vec<Entry>,
    /// When it ended: at the end of the scenario, or when it was told to stop and all attempts under
    /// way had ended.
    pub ended_at: SimTime,
    /// Whether it was told to stop.
    pub interrupted: bool,
}
