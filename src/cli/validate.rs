//! `amnesty validate`: everything that is wrong with scenarios, and nothing else.

use clap::Args;

use super::scenarios::Scenarios;
use super::{Exit, Failure, print};

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    scenarios: Scenarios,
}

impl Validate {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let plans = self.scenarios.load()?;
        self.scenarios.check_sweeps(&plans)?;
        for plan in plans {
            let arms: Vec<_> = plan.arms.iter().map(|arm| arm.name.as_str()).collect();
            print::say(&format!(
                "{}: valid; arms {}; {} replications of {}; {} expectations\n",
                plan.name,
                arms.join(", "),
                plan.replications,
                plan.duration,
                plan.expectations.len()
            ));
        }
        Ok(Exit::Fine)
    }
}
