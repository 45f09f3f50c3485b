//! Both engines give every org the same fate: attempt by attempt, to the microsecond.
//!
//! The live engine runs here as it does in earnest, HTTP and all, but over pipes in memory and with
//! tokio's clock paused, a microsecond of the scenario to a millisecond of tokio's: every instant is
//! then exact, and only the order of events at *equal* instants is not that of the virtual engine.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use amnesty::base::{Probability, SimDuration, SimTime};
use amnesty::client::{Schedule as Timetable, Trigger};
use amnesty::fault::{Phase, Schedule as FaultSchedule};
use amnesty::live::door::Limits;
use amnesty::live::grants::{Grants, Setup};
use amnesty::live::server::{App, Settings, serve_pipe};
use amnesty::live::swarm::{Bounds, Connect, Drive, Target, drive};
use amnesty::live::{Clock, Closed, Site, TimeScale, own_client, own_paths};
use amnesty::measure::{OrgEnd, Sheet, TimeGrid};
use amnesty::protocol::Protocol;
use amnesty::sim::{self, Crowd};
use amnesty::station::{Discipline, Overflow, StationSpec};
use amnesty::world::{Entry, Ledger, Server, Stage, Swarm};
use proptest::prelude::*;
use tokio::io::DuplexStream;

use crate::meeting;
use crate::random::{END, Kind, amnesty, config, world};
use crate::support::World;

/// More than any request or answer, so that a pipe never holds anybody up.
const PIPE_BYTES: usize = 1 << 16;

/// Connections to a server in the same process.
struct Pipes(Rc<App>);

impl Connect for Pipes {
    type Io = DuplexStream;

    async fn connect(&self) -> io::Result<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        let app = Rc::clone(&self.0);
        tokio::task::spawn_local(async move { serve_pipe(theirs, &app, &Limits::none()).await });
        Ok(ours)
    }
}

/// How each org ends, every attempt, sorted, and what else both engines count alike.
type Fates = (Vec<OrgEnd>, Vec<Entry>, Counted);

fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|entry| (entry.org, entry.attempt));
    entries
}

/// Attempts that were not made because of a breaker, and the time without access of each org, each a
/// cohort of its own.
type Counted = (u64, Vec<u128>);

fn counted(sheet: &Sheet) -> Counted {
    let counts = || sheet.counts.iter();
    let absences = counts().map(|counts| counts.without_access.total_micros());
    (counts().map(|counts| counts.short_circuited).sum(), absences.collect())
}

fn grid(until: SimTime) -> TimeGrid {
    let duration = until.since(SimTime::ZERO);
    TimeGrid::new(duration, duration, None)
}

fn virtually(world: &World, stage: &Stage, swarm: &Swarm, until: SimTime) -> Fates {
    let cohorts = stage.world().cohorts.len();
    let mut sheet = Sheet::new(grid(until), cohorts, until.since(SimTime::ZERO));
    let mut entries = Vec::new();
    let mut ends = Vec::new();
    for org in swarm.range(0..swarm.orgs()) {
        let mut ledger = Ledger::new(org.number);
        let mut recorder = sheet.recorder(org.cohort);
        ends.push(sim::play(stage, &org, world.seed(), 0, &mut recorder, &mut ledger));
        entries.extend(ledger.into_entries());
    }
    (ends, sorted(entries), counted(&sheet))
}

async fn live(world: &World, stage: Arc<Stage>, swarm: &Swarm, until: SimTime) -> Arc<Site> {
    let setup = Setup {
        stage: Arc::clone(&stage),
        seed: world.seed(),
        replication: 0,
        grid: grid(until),
        keep: None,
        by_hand: false,
    };
    let site = Site::new(Grants::new(setup, swarm), Clock::start(TimeScale::EXACT));
    let (tell, killed) = tokio::sync::mpsc::unbounded_channel();
    site.grants().listen_to_swarm(tell);
    let protocol = stage.world().server.protocol;
    let paths = own_paths(protocol);
    let url = format!("http://server{}", paths.token);
    let mut target = Target::new(protocol, &url, own_client()).unwrap();
    target.paths = paths;
    let drive_it = Drive {
        stage: Arc::clone(&stage),
        swarm,
        seed: world.seed(),
        replication: 0,
        clock: *site.clock(),
        end: until,
        target,
        unix_s: 0,
        credentials: Vec::new(),
        killed: Some(killed),
        bounds: Bounds::none(),
        progress: Arc::default(),
    };
    let pipes = Pipes(Rc::new(App::new(Arc::clone(&site), &Settings::default())));
    drive(drive_it, pipes, Arc::clone(&site), std::future::pending()).await.unwrap();
    site
}

/// Plays a world in both engines; what each found.
fn both(world: &World, until: SimTime) -> (Fates, Fates) {
    let stage = Arc::new(Stage::new(world.spec(until)));
    let swarm = Swarm::of(world.seed(), stage.world()).unwrap();
    let ours = virtually(world, &stage, &swarm, until);
    let Closed { ends, sheet, entries, .. } = over_pipes(world, &stage, &swarm, until);
    (ours, (ends, sorted(entries), counted(&sheet)))
}

/// Plays a world in the live engine.
fn over_pipes(world: &World, stage: &Arc<Stage>, swarm: &Swarm, until: SimTime) -> Closed {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let local = tokio::task::LocalSet::new();
    let site = local.block_on(&runtime, live(world, Arc::clone(stage), swarm, until));
    // Connections hold the server's memory too.
    drop(local);
    site.into_grants().unwrap().finish(until)
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn both_engines_give_every_org_the_same_fate(
        world in world(Kind { single_flight: false, prompt: false, on_reuse: None }),
        amnesty in prop::option::of(amnesty(None)),
        protocol in prop_oneof![Just(Protocol::Oauth1a), Just(Protocol::Oauth2)],
    ) {
        let world = world.amnesty(amnesty).protocol(protocol);
        let ((ends, entries, untried), (live_ends, live_entries, live_untried)) = both(&world, END);
        // A world in which next to nothing happens proves nothing: it is drawn again.
        prop_assume!(entries.len() > 4);
        for (ours, theirs) in entries.iter().zip(&live_entries) {
            prop_assert_eq!(ours, theirs);
        }
        prop_assert_eq!(entries.len(), live_entries.len());
        prop_assert_eq!(ends, live_ends);
        prop_assert_eq!(untried, live_untried);
    }
}

/// A server where orgs meet: the first come is the first served, or turned away.
fn limited() -> impl Strategy<Value = Server> {
    let parts = (meeting::station(), meeting::admission(), meeting::background());
    parts.prop_map(|(station, admission, background)| Server {
        station: station.map(|spec| StationSpec {
            discipline: Discipline::Fifo,
            overflow: Overflow::Reject,
            cancel_on_disconnect: false,
            ..spec
        }),
        admission,
        background,
        ..World::new(0).spec(END).server
    })
}

proptest! {
    #![proptest_config(config(100))]

    /// Where orgs meet, they meet alike in both engines.
    #[test]
    fn both_engines_serve_a_crowd_alike(
        world in world(Kind { single_flight: false, prompt: false, on_reuse: None }),
        amnesty in prop::option::of(amnesty(None)),
        server in limited(),
        offsets in prop::collection::vec(any::<u32>(), 5),
    ) {
        let world = world.amnesty(amnesty);
        let mut spec = world.spec(END);
        spec.server = Server {
            station: server.station,
            admission: server.admission,
            background: server.background,
            ..spec.server
        };
        let once = spec.incident.phases().iter().cloned();
        let once = once.map(|phase| Phase { duplicate: Probability::NEVER, ..phase });
        spec.incident = FaultSchedule::new(once.collect());
        // Two orgs that come at one instant come in another order: each has a service time, a timeout
        // and a period of its own.
        for (cohort, offset) in spec.cohorts.iter_mut().zip(offsets) {
            cohort.partners = 2;
            let profile = &mut cohort.profile;
            let odd = |span: SimDuration| span + SimDuration::from_micros(u64::from(offset % 9_999));
            profile.timeout = profile.timeout.map(odd);
            if let Trigger::Periodic { every, schedule } = &mut profile.trigger {
                (*every, *schedule) = (odd(*every), Timetable::Spread);
            }
        }
        let stage = Arc::new(Stage::new(spec));
        prop_assert!(stage.world().tells_at_once());
        let swarm = Swarm::of(world.seed(), stage.world()).unwrap();
        let sheet = Sheet::new(grid(END), stage.world().cohorts.len(), stage.world().duration);
        let orgs = swarm.range(0..swarm.orgs());
        let mut crowd = Crowd::new(&stage, orgs, (world.seed(), 0), sheet);
        crowd.play(&stage, END);
        let met = crowd.finish(&stage);
        let live = over_pipes(&world, &stage, &swarm, END);
        prop_assert_eq!(&live.ends, &met.ends);
        // The server hears that an app has stopped, or goes on, with its next attempt: how long orgs were
        // disconnected is not compared.
        let counted = |sheet: &Sheet| {
            let counts = sheet.counts.iter();
            let counts = counts.map(|it| (it.sent, it.ended, it.committed_and_lost, it.became));
            counts.collect::<Vec<_>>()
        };
        prop_assert_eq!(counted(&live.sheet), counted(&met.sheet));
        prop_assert_eq!(&live.sheet.series, &met.sheet.series);
        if let Some(load) = &live.load {
            prop_assert_eq!(load, &met.load);
        }
    }
}

/// The comparison is not blind: another seed gives other fates.
#[test]
fn a_difference_is_seen() {
    let until = crate::support::hours(30);
    let lossy = |seed| {
        World::new(seed).orgs(5).phase(SimTime::ZERO, until, |phase| {
            phase.response_lost = crate::support::lost(0.3, amnesty::fault::SeenAs::Reset);
        })
    };
    let ((_, ours, _), (_, theirs, _)) = both(&lossy(1), until);
    assert_eq!(ours, theirs);
    let ((_, other, _), _) = both(&lossy(2), until);
    assert_ne!(ours, other);
}
