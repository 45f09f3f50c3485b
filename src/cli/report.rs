//! `amnesty report`: charts and HTML again from a results folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::{Exit, Failure, store};
use crate::experiment::results::Results;
use crate::report;

/// Arguments of `report`.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// Folders of results, each with a summary.json and a timeline.csv
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// No word about files
    #[arg(long, short)]
    quiet: bool,
}

impl Report {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        for folder in &self.folders {
            let files = store::pictures(&read(folder)?)?;
            store::write(folder, &files)?;
            if !self.quiet {
                eprintln!("wrote {} files to {}", files.len(), folder.display());
            }
        }
        Ok(Exit::Fine)
    }
}

fn read(folder: &Path) -> Result<Results, Failure> {
    let text = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("read `{}`", path.display()))
    };
    let bad = |name: &str, error: &dyn std::error::Error| {
        Failure::Argument(format!("`{}`: {error}", folder.join(name).display()))
    };
    let (summary, timeline) = (text(store::SUMMARY)?, text(store::TIMELINE)?);
    let summary = report::json::read(&summary).map_err(|error| bad(store::SUMMARY, &error))?;
    let load = if summary.arms.iter().any(|arm| arm.load.is_some()) {
        let load = text(store::LOAD)?;
        report::csv::load::read(&load).map_err(|error| bad(store::LOAD, &error))?
    } else {
        Vec::new()
    };
    Ok(Results {
        summary,
        load,
        timeline: report::csv::read(&timeline).map_err(|error| bad(store::TIMELINE, &error))?,
    })
}
