//! Runs a plan or a sweep with a progress bar, and keeps what it found.

use clap::Args;

use super::folder::Draft;
use super::progress::Progress;
use super::signals::stop_on_signal;
use super::{Exit, Failure, print, store};
use crate::experiment::sweep::Sweep;
use crate::experiment::{self, Findings, Options, Recording, RunError};
use crate::scenario::{Plan, SweepPlan};

/// How a scenario is run.
#[derive(Debug, Args)]
pub(super) struct Running {
    /// Number of threads; results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// No progress bar, and no word about files
    #[arg(long, short)]
    quiet: bool,
}

impl Running {
    /// Runs every arm and replication of a plan.
    pub(super) fn run(&self, plan: &Plan) -> Result<Findings, Failure> {
        self.with_progress(&plan.name, |options| experiment::run(plan, options))
    }

    /// The same, with a ledger.
    pub(super) fn run_recorded(
        &self,
        plan: &Plan,
        recording: Recording<'_>,
    ) -> Result<Findings, Failure> {
        self.with_progress(&plan.name, |options| experiment::run_recorded(plan, options, recording))
    }

    /// Runs every cell of a sweep.
    pub(super) fn sweep(&self, plan: &SweepPlan) -> Result<Sweep, Failure> {
        self.with_progress(&plan.name, |options| experiment::sweep::sweep(plan, options))
    }

    fn with_progress<T>(
        &self,
        name: &str,
        run: impl FnOnce(&Options<'_>) -> Result<T, RunError>,
    ) -> Result<T, Failure> {
        let progress = Progress::new(name, self.quiet);
        let options = Options {
            threads: self.threads.map(usize::from),
            stop: stop_on_signal()?,
            progress: &|done, of| progress.show(done, of),
        };
        run(&options).map_err(|error| match error {
            RunError::Interrupted => Failure::Stopped,
            RunError::SwarmTooLarge(_)
            | RunError::VirtualOnly
            | RunError::NoCrossCheck
            | RunError::Descriptors { .. } => Failure::Argument(format!("{name}: {error}")),
            RunError::Threads(_) | RunError::Live(_) | RunError::Unbalanced { .. } => {
                Failure::Other(anyhow::Error::new(error))
            }
        })
    }

    /// Whether nothing is told but findings.
    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes files into a draft and puts that in its place, and says so, and what could not be made:
    /// that costs the rest nothing.
    pub(super) fn keep(&self, draft: Draft, all: &store::Files) -> Result<Exit, Failure> {
        for (name, bytes) in &all.files {
            draft.write(name, bytes)?;
        }
        let named = draft.named().display().to_string();
        let files = draft.keep()?;
        if !self.quiet {
            let plural = if files == 1 { "" } else { "s" };
            print::note(&format!("wrote {files} file{plural} to {named}"));
        }
        Ok(tell_failed(all))
    }
}

/// Tells what could not be made of a folder whose other files are written.
pub(super) fn tell_failed(all: &store::Files) -> Exit {
    for failed in &all.failed {
        print::note(&format!("error: failed to {failed}; everything else is written"));
    }
    if all.failed.is_empty() { Exit::Fine } else { Exit::Internal }
}
