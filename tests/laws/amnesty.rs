//! An amnesty never harms an org, and a longer one never helps less: when that is a theorem.
//!
//! Compare one org in two arms on the same draws: A without the amnesty, B with it.
//!
//! **Lemma.** Without an amnesty a policy that refuses a generation once refuses it for ever: no
//! policy makes a generation current again, and windows only close. So an org whose app holds a
//! refused credential, has stopped, or belongs to a killed family, needs a person, whatever follows.
//!
//! Both arms are equal until one of two things happens.
//! 1. A stopped app reacts to the announcement. It had stopped in A for good: A needs a person.
//! 2. The amnesty accepts a request that the policy refuses. If the request presents what the app
//!    holds at that moment, then by the lemma A needs a person. If it presents something older, then
//!    A may be in perfect health, and it matters what the amnesty makes of it:
//!    - A *zombie* (its app gave up waiting for it, and has stored a newer token since) given the
//!      current pair supersedes nothing, and nobody reads the answer: the arms stay equal.
//!    - A zombie given a new pair supersedes the token that the app holds. If the app next refreshes
//!      after the end of the amnesty, it is refused. **This is the harm.**
//!    - The slower of *racing* workers is listened to. A new pair harms if its answer is lost. The
//!      current pair is what the app holds already if a policy has one valid generation (strict); if
//!      it has several, the app holds another one than in A, and the arms go their own ways.
//!    - Where every refusal kills the family, this one killed it in A: A needs a person.
//!
//! So the law holds, whatever the faults, if any one of these does:
//! - the reply is `current_pair`, and apps refresh one at a time or the policy is strict;
//! - the policy kills the family whenever it refuses (then the amnesty can only be milder);
//! - apps refresh one at a time, and when one stores a token, none of its earlier requests is still
//!   undecided. It suffices that the server (both deliveries of a request together) is always
//!   quicker than the app's timeout and not slower than the gateway's.
//!
//! The same argument with the shorter amnesty as A gives the law of the longer amnesty. The tests
//! below try all of them on random worlds (none failed in 10^5 a law), and then show the smallest
//! worlds in which it fails.

use amnesty::authority::{
    Amnesty, AmnestyReply, CommitOnUse, ConfirmBy, Grace, GraceReply, NonRevoking, OnReuse, Policy,
    Siblings,
};
use amnesty::base::{Probability, SimDuration, SimTime};
use amnesty::client::{Concurrency, RetryOn};
use amnesty::fault::{Latency, Phase, SeenAs};
use amnesty::measure::OrgState;
use proptest::prelude::*;

use crate::random::{END, Kind, amnesty, config, world};
use crate::support::{MICRO, World, at, current_pair, exactly, hours, lost, new_pair, strict};

/// The orgs that need a person in the second world and not in the first.
fn harmed(before: World, after: World, until: SimTime) -> Vec<usize> {
    let before = before.run_until(until).needing_a_person();
    let after = after.run_until(until).needing_a_person();
    after.into_iter().filter(|org| !before.contains(org)).collect()
}

fn harms_nobody(before: World, after: World) -> Result<(), TestCaseError> {
    let harmed = harmed(before, after, END);
    prop_assert!(harmed.is_empty(), "harmed: {harmed:?}");
    Ok(())
}

/// Anything at all.
const ANY: Kind = Kind { single_flight: false, prompt: false, on_reuse: None };
/// One refresh at a time, and zombies.
const SINGLE: Kind = Kind { single_flight: true, ..ANY };
/// One refresh at a time, and no request decided after its app stopped waiting.
const PROMPT: Kind = Kind { prompt: true, ..SINGLE };
/// Anything, at a server that kills the family whenever it refuses.
const REVOKING: Kind = Kind { on_reuse: Some(OnReuse::RevokeFamily), ..ANY };

fn longer(amnesty: Amnesty, mins: u64) -> Amnesty {
    Amnesty { until: amnesty.until + SimDuration::from_mins(mins), ..amnesty }
}

proptest! {
    #![proptest_config(config(250))]

    #[test]
    fn no_amnesty_harms_where_no_request_outlives_the_patience_of_its_app(
        world in world(PROMPT), amnesty in amnesty(None),
    ) {
        harms_nobody(world.clone(), world.amnesty(amnesty))?;
    }

    #[test]
    fn no_amnesty_with_the_current_pair_harms_who_refreshes_one_at_a_time(
        world in world(SINGLE), amnesty in amnesty(Some(AmnestyReply::CurrentPair)),
    ) {
        harms_nobody(world.clone(), world.amnesty(amnesty))?;
    }

    #[test]
    fn no_amnesty_with_the_current_pair_harms_at_a_strict_server(
        world in world(ANY),
        revoking in any::<bool>(),
        amnesty in amnesty(Some(AmnestyReply::CurrentPair)),
    ) {
        let on_reuse = if revoking { OnReuse::RevokeFamily } else { OnReuse::None };
        let world = world.policy(strict(on_reuse));
        harms_nobody(world.clone(), world.amnesty(amnesty))?;
    }

    #[test]
    fn no_amnesty_harms_where_every_refusal_kills_the_family(
        world in world(REVOKING), amnesty in amnesty(None),
    ) {
        harms_nobody(world.clone(), world.amnesty(amnesty))?;
    }

    #[test]
    fn a_longer_amnesty_never_leaves_more_to_people(
        world in world(PROMPT), amnesty in amnesty(None), mins in 1..900_u64,
    ) {
        let long = world.clone().amnesty(longer(amnesty, mins));
        harms_nobody(world.amnesty(amnesty), long)?;
    }

    #[test]
    fn a_longer_amnesty_with_the_current_pair_never_leaves_more_to_people(
        world in world(SINGLE), amnesty in amnesty(Some(AmnestyReply::CurrentPair)), mins in 1..900_u64,
    ) {
        let long = world.clone().amnesty(longer(amnesty, mins));
        harms_nobody(world.amnesty(amnesty), long)?;
    }
}

/// An app that gives up at 4:30:10, tries again at once and stores T5 at 4:30:11, while its first
/// request is still worked on and decided at 4:40:01, presenting T4: a zombie.
fn zombie(policy: Policy) -> World {
    World::new(1)
        .policy(policy)
        .client(|app| {
            app.max_attempts = 2;
            app.retry_on = RetryOn { timeout: true, ..RetryOn::default() };
        })
        .phase(at(4, 30, 0), at(4, 30, 0) + MICRO, |phase| {
            phase.latency = Some(Latency::Add(exactly(SimDuration::from_mins(10))));
        })
}

#[test]
fn a_zombie_in_a_new_pair_amnesty_disconnects_a_healthy_org() {
    let (from, until) = (at(4, 35, 0), at(5, 0, 0));
    zombie(strict(OnReuse::None)).run_until(hours(10)).expect_ever_disconnected(0);
    zombie(strict(OnReuse::None))
        .amnesty(new_pair(from, until))
        .run_until(hours(10))
        // Superseded at 4:40:01; still accepted by the amnesty until that ends.
        .expect_turn(0, until, OrgState::Stale)
        .expect_needed_person(1);
}

#[test]
fn what_saves_the_org_from_the_zombie() {
    let (from, until) = (at(4, 35, 0), at(5, 0, 0));
    let grace = Policy::Grace(Grace {
        window: SimDuration::from_hours(1),
        max_reuse: None,
        reply: GraceReply::SamePair,
        close_on_use: None,
        on_reuse: OnReuse::None,
    });
    let commit_on_use = Policy::CommitOnUse(CommitOnUse {
        confirm_by: ConfirmBy::Either,
        siblings: Siblings::Revoke,
        on_reuse: OnReuse::None,
    });
    for (policy, amnesty) in [
        // The reply that supersedes nothing.
        (strict(OnReuse::None), current_pair(from, until)),
        // An amnesty that lasts until the app has refreshed once more.
        (strict(OnReuse::None), new_pair(from, at(5, 31, 0))),
        // A policy that forgives the zombie's rotation as it forgives any other.
        (grace, new_pair(from, until)),
        (commit_on_use, new_pair(from, until)),
    ] {
        zombie(policy).amnesty(amnesty).run_until(hours(10)).expect_needed_person(0);
    }
}

#[test]
fn a_longer_amnesty_can_harm_where_a_shorter_one_does_not() {
    for (until, harmed) in [(at(4, 39, 0), 0), (at(5, 0, 0), 1), (at(6, 0, 0), 0)] {
        zombie(strict(OnReuse::None))
            .amnesty(new_pair(at(4, 35, 0), until))
            .run_until(hours(10))
            .expect_needed_person(harmed);
    }
}

#[test]
fn the_slower_of_two_racing_workers_can_disconnect_a_healthy_org() {
    // Both present T4. The first stores T5. The other one is refused without the amnesty; with it,
    // it is given T6, and that answer is lost.
    let racing = || {
        World::new(1)
            .client(|app| {
                let spread = SimDuration::from_secs(2);
                app.concurrency = Concurrency::Racing { workers: 2, spread };
            })
            .phase(at(4, 30, 0) + MICRO, at(4, 31, 0), |phase| {
                phase.response_lost = lost(1.0, SeenAs::Silence);
            })
    };
    let (from, until) = (at(4, 0, 0), at(5, 0, 0));
    racing().run_until(hours(10)).expect_ever_disconnected(0);
    racing()
        .amnesty(new_pair(from, until))
        .run_until(hours(10))
        .expect_turn(0, until, OrgState::Stale)
        .expect_needed_person(1);
    racing().amnesty(current_pair(from, until)).run_until(hours(10)).expect_needed_person(0);
}

#[test]
fn racing_workers_can_be_harmed_by_the_current_pair_where_two_generations_are_valid() {
    // A first worker at hh:30:00, a second within 2 s; the last two generations are valid.
    // 4:30  Both present T8; T9 is stored. The second request is delivered twice: it is given T10,
    //       and then refused, so the app holds T9. With the amnesty it is given T10 again.
    // 5:30  The second worker's answer is lost. One token behind, it was refused anyway; with the
    //       amnesty it rotated once more, and now that app is one behind.
    // 6:30  One rotation, its answer lost: one behind is still valid, two behind is not.
    let racing = || {
        let second = |hour, change: fn(&mut Phase)| {
            move |world: World| world.phase(at(hour, 30, 0) + MICRO, at(hour, 31, 0), change)
        };
        let world = World::new(1)
            .policy(Policy::NonRevoking(NonRevoking { keep: Some(2) }))
            .client(|app| {
                let spread = SimDuration::from_secs(2);
                app.concurrency = Concurrency::Racing { workers: 2, spread };
            });
        let world = second(4, |phase| phase.duplicate = Probability::ALWAYS)(world);
        let world = second(5, |phase| phase.response_lost = lost(1.0, SeenAs::Reset))(world);
        second(6, |phase| phase.request_lost = Probability::ALWAYS)(world).phase(
            at(6, 30, 0),
            at(6, 30, 0) + MICRO,
            |phase| phase.response_lost = lost(1.0, SeenAs::Reset),
        )
    };
    racing().run_until(hours(10)).expect_ever_disconnected(0);
    racing()
        .amnesty(current_pair(at(4, 0, 0), at(5, 0, 0)))
        .run_until(hours(10))
        .expect_turn(0, at(6, 30, 1), OrgState::Stale)
        .expect_needed_person(1);
}

#[test]
fn where_reuse_kills_the_family_the_zombie_had_killed_it_anyway() {
    let (from, until) = (at(4, 35, 0), at(5, 0, 0));
    zombie(strict(OnReuse::RevokeFamily))
        .run_until(hours(10))
        .expect_turn(0, at(4, 40, 1), OrgState::Revoked)
        .expect_needed_person(1);
    let amnesty = |amnesty| zombie(strict(OnReuse::RevokeFamily)).amnesty(amnesty);
    amnesty(new_pair(from, until)).run_until(hours(10)).expect_needed_person(1);
    amnesty(current_pair(from, until)).run_until(hours(10)).expect_needed_person(0);
}
