//! How a command ends: exit codes, and failures as a person reads them.

use std::io;
use std::process::ExitCode;

use crate::scenario::Diagnostics;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// Something failed that is not the user's doing.
    Internal = 1,
    /// Bad arguments, or a scenario that is not valid.
    Usage = 2,
    /// An expectation failed.
    ExpectationFailed = 3,
    /// Worse than the baseline.
    Worse = 4,
    /// There is no baseline.
    NoBaseline = 5,
    /// Ended by the user.
    Interrupted = 130,
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
    /// There is nothing to compare with.
    NoBaseline(String),
    /// The user ended it.
    Interrupted,
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
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Invalid(files) => {
                let colour = super::print::colours_stderr();
                let errors: usize = files.iter().map(Diagnostics::len).sum();
                for diagnostics in &files {
                    eprintln!("{}\n", diagnostics.render(colour));
                }
                let plural = if errors == 1 { "" } else { "s" };
                eprintln!("{errors} error{plural}; nothing was run and nothing was written");
                Exit::Usage.into()
            }
            Self::Argument(message) => {
                eprintln!("error: {message}");
                Exit::Usage.into()
            }
            Self::NoBaseline(message) => {
                eprintln!("error: {message}");
                Exit::NoBaseline.into()
            }
            Self::Interrupted => {
                eprintln!("interrupted; nothing was written");
                Exit::Interrupted.into()
            }
            Self::Other(error) if is_broken_pipe(&error) => Exit::Fine.into(),
            Self::Other(error) => {
                eprintln!("error: failed to {error:#}");
                Exit::Internal.into()
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
        eprintln!("error: this is a defect in amnesty; please report it with the lines above");
        // A broken invariant in any thread ends the program.
        std::process::exit(Exit::Internal as i32);
    }));
}
