//! Whatever orgs do to each other at a door: the books balance, a run can be repeated, cut and forked.
//!
//! Random worlds as elsewhere, where several orgs belong to a partner and all meet at a random door: any
//! station, rate limits, a limit on what is under way, background load, and phases without workers.

use amnesty::authority::{NonRevoking, OnReuse, Policy, Static, Strict};
use amnesty::base::{Distribution, Law, Probability, Seed, SimDuration, SimTime};
use amnesty::client::{Concurrency, PoolSize, Profile, Schedule as Timetable, Trigger};
use amnesty::measure::{Counts, Ending, Flow, Load, OrgEnd, Series, Sheet, TimeGrid};
use amnesty::sim::{self, Crowd, CrowdEnd};
use amnesty::station::{
    AdmissionSpec, BackgroundSpec, Discipline, Overflow, RateLimit, RateScope, SlowDown,
    StationSpec,
};
use amnesty::world::{Parting, Stage, Swarm, World as Spec};
use hdrhistogram::Histogram;
use proptest::prelude::*;

use crate::random::{END, Kind, amnesty, config, world};
use crate::support::{World, probability};

const ANY: Kind = Kind { single_flight: false, prompt: false, on_reuse: None };

/// A world, ready to be played any number of times.
#[derive(Debug)]
pub(crate) struct Meeting {
    world: World,
    stage: Stage,
    swarm: Swarm,
}

impl Meeting {
    fn new(world: World, spec: Spec) -> Self {
        let swarm = Swarm::of(world.seed(), &spec).unwrap();
        Self { stage: Stage::new(spec), swarm, world }
    }

    pub(crate) fn world(&self) -> &Spec {
        self.stage.world()
    }

    pub(crate) fn seed(&self) -> Seed {
        self.world.seed()
    }

    fn grid() -> TimeGrid {
        let focus = (SimTime::ZERO, END, SimDuration::from_mins(20));
        TimeGrid::new(END.since(SimTime::ZERO), SimDuration::from_hours(3), Some(focus))
    }

    fn sheet(&self) -> Sheet {
        let world = self.stage.world();
        Sheet::new(Self::grid(), world.cohorts.len(), world.duration)
    }

    /// At the clock's start.
    fn begin(&self) -> Crowd {
        let orgs = self.swarm.range(0..self.swarm.orgs());
        Crowd::new(&self.stage, orgs, (self.world.seed(), 0), self.sheet())
    }

    /// The same orgs, each partner's to their end before those of the next.
    fn partner_by_partner(&self) -> Found {
        let orgs: Vec<_> = self.swarm.range(0..self.swarm.orgs()).collect();
        let (mut ends, mut sheet) = (Vec::new(), self.sheet());
        for island in orgs.chunk_by(|a, b| a.partner == b.partner) {
            let orgs = island.iter().copied();
            let mut crowd = Crowd::new(&self.stage, orgs, (self.world.seed(), 0), sheet);
            crowd.play(&self.stage, END);
            let end = crowd.finish(&self.stage);
            ends.extend(end.ends);
            sheet = end.sheet;
        }
        Found::from(CrowdEnd { ends, sheet, load: Load::new(Self::grid().len()) })
    }

    /// The same orgs, each played to its end before the next begins.
    fn one_by_one(&self) -> Found {
        let mut sheet = self.sheet();
        let orgs = self.swarm.range(0..self.swarm.orgs());
        let ends = orgs.map(|org| {
            let mut recorder = sheet.recorder(org.cohort);
            sim::play(&self.stage, &org, self.world.seed(), 0, &mut recorder, &mut ())
        });
        let ends = ends.collect();
        Found::from(CrowdEnd { ends, sheet, load: Load::new(Self::grid().len()) })
    }

    fn end(&self, mut crowd: Crowd) -> Found {
        crowd.play(&self.stage, END);
        Found::from(crowd.finish(&self.stage))
    }
}

/// Uniform between two numbers.
fn uniform(min: f64, max: f64) -> Distribution {
    Distribution::new(Law::Uniform { min, max }).unwrap()
}

/// All that was found, to be compared.
#[derive(Debug, PartialEq)]
struct Found {
    ends: Vec<OrgEnd>,
    counts: Vec<Counts>,
    series: Series,
    latencies: Vec<[Histogram<u64>; 2]>,
    load: Load,
}

impl From<CrowdEnd> for Found {
    fn from(CrowdEnd { ends, sheet, load }: CrowdEnd) -> Self {
        let latencies = sheet.spread.iter().map(|spread| [spread.server(), spread.client()]);
        Self {
            latencies: latencies.collect(),
            ends,
            counts: sheet.counts,
            series: sheet.series,
            load,
        }
    }
}

/// A door of any kind, and who comes to it.
pub(crate) fn meeting() -> impl Strategy<Value = Meeting> {
    let crowds = prop::collection::vec((1..4_u32, 1..5_u32, prop::option::of(1..4_u32)), 5);
    let server = (station(), admission(), background());
    let scarcity = prop::collection::vec((0..1_600_u64, 1..600_u64, share()), 0..3);
    (world(ANY), world(ANY), prop::option::of(amnesty(None)), crowds, server, scarcity).prop_map(
        |(world, other, amnesty, crowds, (station, admission, background), scarcity)| {
            let world = world.amnesty(amnesty);
            let world = scarcity.into_iter().fold(world, |world, (from, length, lost)| {
                let minute = |n| SimTime::ZERO + SimDuration::from_mins(n);
                world.phase(minute(from), minute(from + length), |it| it.capacity_lost = lost)
            });
            let mut spec = world.spec(END);
            let others = other.spec(END);
            for (place, (partners, orgs, pool)) in crowds.into_iter().enumerate() {
                let cohort = &mut spec.cohorts[place];
                if place % 2 == 1 {
                    cohort.profile = others.cohorts[place].profile.clone();
                    cohort.rules = others.cohorts[place].rules.clone();
                }
                cohort.partners = partners;
                cohort.orgs_per_partner = uniform(1.0, f64::from(orgs) + 0.4);
                cohort.profile.pool = pool.map(PoolSize);
            }
            spec.server.station = station;
            spec.server.admission = admission;
            spec.server.background = background;
            Meeting::new(world, spec)
        },
    )
}

/// Orgs that are in calm most of the time, at a door with one queue. Requests take as long as others of
/// their like are ahead of them, so they are done at the very instant at which their clients give up,
/// sessions run out over them, and the clock stops while they are under way.
fn calmer() -> impl Strategy<Value = Meeting> {
    let habits = prop::collection::vec(
        (0..3_usize, 0..5_u64, prop_oneof![1..45_u64, Just(900)], 3..90_u64),
        5,
    );
    (meeting().boxed(), 1..4_u32, habits).prop_map(
        |(Meeting { world, stage, swarm: _ }, workers, habits)| {
            let mut spec = stage.world().clone();
            spec.server.service_time = Distribution::exactly(SimDuration::from_secs(20));
            spec.server.station = Some(StationSpec {
                workers,
                queue_limit: 1_000,
                discipline: Discipline::Fifo,
                overflow: Overflow::Reject,
                slow_down: SlowDown::default(),
                cancel_on_disconnect: false,
            });
            for (cohort, (kind, timeout, session, every)) in spec.cohorts.iter_mut().zip(habits) {
                let on_reuse = OnReuse::None;
                cohort.rules.policy = match kind {
                    0 => Policy::Strict(Strict { on_reuse }),
                    1 => Policy::NonRevoking(NonRevoking { keep: None }),
                    _ => Policy::Static(Static),
                };
                cohort.rules.session_lifetime = SimDuration::from_hours(session);
                cohort.profile = Profile {
                    timeout: Some(SimDuration::from_secs(20 * timeout + 40)),
                    concurrency: Concurrency::SingleFlight,
                    crash_before_store: Probability::NEVER,
                    retry_budget: None,
                    circuit_breaker: None,
                    trigger: Trigger::Periodic {
                        every: SimDuration::from_mins(every),
                        schedule: if every % 2 == 0 {
                            Timetable::Aligned
                        } else {
                            Timetable::Spread
                        },
                    },
                    ..cohort.profile.clone()
                };
            }
            Meeting::new(world, spec)
        },
    )
}

pub(crate) fn station() -> impl Strategy<Value = Option<StationSpec>> {
    let slow_down = prop_oneof![
        Just(SlowDown::default()),
        (0.0..0.5, 0.0..0.1).prop_map(|(contention, crosstalk)| SlowDown { contention, crosstalk }),
    ];
    let discipline = prop_oneof![Just(Discipline::Fifo), Just(Discipline::Lifo)];
    let overflow = prop_oneof![Just(Overflow::Reject), Just(Overflow::DropOldest)];
    let spec = (1..5_u32, prop_oneof![0..6_u32, Just(1_000)], discipline, overflow, slow_down);
    let station = (spec, any::<bool>()).prop_map(
        |((workers, queue_limit, discipline, overflow, slow_down), cancel_on_disconnect)| {
            StationSpec {
                workers,
                queue_limit,
                discipline,
                overflow,
                slow_down,
                cancel_on_disconnect,
            }
        },
    );
    prop::option::weighted(0.9, station)
}

pub(crate) fn admission() -> impl Strategy<Value = Option<AdmissionSpec>> {
    let scope =
        prop_oneof![Just(RateScope::Partner), Just(RateScope::App), Just(RateScope::Server)];
    let limit = (scope, 1..1_800_u64, 1..6_u32).prop_map(|(per, secs, burst)| RateLimit {
        per,
        interval: SimDuration::from_secs(secs),
        burst,
    });
    let limits = prop::collection::vec(limit, 0..3);
    let seconds = |secs| SimDuration::from_secs(secs);
    let retry_after = prop::option::of((0..900_u64).prop_map(seconds));
    let status = prop_oneof![Just(429), Just(503)];
    let admission = (prop::option::of(1..6_u32), status, retry_after, limits).prop_map(
        |(max_concurrent, status, retry_after, rate_limits)| AdmissionSpec {
            max_concurrent,
            status,
            retry_after,
            rate_limits,
        },
    );
    prop::option::of(admission)
}

pub(crate) fn background() -> impl Strategy<Value = Option<BackgroundSpec>> {
    let by_hour = prop::array::uniform24(prop_oneof![Just(0.0), Just(1.0), Just(2.5)]);
    let background = (0.001..0.03, by_hour, 1..120_u64).prop_map(|(per_second, by_hour, secs)| {
        let service_time = uniform(0.0, 1e6 * secs as f64);
        BackgroundSpec { per_second, by_hour, service_time }
    });
    prop::option::of(background)
}

fn share() -> impl Strategy<Value = Probability> {
    prop_oneof![2 => (0.0..1.0).prop_map(probability), 1 => Just(Probability::ALWAYS)]
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn the_books_of_a_door_and_of_those_who_meet_there_balance(meeting in meeting()) {
        let found = meeting.end(meeting.begin());
        prop_assert!(found.load.balances(&Meeting::grid()), "flow balance or Little's law");
        prop_assert_eq!(found.ends.len() as u64, meeting.swarm.orgs());
        prop_assert_eq!(found.counts.iter().map(|counts| counts.orgs).sum::<u64>(), meeting.swarm.orgs());
        for counts in &found.counts {
            prop_assert!(counts.balances(), "{:?}", counts);
        }
        let of = |flow| found.load.total(flow);
        let sent: u64 = found.counts.iter().map(|counts| counts.sent).sum();
        let throttled: u64 =
            found.counts.iter().map(|counts| counts.ended_as(Ending::Throttled)).sum();
        prop_assert!(throttled <= of(Flow::Throttled), "nobody sees a 429 that was not given");
        // Some never come, and some come twice.
        prop_assert!(of(Flow::Offered) <= 2 * sent);
        prop_assert!(meeting.stage.world().server.background.is_some() || of(Flow::Background) == 0);
    }

    #[test]
    fn a_meeting_can_be_repeated_cut_and_forked(
        meeting in meeting(), mut cuts in prop::collection::vec(0..END.as_micros(), 1..8),
    ) {
        let whole = meeting.end(meeting.begin());
        prop_assert_eq!(&meeting.end(meeting.begin()), &whole, "again");
        cuts.sort_unstable();
        let mut crowd = meeting.begin();
        let mut fork = crowd.clone();
        for (n, cut) in cuts.iter().enumerate() {
            crowd.play(&meeting.stage, SimTime::from_micros(*cut));
            if n == cuts.len() / 2 {
                fork = crowd.clone();
            }
        }
        prop_assert_eq!(&meeting.end(crowd), &whole, "in stretches");
        prop_assert_eq!(&meeting.end(fork), &whole, "from a fork");
    }

    /// An arm that leaves another where they part is the arm played from the clock's start.
    #[test]
    fn an_arm_can_leave_another_where_they_part(
        meeting in meeting(), pardon in prop::option::of(amnesty(None)),
    ) {
        let mut spec = meeting.stage.world().clone();
        spec.cohorts.iter_mut().for_each(|cohort| cohort.rules.amnesty.clone_from(&pardon));
        // Worlds that never part would otherwise be played for ever: background load does not end.
        let at = Parting::of_worlds(meeting.stage.world(), &spec).min(END);
        let other = Meeting::new(meeting.world.clone(), spec);
        let mut crowd = meeting.begin();
        crowd.play(&meeting.stage, at);
        let parted = crowd.part(&other.stage, at);
        prop_assert_eq!(other.end(parted), other.end(other.begin()));
    }

    /// Where only the orgs of a partner have something in common (a pool, a budget, a breaker), it does
    /// not matter whether all partners are played together or one after another.
    #[test]
    fn partners_without_a_common_door_never_meet(meeting in meeting()) {
        let mut spec = meeting.stage.world().clone();
        (spec.server.station, spec.server.admission, spec.server.background) = (None, None, None);
        let meeting = Meeting::new(meeting.world, spec);
        let together = meeting.end(meeting.begin());
        let apart = meeting.partner_by_partner();
        prop_assert_eq!(&together.ends, &apart.ends);
        prop_assert_eq!(&together.counts, &apart.counts);
        prop_assert_eq!(&together.latencies, &apart.latencies);
        prop_assert_eq!(&together.series, &apart.series);
    }

    /// Where nobody ever waits, meeting changes nothing: the door that orgs pass one by one and the one
    /// at which they could meet are two ways to play the same world.
    #[test]
    fn with_a_worker_for_everyone_nobody_has_met(
        world in world(ANY), amnesty in prop::option::of(amnesty(None)),
        discipline in prop_oneof![Just(None), Just(Some(Discipline::Fifo)), Just(Some(Discipline::Lifo))],
    ) {
        let world = world.amnesty(amnesty);
        let mut spec = world.spec(END);
        let alone = Meeting::new(world.clone(), spec.clone()).one_by_one();
        spec.server.station = discipline.map(|discipline| StationSpec {
            workers: 10_000,
            queue_limit: 0,
            discipline,
            overflow: Overflow::Reject,
            slow_down: SlowDown::default(),
            cancel_on_disconnect: false,
        });
        let meeting = Meeting::new(world, spec);
        let Found { ends, counts, series, latencies, load } = meeting.end(meeting.begin());
        prop_assert!(load.balances(&Meeting::grid()));
        prop_assert_eq!(&ends, &alone.ends);
        prop_assert_eq!(&counts, &alone.counts);
        for (met, alone) in latencies.iter().zip(&alone.latencies) {
            prop_assert_eq!(&met[1], &alone[1], "what clients saw");
            // An org that a person authorises anew does not hear what becomes of what it sent before.
            if discipline == Some(Discipline::Lifo) {
                prop_assert!(met[0].len() <= alone[0].len());
            } else {
                prop_assert_eq!(&met[0], &alone[0], "what the server saw");
            }
        }
        prop_assert_eq!(&series, &alone.series);
    }
}

proptest! {
    #![proptest_config(config(600))]

    /// Turns in calm are played without the machines, but for apps with a pool. A pool that is never full
    /// restrains nobody, so what the machines make of the world is what it was without.
    #[test]
    fn a_pool_that_is_never_full_changes_nothing(meeting in prop_oneof![meeting().boxed(), calmer().boxed()]) {
        let mut spec = meeting.stage.world().clone();
        spec.cohorts.iter_mut().for_each(|cohort| cohort.profile.pool = None);
        let calm = Meeting::new(meeting.world.clone(), spec.clone());
        spec.cohorts.iter_mut().for_each(|cohort| cohort.profile.pool = Some(PoolSize(100_000)));
        let played = Meeting::new(meeting.world, spec);
        prop_assert_eq!(calm.end(calm.begin()), played.end(played.begin()));
    }
}
