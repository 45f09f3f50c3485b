//! `sweep.csv`: a row for each cell and arm, every metric with its interval (RFC 4180).
//!
//! The values of the dimensions stand as they were written. Orgs are counted, hours are org-hours.

use crate::experiment::results::{Estimate, run_id};
use crate::experiment::sweep::Sweep;
use crate::report::csv::fields::quoted;
use crate::report::rounding::rounded;

/// The rows, with a header and a newline at the end.
pub fn write(sweep: &Sweep) -> String {
    let arm = sweep.cells.first().and_then(|cell| cell.arms.first());
    let metrics: Vec<&String> = arm.map(|arm| arm.figures.keys().collect()).unwrap_or_default();
    let mut header: Vec<String> = sweep.axes.iter().map(|axis| quoted(&axis.path)).collect();
    header.extend(["arm".to_owned(), "orgs".to_owned()]);
    for metric in &metrics {
        header.extend(["", "_low", "_high"].map(|end| format!("{metric}{end}")));
    }
    header.push("run".to_owned());
    let run = run_id(&sweep.digest, sweep.seed);
    let mut out = header.join(",") + "\n";
    for cell in &sweep.cells {
        for arm in &cell.arms {
            let values = cell.at.iter().zip(&sweep.axes);
            let mut row: Vec<String> =
                values.map(|(at, axis)| quoted(&axis.values[*at].text)).collect();
            row.extend([quoted(&arm.name), cell.orgs.to_string()]);
            for metric in &metrics {
                let Estimate { mean, low, high } =
                    arm.figures.get(*metric).copied().unwrap_or_default();
                row.extend([mean, low, high].map(|number| rounded(number).to_string()));
            }
            row.push(run.clone());
            out.push_str(&row.join(","));
            out.push('\n');
        }
    }
    out
}
