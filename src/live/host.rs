//! A server with its ports on a thread of its own, for a command, a test or a live run to hold.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::clock::{Clock, TimeScale};
use super::control::{self, Control};
use super::grants::{Closed, Grants, Setup};
use super::server::{self, Meters, Server};
use super::site::Site;
use crate::base::{Seed, SimTime};
use crate::measure::TimeGrid;
use crate::world::{RowTeller, Scene, Stage, Swarm, SwarmTooLarge};

/// How a scenario is served.
#[derive(Debug, Clone)]
pub struct HostSettings {
    /// Where clients meet the server.
    pub listen: SocketAddr,
    /// Where the control port listens; `None` for none.
    pub control: Option<SocketAddr>,
    /// What the control port tells, and the token that guards it; it learns by itself where the server is.
    pub control_settings: control::Settings,
    /// The server's own settings; it learns by itself what the calendar says.
    pub server: server::Settings,
    /// How much faster than the wall clock the incident runs.
    pub scale: TimeScale,
    /// Whether phases and the amnesty wait for somebody to start them.
    pub by_hand: bool,
    /// Ledger lines to keep: the last so many, or all.
    pub keep: Option<usize>,
    /// Where the rows of the ledger are told as they are done, if anywhere.
    pub rows: Option<RowTeller>,
}

impl Default for HostSettings {
    /// Free ports on loopback, the wall clock's time, and the last 10,000 lines of the ledger.
    fn default() -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen: loopback,
            control: Some(loopback),
            control_settings: control::Settings::default(),
            server: server::Settings::default(),
            scale: TimeScale::REAL,
            by_hand: false,
            keep: Some(10_000),
            rows: None,
        }
    }
}

/// Why a scenario cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// Too many orgs.
    #[error(transparent)]
    SwarmTooLarge(#[from] SwarmTooLarge),
    /// A port cannot be had.
    #[error("listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The thread or its runtime cannot be had.
    #[error("start the server's thread")]
    Thread(#[source] io::Error),
}

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Host {
    site: Arc<Site>,
    address: SocketAddr,
    control: Option<SocketAddr>,
    meters: Arc<Meters>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// The two ports and what the server counts, or why one of them cannot be had.
type Opened = Result<(SocketAddr, Option<SocketAddr>, Arc<Meters>), HostError>;

impl Host {
    /// Serves the first arm of a scenario, from the scenario's start.
    ///
    /// # Errors
    /// [`HostError`]
    pub fn start(scene: &impl Scene, settings: &HostSettings) -> Result<Self, HostError> {
        let world = scene.world().clone();
        let swarm = Swarm::of(scene.seed(), &world)?;
        // One bin: what a server leaves behind is counted in all.
        let grid = TimeGrid::new(world.duration, world.duration, None);
        let stage = Arc::new(Stage::new(world));
        Self::open(&stage, &swarm, (scene.seed(), 0), grid, settings)
    }

    /// Serves one arm's world in one replication.
    ///
    /// # Errors
    /// [`HostError`]
    pub fn open(
        stage: &Arc<Stage>,
        swarm: &Swarm,
        (seed, replication): (Seed, u32),
        grid: TimeGrid,
        settings: &HostSettings,
    ) -> Result<Self, HostError> {
        let setup = Setup {
            stage: Arc::clone(stage),
            seed,
            replication,
            grid,
            keep: settings.keep,
            by_hand: settings.by_hand,
        };
        let mut grants = Grants::new(setup, swarm);
        if let Some(rows) = &settings.rows {
            grants.tell_rows(rows.clone());
        }
        let site = Site::new(grants, Clock::start(settings.scale));
        let (stop, stopped) = watch::channel(false);
        let (tell, opened) = mpsc::sync_channel::<Opened>(1);
        let (its_site, mut its_settings) = (Arc::clone(&site), settings.clone());
        its_settings.server.opened_at.get_or_insert_with(Clock::calendar);
        let thread =
            std::thread::Builder::new().name("amnesty-server".to_owned()).spawn(move || {
                let Some(runtime) =
                    heard(&tell, Builder::new_current_thread().enable_all().build())
                else {
                    return;
                };
                LocalSet::new().block_on(&runtime, run(its_site, its_settings, stopped, tell));
            });
        let thread = thread.map_err(HostError::Thread)?;
        // The thread tells before it does anything else; it cannot end without.
        let gone = || HostError::Thread(io::Error::from(io::ErrorKind::BrokenPipe));
        let (address, control, meters) = opened.recv().map_err(|_| gone())??;
        Ok(Self { site, address, control, meters, stop, thread: Some(thread) })
    }

    /// Where clients meet it.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its control port is, if it has one.
    pub const fn control(&self) -> Option<SocketAddr> {
        self.control
    }

    /// What it counts.
    pub const fn meters(&self) -> &Arc<Meters> {
        &self.meters
    }

    /// Its memory and its clock.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// Ends it: no new requests, those under way to their end. What it leaves behind, as of `end` in
    /// the scenario's time, or of now.
    pub fn close(mut self, end: Option<SimTime>) -> Option<Closed> {
        self.end();
        let site = Arc::clone(&self.site);
        let end = end.unwrap_or_else(|| site.now());
        drop(self);
        Some(site.into_grants().ok()?.finish(end))
    }

    fn end(&mut self) {
        // Without receivers the thread has ended already.
        self.stop.send(true).ok();
        if let Some(thread) = self.thread.take() {
            // A panic on it has ended the program, or a test has seen it.
            thread.join().ok();
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}

/// A result that was told, if it was an error.
fn heard<T>(tell: &mpsc::SyncSender<Opened>, built: io::Result<T>) -> Option<T> {
    match built {
        Ok(built) => Some(built),
        Err(error) => {
            // Whoever asked has gone.
            tell.send(Err(HostError::Thread(error))).ok();
            None
        }
    }
}

/// Opens the ports, tells where they are, and serves until told to stop.
async fn run(
    site: Arc<Site>,
    settings: HostSettings,
    stopped: watch::Receiver<bool>,
    tell: mpsc::SyncSender<Opened>,
) {
    let (server, control) = match bind(site, settings).await {
        Ok(bound) => bound,
        Err(error) => {
            // Whoever asked has gone.
            tell.send(Err(error)).ok();
            return;
        }
    };
    let meters = Arc::clone(server.meters());
    tell.send(Ok((server.local_addr(), control.as_ref().map(Control::local_addr), meters))).ok();
    let stop = |mut stopped: watch::Receiver<bool>| async move {
        // A sender that is gone stops it, too.
        stopped.wait_for(|stop| *stop).await.ok();
    };
    let controlled = async {
        if let Some(control) = control {
            control.run(stop(stopped.clone())).await;
        }
    };
    tokio::join!(server.run(stop(stopped.clone())), controlled);
}

async fn bind(
    site: Arc<Site>,
    settings: HostSettings,
) -> Result<(Server, Option<Control>), HostError> {
    let failed = |address| move |error| HostError::Listen(address, error);
    let HostSettings { listen, control, mut control_settings, server, .. } = settings;
    let verified = !server.registrations.is_empty();
    let server = Server::bind(listen, Arc::clone(&site), &server).await.map_err(failed(listen))?;
    control_settings.server = Some(server.local_addr());
    control_settings.meters = Some(Arc::clone(server.meters()));
    control_settings.verified = verified;
    let control = match control {
        Some(address) => {
            let control = Control::bind(address, site, control_settings).await;
            Some(control.map_err(failed(address))?)
        }
        None => None,
    };
    Ok((server, control))
}
