//! Time without access: exact in worlds worked out by hand, and what the ledger says in all others.

use amnesty::authority::{Grace, GraceReply, OldAccessToken, OnReuse, Policy, Static};
use amnesty::base::{Probability, SimDuration, SimTime};
use amnesty::client::{OnFailure, OnRefusal, Trigger};
use amnesty::fault::ErrorFault;
use amnesty::measure::{Counts, Means, Sheet, TimeGrid};
use amnesty::protocol::Conclusion;
use amnesty::sim;
use amnesty::world::{Entry, Ledger, Stage, Swarm};
use proptest::prelude::*;

use crate::random::{END, Kind, amnesty, config, world};
use crate::support::{World, at, current_pair, exactly, hours, new_pair, strict};

const ANY: Kind = Kind { single_flight: false, prompt: false, on_reuse: None };

/// The time without access of all orgs of a world together.
fn absence(world: World, until: SimTime) -> u128 {
    let total = world.run_until(until).total();
    total.without_access.total_micros()
}

/// From one instant to another, in microseconds.
fn span(from: SimTime, until: SimTime) -> u128 {
    until.since(from).as_micros().into()
}

fn failing(status: u16) -> ErrorFault {
    ErrorFault { probability: Probability::ALWAYS, status }
}

/// Apps that refresh a minute before their token expires.
fn early(world: World) -> World {
    let lead = SimDuration::from_mins(1);
    world.client(|app| app.trigger = Trigger::BeforeExpiry { lead })
}

/// The default world, with tokens that live so many minutes, and with this after a rotation.
fn lasting(minutes: u64, old: OldAccessToken) -> World {
    World::new(1).rules(|rules| {
        rules.access_token_ttl = SimDuration::from_mins(minutes);
        rules.old_access_token = old;
    })
}

const KILLED: OldAccessToken = OldAccessToken::KilledAtRotation;
const LIVES: OldAccessToken = OldAccessToken::LivesToExpiry;

#[test]
fn a_server_that_never_answers_leaves_everybody_without_access_from_the_first_expiry_on() {
    let storm = |world: World| world.phase(hours(0), hours(10), |it| it.error = Some(failing(503)));
    for world in [World::new(1).orgs(3), early(World::new(2).orgs(3))] {
        let run = storm(world).run_until(hours(10)).expect_ever_disconnected(0);
        let expected = 3 * span(at(0, 30, 0), hours(10));
        assert_eq!(run.total().without_access.total_micros(), expected);
    }
}

#[test]
fn whoever_refreshes_early_enough_is_never_without_access() {
    assert_eq!(absence(early(World::new(1).orgs(20)), hours(40)), 0);
    // Two minutes over an answer are a minute too long, each time that a token was stored.
    let slow = early(World::new(1)).service_time(exactly(SimDuration::from_mins(2)));
    let run = slow.client(|app| app.timeout = None).run_until(hours(40));
    let stored = run.total().ended_as(amnesty::measure::Ending::Stored);
    assert!(stored > 70, "{stored}");
    let gaps = run.total().without_access.total_micros();
    // The first token is older than the app thinks, by no more than its life.
    let minute = span(hours(0), at(0, 1, 0));
    assert!(gaps >= u128::from(stored - 1) * minute && gaps <= u128::from(stored + 1) * minute);
}

#[test]
fn between_expiry_and_the_next_timetable_nobody_has_access() {
    // T0 dies at 0:30:00, a second before it is renewed; each later token dies half an hour before.
    let expected = 1_000_000 + 9 * span(hours(0), at(0, 30, 0));
    assert_eq!(absence(World::new(1).orgs(2), hours(10)), 2 * expected);
    // A lazy app calls five minutes after the end of a token's life.
    let lazy = World::new(1).orgs(2).client(|app| app.trigger = Trigger::AtExpiry);
    let run = lazy.run_until(hours(40));
    let stored = run.total().ended_as(amnesty::measure::Ending::Stored);
    let gap = span(hours(0), at(0, 5, 1));
    let found = run.total().without_access.total_micros();
    // All but the first gap of each org, and perhaps the last.
    let all = u128::from(stored) * gap;
    assert!((all - 2 * gap..=all + 2 * gap).contains(&found), "{found} of {all}");
}

#[test]
fn a_lost_answer_ends_access_at_once_where_the_rotation_kills_the_old_token() {
    let killed = lasting(150, KILLED).lose_response(0);
    assert_eq!(absence(killed, hours(10)), span(at(0, 30, 1), hours(10)));
    let lives = lasting(150, LIVES).lose_response(0);
    assert_eq!(absence(lives, hours(10)), span(at(2, 30, 0), hours(10)));
    let never_rotated = lasting(150, KILLED).policy(Policy::Static(Static)).lose_response(0);
    // The app keeps its old token, and has the next one at 1:30:01.
    assert_eq!(absence(never_rotated, hours(10)), 0);
}

#[test]
fn a_revoked_family_and_deleted_credentials_end_access() {
    let lossy = || lasting(300, LIVES).lose_response(0);
    // The superseded token comes again at 1:30:01.
    let revoked = lossy().policy(strict(OnReuse::RevokeFamily));
    assert_eq!(absence(revoked, hours(10)), span(at(1, 30, 1), hours(10)));
    let deleted = lossy().client(|app| app.on_refusal = OnRefusal::DeleteCredentials);
    assert_eq!(absence(deleted, hours(10)), span(at(1, 30, 1), hours(10)));
    let kept = lossy().client(|app| app.on_refusal = OnRefusal::Stop);
    assert_eq!(absence(kept, hours(10)), span(hours(5), hours(10)));
}

#[test]
fn a_person_brings_a_new_access_token() {
    let world = lasting(300, KILLED).lose_response(0).person_after(SimDuration::from_hours(2));
    let run = world.run_until(hours(8)).expect_recovered(Means::Person, 1);
    // Refused at 1:30:01, authorised at 3:30:01, and refreshed each hour from then on.
    let expected = span(at(0, 30, 1), at(3, 30, 1));
    assert_eq!(run.total().without_access.total_micros(), expected);
}

#[test]
fn a_pair_that_is_replayed_dies_when_it_was_due_and_is_made_anew_if_it_is_dead() {
    let grace = |window| {
        Policy::Grace(Grace {
            window,
            max_reuse: None,
            reply: GraceReply::SamePair,
            close_on_use: None,
            on_reuse: OnReuse::None,
        })
    };
    // T1, of 0:30:01, is lost, handed out at 1:30:01, and dies at 2:00:01.
    let replayed = |old| {
        let world = lasting(90, old).lose_response(0);
        absence(world.policy(grace(SimDuration::from_hours(2))), hours(4))
    };
    let too_early = span(at(2, 0, 1), at(2, 30, 1));
    assert_eq!(replayed(KILLED), span(at(0, 30, 1), at(1, 30, 1)) + too_early);
    assert_eq!(replayed(LIVES), 1_000_000 + too_early);
    // An amnesty at 5:30:01 finds T1 dead for hours.
    for reply in [current_pair(hours(5), hours(6)), new_pair(hours(5), hours(6))] {
        let world = lasting(90, KILLED).lose_response(0).amnesty(reply);
        assert_eq!(absence(world, hours(8)), span(at(0, 30, 1), at(5, 30, 1)));
    }
}

/// Whether a world is one whose ledger tells all: nobody deletes credentials, kills families or
/// authorises anew.
fn told(world: World) -> World {
    world.client(|app| {
        if app.on_refusal == OnRefusal::DeleteCredentials {
            app.on_refusal = OnRefusal::Stop;
        }
        if app.on_failure == OnFailure::DeleteCredentials {
            app.on_failure = OnFailure::TryLater;
        }
        app.person = None;
    })
}

/// What happens to the access tokens of an org at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Issued(u32),
    Stored(u32),
}

/// The time without access, from the ledger of one org alone.
fn from_ledger(stage: &Stage, cohort: usize, entries: &[Entry], end: SimTime) -> u128 {
    let rules = stage.rules(cohort);
    let is_static = matches!(rules.policy, Policy::Static(_));
    let mut events = Vec::new();
    for entry in entries {
        let issued =
            entry.commits.iter().filter_map(|it| Some((it.at, Event::Issued(it.issued?.0))));
        events.extend(issued);
        if let Some((at, Conclusion::Stored(generation))) = entry.concluded {
            events.push((at, Event::Stored(generation.0)));
        }
    }
    events.sort_unstable();
    let (mut newest, mut issued_at) = (0, SimTime::ZERO);
    let (mut stored, mut due) = (0, SimTime::ZERO + rules.access_token_ttl);
    let (mut now, mut with_access) = (SimTime::ZERO, 0);
    for (at, event) in events.into_iter().chain([(end, Event::Issued(0))]) {
        let killed = rules.old_access_token == KILLED && stored != newest;
        if !killed {
            with_access += span(now, due.min(at));
        }
        now = at;
        match event {
            Event::Issued(generation) => {
                let is_dead = at >= issued_at + rules.access_token_ttl;
                if generation > newest || is_static || is_dead {
                    issued_at = at;
                }
                newest = newest.max(generation);
            }
            Event::Stored(generation) => {
                stored = generation;
                due = issued_at + rules.access_token_ttl;
            }
        }
    }
    span(SimTime::ZERO, end) - with_access
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn time_without_access_follows_from_the_ledger(
        world in world(Kind { on_reuse: Some(OnReuse::None), ..ANY }),
        amnesty in prop::option::of(amnesty(None)),
    ) {
        let world = told(world.amnesty(amnesty));
        let stage = Stage::new(world.spec(END));
        let swarm = Swarm::of(world.seed(), stage.world()).unwrap();
        let grid = TimeGrid::new(stage.world().duration, SimDuration::from_mins(50), None);
        for org in swarm.range(0..swarm.orgs()) {
            let mut sheet = Sheet::new(grid.clone(), stage.world().cohorts.len(), stage.world().duration);
            let mut ledger = Ledger::new(org.number);
            let mut recorder = sheet.recorder(org.cohort);
            sim::play(&stage, &org, world.seed(), 0, &mut recorder, &mut ledger);
            let found = &sheet.counts[org.cohort].without_access;
            let expected = from_ledger(&stage, org.cohort, ledger.entries(), END);
            prop_assert_eq!(found.total_micros(), expected, "{:#?}", ledger.entries());
            prop_assert_eq!(found.by_bin(&grid).iter().sum::<u128>(), expected);
        }
    }

    #[test]
    fn whoever_is_disconnected_is_without_access_when_its_tokens_are_dead(
        world in world(ANY), amnesty in prop::option::of(amnesty(None)),
    ) {
        let ttl = u128::from(world.spec(END).cohorts[0].rules.access_token_ttl.as_micros());
        for counts in &world.amnesty(amnesty).run_until(END).counts {
            let Counts { disconnected_micros, without_access, .. } = counts;
            let absent = without_access.total_micros();
            prop_assert!(absent <= span(SimTime::ZERO, END));
            // A person may have come more than once.
            if counts.recovered_by(Means::Person) == 0 {
                let tokens = 1 + u128::from(counts.ended_as(amnesty::measure::Ending::Stored));
                prop_assert!(*disconnected_micros <= absent + tokens * ttl);
            }
        }
    }
}
