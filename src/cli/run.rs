//! `amnesty run`: play scenarios and show what they say.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::experiment::Running;
use super::folder::Draft;
use super::ledger::{self, LedgerOptions};
use super::live::{self, Live};
use super::scenarios::Scenarios;
use super::{Exit, Failure, print, signals, store};
use crate::experiment::results::Summary;
use crate::experiment::{self, Findings};
use crate::report;
use crate::scenario::Plan;

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
    /// Print every measure of every arm, also where there are many and a ranking stands for them
    #[arg(long)]
    all: bool,
    /// Virtual time, or real HTTP on this machine
    #[arg(long, value_enum, default_value_t)]
    engine: Engine,
    #[command(flatten)]
    running: Running,
    // The last: what follows these would stand under their headings.
    #[command(flatten)]
    ledger: LedgerOptions,
    #[command(flatten)]
    live: Live,
}

/// How a scenario is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Virtual time: millions of orgs, days in seconds, the same bytes for the same seed
    #[default]
    Sim,
    /// Real HTTP over loopback sockets, in real time or as --time-scale says; one replication unless
    /// --replications asks for more
    Live,
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
    fn show(self, summary: &Summary, all: bool) -> String {
        match (self, all) {
            (Self::Text, false) => report::text::text(summary),
            (Self::Text, true) => report::text::in_full(summary),
            (Self::Markdown, false) => report::markdown::markdown(summary),
            (Self::Markdown, true) => report::markdown::in_full(summary),
            (Self::Json, _) => report::json::write(summary),
        }
    }
}

impl Run {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let live = self.engine == Engine::Live || self.live.cross_check();
        if !live && let Some(option) = self.live.given() {
            let message = format!("{option} is about the live engine: add --engine live");
            return Err(Failure::Argument(message));
        }
        let plans = if live { self.scenarios.load_live()? } else { self.scenarios.load()? };
        self.ledger.check(&plans)?;
        let mut drafts = Vec::with_capacity(plans.len());
        for plan in &plans {
            let name = if live { format!("{}-live", plan.name) } else { plan.name.clone() };
            drafts.push(Draft::of(&self.out.join(name)).map_err(Failure::Unusable)?);
        }
        let mut exit = Exit::Fine;
        for (plan, draft) in plans.iter().zip(drafts) {
            let ended = if live { self.live(plan, draft)? } else { self.virtually(plan, draft)? };
            exit = exit.max(ended);
            if ended == signals::stopped() {
                break;
            }
        }
        Ok(exit)
    }

    fn virtually(&self, plan: &Plan, draft: Draft) -> Result<Exit, Failure> {
        let (findings, ledger) = self.ledger.run(&self.running, plan, &draft)?;
        let kept = self.running.keep(draft, &store::all_files(plan, &findings))?;
        ledger.map_or(Ok(()), |ledger| ledger.keep(self.running.is_quiet()))?;
        self.show(&findings);
        Ok(kept)
    }

    fn live(&self, plan: &Plan, draft: Draft) -> Result<Exit, Failure> {
        let quiet = self.running.is_quiet();
        let ledger = self.ledger.stream(quiet, plan, &draft)?;
        let found = self.live.run(plan, None, ledger.as_ref(), quiet)?;
        let ledger = ledger.map(ledger::Live::finish).transpose()?;
        let draft = if found.interrupted { live::interrupted(draft)? } else { draft };
        let kept = self.running.keep(draft, &store::all_files(&found.plan, &found.findings))?;
        ledger.map_or(Ok(()), |ledger| ledger.keep(quiet))?;
        self.show(&found.findings);
        for check in &found.cross_checks {
            print::say(&format!("\n{}", report::cross_check::text(check)));
        }
        Ok(if found.interrupted {
            signals::stopped()
        } else if found.cross_checks.iter().all(experiment::CrossCheck::agrees) {
            live::verdict(&found.findings.results.summary).max(kept)
        } else {
            Exit::ExpectationFailed
        })
    }

    fn show(&self, findings: &Findings) {
        let summary = report::as_written(&findings.results).summary;
        print::say(&self.format.show(&summary, self.all));
    }
}
