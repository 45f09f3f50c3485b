//! Results on disk: the one place that writes files.
//!
//! Every file is written beside its place first; only when all are whole are they renamed into it. So a
//! full disk or an interruption leaves what was there before.

use std::fs;
use std::io::{BufWriter, IntoInnerError, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::NamedTempFile;

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
/// The data file that holds them over time.
pub(super) const TIMELINE: &str = "timeline.csv";

/// The data file that holds what a server bore over time, where orgs meet there.
pub(super) const LOAD: &str = "load.csv";

/// Every file of a results folder.
pub(super) fn all_files(plan: &Plan, findings: &Findings) -> anyhow::Result<Vec<File>> {
    // Charts are drawn from the figures as they are written, so `report` can draw the same ones again.
    let results = report::as_written(&findings.results);
    let mut files = vec![
        (SUMMARY.to_owned(), report::json::write(&results.summary).into_bytes()),
        (TIMELINE.to_owned(), report::csv::write(&results).into_bytes()),
        ("latency.hlog".to_owned(), latency_log(plan, findings)?),
    ];
    if !results.load.is_empty() {
        files.push((LOAD.to_owned(), report::csv::load::write(&results).into_bytes()));
    }
    files.extend(pictures(&results)?);
    Ok(files)
}

/// The charts, as SVG and PNG, and the HTML page.
pub(super) fn pictures(results: &Results) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    for chart in report::chart::all(results) {
        files.extend(picture(chart)?);
    }
    files.push(("report.html".to_owned(), report::html::html(results).into_bytes()));
    Ok(files)
}

/// Every file of a sweep; `sweep` is as it is written.
pub(super) fn sweep_files(sweep: &Sweep) -> anyhow::Result<Vec<File>> {
    let mut files = vec![(SWEEP.to_owned(), report::json::write_sweep(sweep).into_bytes())];
    files.extend(sweep_pictures(sweep)?);
    Ok(files)
}

/// What is drawn of a sweep again from its data file: the table and the chart.
pub(super) fn sweep_pictures(sweep: &Sweep) -> anyhow::Result<Vec<File>> {
    let mut files = vec![("sweep.csv".to_owned(), report::sweep::csv::write(sweep).into_bytes())];
    files.extend(picture(report::chart::sweep(sweep))?);
    Ok(files)
}

/// A chart as SVG and PNG.
fn picture(chart: Chart) -> anyhow::Result<[File; 2]> {
    let name = chart.name;
    let png = report::chart::png(&chart.svg, PNG_WIDTH);
    let png = png.with_context(|| format!("draw {name}.png"))?;
    Ok([(format!("{name}.svg"), chart.svg.into_bytes()), (format!("{name}.png"), png)])
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
