//! One arm and replication of a plan, played on this machine: the server on one thread, the swarm on
//! another, and loopback sockets between them.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::LocalSet;

use super::clock::{Clock, TimeScale};
use super::door::Limits;
use super::grants::Closed;
use super::host::{Host, HostError, HostSettings};
use super::server;
use super::swarm::{
    Bounds, Connect as _, Drive, Finished, Paths, Progress, Recorder, Registered, Snapshot, Target,
    Tcp, Texts, drive,
};
use crate::base::Seed;
use crate::client::Concurrency;
use crate::measure::{Load, OrgEnd, Sheet, TimeGrid};
use crate::protocol::Protocol;
use crate::world::{Entry, RowTeller, Stage, Swarm, World};

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
    /// Where the rows of the ledger are told as they are done, if anywhere.
    pub rows: Option<RowTeller>,
    /// Lines of the ledger that are kept: the last so many, or all.
    pub keep: Option<usize>,
}

/// Descriptors beside those of connections: files, pipes, the event queues, a margin.
const DESCRIPTORS_BESIDE: usize = 64;

/// Descriptors that playing a world takes at most, with so many connections at most: one for each attempt
/// under way and one an org for the call of a person or for data. Where the server is ours, it has as many,
/// and as many again that the client has closed and that are still being worked on.
pub fn descriptors(
    world: &World,
    swarm: &Swarm,
    connections: usize,
    server_is_ours: bool,
) -> usize {
    let of_org = |cohort: usize| match world.cohorts.get(cohort).map(|of| of.profile.concurrency) {
        Some(Concurrency::Racing { workers, .. }) => usize::from(workers) + 1,
        Some(Concurrency::SingleFlight) | None => 2,
    };
    let orgs = swarm.range(0..swarm.orgs());
    let at_once = orgs.fold(0_usize, |sum, org| sum.saturating_add(of_org(org.cohort)));
    let ends = if server_is_ours { 3 } else { 1 };
    at_once.min(connections).saturating_mul(ends).saturating_add(DESCRIPTORS_BESIDE)
}

/// The most connections that so many descriptors are enough for.
pub fn connections_with(descriptors: usize, server_is_ours: bool) -> usize {
    descriptors.saturating_sub(DESCRIPTORS_BESIDE) / if server_is_ours { 3 } else { 1 }
}

/// What a live run found.
#[derive(Debug)]
pub struct Played {
    /// How each org ended, by number.
    pub ends: Vec<OrgEnd>,
    /// What was counted.
    pub sheet: Sheet,
    /// The lines of the ledger that were kept.
    pub entries: Vec<Entry>,
    /// What the server's station bore, if orgs meet there and it is ours.
    pub load: Option<Load>,
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
    /// There is no server at this place.
    #[error("reach a server at {0}")]
    Nowhere(String, #[source] io::Error),
    /// The system gave no descriptor for a connection while the run was under way: what it found would be
    /// this machine's limit, and not the scenario.
    #[error(
        "open a connection: this process or the system ran out of descriptors during the run, so \
         nothing it found would be the scenario's doing; raise the limit (`ulimit -n`), or hold fewer \
         connections (`--connections`)"
    )]
    Starved,
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
        keep: part.keep,
        rows: part.rows.clone(),
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
        unix_s: unix_s(),
        credentials: Vec::new(),
        killed: Some(killed),
        bounds: Bounds { connections: part.connections, ..Bounds::default() },
        progress: Arc::clone(&progress),
    };
    let watch = Arc::clone(host.site());
    let runtime = Builder::new_current_thread().enable_all().build().map_err(PlayError::Swarm)?;
    let local = LocalSet::new();
    let watching = watching(stop, &progress, beat);
    let swarm = local.block_on(&runtime, drive(driven, Tcp(host.address()), watch, watching));
    // What is left of the attempts that were given up ends with the swarm.
    drop(local);
    drop(runtime);
    let swarm = swarm.map_err(|error| PlayError::Swarm(io::Error::other(error)))?;
    if swarm.connections.starved > 0 || host.meters().not_accepted() > 0 {
        return Err(PlayError::Starved);
    }
    let end = if swarm.interrupted { swarm.ended_at } else { part.stage.end() };
    let closed = host.close(Some(end)).ok_or_else(still_held)?;
    let Closed { ends, sheet, entries, load } = closed;
    Ok(Played { ends, sheet, entries, load, swarm })
}

/// A server elsewhere, and what the swarm holds there at first.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// Where its endpoints are.
    pub target: Target,
    /// What each org holds, by its number; empty where the server is one of ours that serves the same
    /// scenario with the same seed.
    pub credentials: Vec<Texts>,
}

/// Drives the swarm of a part against a server elsewhere, until the scenario's end or until `stop` is
/// set. Only the clients' side of each attempt is known.
///
/// # Errors
/// [`PlayError::Nowhere`] if the server's name cannot be resolved, or nothing listens there.
pub fn play_elsewhere(
    part: &Part<'_>,
    elsewhere: &Elsewhere,
    stop: &AtomicBool,
    beat: &dyn Fn(&Snapshot),
) -> Result<Played, PlayError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(PlayError::Swarm)?;
    let connect = runtime.block_on(reach(&elsewhere.target))?;
    let recorder = Recorder::new(&part.stage, part.swarm, part.grid.clone(), part.keep);
    recorder.tell_rows(part.rows.clone());
    let recorder = Rc::new(recorder);
    let progress = Arc::new(Progress::default());
    let driven = Drive {
        stage: Arc::clone(&part.stage),
        swarm: part.swarm,
        seed: part.seed,
        replication: part.replication,
        clock: Clock::start(part.scale),
        end: part.stage.end(),
        target: elsewhere.target.clone(),
        unix_s: unix_s(),
        credentials: elsewhere.credentials.clone(),
        killed: None,
        bounds: Bounds { connections: part.connections, ..Bounds::default() },
        progress: Arc::clone(&progress),
    };
    let local = LocalSet::new();
    let watch = Rc::clone(&recorder);
    let watching = watching(stop, &progress, beat);
    let swarm = local.block_on(&runtime, drive(driven, connect, watch, watching));
    drop(local);
    drop(runtime);
    let swarm = swarm.map_err(|error| PlayError::Swarm(io::Error::other(error)))?;
    if swarm.connections.starved > 0 {
        return Err(PlayError::Starved);
    }
    let end = if swarm.interrupted { swarm.ended_at } else { part.stage.end() };
    let recorder = Rc::into_inner(recorder).ok_or_else(still_held)?;
    let (ends, sheet, entries) = recorder.finish(end);
    Ok(Played { ends, sheet, entries, load: None, swarm })
}

/// A server that listens. Without one every attempt would be reset, and a run would find that nobody was
/// ever disconnected.
async fn reach(target: &Target) -> Result<Tcp, PlayError> {
    let nowhere = |error| {
        let (host, port) = target.host_and_port();
        PlayError::Nowhere(format!("{host}:{port}"), error)
    };
    let connect = Tcp::resolve(target).await.map_err(nowhere)?;
    connect.connect().await.map(drop).map_err(nowhere)?;
    Ok(connect)
}

/// Tells how it goes until it should stop.
async fn watching(stop: &AtomicBool, progress: &Progress, beat: &dyn Fn(&Snapshot)) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(BEAT).await;
        beat(&progress.snapshot());
    }
}

fn unix_s() -> u64 {
    u64::try_from(Clock::calendar().as_second()).unwrap_or(0)
}

fn still_held() -> PlayError {
    PlayError::Swarm(io::Error::other("somebody else still holds what was found"))
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
