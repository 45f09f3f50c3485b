//! The report as Markdown, for the job summary of a pipeline.

use crate::base::text::shown_lines;
use crate::experiment::results::Summary;
use crate::report::caveat;
use crate::report::over_http;
use crate::report::rank;
use crate::report::sentence::sentence;
use crate::report::table::{self, Table};
use crate::report::text::provenance;

/// The findings as GitHub-flavoured Markdown. Of more than six arms it ranks them in one table and
/// leaves the other measures to [`in_full`].
pub fn markdown(summary: &Summary) -> String {
    report(summary, !rank::are_many(summary.arms.len()))
}

/// As [`markdown()`], with every measure of every arm however many there are.
pub fn in_full(summary: &Summary) -> String {
    report(summary, true)
}

fn report(summary: &Summary, measures: bool) -> String {
    let mut out = format!("## {}\n\n", escaped(&summary.scenario));
    for doubt in caveat::leading(summary) {
        out = out + "> " + &escaped(&doubt) + "\n\n";
    }
    out = out + "**" + &escaped(&sentence(summary)) + "**\n\n";
    if rank::are_many(summary.arms.len()) {
        push_table(&mut out, &table::ranked(summary));
    }
    if measures {
        push_measures(&mut out, summary);
    }
    let caveats = caveat::sentences(summary);
    if !caveats.is_empty() {
        out.push_str("\n### Reasons to doubt\n\n");
    }
    for doubt in caveats {
        out.push_str("- ");
        out.push_str(&escaped(&doubt));
        out.push('\n');
    }
    if !summary.assumptions.is_empty() {
        out.push_str("\n### Assumed, because no source tells it\n\n");
    }
    for assumed in &summary.assumptions {
        out.push_str("- ");
        out.push_str(&escaped(assumed));
        out.push('\n');
    }
    if let Some(told) = over_http::sentences(summary) {
        out.push_str("\n### Over real HTTP\n\n");
        out.push_str(&escaped(&told));
        out.push('\n');
    }
    out.push_str("\n<sub>");
    out.push_str(&escaped(&provenance(summary)));
    out.push_str("</sub>\n");
    out
}

fn push_measures(out: &mut String, summary: &Summary) {
    if rank::are_many(summary.arms.len()) {
        out.push_str("\n### Every measure\n\n");
    }
    push_table(out, &table::measures(summary));
    let cohorts = table::cohorts(summary);
    if cohorts.rows.len() > 1 {
        out.push_str("\n### Needed a person, by cohort\n\n");
        push_table(out, &cohorts);
    }
}

fn push_table(out: &mut String, table: &Table) {
    let mut row = |label: &str, cells: &[String]| {
        out.push_str("| ");
        out.push_str(label);
        for cell in cells {
            out.push_str(" | ");
            out.push_str(cell);
        }
        out.push_str(" |\n");
    };
    let columns: Vec<String> = table.columns.iter().map(|name| escaped(name)).collect();
    row(&table.corner, &columns);
    row("---", &vec!["---:".to_owned(); columns.len()]);
    for line in &table.rows {
        let cells: Vec<String> = line.cells.iter().map(|cell| escaped(cell)).collect();
        let indent = if line.label.starts_with(' ') { "&emsp;" } else { "" };
        row(&format!("{indent}{}", escaped(line.label.trim_start())), &cells);
    }
}

/// `text` with everything escaped that Markdown or HTML would take for markup, and what nobody could see written out, on
/// one line.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in shown_lines(text).chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '@' => {
                out.push('\\');
                out.push(letter);
            }
            plain => out.push(plain),
        }
    }
    out
}
