//! How far the swarm is, for whoever looks from another thread.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::base::SimTime;

/// Numbers that the swarm keeps up to date, each by itself.
#[derive(Debug, Default)]
pub struct Progress {
    orgs: AtomicU64,
    disconnected: AtomicU64,
    sent: AtomicU64,
    concluded: AtomicU64,
    under_way: AtomicU64,
    connections: AtomicU64,
    now_micros: AtomicU64,
}

/// The numbers at one moment. A rate is the difference of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Orgs of the swarm.
    pub orgs: u64,
    /// Orgs that know that they are disconnected.
    pub disconnected: u64,
    /// Attempts sent.
    pub sent: u64,
    /// Attempts that have ended.
    pub concluded: u64,
    /// Attempts under way or waiting for a connection.
    pub under_way: u64,
    /// Connections open.
    pub connections: u64,
    /// The scenario's time.
    pub now: SimTime,
}

impl Progress {
    /// How far it is.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            orgs: self.orgs.load(Relaxed),
            disconnected: self.disconnected.load(Relaxed),
            sent: self.sent.load(Relaxed),
            concluded: self.concluded.load(Relaxed),
            under_way: self.under_way.load(Relaxed),
            connections: self.connections.load(Relaxed),
            now: SimTime::from_micros(self.now_micros.load(Relaxed)),
        }
    }

    pub(super) fn set(&self, snapshot: Snapshot) {
        self.orgs.store(snapshot.orgs, Relaxed);
        self.disconnected.store(snapshot.disconnected, Relaxed);
        self.sent.store(snapshot.sent, Relaxed);
        self.concluded.store(snapshot.concluded, Relaxed);
        self.under_way.store(snapshot.under_way, Relaxed);
        self.connections.store(snapshot.connections, Relaxed);
        self.now_micros.store(snapshot.now.as_micros(), Relaxed);
    }
}
