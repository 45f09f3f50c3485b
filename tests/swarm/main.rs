//! The swarm against the real server, over pipes and on a clock that jumps: every attempt must go as it
//! goes in the virtual engine, to the microsecond.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is wrong")]

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use amnesty::client::AttemptId;
use amnesty::live::door::Limits;
use amnesty::live::grants::{Grants, Setup};
use amnesty::live::server::{App, Settings, serve_pipe};
use amnesty::live::swarm::{Bounds, Connect, Drive, Finished, Progress, Registered, Target, drive};
use amnesty::live::{Clock, Closed, Site, TimeScale};
use amnesty::measure::{OrgEnd, Sheet, TimeGrid};
use amnesty::protocol::oauth1::Registration;
use amnesty::scenario::{Overrides, Plan, from_bytes};
use amnesty::sim;
use amnesty::world::{Entry, Ledger, Stage, Swarm};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::{LocalSet, spawn_local};

const SCENARIO: &str = include_str!("scenario.yaml");

/// What an engine found.
struct Found {
    entries: BTreeMap<(u64, AttemptId), Entry>,
    ends: Vec<OrgEnd>,
    sheet: Sheet,
}

/// Pipes into the server.
struct Pipes {
    app: Rc<App>,
    limits: Limits,
}

impl Connect for Pipes {
    type Io = DuplexStream;

    async fn connect(&self) -> io::Result<DuplexStream> {
        let (ours, theirs) = duplex(64 << 10);
        let (app, limits) = (Rc::clone(&self.app), self.limits);
        spawn_local(async move { serve_pipe(theirs, &app, &limits).await });
        Ok(ours)
    }
}

fn plan() -> Plan {
    let (name, none) = ("scenario.yaml", Overrides::default());
    let plan = from_bytes(name, SCENARIO.as_bytes(), Path::new("."), &none);
    plan.unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

fn swarm(plan: &Plan, stage: &Stage) -> Swarm {
    let cohorts = &stage.world().cohorts;
    let sizes = cohorts.iter().map(|cohort| (cohort.partners, &cohort.orgs_per_partner));
    Swarm::draw(plan.seed, sizes).unwrap()
}

fn grid(plan: &Plan) -> TimeGrid {
    TimeGrid::new(plan.duration, plan.duration, None)
}

fn by_name(entries: Vec<Entry>) -> BTreeMap<(u64, AttemptId), Entry> {
    entries.into_iter().map(|entry| ((entry.org, entry.attempt), entry)).collect()
}

/// In virtual time.
fn simulated(plan: &Plan, stage: &Stage) -> Found {
    let swarm = swarm(plan, stage);
    let mut sheet = Sheet::new(grid(plan), stage.world().cohorts.len(), plan.duration);
    let (mut ends, mut entries) = (Vec::new(), Vec::new());
    for org in swarm.range(0..swarm.orgs()) {
        let mut ledger = Ledger::new(org.number);
        let mut recorder = sheet.recorder(org.cohort);
        ends.push(sim::play(stage, &org, plan.seed, 0, &mut recorder, &mut ledger));
        entries.extend(ledger.into_entries());
    }
    Found { entries: by_name(entries), ends, sheet }
}

/// Over HTTP.
fn driven(plan: &Plan, stage: &Arc<Stage>) -> (Found, Finished) {
    let swarm = swarm(plan, stage);
    let setup = Setup {
        stage: Arc::clone(stage),
        seed: plan.seed,
        replication: 0,
        grid: grid(plan),
        keep: None,
        by_hand: false,
    };
    let mut grants = Grants::new(setup, &swarm);
    let (sender, killed) = unbounded_channel();
    grants.listen_to_swarm(sender);
    let client = Registered {
        id: "app".to_owned(),
        secret: "secret".to_owned(),
        redirect_uri: "http://localhost/back".to_owned(),
    };
    let registration =
        Registration { key: client.id.clone(), secret: Some(client.secret.clone()), rsa: None };
    let settings = Settings {
        limits: Limits::none(),
        registrations: vec![registration],
        opened_at: Some(plan.start),
        ..Settings::default()
    };
    let protocol = stage.world().server.protocol;
    let path = if protocol == amnesty::protocol::Protocol::Oauth2 {
        "connect/token"
    } else {
        "oauth/AccessToken"
    };
    let target = Target::new(protocol, &format!("http://127.0.0.1:80/{path}"), client).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let (site, finished) = LocalSet::new().block_on(&runtime, async {
        let clock = Clock::start(TimeScale::EXACT);
        let site = Site::new(grants, clock);
        let app = Rc::new(App::new(Arc::clone(&site), &settings));
        let driven = Drive {
            stage: Arc::clone(stage),
            swarm: &swarm,
            seed: plan.seed,
            replication: 0,
            clock,
            end: stage.end(),
            target,
            unix_s: u64::try_from(plan.start.as_second()).unwrap(),
            credentials: Vec::new(),
            killed: Some(killed),
            bounds: Bounds { connections: 100_000, ..Bounds::none() },
            progress: Arc::new(Progress::default()),
        };
        let connect = Pipes { app, limits: Limits::none() };
        let finished = drive(driven, connect, Arc::clone(&site), std::future::pending());
        let finished = finished.await.unwrap();
        (site, finished)
    });
    drop(runtime);
    let grants = site.into_grants().unwrap_or_else(|_| panic!("somebody still has the site"));
    let Closed { ends, sheet, entries, .. } = grants.finish(stage.end());
    (Found { entries: by_name(entries), ends, sheet }, finished)
}

#[test]
fn every_attempt_goes_as_in_virtual_time() {
    let plan = plan();
    let mut ended = [0; 9];
    let (mut uses, mut authorised, mut reused) = (0, 0, false);
    for arm in &plan.arms {
        let stage = Arc::new(Stage::new(arm.world.clone()));
        let virtually = simulated(&plan, &stage);
        let (really, finished) = driven(&plan, &stage);
        for (name, entry) in &virtually.entries {
            assert_eq!(really.entries.get(name), Some(entry), "{}", arm.name);
        }
        assert_eq!(really.entries.len(), virtually.entries.len(), "{}", arm.name);
        assert_eq!(really.ends, virtually.ends, "{}", arm.name);
        assert_eq!(really.sheet.counts, virtually.sheet.counts, "{}", arm.name);
        let counts = &virtually.sheet.counts;
        assert_eq!(finished.sent, counts.iter().map(|counts| counts.sent).sum::<u64>());
        assert_eq!((finished.unsent, finished.odd, finished.lag.max()), (0, 0, 0));
        assert!(finished.fell_behind().is_none());
        for counts in counts {
            ended.iter_mut().zip(counts.ended).for_each(|(sum, count)| *sum += count);
        }
        uses += finished.uses;
        authorised += finished.authorised;
        reused |= finished.connections.opened < finished.sent / 2;
    }
    // Something of everything must have happened for this to mean anything.
    assert!(ended[..8].iter().all(|count| *count > 0), "{ended:?}");
    assert!(uses > 0 && authorised > 0 && reused);
}
