//! Random worlds: every policy, trigger, fault, backoff and habit, in every combination.

use amnesty::authority::{
    Amnesty, AmnestyReply, CommitOnUse, ConfirmBy, Grace, GraceReply, NonRevoking, OldAccessToken,
    OnReuse, Policy, Siblings, Static,
};
use amnesty::base::{Distribution, Law, Probability, SimDuration, SimTime};
use amnesty::client::{
    Backoff, BackoffShape, CircuitBreaker, Concurrency, Jitter, OnFailure, OnRefusal, Per, Person,
    Profile, Reaction, RetryAfter, RetryBudget, RetryOn, Schedule, Trigger,
};
use amnesty::fault::{ErrorFault, Latency, Phase, ResponseLost, SeenAs, Throttle};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::{World, calm_phase, exactly, hours, probability, strict};

/// When random worlds end; every fault and every amnesty has begun long before.
pub(crate) const END: SimTime = SimTime::from_micros(40 * 3_600_000_000);

const ORGS: u32 = 5;

/// So many cases from one seed, unless the environment says otherwise; no files of failures.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let searching = std::env::var_os("PROPTEST_RNG_SEED").is_some();
    ProptestConfig {
        cases: if searching { asked.cases } else { cases },
        rng_seed: if searching { asked.rng_seed } else { RngSeed::Fixed(20_180_312) },
        failure_persistence: None,
        ..asked
    }
}

/// Which worlds are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// Apps refresh one at a time; else some have racing workers.
    pub(crate) single_flight: bool,
    /// No request is decided after its app stopped waiting: the server takes at most 3.6 s over it,
    /// and every timeout is at least 4 s.
    pub(crate) prompt: bool,
    /// What reuse sets off; `None` for either. With `RevokeFamily` every refusal does so, and there is
    /// no server that keeps just some generations (it refuses the others, and that is all).
    pub(crate) on_reuse: Option<OnReuse>,
}

pub(crate) fn world(kind: Kind) -> impl Strategy<Value = World> {
    let server =
        (policy(kind.on_reuse), any::<bool>(), prop_oneof![4 => Just(3_650), 1 => 1..3_u64]);
    let path = (service_time(kind.prompt), gateway_timeout(kind.prompt));
    let phases = prop::collection::vec(phase(kind.prompt), 0..4);
    (any::<u64>(), server, profile(kind), path, phases).prop_map(
        |(seed, (policy, killed, session_days), profile, (service_time, gateway), phases)| {
            let world = World::new(seed)
                .orgs(ORGS)
                .policy(policy)
                .rules(|rules| {
                    rules.session_lifetime = SimDuration::from_hours(24 * session_days);
                    rules.old_access_token = if killed {
                        OldAccessToken::KilledAtRotation
                    } else {
                        OldAccessToken::LivesToExpiry
                    };
                })
                .client(|app| *app = profile)
                .service_time(service_time)
                .gateway_timeout(gateway);
            phases
                .into_iter()
                .fold(world, |world, phase| world.phase(phase.from, phase.until, |it| *it = phase))
        },
    )
}

/// An amnesty within the run, with this reply or with either.
pub(crate) fn amnesty(reply: Option<AmnestyReply>) -> impl Strategy<Value = Amnesty> {
    let reply = reply.map_or_else(
        || prop_oneof![Just(AmnestyReply::CurrentPair), Just(AmnestyReply::NewPair)].boxed(),
        |reply| Just(reply).boxed(),
    );
    let stagger = prop_oneof![Just(0), 1..300_u64];
    (0..1_500_u64, 1..1_500_u64, 0..600_u64, stagger, reply, any::<bool>()).prop_map(
        |(from, length, earlier, stagger, reply, unrevoke)| Amnesty {
            from: minute(from),
            until: minute(from + length),
            announced: minute(from.saturating_sub(earlier)),
            stagger: SimDuration::from_mins(stagger),
            reply,
            unrevoke,
        },
    )
}

fn minute(minutes: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_mins(minutes)
}

fn on_reuse(wanted: Option<OnReuse>) -> BoxedStrategy<OnReuse> {
    wanted.map_or_else(
        || prop_oneof![Just(OnReuse::None), Just(OnReuse::RevokeFamily)].boxed(),
        |wanted| Just(wanted).boxed(),
    )
}

fn policy(wanted: Option<OnReuse>) -> impl Strategy<Value = Policy> {
    let replies = prop_oneof![
        Just(GraceReply::SamePair),
        Just(GraceReply::NewBranch),
        Just(GraceReply::ReplaceSuccessor),
    ];
    let windows = prop_oneof![0..300_u64, 300..40_000_u64, Just(u64::MAX / 1_000_000)];
    let grace = (
        windows,
        prop::option::of(0..3_u32),
        replies,
        prop::option::of(prop_oneof![Just(0), 1..600_u64]),
        on_reuse(wanted),
    )
        .prop_map(|(window, max_reuse, reply, close_on_use, on_reuse)| {
            Policy::Grace(Grace {
                window: SimDuration::from_secs(window),
                max_reuse,
                reply,
                close_on_use: close_on_use.map(SimDuration::from_secs),
                on_reuse,
            })
        });
    let confirm_by = prop_oneof![
        Just(ConfirmBy::AccessUse),
        Just(ConfirmBy::RefreshUse),
        Just(ConfirmBy::Either)
    ];
    let siblings = prop_oneof![Just(Siblings::Keep), Just(Siblings::Revoke)];
    let commit_on_use =
        (confirm_by, siblings, on_reuse(wanted)).prop_map(|(confirm_by, siblings, on_reuse)| {
            Policy::CommitOnUse(CommitOnUse { confirm_by, siblings, on_reuse })
        });
    let keep = match wanted {
        Some(OnReuse::RevokeFamily) => Just(None).boxed(),
        Some(OnReuse::None) | None => prop::option::of(1..4_u32).boxed(),
    };
    prop_oneof![
        3 => on_reuse(wanted).prop_map(strict),
        3 => grace,
        2 => commit_on_use,
        1 => keep.prop_map(|keep| Policy::NonRevoking(NonRevoking { keep })),
        1 => Just(Policy::Static(Static)),
    ]
}

fn profile(kind: Kind) -> impl Strategy<Value = Profile> {
    let timing = (trigger(), timeout(kind.prompt), 1..30_u64, next_call());
    let attempts = (1..4_u16, backoff(), any::<[bool; 4]>());
    let habits = (on_refusal(), on_failure(), concurrency(kind.single_flight), crashes());
    (timing, attempts, habits, rescue(), restraint()).prop_map(
        |(
            (trigger, timeout, hang_hours, next_call),
            (max_attempts, backoff, [on_timeout, reset, server_error, throttled]),
            (on_refusal, on_failure, concurrency, crash_before_store),
            (reaction, person),
            (obeys, retry_budget, circuit_breaker),
        )| Profile {
            next_call,
            timeout,
            hang_limit: SimDuration::from_hours(hang_hours),
            max_attempts,
            backoff,
            retry_on: RetryOn { timeout: on_timeout, reset, server_error, throttled },
            retry_after: if obeys { RetryAfter::Obey } else { RetryAfter::Ignore },
            retry_budget,
            circuit_breaker,
            on_refusal,
            on_failure,
            concurrency,
            crash_before_store,
            reaction,
            person,
            ..Profile::new(trigger)
        },
    )
}

/// Whether a `Retry-After` is obeyed, a budget and a breaker. Each org is its own partner here.
fn restraint() -> impl Strategy<Value = (bool, Option<RetryBudget>, Option<CircuitBreaker>)> {
    let per = || prop_oneof![Just(Per::Partner), Just(Per::Org)];
    let budget = (share(), 1..4_u32, per()).prop_map(|(ratio, burst, per)| RetryBudget {
        ratio,
        burst,
        per,
    });
    let breaker = (share(), 1..5_u16, 1..200_u64, per()).prop_map(|(failures, over, mins, per)| {
        CircuitBreaker { failures, over, open_for: SimDuration::from_mins(mins), per }
    });
    (any::<bool>(), prop::option::weighted(0.3, budget), prop::option::weighted(0.3, breaker))
}

fn trigger() -> impl Strategy<Value = Trigger> {
    let periodic = (5..300_u64, any::<bool>()).prop_map(|(mins, aligned)| Trigger::Periodic {
        every: SimDuration::from_mins(mins),
        schedule: if aligned { Schedule::Aligned } else { Schedule::Spread },
    });
    prop_oneof![
        2 => periodic,
        1 => (0..25_u64).prop_map(|mins| Trigger::BeforeExpiry { lead: SimDuration::from_mins(mins) }),
        1 => Just(Trigger::AtExpiry),
        2 => Just(Trigger::OnUnauthorized),
    ]
}

fn timeout(prompt: bool) -> impl Strategy<Value = Option<SimDuration>> {
    let least = if prompt { 4 } else { 1 };
    prop_oneof![
        5 => (least..40_u64).prop_map(|secs| Some(SimDuration::from_secs(secs))),
        1 => Just(None),
    ]
}

fn next_call() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        (1..200_u64).prop_map(|mins| exactly(SimDuration::from_mins(mins))),
        (5..90_u64)
            .prop_map(|mins| uniform(SimDuration::from_secs(1), SimDuration::from_mins(mins))),
    ]
}

fn uniform(min: SimDuration, max: SimDuration) -> Distribution {
    let (min, max) = (min.as_micros() as f64, max.as_micros() as f64);
    Distribution::new(Law::Uniform { min, max }).expect("min lies below max")
}

fn backoff() -> impl Strategy<Value = Backoff> {
    let shapes = prop_oneof![
        Just(BackoffShape::None),
        (1..5_000_u64)
            .prop_map(|ms| BackoffShape::Constant { delay: SimDuration::from_millis(ms) }),
        (100..20_000_u64).prop_map(|ms| BackoffShape::Exponential {
            base: SimDuration::from_millis(ms),
            cap: SimDuration::from_secs(60),
        }),
    ];
    let jitters = prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated)
    ];
    (shapes, jitters).prop_map(|(shape, jitter)| Backoff { shape, jitter })
}

fn on_refusal() -> impl Strategy<Value = OnRefusal> {
    prop_oneof![
        2 => Just(OnRefusal::KeepTrying { every: None }),
        1 => (1..120_u64).prop_map(|mins| {
            OnRefusal::KeepTrying { every: Some(SimDuration::from_mins(mins)) }
        }),
        1 => Just(OnRefusal::Stop),
        1 => Just(OnRefusal::DeleteCredentials),
    ]
}

fn on_failure() -> impl Strategy<Value = OnFailure> {
    prop_oneof![
        4 => Just(OnFailure::TryLater),
        1 => Just(OnFailure::Stop),
        1 => Just(OnFailure::DeleteCredentials),
    ]
}

fn concurrency(single_flight: bool) -> BoxedStrategy<Concurrency> {
    if single_flight {
        return Just(Concurrency::SingleFlight).boxed();
    }
    let racing = (2..4_u16, 0..20_000_u64).prop_map(|(workers, ms)| Concurrency::Racing {
        workers,
        spread: SimDuration::from_millis(ms),
    });
    prop_oneof![1 => Just(Concurrency::SingleFlight), 2 => racing].boxed()
}

fn crashes() -> impl Strategy<Value = Probability> {
    prop_oneof![3 => Just(Probability::NEVER), 1 => share()]
}

fn share() -> impl Strategy<Value = Probability> {
    (0..=20_u32).prop_map(|twentieths| probability(f64::from(twentieths) / 20.0))
}

fn rescue() -> impl Strategy<Value = (Option<Reaction>, Option<Person>)> {
    let delay = || (1..1_000_u64).prop_map(|mins| exactly(SimDuration::from_mins(mins)));
    let reaction = (share(), delay()).prop_map(|(share, delay)| Reaction { share, delay });
    let person = (share(), delay()).prop_map(|(probability, delay)| Person { probability, delay });
    (prop::option::of(reaction), prop::option::of(person))
}

fn service_time(prompt: bool) -> BoxedStrategy<Distribution> {
    let quick = prop_oneof![
        (0..300_u64).prop_map(|ms| exactly(SimDuration::from_millis(ms))),
        (1..300_u64).prop_map(|ms| uniform(SimDuration::ZERO, SimDuration::from_millis(ms))),
    ];
    if prompt {
        return quick.boxed();
    }
    let slow =
        (1..300_u64).prop_map(|secs| uniform(SimDuration::ZERO, SimDuration::from_secs(secs)));
    prop_oneof![2 => quick, 1 => slow].boxed()
}

fn gateway_timeout(prompt: bool) -> impl Strategy<Value = Option<SimDuration>> {
    let least = if prompt { 4 } else { 1 };
    prop::option::of((least..60_u64).prop_map(SimDuration::from_secs))
}

fn latency(prompt: bool) -> BoxedStrategy<Latency> {
    // Three phases may add up: 300 ms and three times 500 ms, delivered twice, are 3.6 s.
    let most = if prompt { 500 } else { 9_000_000 };
    let spread = move || {
        let scale = if prompt { 1..500_u64 } else { 1..9_000_u64 };
        scale.prop_map(move |part| {
            let ms = if prompt { part } else { part * part / 9 };
            uniform(SimDuration::ZERO, SimDuration::from_millis(ms.clamp(1, most)))
        })
    };
    let bounded = prop_oneof![spread().prop_map(Latency::Add), spread().prop_map(Latency::Replace)];
    if prompt {
        return bounded.boxed();
    }
    prop_oneof![
        3 => bounded,
        1 => (1..100_u32).prop_map(|times| Latency::Multiply(f64::from(times))),
    ]
    .boxed()
}

fn response_lost() -> impl Strategy<Value = ResponseLost> {
    let seen = prop_oneof![
        Just(SeenAs::Silence),
        Just(SeenAs::Reset),
        Just(SeenAs::Truncated),
        Just(SeenAs::Status(503)),
    ];
    (share(), seen).prop_map(|(probability, seen)| ResponseLost {
        probability,
        seen_as: vec![(seen, 0.5), (SeenAs::Silence, 0.5)],
    })
}

pub(crate) fn phase(prompt: bool) -> impl Strategy<Value = Phase> {
    let rarely = || prop_oneof![2 => Just(Probability::NEVER), 1 => share()];
    let before = (rarely(), rarely(), rarely(), rarely());
    let after = (prop::option::of(response_lost()), prop::option::of(latency(prompt)));
    (0..1_600_u64, 1..900_u64, before, after, any::<bool>()).prop_map(
        |(from, length, (request, error, throttle, duplicate), (response, latency), ramps)| {
            let (from, until) = (minute(from), minute(from + length));
            let ramp = SimDuration::from_mins(if ramps { length / 3 } else { 0 });
            let retry_after = SimDuration::from_secs(30);
            Phase {
                ramp_up: ramp,
                ramp_down: ramp,
                latency,
                request_lost: request,
                error: Some(ErrorFault { probability: error, status: 500 }),
                throttle: Some(Throttle { probability: throttle, retry_after }),
                response_lost: response,
                duplicate,
                ..calm_phase(from, until.min(hours(30)).max(from))
            }
        },
    )
}
