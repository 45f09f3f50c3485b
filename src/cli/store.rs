//! Results on disk: the one place that writes files.
//!
//! Every file is written beside its place first; only when all are whole are they renamed into it. So a
//! full disk or an interruption leaves what was there before.

use std::fs;
use std::io::{BufWriter, IntoInnerError, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::NamedTempFile;

use super::guard::guarded;
use crate::experiment::results::Results;
use crate::experiment::sweep::Sweep;
use crate::experiment::{Findings, LedgerPart};
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
    /// Adds what was made and what could not be made elsewhere.
    pub(super) fn extend(&mut self, other: Self) {
        self.files.extend(other.files);
        self.failed.extend(other.failed);
    }

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
            Ok(page) => self.push("report.html", page),
            Err(panic) => self.failed.push(format!("make report.html: {panic}")),
        }
    }

    /// Adds the table and the chart of a sweep.
    fn sweep_pictures(&mut self, sweep: &Sweep) {
        self.push("sweep.csv", report::sweep::csv::write(sweep));
        match guarded(|| report::chart::sweep(sweep)) {
            Ok(chart) => self.picture(&chart),
            Err(panic) => self.failed.push(format!("draw the sweep: {panic}")),
        }
    }
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
        Ok(log) => all.push("latency.hlog", log),
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

/// Makes sure that results can be written to `folder` before time is spent on them.
pub(super) fn probe(folder: &Path) -> anyhow::Result<()> {
    let attempted = || format!("write results to `{}`", folder.display());
    fs::create_dir_all(folder).with_context(attempted)?;
    NamedTempFile::new_in(folder).map(drop).with_context(attempted)
}

/// Writes `files` to `folder`: all of them, or none.
pub(super) fn write(folder: &Path, files: &[File]) -> anyhow::Result<()> {
    let attempted = |name: &str| format!("write `{}`", folder.join(name).display());
    fs::create_dir_all(folder).with_context(|| format!("make `{}`", folder.display()))?;
    let mut whole = Vec::with_capacity(files.len());
    for (name, bytes) in files {
        let mut beside = NamedTempFile::new_in(folder).with_context(|| attempted(name))?;
        beside.write_all(bytes).with_context(|| attempted(name))?;
        beside.as_file().sync_data().with_context(|| attempted(name))?;
        make_readable(&beside).with_context(|| attempted(name))?;
        whole.push((name, beside));
    }
    for (name, beside) in whole {
        beside.persist(folder.join(name)).with_context(|| attempted(name))?;
    }
    Ok(())
}

/// Writes the ledger of a live run to `folder`.
pub(super) fn ledger(folder: &Path, parts: &[LedgerPart]) -> anyhow::Result<()> {
    let mut file = Growing::new(folder, LEDGER, report::ledger::HEADING)?;
    for part in parts {
        for entry in &part.entries {
            file.push(&report::ledger::line(&part.arm, part.replication, entry))?;
        }
    }
    file.keep()
}

/// A file that is written line by line, and appears in its folder when it is whole.
#[derive(Debug)]
pub(super) struct Growing {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl Growing {
    /// A file of this name in `folder`, with a first line.
    pub(super) fn new(folder: &Path, name: &str, heading: &str) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("make `{}`", folder.display()))?;
        let path = folder.join(name);
        let file = NamedTempFile::new_in(folder);
        let file = file.with_context(|| format!("write `{}`", path.display()))?;
        let mut growing = Self { file: BufWriter::new(file), path };
        growing.push(heading)?;
        Ok(growing)
    }

    /// Adds a line.
    pub(super) fn push(&mut self, line: &str) -> anyhow::Result<()> {
        let written = self.file.write_all(line.as_bytes());
        written.with_context(|| format!("write `{}`", self.path.display()))
    }

    /// It is whole.
    pub(super) fn keep(self) -> anyhow::Result<()> {
        let attempted = || format!("write `{}`", self.path.display());
        let file = self.file.into_inner().map_err(IntoInnerError::into_error);
        let file = file.with_context(attempted)?;
        make_readable(&file).with_context(attempted)?;
        file.persist(&self.path).with_context(attempted)?;
        Ok(())
    }
}

/// Temporary files are private; results are not.
#[cfg(unix)]
fn make_readable(file: &NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_file: &NamedTempFile) -> std::io::Result<()> {
    Ok(())
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

    #[test]
    fn an_unwritable_folder_is_found_before_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = probe(&file.join("results")).unwrap_err();
        assert!(format!("{error:#}").starts_with("write results to `"), "{error:#}");
    }

    /// `/dev/full` refuses every write, but a rename cannot be made to fail there; a name that cannot
    /// be a file stands for what fails half way.
    #[test]
    fn a_failure_leaves_no_half_written_file() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("a".into(), b"old".to_vec())]).unwrap();
        let inside_a_file = folder.path().join("a");
        let new = [("b".into(), b"new".to_vec())];
        assert!(write(&inside_a_file, &new).is_err(), "a file is no folder");
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"old");
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "nothing temporary is left behind");
    }
}
