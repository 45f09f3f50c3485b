//! `amnesty report`: charts and HTML again from a results folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::experiment::tell_failed;
use super::{Exit, Failure, store};
use crate::experiment::results::Results;
use crate::experiment::sweep::Sweep;
use crate::report;

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
            let swept = folder.join(store::SWEEP).is_file();
            let mut all = store::Files::default();
            if swept {
                all.extend(store::sweep_pictures(&read_sweep(folder)?));
            }
            if !swept || folder.join(store::SUMMARY).is_file() {
                all.extend(store::pictures(&read(folder)?));
            }
            store::write(folder, &all.files)?;
            if !self.quiet {
                eprintln!("wrote {} files to {}", all.files.len(), folder.display());
            }
            exit = exit.max(tell_failed(&all));
        }
        Ok(exit)
    }
}

fn read(folder: &Path) -> Result<Results, Failure> {
    let (summary, timeline) = (text(folder, store::SUMMARY)?, text(folder, store::TIMELINE)?);
    let summary =
        report::json::read(&summary).map_err(|error| bad(folder, store::SUMMARY, &error))?;
    let load = if summary.arms.iter().any(|arm| arm.load.is_some()) {
        let load = text(folder, store::LOAD)?;
        report::csv::load::read(&load).map_err(|error| bad(folder, store::LOAD, &error))?
    } else {
        Vec::new()
    };
    let timeline = report::csv::read(&timeline);
    Ok(Results {
        summary,
        load,
        timeline: timeline.map_err(|error| bad(folder, store::TIMELINE, &error))?,
    })
}

fn read_sweep(folder: &Path) -> Result<Sweep, Failure> {
    let sweep = report::json::read_sweep(&text(folder, store::SWEEP)?);
    let sweep = sweep.map_err(|error| bad(folder, store::SWEEP, &error))?;
    sweep.check().map_err(|error| bad(folder, store::SWEEP, &error))?;
    Ok(sweep)
}

fn text(folder: &Path, name: &str) -> anyhow::Result<String> {
    let path = folder.join(name);
    std::fs::read_to_string(&path).with_context(|| format!("read `{}`", path.display()))
}

fn bad(folder: &Path, name: &str, error: &dyn std::error::Error) -> Failure {
    Failure::Argument(format!("`{}`: {error}", folder.join(name).display()))
}
