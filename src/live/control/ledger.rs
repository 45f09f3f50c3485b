//! The ledger: what both sides saw of each attempt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desk::Desk;
use super::moment::Instant;
use super::operation::Call;
use super::problem::Problem;
use super::reply::{Csv, Json, Nothing};
use crate::live::grants::{Grants, NoSuchOrg};
use crate::world::{Entry, Row, ledger_csv};

/// Lines unless more are asked for.
const LIMIT: u32 = 100;

/// Lines at most as JSON.
const LIMIT_MAX: u32 = 1_000;

/// Lines at most, and unless fewer are asked for, as CSV: some 10 MB.
const CSV_MAX: u32 = 100_000;

/// Lines that one request looks at, at most, in search of those of an org.
const LOOKED_AT_MAX: usize = 1_000_000;

/// Which lines.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only lines about this org.
    org: Option<u32>,
    /// The last so many, at most; 100 unless said otherwise.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
}

/// Which lines, as CSV.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedCsv {
    /// Only lines about this org.
    org: Option<u32>,
    /// The last so many, at most; 100,000 unless said otherwise.
    #[schemars(range(min = 1, max = 100_000))]
    limit: Option<u32>,
}

/// One attempt, as both sides saw it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerLine")]
pub(super) struct Line {
    /// The org's number.
    org: u32,
    /// Which refresh of the org, from 1.
    refresh: u32,
    /// Which attempt at it, from 0.
    attempt: u16,
    /// The token that it presented, as `T4`.
    presented: String,
    /// When the client meant to send it.
    intended_at: Instant,
    /// When it was sent.
    sent_at: Instant,
    /// What the server decided: twice where the request was delivered twice, never where it did not
    /// arrive.
    commits: Vec<Commit>,
    /// What became of the request or its answer: `answered`, `request_lost`, `throttled`, `failed_503`, or
    /// `lost_` and what the client saw in place of the answer; `pending` while nothing has been sent back.
    delivery: String,
    /// When it ended for the client; absent while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    concluded_at: Option<Instant>,
    /// How it ended for the client: `stored_T5`, `crashed`, `refused`, `timed_out`, `reset`, `truncated`,
    /// `server_error`, `throttled` or `broken_off`; absent while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusion: Option<String>,
}

/// A decision of the server.
#[derive(Debug, Serialize, JsonSchema)]
struct Commit {
    /// When it was taken.
    at: Instant,
    /// The token that it handed out, as `T5`; absent for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<String>,
}

/// Lines of the ledger.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Ledger")]
pub(super) struct Lines {
    /// The lines, in the order in which they were done; attempts under way come last.
    lines: Vec<Line>,
    /// Lines that are done since the start, kept or not.
    written: u64,
}

fn line(desk: &Desk, entry: &Entry) -> Line {
    let at = |at| desk.calendar.past(at);
    Line {
        org: u32::try_from(entry.org).unwrap_or(u32::MAX),
        refresh: entry.attempt.refresh,
        attempt: entry.attempt.attempt,
        presented: entry.presented.to_string(),
        intended_at: at(entry.intended_at),
        sent_at: at(entry.sent_at),
        commits: entry
            .commits
            .iter()
            .map(|commit| Commit {
                at: at(commit.at),
                issued: commit.issued.map(|issued| issued.to_string()),
            })
            .collect(),
        delivery: ledger_csv::delivery(entry.delivery),
        concluded_at: entry.concluded.map(|(when, _)| at(when)),
        conclusion: entry.concluded.map(|(_, how)| ledger_csv::conclusion(how)),
    }
}

/// The last entries, oldest first; those of attempts under way last.
fn last(grants: &Grants, org: Option<u32>, limit: usize) -> Vec<&Entry> {
    let pages = grants.pages();
    let is_wanted = |entry: &&Entry| org.is_none_or(|org| entry.org == u64::from(org));
    let mut last: Vec<_> = pages.open().filter(is_wanted).collect();
    last.reverse();
    let done = pages.done().rev().take(LOOKED_AT_MAX).filter(is_wanted);
    last.extend(done.take(limit.saturating_sub(last.len())));
    last.truncate(limit);
    last.reverse();
    last
}

/// The last lines, oldest first; those of attempts under way last.
pub(super) fn lines(desk: &Desk, grants: &Grants, org: Option<u32>, limit: usize) -> Vec<Line> {
    last(grants, org, limit).into_iter().map(|entry| line(desk, entry)).collect()
}

fn limited(limit: Option<u32>, unless: u32, most: u32) -> Result<usize, Problem> {
    let limit = limit.unwrap_or(unless);
    if !(1..=most).contains(&limit) {
        return Err(Problem::senseless(format!("`limit` is from 1 to {most}, not {limit}")));
    }
    Ok(limit as usize)
}

fn known(grants: &Grants, org: Option<u32>) -> Result<(), Problem> {
    match org {
        Some(org) if grants.org(org).is_none() => Err(NoSuchOrg::Unknown(org).into()),
        Some(_) | None => Ok(()),
    }
}

pub(super) fn show(
    desk: &Desk,
    call: &Call<Nothing, Wanted, Nothing>,
) -> Result<Json<Lines>, Problem> {
    let Wanted { org, limit } = call.query;
    let limit = limited(limit, LIMIT, LIMIT_MAX)?;
    let grants = desk.site.grants();
    known(&grants, org)?;
    let written = grants.pages().written();
    Ok(Json(Lines { lines: lines(desk, &grants, org, limit), written }))
}

pub(super) fn csv(desk: &Desk, call: &Call<Nothing, WantedCsv, Nothing>) -> Result<Csv, Problem> {
    let WantedCsv { org, limit } = call.query;
    let limit = limited(limit, CSV_MAX, CSV_MAX)?;
    // Copied under the lock, spelt without it: that takes ten times as long.
    let entries: Vec<Entry> = {
        let grants = desk.site.grants();
        known(&grants, org)?;
        last(&grants, org, limit).into_iter().cloned().collect()
    };
    let mut csv = ledger_csv::HEADING.to_owned();
    let mut spelling = ledger_csv::Spelling::new(&desk.settings.arm, 0, &desk.settings.run);
    for entry in entries {
        csv.push_str(&spelling.line(&Row::Attempt(entry)));
    }
    Ok(Csv(csv))
}
