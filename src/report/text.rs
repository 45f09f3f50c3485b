//! The report on the terminal: the sentence, then the tables. At most 100 columns.

use std::fmt::Write as _;

use crate::experiment::results::Summary;
use crate::report::caveat;
use crate::report::over_http;
use crate::report::rank;
use crate::report::sentence::sentence;
use crate::report::table::{self, Table};
use crate::report::words::{letters, plural, shortened, wrap};

const WIDTH: usize = 100;
/// An arm's name is broken into lines of this many letters above its column.
const HEADING: f64 = 22.0;
/// An arm's name in a ranking is shortened to this many letters.
const NAME: f64 = 30.0;

/// The findings as text for a terminal. Of more than six arms it ranks them in one table and leaves the
/// other measures to [`in_full`].
pub fn text(summary: &Summary) -> String {
    report(summary, Detail::Brief)
}

/// As [`text()`], with every measure of every arm however many there are.
pub fn in_full(summary: &Summary) -> String {
    report(summary, Detail::Full)
}

/// How much is told of many arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Brief,
    Full,
}

fn report(summary: &Summary, detail: Detail) -> String {
    let mut out = String::new();
    for doubt in caveat::leading(summary) {
        push_lines(&mut out, "! ", &doubt);
    }
    push_lines(&mut out, "", &sentence(summary));
    out.push('\n');
    let many = rank::are_many(summary.arms.len());
    if many {
        push_ranking(&mut out, summary);
    }
    if many && detail == Detail::Brief {
        let where_else = "Every measure and cohort of every arm: with --all, in report.html and in \
                          summary.json.";
        out.push('\n');
        push_lines(&mut out, "", where_else);
    } else {
        if many {
            out.push_str("\nEvery measure\n\n");
        }
        push_table(&mut out, &table::measures(summary));
        let cohorts = table::cohorts(summary);
        if cohorts.rows.len() > 1 {
            out.push_str("\nNeeded a person, by cohort\n\n");
            push_table(&mut out, &cohorts);
        }
    }
    let caveats = caveat::sentences(summary);
    if !caveats.is_empty() {
        out.push('\n');
    }
    for doubt in caveats {
        push_lines(&mut out, "! ", &doubt);
    }
    out.push('\n');
    if let Some(told) = over_http::sentences(summary) {
        push_lines(&mut out, "", &told);
    }
    if let Some(assumed) = caveat::assumptions(summary) {
        push_lines(&mut out, "", &assumed);
    }
    push_lines(&mut out, "", &provenance(summary));
    out
}

/// Where the figures come from: scenario, engine, seed, replications.
pub(crate) fn provenance(summary: &Summary) -> String {
    let digest: String = summary.digest.chars().take(12).collect();
    format!(
        "{} · engine {} · seed {} · {} · scenario {digest} · amnesty {}",
        summary.scenario,
        summary.engine,
        summary.seed,
        plural(f64::from(summary.replications), "replication", "replications"),
        summary.made_by
    )
}

/// The ranking, its names so short that all its columns stand side by side.
fn push_ranking(out: &mut String, summary: &Summary) {
    let mut table = table::ranked(summary);
    for row in &mut table.rows {
        row.label = shortened(&row.label, NAME, letters);
    }
    push_table(out, &table);
}

/// A table in blocks of as many columns as fit side by side.
pub(crate) fn push_table(out: &mut String, table: &Table) {
    let label_width = table
        .rows
        .iter()
        .map(|row| row.label.chars().count())
        .chain([table.corner.chars().count()])
        .max()
        .unwrap_or(0);
    let headings: Vec<Vec<String>> =
        table.columns.iter().map(|name| wrap(name, HEADING, letters)).collect();
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|column| {
            let cells = table.rows.iter().filter_map(|row| row.cells.get(column));
            let heading = headings[column].iter();
            cells.chain(heading).map(|text| text.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut from = 0;
    while from < widths.len() {
        let mut until = from + 1;
        let mut used = label_width + 2 + widths[from];
        while until < widths.len() && used + 2 + widths[until] <= WIDTH {
            used += 2 + widths[until];
            until += 1;
        }
        if from > 0 {
            out.push('\n');
        }
        let block = Block { table, headings: &headings, widths: &widths, label_width };
        block.push(out, from..until);
        from = until;
    }
}

/// Columns of a table that stand side by side.
struct Block<'a> {
    table: &'a Table,
    headings: &'a [Vec<String>],
    widths: &'a [usize],
    label_width: usize,
}

impl Block<'_> {
    fn push(&self, out: &mut String, columns: std::ops::Range<usize>) {
        let height = self.headings[columns.clone()].iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let corner = if line + 1 == height { self.table.corner.as_str() } else { "" };
            let cells = columns.clone().map(|column| {
                let heading = &self.headings[column];
                // Short headings stand on the last line, beside the end of long ones.
                let skipped = height - heading.len();
                line.checked_sub(skipped).map_or("", |own| heading[own].as_str())
            });
            self.push_row(out, corner, columns.clone().zip(cells));
        }
        for row in &self.table.rows {
            let cells = columns.clone().map(|column| row.cells[column].as_str());
            self.push_row(out, &row.label, columns.clone().zip(cells));
        }
    }

    fn push_row<'b>(
        &self,
        out: &mut String,
        label: &str,
        cells: impl Iterator<Item = (usize, &'b str)>,
    ) {
        let mut row = format!("{label:<width$}", width = self.label_width);
        for (column, cell) in cells {
            // Writing to a String cannot fail.
            let _ = write!(row, "  {cell:>width$}", width = self.widths[column]);
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
}

/// `text` in lines of the terminal's width, each after the first indented by the width of `mark`.
pub(crate) fn push_lines(out: &mut String, mark: &str, text: &str) {
    let indent = mark.chars().count();
    for (line, part) in wrap(text, (WIDTH - indent) as f64, letters).iter().enumerate() {
        let start = if line == 0 { mark } else { &" ".repeat(indent) };
        out.push_str(start);
        out.push_str(part);
        out.push('\n');
    }
}
