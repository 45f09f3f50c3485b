//! A world for tests, built and judged in a few lines.
//!
//! ```text
//!   World::new(seed) ──orgs, policy, client, faults, amnesty──► run_until(t) ──► Run ──expect_…
//! ```
//!
//! Each org is a cohort of its own, so that a fault can be aimed at one of them. Unless a test says
//! otherwise the server is strict, works one second on a request, and hands out access tokens of
//! 30 min; the apps refresh at half past every hour (0:30, 1:30, …), wait ten seconds, try once, and
//! keep trying whatever happens. So every commit of a calm run falls on hh:30:01, and the faults of
//! [`World::lose_response`] and its siblings, which act in the first hour, strike one refresh an org.
//!
//! A state at an instant is observed by stopping the clock there ([`Run::state_at`]): draws have
//! names, so a longer run begins with the shorter one.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod estimate;
pub(crate) mod ledger;

use amnesty::authority::{
    Amnesty, AmnestyReply, OldAccessToken, OnReuse, Policy, Rules, Strict as StrictPolicy,
};
use amnesty::base::{Distribution, Law, Probability, Seed, SimDuration, SimTime};
use amnesty::client::{Concurrency, Person, Profile, Reaction, Schedule as Timetable, Trigger};
use amnesty::fault::{Latency, Phase, ResponseLost, Schedule, SeenAs};
use amnesty::measure::{
    Became, Counts, Ending, Means, OrgEnd, OrgState, Recorder, Series, Spread, Steps, TimeGrid,
};
use amnesty::protocol::Protocol;
use amnesty::sim;
use amnesty::world::{Cohort, Server, Stage, Swarm, World as Spec};

/// The instant `hours:mins:secs` after the clock's start.
pub(crate) fn at(hours: u64, mins: u64, secs: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(hours * 3600 + mins * 60 + secs)
}

/// The instant so many hours after the clock's start.
pub(crate) fn hours(hours: u64) -> SimTime {
    at(hours, 0, 0)
}

pub(crate) const MICRO: SimDuration = SimDuration::from_micros(1);

/// A single-use policy.
pub(crate) fn strict(on_reuse: OnReuse) -> Policy {
    Policy::Strict(StrictPolicy { on_reuse })
}

/// A duration without spread.
pub(crate) fn exactly(span: SimDuration) -> Distribution {
    Distribution::new(Law::Constant { value: span.as_micros() as f64 }).unwrap()
}

pub(crate) fn probability(share: f64) -> Probability {
    Probability::new(share).unwrap()
}

/// A phase in which nothing goes wrong yet.
pub(crate) fn calm_phase(from: SimTime, until: SimTime) -> Phase {
    Phase::calm(format!("from {}", from.as_micros()), from, until)
}

/// Answers are lost with this probability, and the client sees one thing in their place.
#[expect(clippy::unnecessary_wraps, reason = "a phase takes it as it is")]
pub(crate) fn lost(share: f64, seen: SeenAs) -> Option<ResponseLost> {
    Some(ResponseLost { probability: probability(share), seen_as: vec![(seen, 1.0)] })
}

/// An amnesty announced as it opens, which answers with a new pair and revives nobody.
pub(crate) fn new_pair(from: SimTime, until: SimTime) -> Amnesty {
    let (stagger, reply) = (SimDuration::ZERO, AmnestyReply::NewPair);
    Amnesty { from, until, announced: from, stagger, reply, unrevoke: false }
}

/// The same, but answered with the current pair.
pub(crate) fn current_pair(from: SimTime, until: SimTime) -> Amnesty {
    Amnesty { reply: AmnestyReply::CurrentPair, ..new_pair(from, until) }
}

/// A world under construction.
#[derive(Debug, Clone)]
pub(crate) struct World {
    seed: Seed,
    orgs: u32,
    /// All orgs in one cohort, which is faster to set up for thousands of them.
    crowd: bool,
    rules: Rules,
    profile: Profile,
    service_time: Distribution,
    gateway_timeout: Option<SimDuration>,
    phases: Vec<Phase>,
    protocol: Protocol,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let every = SimDuration::from_hours(1);
        let profile = Profile {
            next_call: exactly(SimDuration::from_mins(5)),
            timeout: Some(SimDuration::from_secs(10)),
            ..Profile::new(Trigger::Periodic { every, schedule: Timetable::Aligned })
        };
        let rules = Rules {
            policy: strict(OnReuse::None),
            amnesty: None,
            access_token_ttl: SimDuration::from_mins(30),
            session_lifetime: SimDuration::from_hours(24 * 3650),
            old_access_token: OldAccessToken::KilledAtRotation,
        };
        Self {
            seed: Seed(seed),
            orgs: 1,
            crowd: false,
            rules,
            profile,
            service_time: exactly(SimDuration::from_secs(1)),
            gateway_timeout: None,
            phases: Vec::new(),
            protocol: Protocol::Oauth1a,
        }
    }

    pub(crate) fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    pub(crate) const fn seed(&self) -> Seed {
        self.seed
    }

    pub(crate) fn orgs(mut self, orgs: u32) -> Self {
        self.orgs = orgs;
        self
    }

    /// Many orgs that no fault can be aimed at.
    pub(crate) fn crowd(mut self, orgs: u32) -> Self {
        self.crowd = true;
        self.orgs(orgs)
    }

    pub(crate) fn policy(self, policy: Policy) -> Self {
        self.rules(|rules| rules.policy = policy)
    }

    pub(crate) fn rules(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.rules);
        self
    }

    pub(crate) fn client(mut self, change: impl FnOnce(&mut Profile)) -> Self {
        change(&mut self.profile);
        self
    }

    /// A person re-authorises each org so long after its app met the refusal.
    pub(crate) fn person_after(self, delay: SimDuration) -> Self {
        let person = Person { probability: Probability::ALWAYS, delay: exactly(delay) };
        self.client(|profile| profile.person = Some(person))
    }

    /// Every stopped app tries again so long after the amnesty is announced.
    pub(crate) fn reaction_after(self, delay: SimDuration) -> Self {
        let reaction = Reaction { share: Probability::ALWAYS, delay: exactly(delay) };
        self.client(|profile| profile.reaction = Some(reaction))
    }

    /// So many workers refresh at once, all of them at the same instant.
    pub(crate) fn racing(self, workers: u16) -> Self {
        let spread = SimDuration::ZERO;
        self.client(|profile| profile.concurrency = Concurrency::Racing { workers, spread })
    }

    pub(crate) fn service_time(mut self, law: Distribution) -> Self {
        self.service_time = law;
        self
    }

    pub(crate) fn gateway_timeout(mut self, timeout: Option<SimDuration>) -> Self {
        self.gateway_timeout = timeout;
        self
    }

    pub(crate) fn amnesty(self, amnesty: impl Into<Option<Amnesty>>) -> Self {
        self.rules(|rules| rules.amnesty = amnesty.into())
    }

    pub(crate) fn phase(
        mut self,
        from: SimTime,
        until: SimTime,
        change: impl FnOnce(&mut Phase),
    ) -> Self {
        let mut phase = calm_phase(from, until);
        change(&mut phase);
        self.phases.push(phase);
        self
    }

    /// Something goes wrong with one org in the first hour.
    pub(crate) fn fault(self, org: usize, change: impl FnOnce(&mut Phase)) -> Self {
        self.phase(hours(0), hours(1), |phase| {
            phase.reach.cohorts = Some(vec![org]);
            change(phase);
        })
    }

    /// The first answer to one org is lost in silence.
    pub(crate) fn lose_response(self, org: usize) -> Self {
        self.fault(org, |phase| phase.response_lost = lost(1.0, SeenAs::Silence))
    }

    /// The server takes so much longer over the first request of one org.
    pub(crate) fn slow_by(self, org: usize, span: SimDuration) -> Self {
        self.fault(org, |phase| phase.latency = Some(Latency::Add(exactly(span))))
    }

    /// The world as the engine wants it.
    pub(crate) fn spec(&self, until: SimTime) -> Spec {
        let cohort = |orgs: u32| Cohort {
            name: "apps".into(),
            partners: orgs,
            orgs_per_partner: Distribution::new(Law::Constant { value: 1.0 }).unwrap(),
            client: "inline".into(),
            profile: self.profile.clone(),
            rules: self.rules.clone(),
        };
        let cohorts = if self.crowd {
            vec![cohort(self.orgs)]
        } else {
            (0..self.orgs).map(|_| cohort(1)).collect()
        };
        Spec {
            server: Server {
                protocol: self.protocol,
                service_time: self.service_time.clone(),
                station: None,
                admission: None,
                background: None,
                gateway_timeout: self.gateway_timeout,
                overhead: SimDuration::ZERO,
                registrations: Vec::new(),
            },
            cohorts,
            incident: Schedule::new(self.phases.clone()),
            duration: until.since(SimTime::ZERO),
            start_of_day: SimDuration::from_mins(30),
        }
    }

    pub(crate) fn run_until(self, until: SimTime) -> Run {
        let stage = Stage::new(self.spec(until));
        let orgs: Vec<_> = self.swarm(&stage).range(0..u64::from(self.orgs)).collect();
        let mut findings = Findings::new(until);
        let played = orgs.iter().map(|org| findings.play(&stage, org, self.seed));
        let (ends, counts) = played.unzip();
        Run { world: self, until, ends, counts, spread: findings.spread }
    }

    fn swarm(&self, stage: &Stage) -> Swarm {
        let cohorts = stage.world().cohorts.iter();
        Swarm::draw(self.seed, cohorts.map(|c| (c.partners, &c.orgs_per_partner))).unwrap()
    }
}

/// Where findings go, over one time bin.
struct Findings {
    grid: TimeGrid,
    spread: Spread,
    series: Series,
}

impl Findings {
    fn new(until: SimTime) -> Self {
        let duration = until.since(SimTime::ZERO);
        let grid = TimeGrid::new(duration, duration, None);
        let series = Series::new(grid.len(), grid.focus());
        Self { grid, spread: Spread::new(duration), series }
    }

    fn play(&mut self, stage: &Stage, org: &amnesty::world::Org, seed: Seed) -> (OrgEnd, Counts) {
        let mut counts = Counts::new(self.grid.len());
        let mut recorder = Recorder {
            grid: &self.grid,
            counts: &mut counts,
            spread: &mut self.spread,
            series: &mut self.series,
            steps: &mut Steps::default(),
        };
        let end = sim::play(stage, org, seed, 0, &mut recorder, &mut ());
        (end, counts)
    }
}

/// A world that was run, org by org.
#[derive(Debug)]
pub(crate) struct Run {
    world: World,
    until: SimTime,
    pub(crate) ends: Vec<OrgEnd>,
    /// The counts of each org.
    pub(crate) counts: Vec<Counts>,
    pub(crate) spread: Spread,
}

impl Run {
    /// The counts of all orgs together.
    pub(crate) fn total(&self) -> Counts {
        let mut total = Counts::new(1);
        self.counts.iter().for_each(|counts| total.merge(counts));
        total
    }

    /// The state of an org at an instant, whatever happens at that very instant included.
    pub(crate) fn state_at(&self, org: usize, now: SimTime) -> OrgState {
        assert!(now < self.until, "the clock has stopped by {now:?}");
        let until = now + MICRO;
        let stage = Stage::new(self.world.spec(until));
        let org = self.world.swarm(&stage).range(org as u64..org as u64 + 1).next().unwrap();
        Findings::new(until).play(&stage, &org, self.world.seed).0.state
    }

    /// The orgs that needed a person.
    pub(crate) fn needing_a_person(&self) -> Vec<usize> {
        let needing = self.ends.iter().enumerate().filter(|(_, end)| end.needed_person);
        needing.map(|(org, _)| org).collect()
    }

    /// So many orgs are disconnected when the clock stops.
    pub(crate) fn expect_disconnected(self, orgs: usize) -> Self {
        let found = self.ends.iter().filter(|end| end.state.is_disconnected()).count();
        assert_eq!(found, orgs, "disconnected: {:?}", self.ends);
        self
    }

    /// So many orgs were disconnected at some time.
    pub(crate) fn expect_ever_disconnected(self, orgs: u64) -> Self {
        assert_eq!(self.total().ever_disconnected, orgs, "{:?}", self.ends);
        self
    }

    /// So many orgs needed a person.
    pub(crate) fn expect_needed_person(self, orgs: usize) -> Self {
        assert_eq!(self.needing_a_person().len(), orgs, "{:?}", self.ends);
        self
    }

    /// An org is in a state from an instant on, and was in another just before.
    pub(crate) fn expect_turn(self, org: usize, now: SimTime, state: OrgState) -> Self {
        assert_ne!(self.state_at(org, now - MICRO), state, "org {org} just before {now:?}");
        assert_eq!(self.state_at(org, now), state, "org {org} at {now:?}");
        self
    }

    /// An org became so.
    pub(crate) fn expect_became(self, org: usize, became: Became) -> Self {
        assert_eq!(self.ends[org].became, became, "org {org}: {:?}", self.ends[org]);
        self
    }

    /// An org ended in a state.
    pub(crate) fn expect_state(self, org: usize, state: OrgState) -> Self {
        assert_eq!(self.ends[org].state, state, "org {org}");
        self
    }

    /// So many orgs recovered by these means.
    pub(crate) fn expect_recovered(self, means: Means, orgs: u64) -> Self {
        assert_eq!(self.total().recovered_by(means), orgs, "{means:?}: {:?}", self.ends);
        self
    }

    /// So many attempts ended so.
    pub(crate) fn expect_ended(self, ending: Ending, attempts: u64) -> Self {
        let total = self.total();
        assert_eq!(total.ended_as(ending), attempts, "{ending:?} of {:?}", total.ended);
        self
    }

    /// So much time was spent disconnected, summed over orgs.
    pub(crate) fn expect_time_disconnected(self, span: SimDuration) -> Self {
        assert_eq!(self.total().disconnected_micros, u128::from(span.as_micros()));
        self
    }

    /// For so long a superseded credential would have been honoured, summed over orgs.
    pub(crate) fn expect_exposure(self, span: SimDuration) -> Self {
        assert_eq!(self.total().exposed_micros, u128::from(span.as_micros()));
        self
    }
}
