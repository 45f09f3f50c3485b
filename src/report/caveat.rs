//! Caveats in words.

use crate::base::SimDuration;
use crate::experiment::results::{ArmSummary, Caveat, Failures, Summary};
use crate::report::words::{count, label, place, plural};

/// The caveats of a run, each a sentence or two, but those that [lead](leading) it.
pub(crate) fn sentences(summary: &Summary) -> Vec<String> {
    let others = summary.caveats.iter().filter(|caveat| !leads(caveat));
    others.map(in_words).collect()
}

/// The caveats that stand before the answer, because it means little with them.
pub(crate) fn leading(summary: &Summary) -> Vec<String> {
    let leading = summary.caveats.iter().filter(|caveat| leads(caveat));
    let alone = summary.arms.len() == 1;
    leading
        .map(|caveat| {
            if let (Caveat::NothingSucceeded { attempts, failures, .. }, true) = (caveat, alone) {
                not_one(*attempts, failures, "")
            } else {
                in_words(caveat)
            }
        })
        .collect()
}

/// That no attempt of a live run succeeded, in any arm, and how they failed; `None` if one did, or if the
/// run was in virtual time.
pub fn nothing_succeeded(summary: &Summary) -> Option<String> {
    let failed = |arm: &ArmSummary| {
        summary.caveats.iter().any(
            |caveat| matches!(caveat, Caveat::NothingSucceeded { arm: of, .. } if *of == arm.name),
        )
    };
    let is_told = summary.live.is_some() && summary.arms.iter().all(failed);
    is_told.then(|| leading(summary).join(" "))
}

/// "404 × 1,000, connection refused × 20".
pub(crate) fn how_often(failures: &[Failures]) -> String {
    let parts = failures.iter().map(|failures| {
        let Failures { how, attempts } = failures;
        format!("{how} × {}", count(*attempts as f64))
    });
    parts.collect::<Vec<_>>().join(", ")
}

const fn leads(caveat: &Caveat) -> bool {
    matches!(caveat, Caveat::NothingSucceeded { .. })
}

fn not_one(attempts: u64, failures: &[Failures], place: &str) -> String {
    format!(
        "Not one of {} succeeded{place}: {}.",
        plural(attempts as f64, "refresh attempt", "refresh attempts"),
        how_often(failures)
    )
}

fn in_words(caveat: &Caveat) -> String {
    match caveat {
        Caveat::NothingSucceeded { arm, attempts, failures } => {
            not_one(*attempts, failures, &format!(" {}", place(arm)))
        }
        Caveat::TooFewReplications { replications } => format!(
            "{} only: the intervals are wide or missing, and another seed may tell another story.",
            plural(f64::from(*replications), "replication", "replications")
        ),
        Caveat::EndsDuringAmnesty { arm } => format!(
            "The clock stops before the amnesty does ({}): what happens when it ends is not seen.",
            label(arm)
        ),
        Caveat::GeneratorFellBehind { late, attempts } => format!(
            "The generator fell behind: it sent {} of {} more than 10 ms late, so latencies and fates near a deadline are not the server's alone. Use a smaller time scale or swarm.",
            count(*late as f64),
            plural(*attempts as f64, "attempt", "attempts"),
        ),
        Caveat::ConnectFailures { connections } => format!(
            "{} could not be opened: those attempts count as reset, and nothing of them reached the server.",
            plural(*connections as f64, "connection", "connections"),
        ),
        Caveat::ClientsSideOnly => "The server is elsewhere and only the clients' side is known: answers lost after their commit count as none, and every recovery without a person as one by a retry.".to_owned(),
        Caveat::Interrupted { at_seconds } => format!(
            "The run was ended early, {} after the clock's start: it says nothing about what would have followed.",
            SimDuration::from_secs(*at_seconds)
        ),
        Caveat::Harm { arm, orgs } => format!(
            "{} over all replications needed a person {} and not in the first arm: see the harmed orgs in summary.json.",
            plural(*orgs as f64, "org", "orgs"),
            place(arm)
        ),
    }
}

/// "4 assumptions: see the report", where there are any.
pub(crate) fn assumptions(summary: &Summary) -> Option<String> {
    match summary.assumptions.len() {
        0 => None,
        1 => Some("1 assumption: see the report".to_owned()),
        many => Some(format!("{} assumptions: see the report", count(many as f64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caveat_is_a_sentence_about_the_reader_s_arms() {
        for (caveat, text) in [
            (
                Caveat::TooFewReplications { replications: 1 },
                "1 replication only: the intervals are wide or missing, and another seed may tell another story.",
            ),
            (
                Caveat::Harm { arm: "replay".to_owned(), orgs: 12 },
                "12 orgs over all replications needed a person in arm replay and not in the first arm: see the harmed orgs in summary.json.",
            ),
        ] {
            assert_eq!(in_words(&caveat), text);
        }
    }
}
