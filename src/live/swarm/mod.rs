//! The swarm: the apps of all partners, over real HTTP.
//!
//! The clients are those of the virtual engine, the same machines with the same draws; here a wall clock
//! drives them, and their requests are bytes on a connection.
//!
//! ```text
//!   deadlines ──► Client ──Send──► a connection, kept or new ──HTTP──► the server
//!      ▲            ▲  │                     │
//!      └── next ────│──┤                     │ status, body, or how it broke
//!                   │  └──► Watch            ▼
//!                   └── Answered ◄── hearing: what a client makes of it
//! ```
//!
//! **Open loop.** When a client is due does not depend on how the server fares with the others. From
//! its intended time to its sending an attempt has the *lag* of the generator; latency is recorded
//! from both times, and [`Finished::fell_behind`] says when the difference is no longer negligible.
//!
//! **No retry but the client's own.** An attempt is one request, written once. Connections are kept
//! alive and used again, which real clients do; see `pool` for what happens when the server closes
//! one at the wrong moment. A client that gives up closes its connection; one that was answered puts it
//! by.
//!
//! **The end.** At the scenario's end the swarm stops at once, as the virtual engine does: attempts
//! under way are *unfinished*. When it is told to stop before, it begins no more attempts and waits for
//! those under way, for each until its answer or its client's own timeout, and for all of them no
//! longer than [`Bounds::drain`]: an interrupted run has a ledger without loose ends.
//!
//! **Exact where it can be.** With tokio's clock paused, pipes for connections and
//! [`TimeScale::EXACT`](super::TimeScale::EXACT), every instant is that of the virtual engine. So there are no timers here but
//! those of the clients, unless somebody waits for an answer without being a client, and the clock
//! is read through [`Clock`] alone.
//!
//! Everything runs on one thread, in a [`LocalSet`](tokio::task::LocalSet).

mod authorise;
mod clients;
mod connect;
mod connection;
mod credentials;
mod deadlines;
mod engine;
mod failed;
mod finished;
mod flights;
mod gauge;
mod hearing;
mod held;
mod partner;
mod pool;
mod progress;
mod recorder;
mod requests;
mod shared;
mod slot;
mod target;
mod tasks;
#[cfg(test)]
mod tests;
mod texts;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

pub use connect::{Connect, Tcp};
pub use credentials::{CredentialsError, read_credentials};
pub use failed::Failed;
pub use finished::{Connections, Finished, GeneratorFellBehind};
pub use progress::{Progress, Snapshot};
pub use recorder::Recorder;
pub use target::{Paths, Registered, Target, TargetError};
pub use texts::Texts;
pub use watch::{Concluded, Sent, Watch, as_seen};

use crate::base::{Seed, SimDuration, SimTime};
use crate::live::Clock;
use crate::live::grants::Killed;
use crate::world::{Stage, Swarm};
use engine::Engine;

/// What is to be driven.
#[derive(Debug)]
pub struct Drive<'a> {
    /// The arm's world: its apps, and whether its server heeds the use of access tokens.
    pub stage: Arc<Stage>,
    /// The orgs.
    pub swarm: &'a Swarm,
    /// Seed of all draws.
    pub seed: Seed,
    /// Which replication is played.
    pub replication: u32,
    /// The scenario's time.
    pub clock: Clock,
    /// When it ends.
    pub end: SimTime,
    /// Where the server is.
    pub target: Target,
    /// Unix time at the clock's start, in seconds: for the timestamps of OAuth 1.0a, which follow the
    /// wall clock from there.
    pub unix_s: u64,
    /// What each org holds at the start, by its number; empty for what our own server with this seed
    /// takes for `T0`.
    pub credentials: Vec<Texts>,
    /// Access tokens that die, where the server runs in this process.
    pub killed: Option<UnboundedReceiver<Killed>>,
    /// Limits of the generator.
    pub bounds: Bounds,
    /// Kept up to date.
    pub progress: Arc<Progress>,
}

/// Limits of the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections that are open at once. An attempt beyond waits for one, and its lag is counted.
    pub connections: usize,
    /// For how long a connection is kept that nobody uses, on the wall clock; for ever, if `None`.
    pub idle: Option<Duration>,
    /// For how long attempts under way are awaited when the swarm is told to stop, on the wall clock.
    pub drain: Duration,
    /// How long a call may take that no client has a timeout for: a person's, and the use of an access
    /// token. In the scenario's time; for ever, if `None`.
    pub patience: Option<SimDuration>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            // Half of what our own server accepts; clients without a timeout fill them in an incident.
            connections: 4_096,
            // Node and uvicorn close after 5 s, and most others later.
            idle: Some(Duration::from_secs(4)),
            drain: Duration::from_secs(10),
            patience: Some(SimDuration::from_mins(5)),
        }
    }
}

impl Bounds {
    /// The default number of connections, and no timers but the clients': for virtual clocks, which
    /// would jump to them.
    pub fn none() -> Self {
        Self { idle: None, patience: None, ..Self::default() }
    }
}

/// Why a swarm cannot be driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DriveError {
    /// Something about the target cannot be written into a request.
    #[error("{0} cannot be written into an HTTP request")]
    Unspeakable(&'static str),
    /// There are more orgs than credentials for them.
    #[error("{orgs} orgs cannot share {credentials} credentials")]
    TooFewCredentials {
        /// Credentials that were given.
        credentials: usize,
        /// Orgs of the swarm.
        orgs: u64,
    },
}

/// Drives a swarm until the scenario's end, or until `stop`. Call it within a
/// [`LocalSet`](tokio::task::LocalSet).
///
/// Ends at once when the system has no descriptor left for a connection, which
/// [`Connections::starved`] tells.
///
/// # Errors
/// [`DriveError`], before anything is sent.
pub async fn drive<C: Connect, W: Watch>(
    drive: Drive<'_>,
    connect: C,
    watch: W,
    stop: impl Future<Output = ()>,
) -> Result<Finished, DriveError> {
    let (clock, drain) = (drive.clock, drive.bounds.drain);
    let mut engine = Engine::new(drive, connect, watch)?;
    let gauge = engine.gauge();
    let interrupted = tokio::select! {
        biased;
        () = stop => true,
        // Whatever followed would be this machine's limit, and not the scenario.
        () = gauge.starvation() => return Ok(engine.finish(true)),
        () = engine.run() => false,
    };
    if interrupted {
        engine.drain();
        let limit = clock.now() + clock.scale().compress(drain);
        tokio::select! {
            biased;
            () = clock.sleep_until(limit) => {}
            () = engine.run() => {}
        }
    }
    Ok(engine.finish(interrupted))
}
