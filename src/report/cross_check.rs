//! How the engines agree, in words.

use std::fmt::Write as _;

use crate::base::{SimDuration, SimTime};
use crate::experiment::{CrossCheck, Fork};
use crate::report::ledger::{conclusion, delivery};
use crate::report::words::{count, label, plural};
use crate::world::Entry;

/// Differing orgs that are listed one by one.
const LISTED: usize = 20;

/// The verdict on one arm and replication, how far real attempts strayed, and where orgs differ.
pub fn text(check: &CrossCheck) -> String {
    let CrossCheck { orgs, attempts, same_fate, same_lines, near, unexplained, overhead, .. } =
        check;
    let mut out = format!(
        "{}, replication {}: {}. {} of {} have the same fate in both engines, {} of them attempt by \
         attempt ({}).\n",
        label(&check.arm),
        check.replication + 1,
        verdict(check),
        count(*same_fate as f64),
        plural(*orgs as f64, "org", "orgs"),
        count(*same_lines as f64),
        plural(*attempts as f64, "attempt", "attempts"),
    );
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "  Over real sockets an attempt took longer than in virtual time by {} (median), {} (99 %), {} \
         (at most), in the scenario's time.",
        span(overhead.p50),
        span(overhead.p99),
        span(overhead.max),
    );
    push_forks(&mut out, "near a deadline", near);
    push_forks(&mut out, "for no known reason", unexplained);
    out
}

fn verdict(check: &CrossCheck) -> String {
    match (check.near.len(), check.unexplained.len()) {
        (0, 0) => "the engines agree".to_owned(),
        (near, 0) => {
            let orgs = plural(near as f64, "org", "orgs");
            format!("the engines agree, but for {orgs} near a deadline")
        }
        (_, unexplained) => {
            let orgs = plural(unexplained as f64, "org differs", "orgs differ");
            format!("the engines disagree: {orgs} for no known reason")
        }
    }
}

fn push_forks(out: &mut String, why: &str, forks: &[Fork]) {
    if forks.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {} {why}:", plural(forks.len() as f64, "org differs", "orgs differ"));
    for fork in forks.iter().take(LISTED) {
        let reason = fork.overhead.map_or_else(String::new, |overhead| {
            format!(" (so does virtual time, if requests take {} longer)", span(overhead))
        });
        let [ours, theirs] = if fork.sim.is_none() && fork.live.is_none() {
            [fork.sim_end, fork.live_end].map(|end| format!("ends as {end:?}"))
        } else {
            [&fork.sim, &fork.live].map(|entry| line(entry.as_ref()))
        };
        let _ = writeln!(out, "    org {}: virtual {ours}; live {theirs}{reason}", fork.org.number);
    }
    if forks.len() > LISTED {
        let _ = writeln!(out, "    … and {} more", forks.len() - LISTED);
    }
}

fn line(entry: Option<&Entry>) -> String {
    let Some(entry) = entry else {
        return "no further attempt".to_owned();
    };
    let end = match entry.concluded {
        Some((at, how)) => {
            format!("{} at {}", conclusion(how), span(at.since(SimTime::ZERO)))
        }
        None => "unfinished".to_owned(),
    };
    format!(
        "{}.{} sent at {} {}, {end}",
        entry.attempt.refresh,
        entry.attempt.attempt,
        span(entry.sent_at.since(SimTime::ZERO)),
        delivery(entry.delivery),
    )
}

/// A time to three digits: `12.3ms`, `4.56s`, `1h2m3s`.
fn span(span: SimDuration) -> String {
    let micros = span.as_micros() as f64;
    match span.as_micros() {
        0..1_000 => format!("{micros}us"),
        1_000..1_000_000 => format!("{:.3}ms", micros / 1e3),
        1_000_000..60_000_000 => format!("{:.3}s", micros / 1e6),
        _ => SimDuration::from_millis(span.as_micros() / 1_000).to_string(),
    }
}
