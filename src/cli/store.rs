//! Which files a run, a sweep or a ledger makes. [`folder`](super::folder) puts them in their place.

use std::path::Path;

use anyhow::Context as _;

use super::guard::guarded;
use crate::experiment::Findings;
use crate::experiment::results::Results;
use crate::experiment::sweep::Sweep;
use crate::report;
use crate::report::chart::Chart;
use crate::scenario::Plan;

/// Width of a chart's PNG in pixels: twice its SVG's, for dense screens.
const PNG_WIDTH: u32 = 1_600;

/// A file's name and its bytes.
pub(super) type File = (String, Vec<u8>);

/// The data file that holds the findings.
pub(super) const SUMMARY: &str = "summary.json";
/// The data file that holds a sweep.
pub(super) const SWEEP: &str = "sweep.json";
/// The largest data file of a results folder that is read, in bytes: a hundred arms over a year have less.
pub(super) const DATA_BYTES_MAX: u64 = 64 << 20;
/// The file that holds every attempt.
pub(super) const LEDGER: &str = "ledger.csv";
/// The data file that holds the order of many arms.
const RANKING: &str = "ranking.csv";
/// The data file that holds them over time.
pub(super) const TIMELINE: &str = "timeline.csv";

/// The data file that holds what a server bore over time, where orgs meet there.
pub(super) const LOAD: &str = "load.csv";

/// Files of a folder, and what of it could not be made.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The files that could be made.
    pub(super) files: Vec<File>,
    /// What could not: what was attempted and why it failed, a line each. Data never is.
    pub(super) failed: Vec<String>,
}

impl Files {
    /// Adds a file.
    fn push(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.push((name.into(), bytes.into()));
    }

    /// Adds a chart as SVG and PNG.
    fn picture(&mut self, chart: &Chart) {
        let name = chart.name;
        self.push(format!("{name}.svg"), chart.svg.clone());
        match guarded(|| report::chart::png(&chart.svg, PNG_WIDTH)) {
            Ok(Ok(png)) => self.push(format!("{name}.png"), png),
            Ok(Err(error)) => self.failed.push(format!("draw {name}.png: {error}")),
            Err(panic) => self.failed.push(format!("draw {name}.png: {panic}")),
        }
    }

    /// Adds the charts, as SVG and PNG, and the HTML page.
    fn pictures(&mut self, results: &Results) {
        let charts = guarded(|| report::chart::all(results)).unwrap_or_else(|panic| {
            self.failed.push(format!("draw the charts: {panic}"));
            Vec::new()
        });
        for chart in &charts {
            self.picture(chart);
        }
        match guarded(|| report::html::page(results, &charts)) {
            Ok(page) => self.push(PAGE, page),
            Err(panic) => self.failed.push(format!("make report.html: {panic}")),
        }
    }

    /// Adds the table and the chart of a sweep.
    fn sweep_pictures(&mut self, sweep: &Sweep) {
        self.push(SWEEP_TABLE, report::sweep::csv::write(sweep));
        match guarded(|| report::chart::sweep(sweep)) {
            Ok(chart) => self.picture(&chart),
            Err(panic) => self.failed.push(format!("draw the sweep: {panic}")),
        }
    }
}

/// The latencies as an `HdrHistogram` log.
pub(super) const LATENCY: &str = "latency.hlog";
/// The page.
const PAGE: &str = "report.html";
/// The table of a sweep.
const SWEEP_TABLE: &str = "sweep.csv";

/// The data files of a results folder, from which all else can be drawn again.
pub(super) const DATA: [&str; 8] =
    [SUMMARY, TIMELINE, LOAD, LATENCY, SWEEP, LEDGER, "ledger.csv.gz", "ledger.csv.zst"];

/// Whether a file of this name in a results folder is one of amnesty's, of this run or an earlier one.
pub(super) fn is_ours(name: &str) -> bool {
    let is_picture = || {
        let drawn = name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png"));
        drawn.is_some_and(|chart| report::chart::NAMES.contains(&chart))
    };
    // Version 0.1 left these behind when it was killed.
    let is_stray = || {
        let random = name.strip_prefix(".tmp");
        random.is_some_and(|it| it.len() == 6 && it.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    let is_ledger = || {
        let packed = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
        packed == Some(LEDGER)
    };
    DATA.contains(&name)
        || is_ledger()
        || [PAGE, SWEEP_TABLE, RANKING].contains(&name)
        || is_picture()
        || is_stray()
}

/// Every file of a results folder.
pub(super) fn all_files(plan: &Plan, findings: &Findings) -> Files {
    // Charts are drawn from the figures as they are written, so `report` can draw the same ones again.
    let results = report::as_written(&findings.results);
    let mut all = Files::default();
    all.push(SUMMARY, report::json::write(&results.summary));
    all.push(TIMELINE, report::csv::write(&results));
    if report::are_many(results.summary.arms.len()) {
        all.push(RANKING, report::csv::ranking::write(&results.summary));
    }
    match latency_log(plan, findings) {
        Ok(log) => all.push(LATENCY, log),
        Err(error) => all.failed.push(format!("{error:#}")),
    }
    if !results.load.is_empty() {
        all.push(LOAD, report::csv::load::write(&results));
    }
    all.pictures(&results);
    all
}

/// The charts, as SVG and PNG, and the HTML page.
pub(super) fn pictures(results: &Results) -> Files {
    let mut all = Files::default();
    all.pictures(results);
    all
}

/// Every file of a sweep; `sweep` is as it is written.
pub(super) fn sweep_files(sweep: &Sweep) -> Files {
    let mut all = Files::default();
    all.push(SWEEP, report::json::write_sweep(sweep));
    all.sweep_pictures(sweep);
    all
}

/// What is drawn of a sweep again from its data file: the table and the chart.
pub(super) fn sweep_pictures(sweep: &Sweep) -> Files {
    let mut all = Files::default();
    all.sweep_pictures(sweep);
    all
}

/// The latencies of every arm, as the server and as the clients see them.
fn latency_log(plan: &Plan, findings: &Findings) -> anyhow::Result<Vec<u8>> {
    let mut spreads = Vec::new();
    for (index, arm) in plan.arms.iter().enumerate() {
        let spread = findings.tally.spread(index, None);
        spreads.push((format!("{}.server", arm.name), spread.server()));
        spreads.push((format!("{}.client", arm.name), spread.client()));
    }
    let tagged: Vec<_> = spreads.iter().map(|(tag, histogram)| (tag.as_str(), histogram)).collect();
    report::hdr::latency_log(&findings.results.summary, &tagged).context("write the latency log")
}

/// The folder of a file that is to be written.
pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_cannot_be_drawn_costs_nothing_else() {
        let chart = |name, svg: &str| Chart {
            name,
            title: String::new(),
            alt: String::new(),
            reading: "",
            left_out: String::new(),
            svg: svg.to_owned(),
        };
        let mut all = Files::default();
        all.picture(&chart("broken", "<p/>"));
        all.picture(&chart(
            "tall",
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="8" height="90000"/>"#,
        ));
        let names: Vec<_> = all.files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["broken.svg", "tall.svg", "tall.png"]);
        assert!(all.failed[0].starts_with("draw broken.png: this is no SVG"), "{:?}", all.failed);
        assert_eq!(all.failed.len(), 1);
    }
}
