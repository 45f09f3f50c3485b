//! `timeline.csv`: written, and read again so that charts can be drawn from a results folder.
//!
//! One row per arm and time bin (RFC 4180). Units stand in the header. A bin's
//! beginning is given twice: in RFC 3339 for people, in seconds since the clock's start for programs;
//! only the latter is read.

use crate::experiment::results::{Results, TimelineRow};
use crate::report::clock::Clock;
use crate::report::rounding::rounded;

/// The header: names with units.
pub const HEADER: &str = "arm,from_utc,from_seconds,until_seconds,\
disconnected_orgs,disconnected_min_orgs,disconnected_max_orgs,\
stale_orgs,stopped_orgs,abandoned_orgs,revoked_orgs,\
stored_attempts,refused_attempts,timed_out_attempts,failed_attempts,\
client_p50_seconds,client_p90_seconds,client_p99_seconds";

const COLUMNS: usize = 18;

/// Why a `timeline.csv` cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimelineError {
    /// The first line is another one than ours.
    #[error("the header is not that of a timeline of this version: found `{found}`")]
    Header {
        /// The first line.
        found: String,
    },
    /// A line with too many or too few fields.
    #[error("line {line}: {found} fields, expected {COLUMNS}")]
    Fields {
        /// Line number, from 1.
        line: usize,
        /// How many fields there are.
        found: usize,
    },
    /// A field that is no number.
    #[error("line {line}, column {column}: `{found}` is no number")]
    Number {
        /// Line number, from 1.
        line: usize,
        /// Column number, from 1.
        column: usize,
        /// What stands there.
        found: String,
    },
}

/// `timeline.csv`, with a newline at the end.
pub fn write(results: &Results) -> String {
    let clock = Clock::starting(&results.summary.start);
    let mut out = format!("{HEADER}\n");
    for row in &results.timeline {
        out.push_str(&quoted(&row.arm));
        out.push(',');
        out.push_str(&clock.rfc3339(row.from_seconds));
        for instant in [row.from_seconds, row.until_seconds] {
            // Instants are exact to the millisecond: rounding to digits would move late bins.
            push(&mut out, Some((instant * 1e3).round() / 1e3));
        }
        for number in counts(row) {
            push(&mut out, Some(rounded(number)));
        }
        for quantile in [row.client_p50, row.client_p90, row.client_p99] {
            push(&mut out, quantile.map(rounded));
        }
        out.push('\n');
    }
    out
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// [`TimelineError`] says which line is wrong.
pub fn read(text: &str) -> Result<Vec<TimelineRow>, TimelineError> {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    if header != HEADER {
        return Err(TimelineError::Header { found: header.chars().take(80).collect() });
    }
    lines
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(below, line)| parse(below + 2, line))
        .collect()
}

fn counts(row: &TimelineRow) -> [f64; 11] {
    [
        row.disconnected,
        row.disconnected_min,
        row.disconnected_max,
        row.stale,
        row.stopped,
        row.abandoned,
        row.revoked,
        row.stored,
        row.refused,
        row.timed_out,
        row.failed,
    ]
}

fn push(out: &mut String, number: Option<f64>) {
    out.push(',');
    if let Some(number) = number {
        out.push_str(&number.to_string());
    }
}

fn parse(line: usize, text: &str) -> Result<TimelineRow, TimelineError> {
    let fields = split(text);
    if fields.len() != COLUMNS {
        return Err(TimelineError::Fields { line, found: fields.len() });
    }
    let maybe = |column: usize| match fields[column].as_str() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| TimelineError::Number {
            line,
            column: column + 1,
            found: text.to_owned(),
        }),
    };
    let number = |column: usize| {
        maybe(column)?.ok_or(TimelineError::Number {
            line,
            column: column + 1,
            found: String::new(),
        })
    };
    Ok(TimelineRow {
        arm: fields[0].clone(),
        from_seconds: number(2)?,
        until_seconds: number(3)?,
        disconnected: number(4)?,
        disconnected_min: number(5)?,
        disconnected_max: number(6)?,
        stale: number(7)?,
        stopped: number(8)?,
        abandoned: number(9)?,
        revoked: number(10)?,
        stored: number(11)?,
        refused: number(12)?,
        timed_out: number(13)?,
        failed: number(14)?,
        client_p50: maybe(15)?,
        client_p90: maybe(16)?,
        client_p99: maybe(17)?,
    })
}

/// A field, in quotes where it needs them.
pub(super) fn quoted(field: &str) -> String {
    if field.contains([',', '"']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// The fields of a line. Quoted fields hold commas and doubled quotes, but no line breaks.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars().peekable();
    let mut inside = false;
    while let Some(letter) = letters.next() {
        match (letter, inside, fields.last_mut()) {
            ('"', true, Some(field)) if letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            ('"', ..) => inside = !inside,
            (',', false, _) => fields.push(String::new()),
            (plain, _, Some(field)) => field.push(plain),
            (_, _, None) => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_come_back() {
        for name in ["strict", "a,b", "say \"hi\", twice"] {
            assert_eq!(split(&format!("{},1", quoted(name))), [name, "1"]);
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let row = format!("a{}", ",1".repeat(COLUMNS - 1));
        for (text, why) in [
            ("time,orgs\n".to_owned(), "the header is not that of a timeline"),
            (format!("{HEADER}\n{row}\na,1\n"), "line 3: 2 fields, expected 18"),
            (
                format!("{HEADER}\n{}\n", row.replacen("1,1,1,1,1,", "1,1,1,1,x,", 1)),
                "line 2, column 6: `x` is no number",
            ),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert_eq!(read(&format!("{HEADER}\n{row}\n")).unwrap().len(), 1);
    }
}
