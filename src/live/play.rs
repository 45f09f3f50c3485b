//! One arm and replication of a plan, played on this machine: the server on one thread, the swarm on
//! another, and loopback sockets between them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::LocalSet;

use super::clock::TimeScale;
use super::door::Limits;
use super::host::{Host, HostError, HostSettings};
use super::server;
use super::swarm::{
    Bounds, Drive, Finished, Paths, Progress, Registered, Snapshot, Target, Tcp, drive,
};
use crate::base::Seed;
use crate::measure::{OrgEnd, Sheet, TimeGrid};
use crate::protocol::Protocol;
use crate::world::{Entry, Stage, Swarm};

/// How often progress is told, and whether the run should stop is asked.
const BEAT: Duration = Duration::from_millis(200);

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
    /// How the generator fared.
    pub swarm: Finished,
}

/// Why a part could not be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The server did not start.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The swarm did not start.
    #[error("start the swarm")]
    Swarm(#[source] io::Error),
}

/// Plays a part from its beginning to its end, or until `stop` is set: then no attempt begins any more,
/// and those under way are waited for. `beat` is told how it goes, several times a second.
///
/// # Errors
/// [`PlayError`]
pub fn play(
    part: &Part<'_>,
    stop: &AtomicBool,
    beat: &dyn Fn(&Snapshot),
) -> Result<Played, PlayError> {
    let limits = Limits {
        keep_alive: part.keep_alive,
        // The swarm is no stranger: as many connections as it holds, and some that are closing.
        max_connections: part.connections * 2,
        ..Limits::default()
    };
    let settings = HostSettings {
        control: None,
        server: server::Settings { limits, ..server::Settings::default() },
        scale: part.scale,
        keep: None,
        ..HostSettings::default()
    };
    let replication = (part.seed, part.replication);
    let host = Host::open(&part.stage, part.swarm, replication, part.grid.clone(), &settings)?;
    let (tell, killed) = unbounded_channel();
    host.site().grants().listen_to_swarm(tell);
    let progress = Arc::new(Progress::default());
    let protocol = part.stage.world().server.protocol;
    let driven = Drive {
        stage: Arc::clone(&part.stage),
        swarm: part.swarm,
        seed: part.seed,
        replication: part.replication,
        clock: *host.site().clock(),
        end: part.stage.end(),
        target: own_target(protocol, &host.address().to_string()),
        unix_s: 0,
        credentials: Vec::new(),
        killed: Some(killed),
        bounds: Bounds { connections: part.connections, ..Bounds::default() },
        progress: Arc::clone(&progress),
    };
    let watch = Arc::clone(host.site());
    let runtime = Builder::new_current_thread().enable_all().build().map_err(PlayError::Swarm)?;
    let local = LocalSet::new();
    let swarm = local.block_on(&runtime, async {
        let watching = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(BEAT).await;
                beat(&progress.snapshot());
            }
        };
        drive(driven, Tcp(host.address()), watch, watching).await
    });
    // What is left of the attempts that were given up ends with the swarm.
    drop(local);
    drop(runtime);
    let swarm = swarm.map_err(|error| PlayError::Swarm(io::Error::other(error)))?;
    let end = if swarm.interrupted { swarm.ended_at } else { part.stage.end() };
    let closed = host.close(Some(end)).ok_or_else(|| {
        PlayError::Swarm(io::Error::other("somebody else still holds the server's memory"))
    })?;
    Ok(Played { ends: closed.ends, sheet: closed.sheet, entries: closed.entries, swarm })
}

/// Our own server, as the swarm knows it.
pub(super) fn own_target(protocol: Protocol, address: &str) -> Target {
    let paths = own_paths(protocol);
    let client = own_client();
    let url = format!("http://{address}{}", paths.token);
    let mut target = match Target::new(protocol, &url, client) {
        Ok(target) => target,
        Err(error) => unreachable!("an address makes a URL: {error}"),
    };
    target.paths = paths;
    target
}

/// Where our own server's endpoints are.
pub fn own_paths(protocol: Protocol) -> Paths {
    let (token, authorize) = match protocol {
        Protocol::Oauth1a => ("/oauth/AccessToken", "/oauth/Authorize"),
        Protocol::Oauth2 => ("/connect/token", "/connect/authorize"),
    };
    Paths {
        token: token.to_owned(),
        authorize: authorize.to_owned(),
        request_token: "/oauth/RequestToken".to_owned(),
        resource: "/api/organisation".to_owned(),
    }
}

/// Who the swarm says it is, where nobody asks for proof.
pub fn own_client() -> Registered {
    Registered {
        id: "amnesty".to_owned(),
        secret: "amnesty".to_owned(),
        redirect_uri: "http://127.0.0.1/back".to_owned(),
    }
}
