//! A server in a test: a small world, its memory, and the thread that serves it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use amnesty::base::{SimDuration, SimTime};
use amnesty::live::grants::{Grants, Order, Setup};
use amnesty::live::server::{Meters, Server, Settings};
use amnesty::live::{Clock, Site, TimeScale};
use amnesty::measure::TimeGrid;
use amnesty::protocol::{Generation, Named, TokenCodec, TokenKind};
use amnesty::scenario::{Overrides, from_bytes};
use amnesty::world::{Entry, Stage, Swarm};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::client::{Asked, Got, Line};

/// Two cohorts of two orgs, a strict server that takes no time, and nothing goes wrong.
const WORLD: &str = "
name: house
seed: 11
clock: { start: 2018-03-11T22:00:00Z, duration: 30d }
server:
  policy: strict
  access_token_ttl: 30m
  old_access_token: killed_at_rotation
  service_time: 0s
swarm:
  - { name: bigco, partners: 1, orgs_per_partner: 2, client: xero-node-v2 }
  - { name: small, partners: 2, orgs_per_partner: 1, client: xero-node-v2 }
";

/// A server that is served while a test runs.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) site: Arc<Site>,
    pub(crate) meters: Arc<Meters>,
    pub(crate) address: SocketAddr,
    codec: TokenCodec,
}

/// What a house is built of.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    sets: Vec<String>,
    settings: Settings,
    scale: Option<&'static str>,
}

impl Plan {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Changes the world, as `--set` does.
    pub(crate) fn set(mut self, change: impl Into<String>) -> Self {
        self.sets.push(change.into());
        self
    }

    pub(crate) fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// How fast the scenario's time runs.
    pub(crate) fn scale(mut self, scale: &'static str) -> Self {
        self.scale = Some(scale);
        self
    }

    /// Its memory, without a server.
    pub(crate) fn site(&self) -> Arc<Site> {
        let overrides = Overrides { sets: self.sets.clone(), ..Overrides::default() };
        let plan = from_bytes("house.yaml", WORLD.as_bytes(), Path::new("."), &overrides);
        let plan = plan.unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let stage = Arc::new(Stage::new(plan.arms[0].world.clone()));
        let cohorts = &stage.world().cohorts;
        let sizes = cohorts.iter().map(|cohort| (cohort.partners, &cohort.orgs_per_partner));
        let swarm = Swarm::draw(plan.seed, sizes).unwrap();
        let grid = TimeGrid::new(plan.duration, SimDuration::from_hours(1), None);
        let setup = Setup {
            stage: Arc::clone(&stage),
            seed: plan.seed,
            replication: 0,
            grid,
            keep: None,
            by_hand: false,
        };
        let scale = self.scale.map_or(TimeScale::REAL, |scale| scale.parse().unwrap());
        Site::new(Grants::new(setup, &swarm), Clock::start(scale))
    }

    /// Serves while `test` runs, all on one thread.
    pub(crate) fn visit<F: Future<Output = ()>>(self, test: impl FnOnce(House) -> F) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let site = self.site();
            let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let server = Server::bind(anywhere, Arc::clone(&site), &self.settings).await.unwrap();
            let (meters, address) = (Arc::clone(server.meters()), server.local_addr());
            let (stop, stopped) = oneshot::channel::<()>();
            let serving = tokio::task::spawn_local(server.run(async {
                stopped.await.ok();
            }));
            let codec = site.grants().codec();
            test(House { site, meters, address, codec }).await;
            stop.send(()).unwrap();
            assert_eq!(serving.await.unwrap(), 0, "no connection is left");
        });
    }
}

impl House {
    pub(crate) async fn line(&self) -> Line {
        Line::to(self.address).await
    }

    /// Asks on a connection of its own.
    pub(crate) async fn ask(&self, asked: &Asked) -> Got {
        self.line().await.ask(asked).await
    }

    /// Asks for the headers only, and gives the status.
    pub(crate) async fn ask_head(&self, asked: &Asked) -> u16 {
        self.line().await.ask_head(asked).await
    }

    pub(crate) fn token(&self, kind: TokenKind, org: u32, family: u16, generation: u32) -> String {
        self.codec.token(named(kind, org, family, generation))
    }

    pub(crate) const fn codec(&self) -> TokenCodec {
        self.codec
    }

    /// A refresh of OAuth 2.0 with a generation of the first family.
    pub(crate) fn refresh(&self, org: u32, generation: u32) -> Asked {
        self.refresh_of((org, 0), generation)
    }

    pub(crate) fn refresh_of(&self, (org, family): (u32, u16), generation: u32) -> Asked {
        refresh(&self.token(TokenKind::Refresh, org, family, generation))
    }

    /// A renewal of OAuth 1.0a, unsigned.
    pub(crate) fn renewal(&self, org: u32, generation: u32) -> Asked {
        let token = self.token(TokenKind::Access, org, 0, generation);
        let handle = self.codec.handle(org, 0);
        Asked::post(
            "/oauth/AccessToken",
            format!("oauth_token={token}&oauth_session_handle={handle}"),
        )
    }

    /// The next refreshes of an org meet this.
    pub(crate) fn order(&self, org: u32, order: Order) {
        self.site.grants().order(org, order, 1).unwrap();
    }

    /// Waits until so many lines of the ledger are done, asking for something else meanwhile.
    pub(crate) async fn settle(&self, lines: u64) {
        let mut line = self.line().await;
        for _ in 0..10_000 {
            if self.site.grants().pages().written() >= lines {
                return;
            }
            line.ask(&Asked::get("/nothing")).await;
        }
        panic!("{lines} lines of the ledger are never done");
    }

    /// Lets the scenario's time pass, asking for something else meanwhile.
    pub(crate) async fn wait_until(&self, at: SimTime) {
        let mut line = self.line().await;
        while self.site.now() < at {
            line.ask(&Asked::get("/nothing")).await;
        }
    }

    /// The newest generation that the server issued to an org.
    pub(crate) fn newest(&self, org: usize) -> u32 {
        self.site.grants().holders()[org].account().grant().newest().0
    }

    /// The last line of the ledger that is done.
    #[track_caller]
    pub(crate) fn last_line(&self) -> Entry {
        self.site.grants().pages().done().next_back().expect("a line").clone()
    }
}

/// A token by its meaning.
pub(crate) const fn named(kind: TokenKind, org: u32, family: u16, generation: u32) -> Named {
    Named { kind, org, family, generation: Generation(generation) }
}

/// A refresh of OAuth 2.0.
pub(crate) fn refresh(token: &str) -> Asked {
    let form = format!("grant_type=refresh_token&refresh_token={token}&client_id=app");
    Asked::post("/connect/token", form)
}
