//! How a command ends: the one place that decides exit codes, and failures as a person reads them.

use std::io;
use std::process::ExitCode;

use super::print::{colours_stderr, note, styled};
use super::signals;
use crate::scenario::Diagnostics;

/// How a command ended. Where several hold, the greatest is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// Something failed that is not the user's doing.
    Internal = 1,
    /// Bad arguments, an invalid scenario, a file or port that cannot be used, or nothing to judge.
    Usage = 2,
    /// An expectation failed.
    ExpectationFailed = 3,
    /// Worse than the baseline.
    Worse = 4,
    /// There is no baseline.
    NoBaseline = 5,
    /// Ended by SIGHUP.
    HungUp = 129,
    /// Ended by SIGINT.
    Interrupted = 130,
    /// Ended by SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// All codes, as `--help` tells them.
    pub(super) const TOLD: &str = "Exit codes: 0 fine; 1 internal error, or a file that could not be \
        written after the run; 2 bad arguments, an invalid scenario, a file or port that cannot be \
        used, or nothing to judge; 3 an expectation failed; 4 worse than the baseline; 5 no baseline; \
        129, 130, 143 ended by SIGHUP, SIGINT, SIGTERM.";
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// One or more scenarios are invalid: everything that is wrong with each.
    Invalid(Vec<Diagnostics>),
    /// An argument is wrong.
    Argument(String),
    /// What an argument names cannot be read, written or listened on, with what was attempted.
    Unusable(anyhow::Error),
    /// There is nothing to compare with.
    NoBaseline(String),
    /// A signal ended it.
    Stopped,
    /// Anything else, with what was attempted.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl Failure {
    /// Tells the user on standard error; the code to exit with.
    pub(super) fn report(self) -> Exit {
        match self {
            Self::Invalid(files) => {
                let colour = colours_stderr();
                let errors: usize = files.iter().map(Diagnostics::len).sum();
                for diagnostics in &files {
                    styled(&format!("{}\n", diagnostics.render(colour)));
                }
                let plural = if errors == 1 { "" } else { "s" };
                note(&format!("{errors} error{plural}; nothing was run and nothing was written"));
                Exit::Usage
            }
            Self::Argument(message) => {
                note(&format!("error: {message}"));
                Exit::Usage
            }
            Self::Unusable(error) => {
                note(&format!("error: failed to {error:#}"));
                Exit::Usage
            }
            Self::NoBaseline(message) => {
                note(&format!("error: {message}"));
                Exit::NoBaseline
            }
            Self::Stopped => {
                note("interrupted; nothing was written");
                signals::stopped()
            }
            Self::Other(error) if is_broken_pipe(&error) => Exit::Fine,
            Self::Other(error) => {
                note(&format!("error: failed to {error:#}"));
                Exit::Internal
            }
        }
    }
}

/// Whoever read our output has had enough of it (`amnesty presets | head`): no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
}

/// Makes a programming error end with exit code 1 and a sentence.
pub(super) fn report_panics() {
    let standard = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        standard(panic);
        if super::guard::is_guarded() {
            return;
        }
        note("error: this is a defect in amnesty; please report it with the lines above");
        super::folder::remove_unfinished();
        // A broken invariant in any thread ends the program.
        std::process::exit(Exit::Internal as i32);
    }));
}
