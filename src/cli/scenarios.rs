//! Scenario files as arguments, and what the command line changes in them.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::scenario::{Overrides, Plan, SweepRequest, load, load_sweep};

/// Which scenarios, and what is changed in them.
#[derive(Debug, Args)]
pub(super) struct Scenarios {
    /// Scenario files
    #[arg(required = true, value_name = "SCENARIO")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
}

/// What the command line changes in a scenario.
#[derive(Debug, Args)]
pub(super) struct Changes {
    /// Change one value, e.g. server.policy=hydra or swarm.xero-net.partners=10; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Seed of all draws
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of paired replications
    #[arg(long, value_name = "N")]
    replications: Option<u32>,
    /// Run only this arm; repeatable
    #[arg(long, value_name = "NAME")]
    arm: Vec<String>,
    #[command(flatten)]
    allowed: Allowed,
}

/// Where files that a scenario names may lie.
#[derive(Debug, Args)]
pub(super) struct Allowed {
    /// Also let scenarios name files in this folder (`extends`, measured values), beside those in the
    /// scenario's own; repeatable
    #[arg(long, value_name = "DIR", value_parser = folder)]
    allow_path: Vec<PathBuf>,
}

impl Allowed {
    /// The folders.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        self.allow_path.clone()
    }
}

fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("there is no such folder".to_owned()) }
}

impl Changes {
    /// The changes, as `scenario` takes them.
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            sets: self.set.clone(),
            seed: self.seed,
            replications: self.replications,
            arms: self.arm.clone(),
            allowed: self.allowed.folders(),
        }
    }
}

impl Scenarios {
    /// Reads and checks all of them; nothing is run unless all are valid.
    ///
    /// # Errors
    /// Everything that is wrong with any of them, or two of the same name.
    pub(super) fn load(&self) -> Result<Vec<Plan>, Failure> {
        self.load_with(self.changes.replications)
    }

    /// The same for the live engine, on which a replication takes as long as the scenario: one, unless
    /// more are asked for.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(super) fn load_live(&self) -> Result<Vec<Plan>, Failure> {
        self.load_with(Some(self.changes.replications.unwrap_or(1)))
    }

    fn load_with(&self, replications: Option<u32>) -> Result<Vec<Plan>, Failure> {
        let overrides = Overrides { replications, ..self.changes.overrides() };
        let mut plans: Vec<Plan> = Vec::new();
        let mut invalid = Vec::new();
        for path in &self.paths {
            match load(path, &overrides) {
                Ok(plan) if plans.iter().any(|known| known.name == plan.name) => {
                    return Err(Failure::Argument(format!(
                        "`{}` and a scenario before it are both named `{}`, and would write to the \
                         same folder",
                        path.display(),
                        plan.name
                    )));
                }
                Ok(plan) => plans.push(plan),
                Err(diagnostics) => invalid.push(diagnostics),
            }
        }
        if invalid.is_empty() { Ok(plans) } else { Err(Failure::Invalid(invalid)) }
    }

    /// Checks the cells of every sweep that one of them carries.
    ///
    /// # Errors
    /// Everything that is wrong with a cell.
    pub(super) fn check_sweeps(&self, plans: &[Plan]) -> Result<(), Failure> {
        let sweeps = self.paths.iter().zip(plans).filter(|(_, plan)| plan.sweeps);
        let (overrides, request) = (self.changes.overrides(), SweepRequest::default());
        let invalid: Vec<_> =
            sweeps.filter_map(|(path, _)| load_sweep(path, &overrides, &request).err()).collect();
        if invalid.is_empty() { Ok(()) } else { Err(Failure::Invalid(invalid)) }
    }
}
