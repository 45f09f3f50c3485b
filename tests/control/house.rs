//! A small world with a control interface, and clients that refresh when a test says so.

use std::path::Path;
use std::sync::Arc;

use amnesty::base::{SimDuration, SimTime};
use amnesty::live::control::{Api, Ask, Settings};
use amnesty::live::grants::{Grants, Presented, Setup};
use amnesty::live::{Clock, Site, TimeScale};
use amnesty::measure::TimeGrid;
use amnesty::protocol::{Answer, Generation};
use amnesty::scenario::{Overrides, from_bytes};
use amnesty::world::{Sight, Stage, Swarm};
use serde_json::Value as Json;

/// Two cohorts, a strict server that takes no time, an amnesty for one of the cohorts, and two phases.
const WORLD: &str = "
name: house
about: A world for tests.
seed: 11
clock: { start: 2018-03-11T22:00:00Z, duration: 30d }
server:
  policy: strict
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

/// The instant so many seconds after the clock's start.
pub(crate) fn at(seconds: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

/// The memory of the world, by hand or by the clock.
pub(crate) fn site(by_hand: bool, changes: &[&str]) -> Arc<Site> {
    let sets = changes.iter().map(|change| (*change).to_owned()).collect();
    let overrides = Overrides { sets, ..Overrides::default() };
    let plan = from_bytes("house.yaml", WORLD.as_bytes(), Path::new("."), &overrides);
    let plan = plan.unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    let stage = Arc::new(Stage::new(plan.arms[0].world.clone()));
    let swarm = Swarm::of(plan.seed, stage.world()).unwrap();
    let setup = Setup {
        stage,
        seed: plan.seed,
        replication: 0,
        grid: TimeGrid::new(plan.duration, SimDuration::from_hours(1), None),
        keep: Some(10_000),
        by_hand,
    };
    Site::new(Grants::new(setup, &swarm), Clock::start(TimeScale::REAL))
}

pub(crate) fn settings() -> Settings {
    Settings {
        scenario: "house".to_owned(),
        arm: "as_is".to_owned(),
        run: "0123456789ab.11".to_owned(),
        start: Some("2018-03-11T22:00:00Z".parse().unwrap()),
        ..Settings::default()
    }
}

/// An interface without sockets, at times of the test's choice.
pub(crate) struct House {
    pub(crate) site: Arc<Site>,
    pub(crate) api: Api,
    /// The scenario's time.
    pub(crate) now: SimTime,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) allow: Option<String>,
    pub(crate) text: String,
}

impl Got {
    /// Its JSON; the status must be this one.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Json {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.content_type, "application/json");
        serde_json::from_str(&self.text).unwrap()
    }

    /// The sentence of a problem with this status.
    #[track_caller]
    pub(crate) fn error(&self, status: u16) -> String {
        let json = self.json(status);
        assert_eq!(json.as_object().unwrap().len(), 1, "an error is all there is: {json}");
        json["error"].as_str().unwrap().to_owned()
    }
}

impl House {
    /// A house whose incident waits for somebody to start it.
    pub(crate) fn new() -> Self {
        Self::with(site(true, &[]), settings())
    }

    pub(crate) fn with(site: Arc<Site>, settings: Settings) -> Self {
        Self { api: Api::new(Arc::clone(&site), settings), site, now: at(0) }
    }

    pub(crate) fn ask(&self, method: &str, target: &str, body: &str) -> Got {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let ask = Ask { method, path, query, body: body.as_bytes(), now: self.now };
        let reply = self.api.answer(&ask);
        Got {
            status: reply.status,
            content_type: reply.content_type,
            allow: reply.allow,
            text: String::from_utf8(reply.body.to_vec()).unwrap(),
        }
    }

    /// The JSON of a `GET` that succeeds.
    #[track_caller]
    pub(crate) fn get(&self, target: &str) -> Json {
        self.ask("GET", target, "").json(200)
    }

    /// The JSON of a `POST` that succeeds with 200.
    #[track_caller]
    pub(crate) fn post(&self, target: &str, body: &str) -> Json {
        self.ask("POST", target, body).json(200)
    }

    /// A client of an org's first family refreshes with a generation; what it is handed out.
    pub(crate) fn refresh(&self, org: u32, generation: u32) -> Option<u32> {
        refresh(&self.site, org, generation, self.now)
    }
}

/// A refresh from its arrival to what its client sees, all at `now`.
pub(crate) fn refresh(site: &Site, org: u32, generation: u32, now: SimTime) -> Option<u32> {
    let mut grants = site.grants();
    let family = grants.holders()[org as usize].family();
    let presented = Presented { org, family, generation: Generation(generation) };
    let arrival = grants.arrive(presented, None, now).expect("an org with this family");
    let passage = &arrival.passage;
    let decides = passage.commit_at.is_some();
    let listens = passage.sight == Sight::Decision;
    let mut issued = None;
    if decides {
        issued = grants.commit(presented, arrival.attempt, (true, listens), now);
    }
    let answer = match passage.sight {
        Sight::Decision => Some(issued.map_or(Answer::Refused, Answer::Token)),
        Sight::Instead { answer, .. } => Some(answer),
        Sight::Silence => None,
    };
    grants.seen(org, arrival.attempt, answer, now);
    issued.map(|issued| issued.0)
}
