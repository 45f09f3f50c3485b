//! The server in words: its policy, its station and what stands before it, and how large the islands are
//! that follow from them.

use super::words::{count, duration, policy, time_law};
use super::{Page, plural};
use crate::authority::OldAccessToken;
use crate::base::{Distribution, SimDuration};
use crate::client::{Per, Profile};
use crate::protocol::Protocol;
use crate::scenario::{Arm, Plan};
use crate::station::{
    AdmissionSpec, BackgroundSpec, Discipline, Overflow, RateLimit, RateScope, StationSpec,
};
use crate::world::{Islands, World};

/// Everything about the server.
pub(super) fn server(world: &World, page: &mut Page) {
    let protocol = match world.server.protocol {
        Protocol::Oauth1a => "OAuth 1.0a with sessions",
        Protocol::Oauth2 => "OAuth 2.0",
    };
    let Some(rules) = world.cohorts.first().map(|cohort| &cohort.rules) else {
        return;
    };
    page.row("Server", &format!("{protocol}; {}", policy(&rules.policy)));
    let old = match rules.old_access_token {
        OldAccessToken::KilledAtRotation => "a rotation kills the one before",
        OldAccessToken::LivesToExpiry => "a rotation leaves the one before alive",
    };
    let tokens = format!(
        "access tokens live {}, {old}; sessions live {}",
        duration(rules.access_token_ttl),
        duration(rules.session_lifetime),
    );
    page.row("", &tokens);
    let gateway = world.server.gateway_timeout.map_or_else(String::new, |timeout| {
        format!("; a gateway gives up after {} with a 504", duration(timeout))
    });
    let service = time_law(&world.server.service_time);
    let waits = if world.server.station.is_some() { "" } else { "; nobody waits for a worker" };
    page.row("", &format!("a request takes {service}{gateway}{waits}"));
    if let Some(spec) = &world.server.station {
        page.row("", &station(spec));
    }
    for line in world.server.admission.iter().flat_map(admission) {
        page.row("", &line);
    }
    if let Some(spec) = &world.server.background {
        page.row("", &background(spec));
    }
    page.gap();
}

fn station(spec: &StationSpec) -> String {
    let whom = match spec.discipline {
        Discipline::Fifo => "first",
        Discipline::Lifo => "last",
    };
    let full = match spec.overflow {
        Overflow::Reject => "one more is answered 503",
        Overflow::DropOldest => {
            "one more takes the place of the one that has waited longest, which is answered 503"
        }
    };
    let serve = if spec.workers == 1 { "serves" } else { "serve" };
    let queue = match spec.queue_limit {
        0 => "nobody waits: whoever finds all of them busy is answered 503".to_owned(),
        limit => format!("{} wait at most, {full}", plural(u64::from(limit), "request")),
    };
    let workers = plural(u64::from(spec.workers), "worker");
    let mut parts = vec![format!("{workers} {serve} whoever came {whom}"), queue];
    if !spec.slow_down.is_none() {
        let factor = (spec.slow_down.factor(spec.workers) * 10.0).round() / 10.0;
        parts.push(format!("with all of them busy each takes {factor} times as long"));
    }
    parts.push(if spec.cancel_on_disconnect {
        "a request whose client has gone is given up".to_owned()
    } else {
        "a request whose client has gone is served all the same".to_owned()
    });
    parts.join("; ")
}

/// What is turned away at the door, a line each.
fn admission(spec: &AdmissionSpec) -> Vec<String> {
    let back = spec
        .retry_after
        .map_or_else(String::new, |after| format!(", come back in {}", duration(after)));
    let concurrent = spec.max_concurrent.map(|most| {
        let most = plural(u64::from(most), "request");
        format!("with {most} inside, a refresh is answered {} at the door{back}", spec.status)
    });
    let limits = spec.rate_limits.iter().map(|limit| rate_limit(limit, &back));
    concurrent.into_iter().chain(limits).collect()
}

fn rate_limit(limit: &RateLimit, back: &str) -> String {
    let whose = match limit.per {
        RateScope::Partner => "each partner",
        RateScope::App => "each cohort's app",
        RateScope::Server => "all together",
    };
    let back = if back.is_empty() { ", come back when there is a token" } else { back };
    format!(
        "a token bucket for {whose}: {}, {} at once at most; others are answered 429{back}",
        rate(limit.interval),
        count(f64::from(limit.burst)),
    )
}

/// "60 requests a minute": the shortest time in which there is a whole number of them.
fn rate(interval: SimDuration) -> String {
    const SPANS: [(u64, &str); 4] = [
        (1_000_000, "second"),
        (60_000_000, "minute"),
        (3_600_000_000, "hour"),
        (86_400_000_000, "day"),
    ];
    let micros = interval.as_micros();
    let whole = |(span, _): &(u64, &str)| {
        // An interval is rounded to microseconds, so the number is whole only nearly.
        let number = *span as f64 / micros as f64;
        number >= 0.999 && (number - number.round()).abs() < 0.001 * number
    };
    SPANS.iter().find(|span| whole(span)).map_or_else(
        || format!("one request every {}", duration(interval)),
        |(span, name)| {
            let number = (*span as f64 / micros as f64).round();
            let requests = if number > 1.0 { "requests" } else { "request" };
            format!("{} {requests} a {name}", count(number))
        },
    )
}

fn background(spec: &BackgroundSpec) -> String {
    let flat = spec.by_hour.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq());
    let highest = spec.by_hour.iter().copied().fold(0.0, f64::max);
    let lowest = spec.by_hour.iter().copied().fold(f64::INFINITY, f64::min);
    let per_second = |factor: f64| count(spec.per_second * factor);
    let number = if flat {
        per_second(highest)
    } else {
        format!("{} to {}", per_second(lowest), per_second(highest))
    };
    let when = if flat { "" } else { " by the hour of the day" };
    let takes: &Distribution = &spec.service_time;
    format!(
        "besides refreshes {number} requests a second come{when}, each takes {}",
        time_law(takes)
    )
}

/// How large the islands are that the engine plays, and why.
pub(super) fn islands(plan: &Plan, page: &mut Page) {
    let largest = plan.arms.iter().map(|arm| arm.world.islands()).max();
    let of_this_size = |arm: &&Arm| Some(arm.world.islands()) == largest;
    let Some(arm) = plan.arms.iter().find(of_this_size) else { return };
    let whose = if plan.arms.iter().all(|arm| of_this_size(&arm)) {
        String::new()
    } else {
        format!(" in the arm {}", arm.name)
    };
    let text = match arm.world.islands() {
        Islands::Orgs => "one org each: nobody waits for anybody".to_owned(),
        Islands::Partners => {
            format!("one partner each, because its orgs share {}{whose}", shared(&arm.world))
        }
        Islands::World => {
            format!("the world, because all orgs share {}{whose}", meeting(&arm.world))
        }
    };
    page.row("Islands", &text);
    page.gap();
}

/// Where all orgs meet.
fn meeting(world: &World) -> String {
    let server = &world.server;
    let places = [
        (server.station.is_some(), "one station"),
        (server.admission.is_some(), "one door"),
        (server.station.is_none() && server.background.is_some(), "the server with other traffic"),
    ];
    joined(places)
}

/// What the orgs of a partner share.
fn shared(world: &World) -> String {
    let any = |of: fn(&Profile) -> bool| world.cohorts.iter().any(|cohort| of(&cohort.profile));
    let budget = any(|p| p.retry_budget.is_some_and(|budget| budget.per == Per::Partner));
    let breaker = any(|p| p.circuit_breaker.is_some_and(|breaker| breaker.per == Per::Partner));
    let pool = any(|profile| profile.pool.is_some());
    joined([
        (budget, "a retry budget"),
        (breaker, "a circuit breaker"),
        (pool, "a connection pool"),
    ])
}

fn joined<const N: usize>(parts: [(bool, &str); N]) -> String {
    let there: Vec<&str> = parts.into_iter().filter_map(|(is, part)| is.then_some(part)).collect();
    there.join(" and ")
}
