//! A connection to the server of the live engine, over a pipe in memory with the clock paused.
//!
//! Whatever comes in, the connection ends, and what went out are whole or deliberately broken HTTP/1
//! answers. The first byte says in which pieces the rest arrives and whether the client then hangs up.

use std::sync::Arc;

use amnesty::base::SimDuration;
use amnesty::live::door::Limits;
use amnesty::live::grants::{Grants, Setup};
use amnesty::live::server::{App, Settings, serve_pipe};
use amnesty::live::{Clock, Site, TimeScale};
use amnesty::measure::TimeGrid;
use amnesty::scenario::{Overrides, Plan, from_bytes};
use amnesty::world::{Stage, Swarm};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

/// A strict server that takes no time, an amnesty, and phases for the control interface.
const WORLD: &str = "
name: house
seed: 20180312
clock: { start: 2018-03-11T22:00:00Z, duration: 30d }
server:
  policy: { strict: { on_reuse: none } }
  access_token_ttl: 30m
  service_time: 0s
  amnesty: { from: 2018-03-31T22:00:00Z, for: 1d, scope: [bigco], reply: current_pair }
swarm:
  - { name: bigco, partners: 1, orgs_per_partner: 3, client: pyxero }
  - { name: small, partners: 2, orgs_per_partner: 1, client: pyxero }
incident:
  - phase: degraded
    from: 2018-03-21T22:00:00Z
    for: 1h
    response_lost: { probability: 100%, seen_as: silence }
  - phase: on-fire
    from: 2018-03-23T22:00:00Z
    for: 1h
    error: { probability: 25%, status: 503 }
    latency: { multiply: 3 }
";

thread_local! {
    static PLAN: Plan = {
        let plan = from_bytes("house.yaml", WORLD.as_bytes(), ".".as_ref(), &Overrides::default());
        plan.unwrap_or_else(|wrong| panic!("{}", wrong.render(false)))
    };
}

/// The memory of the world, by hand or by the clock.
pub(crate) fn site(by_hand: bool) -> Arc<Site> {
    PLAN.with(|plan| {
        let stage = Arc::new(Stage::new(plan.arms[0].world.clone()));
        let swarm = Swarm::of(plan.seed, stage.world()).expect("a small swarm");
        let setup = Setup {
            stage,
            seed: plan.seed,
            replication: 0,
            grid: TimeGrid::new(plan.duration, SimDuration::from_hours(1), None),
            keep: Some(1_000),
            by_hand,
        };
        Site::new(Grants::new(setup, &swarm), Clock::start(TimeScale::REAL))
    })
}

/// The bytes of a connection.
pub fn connection(bytes: &[u8]) -> bool {
    let Some((how, bytes)) = bytes.split_first() else { return false };
    let piece = 1 << (how & 15).min(12);
    let hangs_up = how & 16 != 0;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    let answered = tokio::task::LocalSet::new().block_on(&runtime, async {
        let app = App::new(site(false), &Settings::default());
        let (near, far) = duplex(1 << 12);
        let (mut reading, mut writing) = tokio::io::split(near);
        let limits = Limits::default();
        let client = async {
            let mut seen = Vec::new();
            let write = async {
                for piece in bytes.chunks(piece) {
                    // The server may have closed.
                    if writing.write_all(piece).await.is_err() {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
                if hangs_up {
                    writing.shutdown().await.ok();
                }
            };
            let read = reading.read_to_end(&mut seen);
            let (read, ()) = tokio::join!(read, write);
            read.ok();
            seen
        };
        // The deadlines of the server end it: time is paused and jumps to them.
        let ((), seen) = tokio::join!(serve_pipe(far, &app, &limits), client);
        seen
    });
    assert!(answered.is_empty() || answered.starts_with(b"HTTP/1."), "{answered:?}");
    // To a client of HTTP/1.0 it answers in kind.
    matches!(answered.get(9), Some(b'2' | b'3'))
}
