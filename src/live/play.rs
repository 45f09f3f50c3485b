//! One arm and replication of a plan, played on this machine: the server on one thread, the swarm on
//! another, and loopback sockets between them.

use crate::measure::{OrgEnd, Sheet};
use crate::world::Entry;

/// What a live run found.
#[derive(Debug)]
pub struct Played {
    /// How each org ended, by number.
    pub ends: Vec<OrgEnd>,
    /// What was counted.
    pub sheet: Sheet,
    /// The ledger; empty unless it was asked for.
    pub entries: Vec<Entry>,
}
