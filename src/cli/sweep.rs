//! `amnesty sweep`: one scenario over many values.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::experiment::Running;
use super::folder::Draft;
use super::scenarios::Changes;
use super::{Exit, Failure, print, store};
use crate::experiment::sweep;
use crate::report;
use crate::scenario::{SweepRequest, load_sweep};

/// Arguments of `sweep`.
#[derive(Debug, Args)]
pub(super) struct Sweep {
    /// Scenario file; its section `sweep` says what to vary unless --over does
    #[arg(value_name = "SCENARIO")]
    path: PathBuf,
    /// Vary one value, e.g. server.amnesty.for=1h,6h,1d or =30s..5m step 30s; twice for a map
    #[arg(long, value_name = "PATH=VALUES")]
    over: Vec<String>,
    /// What to show: a metric, perhaps of an arm and cohort [default: the target's, or orgs that
    /// needed a person]
    #[arg(long, value_name = "METRIC(ARM)")]
    show: Option<String>,
    /// Find the smallest value that meets this, e.g. `needed_person(with_amnesty) <= 5%`
    #[arg(long, value_name = "EXPECTATION")]
    target: Option<String>,
    #[command(flatten)]
    changes: Changes,
    /// Folder of results; the sweep writes to SCENARIO-sweep in it
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
    /// What `sweep.json` holds
    Json,
}

impl Format {
    fn show(self, sweep: &sweep::Sweep) -> String {
        match self {
            Self::Text => report::sweep::text(sweep),
            Self::Json => report::json::write_sweep(sweep),
        }
    }
}

impl Sweep {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let request = SweepRequest {
            over: self.over.clone(),
            show: self.show.clone(),
            target: self.target.clone(),
        };
        let plan = load_sweep(&self.path, &self.changes.overrides(), &request)
            .map_err(|diagnostics| Failure::Invalid(vec![diagnostics]))?;
        let draft = Draft::of(&self.out.join(format!("{}-sweep", plan.name)));
        let draft = draft.map_err(Failure::Unusable)?;
        // Reports are made from the figures as they are written, so `report` makes the same again.
        let sweep = report::sweep::as_written(&self.running.sweep(&plan)?);
        let kept = self.running.keep(draft, &store::sweep_files(&sweep))?;
        print::say(&self.format.show(&sweep));
        let missed = sweep.target.is_some() && sweep.first_met().is_none();
        Ok(if missed { Exit::ExpectationFailed } else { kept })
    }
}
