//! Whatever happens, the books balance: attempts, orgs, time, and flow.

use amnesty::base::{Distribution, SimDuration};
use amnesty::measure::{Became, Ending, Means};
use proptest::prelude::*;

use crate::random::{END, Kind, amnesty, config, world};
use crate::support::{World, at, hours};

const ANY: Kind = Kind { single_flight: false, prompt: false, on_reuse: None };

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn every_attempt_ends_once_and_every_org_is_somewhere(
        world in world(ANY), amnesty in prop::option::of(amnesty(None)),
    ) {
        let run = world.amnesty(amnesty).run_until(END);
        for (org, (end, counts)) in run.ends.iter().zip(&run.counts).enumerate() {
            prop_assert!(counts.balances(), "org {}: {:?}", org, counts);
            let disconnected = end.state.is_disconnected();
            prop_assert_eq!(disconnected, end.became == Became::Never);
            prop_assert!(!disconnected || counts.ever_disconnected == 1);
            let person = counts.recovered_by(Means::Person) == 1;
            prop_assert_eq!(end.needed_person, disconnected || person);
            let unaffected = counts.lost_answer + counts.ever_disconnected == 0;
            prop_assert_eq!(end.became == Became::Unaffected, unaffected);
            let run_micros = u128::from(END.as_micros());
            prop_assert!(counts.disconnected_micros <= run_micros);
            prop_assert!(counts.exposed_micros <= run_micros);
            prop_assert_eq!(counts.disconnected_micros > 0, counts.ever_disconnected == 1);
        }
        let total = run.total();
        // A latency is recorded where an attempt ends, and a sojourn where a worker takes it up.
        let ended = total.sent - total.ended_as(Ending::Unfinished);
        prop_assert_eq!(run.spread.client().len(), ended);
        prop_assert!(run.spread.server().len() <= total.sent);
        prop_assert!(total.ended_as(Ending::Stored) + total.ended_as(Ending::Crashed)
            + total.ended_as(Ending::Refused) <= run.spread.server().len());
        prop_assert!(total.committed_and_lost <= run.spread.server().len());
        prop_assert!(total.ended_as(Ending::Crashed) <= total.committed_and_lost);
    }
}

/// Little's law, exactly: attempts under way, summed over time, are attempts times the time of each.
/// Attempts begin and end on whole multiples of ten seconds, so looking every ten seconds, half a
/// step off, gives the integral without error.
#[test]
fn attempts_under_way_are_rate_times_time() {
    let end = at(3, 5, 0);
    // Service of 40 s and a patience of 60 s; or of 100 s, which the app does not wait for.
    for (service, stays) in [(40, 40), (100, 60)] {
        let world = World::new(1)
            .orgs(3)
            .client(|app| app.timeout = Some(SimDuration::from_secs(60)))
            .service_time(Distribution::exactly(SimDuration::from_secs(service)));
        let looks = (0..end.as_micros() / 10_000_000).map(|n| at(0, 0, 10 * n + 5));
        let under_way: u64 = looks
            .map(|now| world.clone().run_until(now).total().ended_as(Ending::Unfinished) * 10)
            .sum();
        let sent = world.run_until(end).total().sent;
        assert_eq!((sent, under_way), (9, 9 * stays), "service {service} s");
    }
}

/// What is served is what was sent, and takes what it should, where nothing goes wrong.
#[test]
fn an_unlimited_station_serves_all_at_once() {
    let service = Distribution::exactly(SimDuration::from_secs(2));
    let run = World::new(1).orgs(40).service_time(service).run_until(hours(10));
    assert_eq!(run.spread.server().len(), run.total().sent);
    for histogram in [run.spread.server(), run.spread.client()] {
        // Histograms keep three digits.
        assert_eq!(histogram.min().abs_diff(2_000_000) / 2_000, 0);
        assert_eq!(histogram.max().abs_diff(2_000_000) / 2_000, 0);
    }
}
