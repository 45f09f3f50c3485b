//! `amnesty run`: play scenarios and show what they say.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::experiment::Running;
use super::scenarios::Scenarios;
use super::{Exit, Failure, print, store};
use crate::experiment::results::Summary;
use crate::report;

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    scenarios: Scenarios,
    /// Folder of results; each scenario writes to a folder of its own in it
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    running: Running,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people: the answer, then a table
    #[default]
    Text,
    /// The same as Markdown
    Markdown,
    /// What `summary.json` holds; one document a scenario
    Json,
}

impl Format {
    fn show(self, summary: &Summary) -> String {
        match self {
            Self::Text => report::text::text(summary),
            Self::Markdown => report::markdown::markdown(summary),
            Self::Json => report::json::write(summary),
        }
    }
}

impl Run {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let plans = self.scenarios.load()?;
        store::probe(&self.out)?;
        for plan in &plans {
            let findings = self.running.run(plan)?;
            print::out(&self.format.show(&report::as_written(&findings.results).summary))?;
            self.running.keep(plan, &findings, &self.out)?;
        }
        Ok(Exit::Fine)
    }
}
