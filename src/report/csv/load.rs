//! `load.csv`: what a server bore over time, for runs in which orgs meet there.

use super::fields::{Fields, TableError, begin_bin, end_line, lines, push};
use crate::experiment::results::{LoadRow, Results};
use crate::report::clock::Clock;

/// The header: names with units.
pub const HEADER: &str = "arm,from_utc,from_seconds,until_seconds,\
offered_requests,background_requests,throttled_requests,rejected_requests,cancelled_requests,\
served_requests,stored_attempts,waiting_requests_mean,busy_workers_mean,available_workers_mean,run";

/// `load.csv`, with a newline at the end.
pub fn write(results: &Results) -> String {
    let clock = Clock::starting(&results.summary.start);
    let mut out = format!("{HEADER}\n");
    let run = results.summary.run_id();
    for row in &results.load {
        begin_bin(&mut out, clock, &row.arm, [row.from_seconds, row.until_seconds]);
        for number in [
            row.offered,
            row.background,
            row.throttled,
            row.rejected,
            row.cancelled,
            row.served,
            row.stored,
            row.waiting,
            row.busy,
        ] {
            push(&mut out, Some(number));
        }
        push(&mut out, row.workers);
        end_line(&mut out, &run);
    }
    out
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// [`TableError`] says which line is wrong, or of another run than `run`.
pub fn read(text: &str, run: &str) -> Result<Vec<LoadRow>, TableError> {
    lines(text, "load", HEADER, run)?.map(|line| parse(&line?)).collect()
}

fn parse(line: &Fields) -> Result<LoadRow, TableError> {
    Ok(LoadRow {
        arm: line.text(0),
        from_seconds: line.number(2)?,
        until_seconds: line.number(3)?,
        offered: line.number(4)?,
        background: line.number(5)?,
        throttled: line.number(6)?,
        rejected: line.number(7)?,
        cancelled: line.number(8)?,
        served: line.number(9)?,
        stored: line.number(10)?,
        waiting: line.number(11)?,
        busy: line.number(12)?,
        workers: line.maybe(13)?,
    })
}
