//! `amnesty schema`: the JSON schemas, for editors and for readers of results.

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::{Exit, Failure, print};
use crate::{report, scenario};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Of what
    #[arg(value_enum, default_value_t)]
    of: Of,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Of {
    /// Scenario files (draft-07, for yaml-language-server)
    #[default]
    Scenario,
    /// `summary.json`
    Summary,
    /// `sweep.json`
    Sweep,
}

impl Schema {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let text = match self.of {
            Of::Scenario => {
                let schema = serde_json::to_string_pretty(&scenario::schema());
                schema.context("print the schema")? + "\n"
            }
            Of::Summary => report::json::summary_schema(),
            Of::Sweep => report::json::sweep_schema(),
        };
        print::product(&text)?;
        Ok(Exit::Fine)
    }
}
