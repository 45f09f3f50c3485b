//! `timeline.csv`: written, and read again so that charts can be drawn from a results folder.
//!
//! One row per arm and time bin (RFC 4180). Units stand in the header. A bin's
//! beginning is given twice: in RFC 3339 for people, in seconds since the clock's start for programs;
//! only the latter is read.

pub(super) mod fields;
pub mod load;
pub mod ranking;

pub use self::fields::TableError;
use self::fields::{Fields, begin_bin, end_line, lines, push};
use crate::experiment::results::{Results, TimelineRow};
use crate::report::clock::Clock;

/// The header: names with units.
pub const HEADER: &str = "arm,from_utc,from_seconds,until_seconds,\
disconnected_orgs,disconnected_min_orgs,disconnected_max_orgs,\
most_disconnected_orgs,most_disconnected_min_orgs,most_disconnected_max_orgs,\
stale_orgs,stopped_orgs,abandoned_orgs,revoked_orgs,without_access_orgs,\
stored_attempts,refused_attempts,timed_out_attempts,failed_attempts,\
client_p50_seconds,client_p90_seconds,client_p99_seconds,run";

/// `timeline.csv`, with a newline at the end.
pub fn write(results: &Results) -> String {
    let clock = Clock::starting(&results.summary.start);
    let mut out = format!("{HEADER}\n");
    let run = results.summary.run_id();
    for row in &results.timeline {
        begin_bin(&mut out, clock, &row.arm, [row.from_seconds, row.until_seconds]);
        for number in counts(row) {
            push(&mut out, Some(number));
        }
        for quantile in [row.client_p50, row.client_p90, row.client_p99] {
            push(&mut out, quantile);
        }
        end_line(&mut out, &run);
    }
    out
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// [`TableError`] says which line is wrong, or of another run than `run`.
pub fn read(text: &str, run: &str) -> Result<Vec<TimelineRow>, TableError> {
    lines(text, "timeline", HEADER, run)?.map(|line| parse(&line?)).collect()
}

fn counts(row: &TimelineRow) -> [f64; 15] {
    [
        row.disconnected,
        row.disconnected_min,
        row.disconnected_max,
        row.most_disconnected,
        row.most_disconnected_min,
        row.most_disconnected_max,
        row.stale,
        row.stopped,
        row.abandoned,
        row.revoked,
        row.without_access,
        row.stored,
        row.refused,
        row.timed_out,
        row.failed,
    ]
}

fn parse(line: &Fields) -> Result<TimelineRow, TableError> {
    Ok(TimelineRow {
        arm: line.text(0),
        from_seconds: line.number(2)?,
        until_seconds: line.number(3)?,
        disconnected: line.number(4)?,
        disconnected_min: line.number(5)?,
        disconnected_max: line.number(6)?,
        most_disconnected: line.number(7)?,
        most_disconnected_min: line.number(8)?,
        most_disconnected_max: line.number(9)?,
        stale: line.number(10)?,
        stopped: line.number(11)?,
        abandoned: line.number(12)?,
        revoked: line.number(13)?,
        without_access: line.number(14)?,
        stored: line.number(15)?,
        refused: line.number(16)?,
        timed_out: line.number(17)?,
        failed: line.number(18)?,
        client_p50: line.maybe(19)?,
        client_p90: line.maybe(20)?,
        client_p99: line.maybe(21)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_says_where() {
        let row = format!("a{},x.1", ",1".repeat(21));
        for (text, why) in [
            ("time,orgs\n".to_owned(), "the header is not that of a timeline"),
            (format!("{HEADER}\n{row}\na,1\n"), "line 3: 2 fields, expected 23"),
            (
                format!("{HEADER}\n{}\n", row.replacen("1,1,1,1,1,", "1,1,1,1,x,", 1)),
                "line 2, column 6: `x` is no number",
            ),
        ] {
            let error = read(&text, "x.1").unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let text = format!("{HEADER}\n{row}\n");
        assert_eq!(read(&text, "x.1").unwrap().len(), 1);
        let error = read(&text, "x.2").unwrap_err().to_string();
        assert!(error.contains("line 2 is of the run x.1, but summary.json"), "{error}");
    }
}
