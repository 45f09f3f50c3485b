//! An oracle: the strict, single-flight, periodic model once more, from the named draws alone.
//!
//! It shares with the simulator the draws, their names and nothing else: no events, no machines, no
//! floats. Every org must end as it says, at every instant it says.

use amnesty::base::{Lane, OrgKey, Purpose, Seed, SimDuration};
use amnesty::client::{Schedule, Trigger};
use amnesty::fault::SeenAs;
use amnesty::measure::Became;
use proptest::prelude::*;

use crate::random::config;
use crate::support::{World, at, exactly, lost, new_pair};

/// The model, in microseconds.
#[derive(Debug, Clone)]
struct Model {
    seed: u64,
    every: u64,
    service: u64,
    window: (u64, u64),
    /// An answer is lost where its draw lies below this many 2^64-ths.
    loss: u64,
    amnesty: (u64, u64),
    end: u64,
}

/// What becomes of one org, and for how long it was disconnected.
fn foretell(model: &Model, org: u64) -> (Became, u128) {
    let key = OrgKey::new(Seed(model.seed), 0, org);
    let phase = u128::from(model.every) * u128::from(key.draw(0, 0, Purpose::StartPhase));
    let first = u64::try_from(phase >> 64).unwrap_or(u64::MAX);
    let within = |(from, until): (u64, u64), now| from <= now && now < until;
    let (mut stale_since, mut recovered, mut disconnected) = (None, false, 0);
    let (mut refresh, mut sent) = (1, first);
    while sent + model.service < model.end {
        let decided = sent + model.service;
        let lane = Lane::of(Purpose::ResponseLost, 0);
        let lost = within(model.window, sent) && key.draw(refresh, 0, lane) < model.loss;
        match stale_since {
            None if lost => stale_since = Some(decided),
            // The amnesty opened while it was stale, and ended the disconnection then.
            Some(since) if within(model.amnesty, decided) => {
                disconnected += u128::from(model.amnesty.0.saturating_sub(since));
                stale_since = lost.then_some(decided);
                recovered |= !lost;
            }
            None | Some(_) => {}
        }
        (refresh, sent) = (refresh + 1, sent + model.every);
    }
    if let Some(since) = stale_since {
        // Stale outside the amnesty, connected inside it.
        let (from, until) = model.amnesty;
        let outside = |from: u64, until: u64| u128::from(until.saturating_sub(from));
        disconnected += outside(since, model.end)
            - outside(since.max(from), until.min(model.end).max(since.max(from)));
    }
    let became = match stale_since {
        Some(_) if within(model.amnesty, model.end - 1) => Became::Pending,
        Some(_) => Became::Never,
        None if recovered => Became::Amnesty,
        None => Became::Unaffected,
    };
    (became, disconnected)
}

fn model() -> impl Strategy<Value = Model> {
    let minute = 60_000_000;
    let spans = (5..1_500_u64, 0..5_000_000_u64, 0..600_u64, 1..200_u64, any::<u64>());
    let amnesty = (200..3_000_u64, 1..2_000_u64, 2_000..6_000_u64);
    (any::<u64>(), spans, amnesty).prop_map(move |(seed, spans, amnesty)| {
        let (every, service, from, length, loss) = spans;
        let window = (from * minute, (from + length) * minute);
        // The amnesty opens when the incident is over.
        let opens = window.1.max(amnesty.0 * minute);
        Model {
            seed,
            every: every * minute,
            service,
            window,
            loss,
            amnesty: (opens, opens + amnesty.1 * minute),
            end: amnesty.2 * minute,
        }
    })
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn every_org_ends_as_foretold(model in model()) {
        let micros = SimDuration::from_micros;
        let instant = |now| at(0, 0, 0) + micros(now);
        let every = micros(model.every);
        let run = World::new(model.seed)
            .crowd(20)
            .client(|app| app.trigger = Trigger::Periodic { every, schedule: Schedule::Spread })
            .service_time(exactly(micros(model.service)))
            .phase(instant(model.window.0), instant(model.window.1), |phase| {
                let share = model.loss as f64 / 18_446_744_073_709_551_616.0;
                phase.response_lost = lost(share, SeenAs::Silence);
            })
            .amnesty(new_pair(instant(model.amnesty.0), instant(model.amnesty.1)))
            .run_until(instant(model.end));
        for (org, (end, counts)) in (0..).zip(run.ends.iter().zip(&run.counts)) {
            let found = (end.became, counts.disconnected_micros);
            prop_assert_eq!(found, foretell(&model, org), "org {}", org);
        }
    }
}
