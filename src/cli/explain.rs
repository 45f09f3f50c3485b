//! `amnesty explain`: the resolved world in words and times.

use clap::Args;

use super::scenarios::Scenarios;
use super::{Exit, Failure, print};
use crate::report;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    scenarios: Scenarios,
}

impl Explain {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        for plan in self.scenarios.load()? {
            print::product(&report::explain::explain(&plan))?;
        }
        Ok(Exit::Fine)
    }
}
