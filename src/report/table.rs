//! The tables that terminal, Markdown and HTML show, as plain cells.

mod load;

use crate::experiment::results::{ArmSummary, Attempts, Contrast, Estimate, Measures, Summary};
use crate::report::rank;
use crate::report::sentence::contrast;
use crate::report::words::{
    amount, count, duration, estimate, heading, interval, label, share, share_of,
};

/// A table: a heading for the row labels, one for each column, and the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// What the row labels are.
    pub(crate) corner: String,
    /// Column headings.
    pub(crate) columns: Vec<String>,
    /// Rows, each with one cell a column.
    pub(crate) rows: Vec<Row>,
}

/// A row: its label and its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What the row is about.
    pub(crate) label: String,
    /// One cell a column.
    pub(crate) cells: Vec<String>,
}

/// Arms as columns, measures as rows.
pub(crate) fn measures(summary: &Summary) -> Table {
    let mut rows: Vec<Row> = ROWS
        .iter()
        .map(|(label, cell)| Row {
            label: (*label).to_owned(),
            cells: summary.arms.iter().map(|arm| cell(&arm.total)).collect(),
        })
        .collect();
    let after_the_timeouts =
        rows.iter().position(|row| row.label == TIMED_OUT).map_or(rows.len(), |row| row + 1);
    rows.splice(after_the_timeouts..after_the_timeouts, failed_otherwise(summary));
    let latency = rows.iter().position(|row| row.label == LATENCY).unwrap_or(rows.len());
    rows.splice(latency..latency, not_made(summary));
    let after_the_share = 2.min(rows.len());
    rows.splice(after_the_share..after_the_share, against_the_first(summary));
    rows.extend(load::rows(summary));
    Table { corner: "mean (95 % interval)".to_owned(), columns: columns(summary), rows }
}

/// Attempts that were not made because a circuit breaker was open, where an arm has any.
fn not_made(summary: &Summary) -> Option<Row> {
    let of = |arm: &ArmSummary| arm.total.attempts.short_circuited.mean;
    let cells = summary.arms.iter().map(|arm| amount(of(arm))).collect();
    let label = "not made, circuit open".to_owned();
    summary.arms.iter().any(|arm| of(arm) > 0.0).then_some(Row { label, cells })
}

/// Arms as rows, best first: what matters most of each.
pub(crate) fn ranked(summary: &Summary) -> Table {
    let rows = rank::order(summary).into_iter().map(|place| {
        let arm = &summary.arms[place];
        let name = heading(&arm.name);
        let against = contrast(summary, &arm.name);
        let effect = |of: fn(&Contrast) -> Estimate| {
            against.map_or_else(|| "–".to_owned(), |contrast| count(of(contrast).mean))
        };
        let needed = arm.total.needed_person;
        let cells = vec![
            count(needed.mean),
            interval(needed).unwrap_or_else(|| "–".to_owned()),
            effect(|contrast| contrast.saved),
            effect(|contrast| contrast.harmed),
            amount(arm.total.replay_exposure_org_hours.mean),
        ];
        Row { label: if place == 0 { format!("{name} (first)") } else { name }, cells }
    });
    let columns =
        ["needed a person", "95 % interval", "saved", "harmed", "replay exposure, org-hours"];
    Table {
        corner: "arm, best first".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

/// Arms as columns, cohorts as rows: who needed a person.
pub(crate) fn cohorts(summary: &Summary) -> Table {
    let first = summary.arms.first().map(|arm| arm.cohorts.as_slice()).unwrap_or_default();
    let rows = first
        .iter()
        .map(|cohort| Row {
            label: format!("{} ({})", cohort.name, count(cohort.measures.orgs as f64)),
            cells: summary.arms.iter().map(|arm| of_cohort(arm, &cohort.name)).collect(),
        })
        .collect();
    Table { corner: "cohort (orgs)".to_owned(), columns: columns(summary), rows }
}

fn columns(summary: &Summary) -> Vec<String> {
    summary.arms.iter().map(|arm| label(&arm.name).to_owned()).collect()
}

fn of_cohort(arm: &ArmSummary, name: &str) -> String {
    arm.cohorts.iter().find(|cohort| cohort.name == name).map_or_else(
        || "–".to_owned(),
        |cohort| {
            let Measures { orgs, needed_person, .. } = &cohort.measures;
            let share = share_of(needed_person.mean, *orgs as f64);
            format!("{}, {share}", estimate(*needed_person))
        },
    )
}

/// Saved, harmed and the difference, where there is an arm to compare with.
fn against_the_first(summary: &Summary) -> Vec<Row> {
    if summary.contrasts.is_empty() {
        return Vec::new();
    }
    let row = |what: &str, of: fn(&Contrast) -> Estimate| Row {
        label: what.to_owned(),
        cells: summary
            .arms
            .iter()
            .map(|arm| {
                contrast(summary, &arm.name)
                    .map_or_else(|| "–".to_owned(), |contrast| estimate(of(contrast)))
            })
            .collect(),
    };
    vec![
        row("  saved against the first arm", |contrast| contrast.saved),
        row("  harmed", |contrast| contrast.harmed),
        row("  difference", |contrast| contrast.difference),
    ]
}

/// Attempts that were neither stored nor refused, that no client gave up on and that are not under way,
/// with their causes as far as there are any.
fn failed_otherwise(summary: &Summary) -> Vec<Row> {
    let row = |label: &str, of: &dyn Fn(&Attempts) -> f64| Row {
        label: label.to_owned(),
        cells: summary
            .arms
            .iter()
            .map(|arm| &arm.total.attempts)
            .map(|attempts| share_of(of(attempts), attempts.total.mean))
            .collect(),
    };
    let all = |attempts: &Attempts| CAUSES.iter().map(|(_, of)| of(attempts).mean).sum();
    let happened = CAUSES
        .iter()
        .filter(|(_, of)| summary.arms.iter().any(|arm| of(&arm.total.attempts).mean > 0.0));
    let causes = happened.map(|(label, of)| row(label, &|attempts| of(attempts).mean));
    std::iter::once(row("  failed otherwise", &all)).chain(causes).collect()
}

/// Why an attempt fails otherwise.
type Cause = (&'static str, fn(&Attempts) -> Estimate);

const CAUSES: [Cause; 6] = [
    ("    server error", |attempts| attempts.server_error),
    ("    throttled (429)", |attempts| attempts.throttled),
    ("    connection broken", |attempts| attempts.reset),
    ("    answer cut", |attempts| attempts.truncated),
    ("    crash before storing", |attempts| attempts.crashed),
    ("    broken off by a person", |attempts| attempts.broken_off),
];

const TIMED_OUT: &str = "  timed out at the client";

impl Table {
    /// The table in tables of at most so many columns each, all with the same rows.
    pub(crate) fn in_blocks(&self, columns: usize) -> Vec<Self> {
        let starts = (0..self.columns.len()).step_by(columns.max(1));
        let block = |from: usize| {
            let until = (from + columns.max(1)).min(self.columns.len());
            let row = |row: &Row| Row {
                label: row.label.clone(),
                cells: row.cells[from..until].to_vec(),
            };
            Self {
                corner: self.corner.clone(),
                columns: self.columns[from..until].to_vec(),
                rows: self.rows.iter().map(row).collect(),
            }
        };
        starts.map(block).collect()
    }
}

type Cell = fn(&Measures) -> String;

/// The row before which stand the attempts that were not made.
const LATENCY: &str = "client latency, median";

/// The rows below one another: the headline, the disconnection, the recovery, the load, the price.
const ROWS: &[(&str, Cell)] = &[
    ("needed a person", |m| estimate(m.needed_person)),
    ("  share of all orgs", |m| share_of(m.needed_person.mean, m.orgs as f64)),
    ("lost an answer", |m| estimate(m.lost_answer)),
    ("ever disconnected", |m| estimate(m.ever_disconnected)),
    ("  at once, at most", |m| estimate(m.peak_disconnected)),
    ("  at the end", |m| estimate(m.disconnected_at_end)),
    ("  org-hours in all", |m| amounts(m.org_hours_disconnected)),
    ("without access, org-hours", |m| {
        m.org_hours_without_access.map_or_else(|| "–".to_owned(), amounts)
    }),
    ("recovered by a retry", |m| estimate(m.recovered_by.retry)),
    ("  by the grace window", |m| estimate(m.recovered_by.grace)),
    ("  by the amnesty", |m| estimate(m.recovered_by.amnesty)),
    ("  by a person", |m| estimate(m.recovered_by.person)),
    ("refresh attempts", |m| amount(m.attempts.total.mean)),
    ("  × those of a calm run", |m| {
        m.amplification.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
    }),
    ("  refused", |m| share_of(m.attempts.refused.mean, m.attempts.total.mean)),
    (TIMED_OUT, |m| share(m.latency.timed_out_share)),
    (LATENCY, |m| duration(m.latency.client.p50)),
    ("  99th percentile", |m| duration(m.latency.client.p99)),
    ("replay exposure, org-hours", |m| amounts(m.replay_exposure_org_hours)),
];

/// Mean and interval of what may be huge.
fn amounts(estimated: Estimate) -> String {
    if estimated.mean < 999_500.0 {
        return estimate(estimated);
    }
    let (low, high) = (amount(estimated.low), amount(estimated.high));
    let mean = amount(estimated.mean);
    let low = low.trim_end_matches(|letter: char| letter.is_alphabetic() || letter == ' ');
    if high.starts_with(low) { mean } else { format!("{mean} ({low}–{high})") }
}
