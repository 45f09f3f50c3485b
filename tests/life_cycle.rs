//! What happens to single orgs: the stories of March 2018, and those of other policies and apps.
//!
//! The world of these tests is the one of `support`: refreshes at half past every hour, a second of
//! work on each, and faults in the first hour. So an answer lost at 0:30 was committed at 0:30:01,
//! and the app meets the refusal at 1:30:01.

#[cfg(test)]
mod support;

use amnesty::authority::{
    Amnesty, CommitOnUse, ConfirmBy, Grace, GraceReply, NonRevoking, OnReuse, Policy, Siblings,
    Static,
};
use amnesty::base::{Probability, SimDuration};
use amnesty::client::{Concurrency, OnFailure, OnRefusal, RetryOn, Trigger};
use amnesty::fault::{ErrorFault, Latency, SeenAs, Throttle};
use amnesty::measure::{Became, Ending, Means, OrgState};

use support::{
    MICRO, World, at, current_pair, exactly, hours, lost, new_pair, probability, strict,
};

const MINUTE: SimDuration = SimDuration::from_mins(1);

const GRACE: Grace = Grace {
    window: SimDuration::from_mins(90),
    max_reuse: None,
    reply: GraceReply::SamePair,
    close_on_use: None,
    on_reuse: OnReuse::None,
};

const COMMIT_ON_USE: CommitOnUse = CommitOnUse {
    confirm_by: ConfirmBy::Either,
    siblings: Siblings::Revoke,
    on_reuse: OnReuse::RevokeFamily,
};

#[test]
fn a_lost_answer_disconnects_one_org() {
    World::new(1).orgs(2).lose_response(1).run_until(hours(2)).expect_disconnected(1);
}

#[test]
fn it_is_stale_from_the_commit_on_and_its_neighbour_never_is() {
    World::new(1)
        .orgs(2)
        .lose_response(1)
        .run_until(hours(10))
        .expect_turn(1, at(0, 30, 1), OrgState::Stale)
        .expect_became(0, Became::Unaffected)
        .expect_became(1, Became::Never)
        .expect_ended(Ending::TimedOut, 1)
        .expect_ended(Ending::Refused, 9)
        .expect_time_disconnected(hours(10).since(at(0, 30, 1)));
}

#[test]
fn whatever_the_client_sees_of_a_lost_answer_it_is_lost() {
    let seen = [
        SeenAs::Silence,
        SeenAs::Reset,
        SeenAs::Truncated,
        SeenAs::Status(502),
        SeenAs::Status(503),
    ];
    for seen in seen {
        World::new(1)
            .fault(0, |phase| phase.response_lost = lost(1.0, seen))
            .run_until(hours(5))
            .expect_turn(0, at(0, 30, 1), OrgState::Stale)
            .expect_became(0, Became::Never);
    }
}

#[test]
fn what_goes_wrong_before_the_commit_disconnects_nobody() {
    let retry_after = SimDuration::from_secs(7);
    World::new(1)
        .orgs(3)
        .fault(0, |phase| phase.request_lost = Probability::ALWAYS)
        .fault(1, |phase| {
            phase.throttle = Some(Throttle { probability: Probability::ALWAYS, retry_after });
        })
        .fault(2, |phase| {
            phase.error = Some(ErrorFault { probability: Probability::ALWAYS, status: 500 });
        })
        .run_until(hours(5))
        .expect_ever_disconnected(0)
        .expect_ended(Ending::TimedOut, 1)
        .expect_ended(Ending::Throttled, 1)
        .expect_ended(Ending::ServerError, 1);
}

#[test]
fn the_amnesty_brings_the_org_back_at_its_next_try() {
    World::new(1)
        .lose_response(0)
        .amnesty(new_pair(hours(24), hours(96)))
        .run_until(hours(120))
        .expect_turn(0, at(0, 30, 1), OrgState::Stale)
        .expect_turn(0, hours(24), OrgState::Connected)
        .expect_became(0, Became::Amnesty)
        .expect_recovered(Means::Retry, 0)
        .expect_needed_person(0)
        .expect_time_disconnected(hours(24).since(at(0, 30, 1)));
}

#[test]
fn the_amnesty_begins_with_its_first_instant_and_ends_before_its_last() {
    let commit = at(5, 30, 1);
    for (from, until, became) in [
        (commit, commit + MICRO, Became::Amnesty),
        (commit - MINUTE, commit, Became::Never),
        (commit + MICRO, commit + MINUTE, Became::Never),
    ] {
        World::new(1)
            .lose_response(0)
            .amnesty(new_pair(from, until))
            .run_until(hours(10))
            .expect_turn(0, from, OrgState::Connected)
            .expect_became(0, became);
    }
}

#[test]
fn a_request_on_its_way_when_the_amnesty_ends_comes_too_late() {
    // Sent at 5:30:00, within the amnesty; decided at 5:30:05, after it.
    World::new(1)
        .lose_response(0)
        .phase(hours(5), hours(6), |phase| {
            phase.latency = Some(Latency::Replace(exactly(SimDuration::from_secs(5))));
        })
        .amnesty(new_pair(at(5, 0, 0), at(5, 30, 3)))
        .run_until(hours(10))
        .expect_turn(0, at(5, 30, 3), OrgState::Stale)
        .expect_became(0, Became::Never);
}

#[test]
fn a_stopped_app_comes_back_only_if_it_reacts_or_somebody_sees_to_it() {
    let stopped = || {
        World::new(1)
            .lose_response(0)
            .client(|app| app.on_refusal = OnRefusal::Stop)
            .amnesty(new_pair(hours(24), hours(96)))
    };
    stopped()
        .run_until(hours(120))
        .expect_turn(0, at(0, 30, 1), OrgState::Stale)
        .expect_turn(0, at(1, 30, 1), OrgState::Stopped)
        .expect_became(0, Became::Never)
        .expect_state(0, OrgState::Stopped);
    stopped()
        .reaction_after(SimDuration::from_hours(2))
        .run_until(hours(120))
        .expect_turn(0, hours(26), OrgState::Connected)
        .expect_became(0, Became::Amnesty);
    stopped()
        .reaction_after(SimDuration::from_hours(73))
        .run_until(hours(120))
        .expect_turn(0, hours(97), OrgState::Stale)
        .expect_turn(0, at(97, 0, 1), OrgState::Stopped)
        .expect_became(0, Became::Never);
    stopped()
        .person_after(SimDuration::from_hours(40))
        .run_until(hours(120))
        .expect_turn(0, at(41, 30, 1), OrgState::Connected)
        .expect_became(0, Became::Person)
        .expect_needed_person(1);
}

#[test]
fn deleted_credentials_come_back_only_through_a_person() {
    let deleting = || {
        World::new(1)
            .lose_response(0)
            .client(|app| app.on_refusal = OnRefusal::DeleteCredentials)
            .amnesty(new_pair(hours(24), hours(96)))
            .reaction_after(SimDuration::from_hours(2))
    };
    deleting()
        .run_until(hours(120))
        .expect_turn(0, at(1, 30, 1), OrgState::Abandoned)
        .expect_state(0, OrgState::Abandoned)
        .expect_needed_person(1);
    deleting()
        .person_after(SimDuration::from_hours(3))
        .run_until(hours(120))
        .expect_turn(0, at(4, 30, 1), OrgState::Connected)
        .expect_became(0, Became::Person);
}

#[test]
fn an_app_that_deletes_after_any_failure_abandons_a_credential_that_was_good() {
    World::new(1)
        .fault(0, |phase| phase.request_lost = Probability::ALWAYS)
        .client(|app| app.on_failure = OnFailure::DeleteCredentials)
        .amnesty(new_pair(hours(24), hours(96)))
        .run_until(hours(120))
        .expect_turn(0, at(0, 30, 10), OrgState::Abandoned)
        .expect_needed_person(1);
}

#[test]
fn an_app_that_stops_after_any_failure_needs_only_to_try_again() {
    World::new(1)
        .fault(0, |phase| phase.request_lost = Probability::ALWAYS)
        .client(|app| app.on_failure = OnFailure::Stop)
        .amnesty(new_pair(hours(24), hours(96)))
        .reaction_after(SimDuration::ZERO)
        .run_until(hours(120))
        .expect_turn(0, at(0, 30, 10), OrgState::Stopped)
        .expect_turn(0, hours(24), OrgState::Connected)
        .expect_recovered(Means::Retry, 1)
        .expect_recovered(Means::Amnesty, 0);
}

#[test]
fn a_killed_family_stays_dead_unless_the_amnesty_revives_it() {
    let amnesty = new_pair(hours(24), hours(96));
    for (unrevoke, became) in [(false, Became::Never), (true, Became::Amnesty)] {
        let run = World::new(1)
            .policy(strict(OnReuse::RevokeFamily))
            .lose_response(0)
            .amnesty(Amnesty { unrevoke, ..amnesty })
            .run_until(hours(120))
            .expect_turn(0, at(0, 30, 1), OrgState::Stale)
            .expect_turn(0, at(1, 30, 1), OrgState::Revoked)
            .expect_became(0, became);
        if unrevoke {
            run.expect_turn(0, hours(24), OrgState::Connected);
        } else {
            run.expect_state(0, OrgState::Revoked);
        }
    }
}

#[test]
fn an_amnesty_that_opens_before_the_first_retry_saves_the_family_too() {
    World::new(1)
        .policy(strict(OnReuse::RevokeFamily))
        .lose_response(0)
        .amnesty(new_pair(hours(1), hours(96)))
        .run_until(hours(120))
        .expect_turn(0, hours(1), OrgState::Connected)
        .expect_became(0, Became::Amnesty);
}

#[test]
fn a_grace_window_saves_who_comes_back_within_it() {
    // First used at 0:30:01, presented again at 1:30:01.
    let hour = SimDuration::from_hours(1);
    for (window, became) in [
        (hour + MICRO, Became::Grace),
        (hour, Became::Never),
        (SimDuration::from_mins(30), Became::Never),
        (SimDuration::FOREVER, Became::Grace),
    ] {
        World::new(1)
            .policy(Policy::Grace(Grace { window, ..GRACE }))
            .lose_response(0)
            .run_until(hours(10))
            .expect_became(0, became);
    }
}

#[test]
fn within_the_window_the_org_is_connected_and_stale_from_its_end() {
    World::new(1)
        .policy(Policy::Grace(Grace { window: SimDuration::from_mins(20), ..GRACE }))
        .lose_response(0)
        .run_until(hours(10))
        .expect_turn(0, at(0, 50, 1), OrgState::Stale)
        .expect_time_disconnected(hours(10).since(at(0, 50, 1)));
}

#[test]
fn every_form_of_reply_within_a_grace_window_keeps_the_org() {
    for reply in [GraceReply::SamePair, GraceReply::NewBranch, GraceReply::ReplaceSuccessor] {
        World::new(1)
            .policy(Policy::Grace(Grace { reply, on_reuse: OnReuse::RevokeFamily, ..GRACE }))
            .lose_response(0)
            .run_until(hours(10))
            .expect_ever_disconnected(0)
            .expect_became(0, Became::Grace);
    }
}

#[test]
fn a_second_lost_answer_within_the_window_counts_as_a_reuse() {
    for (max_reuse, became) in [(Some(1), Became::Never), (Some(2), Became::Grace)] {
        World::new(1)
            .policy(Policy::Grace(Grace { window: SimDuration::from_hours(9), max_reuse, ..GRACE }))
            .phase(hours(0), hours(2), |phase| phase.response_lost = lost(1.0, SeenAs::Silence))
            .run_until(hours(10))
            .expect_became(0, became);
    }
}

#[test]
fn commit_on_use_never_loses_an_app_that_refreshes_one_at_a_time() {
    for confirm_by in [ConfirmBy::AccessUse, ConfirmBy::RefreshUse, ConfirmBy::Either] {
        for siblings in [Siblings::Keep, Siblings::Revoke] {
            World::new(1)
                .orgs(50)
                .policy(Policy::CommitOnUse(CommitOnUse { confirm_by, siblings, ..COMMIT_ON_USE }))
                .phase(hours(0), hours(40), |phase| {
                    phase.response_lost = lost(0.6, SeenAs::Silence);
                })
                .run_until(hours(48))
                .expect_ever_disconnected(0);
        }
    }
}

#[test]
fn a_server_that_does_not_rotate_loses_nobody() {
    World::new(1)
        .orgs(20)
        .policy(Policy::Static(Static))
        .phase(hours(0), hours(40), |phase| phase.response_lost = lost(0.9, SeenAs::Silence))
        .run_until(hours(48))
        .expect_ever_disconnected(0)
        .expect_exposure(SimDuration::ZERO);
}

#[test]
fn a_server_that_keeps_k_generations_forgives_fewer_than_k_lost_answers() {
    for (keep, losses, stale) in
        [(Some(2), 1, 0), (Some(2), 2, 1), (Some(3), 2, 0), (Some(3), 3, 1), (None, 9, 0)]
    {
        World::new(1)
            .policy(Policy::NonRevoking(NonRevoking { keep }))
            .phase(hours(0), hours(losses), |phase| {
                phase.response_lost = lost(1.0, SeenAs::Silence);
            })
            .run_until(hours(12))
            .expect_disconnected(stale);
    }
}

#[test]
fn a_request_delivered_twice_refuses_its_own_second_answer() {
    let twice = |policy| {
        World::new(1)
            .policy(policy)
            .fault(0, |phase| phase.duplicate = Probability::ALWAYS)
            .run_until(hours(5))
    };
    // Rotated at 0:30:01, refused at 0:30:02.
    twice(strict(OnReuse::None))
        .expect_turn(0, at(0, 30, 1), OrgState::Stale)
        .expect_ended(Ending::TimedOut, 0)
        .expect_became(0, Became::Never);
    twice(strict(OnReuse::RevokeFamily))
        .expect_turn(0, at(0, 30, 2), OrgState::Revoked)
        .expect_became(0, Became::Never);
    for lenient in [Policy::Grace(GRACE), Policy::CommitOnUse(COMMIT_ON_USE)] {
        twice(lenient).expect_ever_disconnected(0).expect_became(0, Became::Unaffected);
    }
}

#[test]
fn the_gateway_gives_up_and_the_worker_commits() {
    World::new(1)
        .gateway_timeout(Some(SimDuration::from_secs(5)))
        .slow_by(0, SimDuration::from_secs(19))
        .run_until(hours(5))
        .expect_turn(0, at(0, 30, 20), OrgState::Stale)
        .expect_ended(Ending::ServerError, 1)
        .expect_became(0, Became::Never);
}

#[test]
fn a_late_answer_is_as_good_as_none() {
    // Ten seconds' patience. An answer that takes exactly as long comes too late.
    let second = SimDuration::from_secs(1);
    for (slower, stale) in [(9 * 1_000_000 - 1, 0), (9 * 1_000_000, 1)] {
        World::new(1)
            .slow_by(0, SimDuration::from_micros(slower))
            .service_time(exactly(second))
            .run_until(hours(5))
            .expect_ended(Ending::TimedOut, stale as u64)
            .expect_disconnected(stale);
    }
}

#[test]
fn a_retry_after_a_timeout_presents_what_the_first_attempt_used_up() {
    let retrying = |slower: u64| {
        World::new(1)
            .client(|app| {
                app.max_attempts = 2;
                app.retry_on = RetryOn { timeout: true, ..RetryOn::default() };
            })
            .phase(at(0, 30, 0), at(0, 30, 1), |phase| {
                phase.latency = Some(Latency::Add(exactly(SimDuration::from_secs(slower))));
            })
            .run_until(hours(5))
    };
    // The first attempt commits at 0:30:10, before the retry (sent then) does: stale, refused.
    retrying(9).expect_turn(0, at(0, 30, 10), OrgState::Stale).expect_became(0, Became::Never);
    // It commits at 0:30:21, when the retry has long been stored: it is refused, to nobody.
    retrying(20).expect_ever_disconnected(0).expect_ended(Ending::TimedOut, 1);
}

#[test]
fn an_answer_received_and_not_stored_is_lost() {
    World::new(1)
        .client(|app| app.crash_before_store = Probability::ALWAYS)
        .run_until(hours(5))
        .expect_turn(0, at(0, 30, 1), OrgState::Stale)
        .expect_ended(Ending::Crashed, 1)
        .expect_ended(Ending::Refused, 4);
}

#[test]
fn a_hung_app_sleeps_through_a_short_amnesty() {
    // No timeout: the call of 0:30 hangs until its process is ended at 24:30; next try 25:30.
    for (from, until, became) in [(12, 24, Became::Never), (12, 26, Became::Amnesty)] {
        World::new(1)
            .lose_response(0)
            .client(|app| app.timeout = None)
            .amnesty(new_pair(hours(from), hours(until)))
            .run_until(hours(48))
            .expect_turn(0, hours(from), OrgState::Connected)
            .expect_ended(Ending::TimedOut, 1)
            .expect_became(0, became);
    }
}

#[test]
fn racing_workers_need_no_incident_where_reuse_kills_the_family() {
    for (policy, revoked) in [
        (strict(OnReuse::None), false),
        (strict(OnReuse::RevokeFamily), true),
        (Policy::Grace(Grace { on_reuse: OnReuse::RevokeFamily, ..GRACE }), false),
    ] {
        let run = World::new(1).policy(policy).racing(2).run_until(hours(5));
        if revoked {
            run.expect_turn(0, at(0, 30, 1), OrgState::Revoked).expect_state(0, OrgState::Revoked);
        } else {
            run.expect_ever_disconnected(0);
        }
    }
}

#[test]
fn a_refused_racer_may_stop_the_app_whose_credential_is_good() {
    World::new(1)
        .racing(2)
        .client(|app| app.on_refusal = OnRefusal::Stop)
        .run_until(hours(5))
        .expect_turn(0, at(0, 30, 1), OrgState::Stopped)
        .expect_needed_person(1);
}

#[test]
fn a_person_authorises_anew_and_the_org_lives_on() {
    World::new(1)
        .lose_response(0)
        .person_after(SimDuration::from_hours(5))
        .run_until(hours(12))
        .expect_turn(0, at(6, 30, 1), OrgState::Connected)
        .expect_became(0, Became::Person)
        .expect_needed_person(1)
        .expect_disconnected(0)
        .expect_time_disconnected(SimDuration::from_hours(6))
        // 0:30 is lost; 1:30 to 5:30 are refused, 6:30 is answered at the very instant in which the
        // person is done, and comes too late; the new family refreshes from 7:30 on.
        .expect_ended(Ending::Stored, 5);
}

#[test]
fn nobody_is_called_twice_about_one_disconnection() {
    // A fair coin decides once whether anybody acts, not at each of 40 refusals.
    let run = World::new(1)
        .crowd(1_000)
        .phase(hours(0), hours(1), |phase| phase.response_lost = lost(1.0, SeenAs::Silence))
        .person_after(SimDuration::from_mins(10))
        .client(|app| {
            if let Some(person) = &mut app.person {
                person.probability = probability(0.5);
            }
        })
        .run_until(hours(41));
    let called = run.total().recovered_by(Means::Person);
    // Binomial(1000, 1/2): five standard deviations are 79. Risk below 1e-6.
    assert!((421..=579).contains(&called), "{called}");
}

#[test]
fn a_token_that_comes_first_spares_the_person() {
    World::new(1)
        .lose_response(0)
        .person_after(SimDuration::from_hours(5))
        .amnesty(new_pair(hours(3), hours(4)))
        .run_until(hours(12))
        // A person at 6:30:01 would cut off the attempt of 6:30:00.
        .expect_ended(Ending::TimedOut, 1)
        .expect_became(0, Became::Amnesty)
        .expect_needed_person(0);
}

#[test]
fn an_expired_session_handle_ends_even_an_amnesty() {
    World::new(1)
        .lose_response(0)
        .rules(|rules| rules.session_lifetime = SimDuration::from_hours(30))
        .amnesty(new_pair(hours(24), hours(96)))
        .run_until(hours(120))
        .expect_turn(0, hours(24), OrgState::Connected)
        .expect_turn(0, hours(30), OrgState::Stale)
        .expect_recovered(Means::Amnesty, 1)
        .expect_became(0, Became::Never);
}

#[test]
fn the_states_of_one_org_through_the_whole_incident() {
    World::new(1)
        .lose_response(0)
        .client(|app| app.on_refusal = OnRefusal::Stop)
        .amnesty(new_pair(at(23, 30, 0), at(95, 30, 0)))
        .reaction_after(SimDuration::from_mins(45))
        .phase(hours(30), hours(31), |phase| phase.response_lost = lost(1.0, SeenAs::Reset))
        .phase(hours(100), hours(101), |phase| phase.response_lost = lost(1.0, SeenAs::Reset))
        .person_after(SimDuration::from_hours(30))
        .run_until(hours(140))
        .expect_turn(0, at(0, 30, 1), OrgState::Stale)
        .expect_turn(0, at(1, 30, 1), OrgState::Stopped)
        // The person called at 1:30:01 would have come at 31:30:01; the app reacts at 24:15.
        .expect_turn(0, at(24, 15, 0), OrgState::Connected)
        // Lost again during the amnesty, and back at once.
        .expect_recovered(Means::Amnesty, 1)
        // Lost after the amnesty.
        .expect_turn(0, at(100, 30, 1), OrgState::Stale)
        .expect_turn(0, at(101, 30, 1), OrgState::Stopped)
        .expect_turn(0, at(131, 30, 1), OrgState::Connected)
        .expect_became(0, Became::Person)
        .expect_time_disconnected(
            at(24, 15, 0).since(at(0, 30, 1)) + at(131, 30, 1).since(at(100, 30, 1)),
        );
}

#[test]
fn the_price_of_leniency_in_closed_form() {
    let exposure = |policy, rules: fn(World) -> World, span: SimDuration| {
        rules(World::new(1).policy(policy)).run_until(hours(10)).expect_exposure(span);
    };
    let as_it_is: fn(World) -> World = |world| world;
    // Ten rotations, at 0:30:01 to 9:30:01; the last window is cut by the end of the run.
    let cut = hours(10).since(at(9, 30, 1));
    exposure(strict(OnReuse::None), as_it_is, SimDuration::ZERO);
    let window = |mins| Policy::Grace(Grace { window: SimDuration::from_mins(mins), ..GRACE });
    exposure(window(20), as_it_is, SimDuration::from_mins(10 * 20));
    exposure(window(30), as_it_is, SimDuration::from_mins(9 * 30) + cut);
    exposure(window(90), as_it_is, hours(10).since(at(0, 30, 1)));
    let keep = |keep| Policy::NonRevoking(NonRevoking { keep });
    exposure(keep(None), as_it_is, hours(10).since(at(0, 30, 1)));
    exposure(keep(Some(1)), as_it_is, SimDuration::ZERO);
    // An answer that arrives is used at once, which confirms it.
    exposure(Policy::CommitOnUse(COMMIT_ON_USE), as_it_is, SimDuration::ZERO);
    // One that does not leaves the old credential valid until the next refresh.
    let one_lost: fn(World) -> World = |world| world.lose_response(0);
    exposure(Policy::CommitOnUse(COMMIT_ON_USE), one_lost, SimDuration::from_hours(1));
    // An amnesty exposes whatever was superseded before it or in it.
    let amnesty: fn(World) -> World = |world| world.amnesty(new_pair(hours(0), hours(4)));
    exposure(strict(OnReuse::None), amnesty, hours(4).since(at(0, 30, 1)));
    exposure(Policy::Static(Static), amnesty, SimDuration::ZERO);
    // Windows of 20 min and an amnesty count once where both are open.
    exposure(window(20), amnesty, hours(4).since(at(0, 30, 1)) + SimDuration::from_mins(6 * 20));
}

#[test]
fn a_family_that_was_killed_exposes_nothing() {
    World::new(1)
        .policy(strict(OnReuse::RevokeFamily))
        .lose_response(0)
        .amnesty(new_pair(hours(3), hours(4)))
        .run_until(hours(10))
        .expect_exposure(SimDuration::ZERO);
    World::new(1)
        .policy(strict(OnReuse::RevokeFamily))
        .lose_response(0)
        .amnesty(Amnesty { unrevoke: true, ..new_pair(hours(3), hours(4)) })
        .run_until(hours(10))
        .expect_exposure(SimDuration::from_hours(1));
}

#[test]
fn the_reaction_of_a_racing_app_loses_no_attempt() {
    // Two workers present T0 at 0:30. One is refused at 0:30:01 and stops the app; the other one's
    // answer is lost, and it waits until 0:30:10. The amnesty is announced in between.
    let run = World::new(1)
        .client(|app| {
            app.on_refusal = OnRefusal::Stop;
            app.concurrency = Concurrency::Racing { workers: 2, spread: SimDuration::from_secs(2) };
        })
        .phase(at(0, 30, 0), at(0, 30, 0) + MICRO, |phase| {
            phase.response_lost = lost(1.0, SeenAs::Silence);
        })
        .amnesty(new_pair(at(0, 30, 5), hours(9)))
        .reaction_after(SimDuration::ZERO)
        .run_until(hours(9));
    assert!(run.total().balances(), "{:?}", run.total());
    run.expect_disconnected(0);
}

#[test]
fn a_replay_kills_no_access_token() {
    // An app that first refreshes between 0:45 and 1:15, and gives up; it stores T1 at its next try, 45
    // min later. A quarter of an hour after that, within the amnesty, the slow first request presents
    // T0. The current pair in reply supersedes nothing, so the app has no reason to refresh early.
    let world = |seed| {
        World::new(seed)
            .client(|app| {
                app.trigger = Trigger::OnUnauthorized;
                app.next_call = exactly(SimDuration::from_mins(45));
            })
            .phase(hours(0), at(1, 20, 0), |phase| {
                phase.latency = Some(Latency::Add(exactly(SimDuration::from_hours(1))));
            })
    };
    let late = |seed: &u64| world(*seed).run_until(at(0, 45, 0)).total().sent == 0;
    let seed = (0..20).find(late).expect("two in five first refresh after 0:45");
    let sent = |amnesty: Option<Amnesty>, until| {
        world(seed).amnesty(amnesty).run_until(until).total().sent
    };
    for quarter in 8..40 {
        let until = at(0, 15 * quarter, 0);
        let replayed = sent(Some(current_pair(at(1, 20, 0), hours(9))), until);
        assert_eq!(sent(None, until), replayed, "until {until:?}");
    }
}
