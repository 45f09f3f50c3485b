//! `amnesty report`: charts and HTML again from a results folder.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::Args;

use super::experiment::tell_failed;
use super::folder::Draft;
use super::signals::stop_on_signal;
use super::{Exit, Failure, print, store};
use crate::experiment::results::{LoadRow, Results, Summary, TimelineRow};
use crate::experiment::sweep::Sweep;
use crate::report;
use crate::scenario::read_text;

/// Arguments of `report`.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// Folders of results, each with a summary.json and a timeline.csv, or with a sweep.json
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// No word about files
    #[arg(long, short)]
    quiet: bool,
}

impl Report {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let mut exit = Exit::Fine;
        for folder in &self.folders {
            let all = if folder.join(store::SWEEP).is_file() {
                store::sweep_pictures(&read_sweep(folder)?)
            } else {
                store::pictures(&read(folder)?)
            };
            let draft = Draft::of(folder).map_err(Failure::Unusable)?;
            for name in store::DATA.iter().filter(|name| folder.join(name).is_file()) {
                draft.carry_over(name)?;
            }
            for (name, bytes) in &all.files {
                draft.write(name, bytes)?;
            }
            if stop_on_signal()?.load(Ordering::SeqCst) {
                return Err(Failure::Stopped);
            }
            draft.keep()?;
            if !self.quiet {
                print::note(&format!("wrote {} files to {}", all.files.len(), folder.display()));
            }
            exit = exit.max(tell_failed(&all));
        }
        Ok(exit)
    }
}

fn read(folder: &Path) -> Result<Results, Failure> {
    let summary = text(folder, store::SUMMARY)?;
    let summary =
        report::json::read(&summary).map_err(|error| bad(folder, store::SUMMARY, &error))?;
    check_folder(folder, &summary)?;
    let (timeline, load) = (timeline(folder, &summary)?, load(folder, &summary)?);
    Ok(Results { summary, timeline, load })
}

fn timeline(folder: &Path, summary: &Summary) -> Result<Vec<TimelineRow>, Failure> {
    let read = report::csv::read(&text(folder, store::TIMELINE)?, &summary.run_id());
    read.map_err(|error| bad(folder, store::TIMELINE, &error))
}

fn load(folder: &Path, summary: &Summary) -> Result<Vec<LoadRow>, Failure> {
    if summary.arms.iter().all(|arm| arm.load.is_none()) {
        return Ok(Vec::new());
    }
    let read = report::csv::load::read(&text(folder, store::LOAD)?, &summary.run_id());
    read.map_err(|error| bad(folder, store::LOAD, &error))
}

/// Makes sure that all data files in a folder are of the run that its summary is of.
///
/// # Errors
/// [`Failure::Argument`] names a file that is of another run, or none of this version.
pub(super) fn check_folder(folder: &Path, summary: &Summary) -> Result<(), Failure> {
    if folder.join(store::TIMELINE).is_file() {
        timeline(folder, summary)?;
    }
    if folder.join(store::LOAD).is_file() {
        load(folder, summary)?;
    }
    let (run, mixed) = (summary.run_id(), |name: &str, found: &str| {
        let error = format!("it is of the run {found}, but summary.json beside it of another");
        Failure::Argument(format!("`{}`: {error}", folder.join(name).display()))
    });
    if let Some(found) = first_lines(&folder.join(store::LATENCY))
        && let Some((_, rest)) = found.split_once(", run ")
        && let Some((found, _)) = rest.split_once(':')
        && found != run
    {
        return Err(mixed(store::LATENCY, found));
    }
    if let Some(found) = first_lines(&folder.join(store::LEDGER))
        && let Some((header, rest)) = found.split_once('\n')
        && header.ends_with(",run")
        && let Some((line, _)) = rest.split_once('\n')
        && let Some((_, found)) = line.rsplit_once(',')
        && found.trim_end() != run
    {
        return Err(mixed(store::LEDGER, found));
    }
    Ok(())
}

/// The beginning of a file that need not be there, and that can be large.
fn first_lines(path: &Path) -> Option<String> {
    const BYTES: u64 = 4_096;
    let mut start = Vec::new();
    // A pipe would be waited for.
    path.is_file().then_some(())?;
    File::open(path).ok()?.take(BYTES).read_to_end(&mut start).ok()?;
    Some(String::from_utf8_lossy(&start).into_owned())
}

fn read_sweep(folder: &Path) -> Result<Sweep, Failure> {
    let sweep = report::json::read_sweep(&text(folder, store::SWEEP)?);
    let sweep = sweep.map_err(|error| bad(folder, store::SWEEP, &error))?;
    sweep.check().map_err(|error| bad(folder, store::SWEEP, &error))?;
    Ok(sweep)
}

fn text(folder: &Path, name: &str) -> Result<String, Failure> {
    let path = folder.join(name);
    read_text(&path, store::DATA_BYTES_MAX).map_err(|error| {
        let read = format!("read `{}`", path.display());
        Failure::Unusable(anyhow::Error::new(error).context(read))
    })
}

fn bad(folder: &Path, name: &str, error: &dyn std::error::Error) -> Failure {
    Failure::Argument(format!("`{}`: {error}", folder.join(name).display()))
}
