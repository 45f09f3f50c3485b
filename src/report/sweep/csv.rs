//! `sweep.csv`: a row for each cell and arm, every metric with its interval (RFC 4180).
//!
//! The values of the dimensions stand as they were written. Orgs are counted, hours are org-hours.

use crate::base::rows;
use crate::experiment::results::{Estimate, run_id};
use crate::experiment::sweep::Sweep;
use crate::report::rounding::rounded;

/// The rows, with a header and a newline at the end.
pub fn write(sweep: &Sweep) -> String {
    let arm = sweep.cells.first().and_then(|cell| cell.arms.first());
    let metrics: Vec<&String> = arm.map(|arm| arm.figures.keys().collect()).unwrap_or_default();
    let mut header: Vec<String> = sweep.axes.iter().map(|axis| axis.path.clone()).collect();
    header.extend(["arm".to_owned(), "orgs".to_owned()]);
    for metric in &metrics {
        header.extend(["", "_low", "_high"].map(|end| format!("{metric}{end}")));
    }
    header.push("run".to_owned());
    let run = run_id(&sweep.digest, sweep.seed);
    let mut out = rows::line(header.iter().map(String::as_str));
    for cell in &sweep.cells {
        for arm in &cell.arms {
            let values = cell.at.iter().zip(&sweep.axes);
            let mut row: Vec<String> =
                values.map(|(at, axis)| axis.values[*at].text.clone()).collect();
            row.extend([arm.name.clone(), cell.orgs.to_string()]);
            for metric in &metrics {
                let Estimate { mean, low, high } =
                    arm.figures.get(*metric).copied().unwrap_or_default();
                row.extend([mean, low, high].map(|number| rounded(number).to_string()));
            }
            row.push(run.clone());
            out.push_str(&rows::line(row.iter().map(String::as_str)));
        }
    }
    out
}
