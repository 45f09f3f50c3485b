//! Lines of comma-separated fields (RFC 4180): written, and read with the place of what is wrong.

use crate::base::rows::{Rows, quoted};
use crate::base::text::shown;
use crate::report::clock::Clock;
use crate::report::rounding::rounded;

/// Why a data file cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The first line is another one than ours.
    #[error("the header is not that of a {what} of this version: found `{found}`")]
    Header {
        /// What was expected.
        what: &'static str,
        /// The first line.
        found: String,
    },
    /// A line with too many or too few fields.
    #[error("line {line}: {found} fields, expected {expected}")]
    Fields {
        /// Line number, from 1.
        line: usize,
        /// How many fields there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A line of another run.
    #[error("line {line} is of the run {found}, but summary.json beside it of the run {expected}")]
    OtherRun {
        /// Line number, from 1.
        line: usize,
        /// Which run the line is of: see [`run_id`](crate::experiment::results::run_id).
        found: String,
        /// Which run was expected.
        expected: String,
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

/// The fields of one line.
#[derive(Debug)]
pub(super) struct Fields {
    line: usize,
    fields: Vec<String>,
}

/// The rows below `header`, each with as many fields as that, the last of which names the run.
pub(super) fn lines<'t>(
    text: &'t str,
    what: &'static str,
    header: &str,
    run: &'t str,
) -> Result<impl Iterator<Item = Result<Fields, TableError>> + use<'t>, TableError> {
    let rows = Rows::of(text);
    let expected = rows.heading().len();
    if !rows.heading().fields().eq(header.split(',')) {
        let first = text.lines().next().unwrap_or_default();
        return Err(TableError::Header { what, found: shown(first).chars().take(80).collect() });
    }
    Ok(rows.map(move |row| {
        let (line, found) = (row.line(), row.len());
        if found != expected {
            return Err(TableError::Fields { line, found, expected });
        }
        if let Some(found) = row.get(found.saturating_sub(1)).filter(|found| *found != run) {
            let (found, expected) = (shown(found).chars().take(80).collect(), run.to_owned());
            return Err(TableError::OtherRun { line, found, expected });
        }
        Ok(Fields { line, fields: row.fields().map(str::to_owned).collect() })
    }))
}

impl Fields {
    /// The text of a column, counted from 0, as it can be shown.
    pub(super) fn text(&self, column: usize) -> String {
        shown(&self.fields[column]).into_owned()
    }

    /// The number in a column, if there is something.
    pub(super) fn maybe(&self, column: usize) -> Result<Option<f64>, TableError> {
        match self.fields[column].as_str() {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Some(number)),
                Ok(_) | Err(_) => Err(self.no_number(column)),
            },
        }
    }

    /// The number in a column.
    pub(super) fn number(&self, column: usize) -> Result<f64, TableError> {
        self.maybe(column)?.ok_or_else(|| self.no_number(column))
    }

    fn no_number(&self, column: usize) -> TableError {
        let found = shown(&self.fields[column]).chars().take(40).collect();
        TableError::Number { line: self.line, column: column + 1, found }
    }
}

/// Begins a line of an arm and a time bin: the arm, its beginning for people, its beginning and end
/// for programs.
pub(super) fn begin_bin(out: &mut String, clock: Clock, arm: &str, [from, until]: [f64; 2]) {
    out.push_str(&quoted(arm));
    out.push(',');
    out.push_str(&clock.rfc3339(from));
    for instant in [from, until] {
        // Instants are exact to the millisecond: rounding to digits would move late bins.
        out.push(',');
        out.push_str(&((instant * 1e3).round() / 1e3).to_string());
    }
}

/// Adds a field with a number of some six digits, or an empty one.
pub(super) fn push(out: &mut String, number: Option<f64>) {
    out.push(',');
    if let Some(number) = number {
        out.push_str(&rounded(number).to_string());
    }
}

/// Ends a line, with the run that it is of.
pub(super) fn end_line(out: &mut String, run: &str) {
    out.push(',');
    out.push_str(run);
    out.push('\n');
}
