//! How attempts failed, where not one of them succeeded.

use super::results::{Caveat, Failures};
use crate::live::swarm::Finished;
use crate::measure::{Counts, Ending};

/// How an attempt without a stored token ended, in words.
const ENDINGS: [(Ending, &str); 8] = [
    (Ending::Refused, "refused"),
    (Ending::TimedOut, "timed out"),
    (Ending::ServerError, "server error"),
    (Ending::Throttled, "throttled (429)"),
    (Ending::Reset, "connection broken"),
    (Ending::Truncated, "answer cut"),
    (Ending::Crashed, "lost in a crash"),
    (Ending::Unfinished, "still under way"),
];

/// A caveat about an arm in none of whose replications an attempt succeeded, if there were attempts.
pub(super) fn nothing_succeeded(arm: &str, replications: &[Counts]) -> Option<Caveat> {
    let all =
        |ending: Ending| replications.iter().map(|counts| counts.ended_as(ending)).sum::<u64>();
    let attempts: u64 = replications.iter().map(|counts| counts.sent).sum();
    if attempts == 0 || all(Ending::Stored) > 0 {
        return None;
    }
    let failures = ENDINGS.map(|(ending, how)| (how.to_owned(), all(ending)));
    let failures = ranked(failures);
    Some(Caveat::NothingSucceeded { arm: arm.to_owned(), attempts, failures })
}

/// How attempts of live runs failed, most frequent first.
pub(super) fn of_runs<'a>(runs: impl IntoIterator<Item = &'a Finished>) -> Vec<Failures> {
    let mut sums = std::collections::BTreeMap::new();
    for (how, attempts) in runs.into_iter().flat_map(|run| &run.failures) {
        *sums.entry(*how).or_insert(0) += *attempts;
    }
    ranked(sums.into_iter().map(|(how, attempts)| (how.to_string(), attempts)))
}

/// Those that happened, most frequent first.
fn ranked(failures: impl IntoIterator<Item = (String, u64)>) -> Vec<Failures> {
    let happened = failures.into_iter().filter(|(_, attempts)| *attempts > 0);
    let mut failures: Vec<_> = happened.map(|(how, attempts)| Failures { how, attempts }).collect();
    failures.sort_by_key(|failures| std::cmp::Reverse(failures.attempts));
    failures
}
