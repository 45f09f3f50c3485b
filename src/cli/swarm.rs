//! `amnesty swarm`: a scenario's clients against a server elsewhere.

use std::path::PathBuf;

use clap::Args;

use super::experiment::Running;
use super::folder::Draft;
use super::ledger::{self, LedgerOptions};
use super::live::{self, Live};
use super::scenarios::Allowed;
use super::{Exit, Failure, print, signals, store};
use crate::live::swarm::{Registered, Target, read_credentials};
use crate::live::{Elsewhere, own_client, own_paths};
use crate::report;
use crate::scenario::{Overrides, Plan, load, read_any};

/// The largest table of credentials in bytes: a million orgs with tokens of 250.
const CREDENTIALS_BYTES_MAX: u64 = 256 << 20;

/// Arguments of `swarm`.
#[derive(Debug, Args)]
pub(super) struct Swarm {
    /// Scenario file: the orgs and how their clients behave
    #[arg(value_name = "SCENARIO")]
    path: PathBuf,
    /// Token endpoint of the server, such as `http://127.0.0.1:8080/connect/token`
    #[arg(long, value_name = "URL")]
    token_url: String,
    /// What each org holds at first: CSV with a line an org, and the columns `refresh_token`, or
    /// `oauth_token`, `oauth_token_secret` and `oauth_session_handle` [default: what `amnesty serve` with
    /// this scenario and seed hands out]
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Client id, or consumer key
    #[arg(long, value_name = "ID", default_value_t = own_client().id)]
    client_id: String,
    /// Client secret, or consumer secret
    #[arg(
        long,
        value_name = "SECRET",
        env = "AMNESTY_CLIENT_SECRET",
        hide_env_values = true,
        default_value_t = own_client().secret
    )]
    client_secret: String,
    /// Path of the authorization endpoint, for persons who authorise an org anew [default: that of
    /// `amnesty serve`]
    #[arg(long, value_name = "PATH")]
    authorize_path: Option<String>,
    /// Path of a resource that an access token opens [default: that of `amnesty serve`]
    #[arg(long, value_name = "PATH")]
    resource_path: Option<String>,
    /// Which arm's clients [default: the first]
    #[arg(long, value_name = "NAME")]
    arm: Option<String>,
    /// Change one value, e.g. swarm.jobs.partners=10; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    allowed: Allowed,
    /// Seed of all draws
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Folder of results
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    #[command(flatten)]
    running: Running,
    // The last: what follows these would stand under their headings.
    #[command(flatten)]
    ledger: LedgerOptions,
    #[command(flatten)]
    live: Live,
}

impl Swarm {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        if self.live.cross_check() {
            let message = "--cross-check needs both sides of an attempt: use `run --engine live`";
            return Err(Failure::Argument(message.to_owned()));
        }
        let plan = self.plan()?;
        let elsewhere = self.elsewhere(&plan)?;
        let draft = Draft::of(&self.out.join(format!("{}-swarm", plan.name)));
        let draft = draft.map_err(Failure::Unusable)?;
        let quiet = self.running.is_quiet();
        let ledger = self.ledger.stream(quiet, &plan, &draft)?;
        let found = self.live.run(&plan, Some(&elsewhere), ledger.as_ref(), quiet)?;
        let ledger = ledger.map(ledger::Live::finish).transpose()?;
        let draft = if found.interrupted { live::interrupted(draft)? } else { draft };
        let kept = self.running.keep(draft, &store::all_files(&found.plan, &found.findings))?;
        ledger.map_or(Ok(()), |ledger| ledger.keep(quiet))?;
        let summary = report::as_written(&found.findings.results).summary;
        print::say(&report::text::text(&summary));
        let verdict = live::verdict(&summary).max(kept);
        Ok(if found.interrupted { signals::stopped() } else { verdict })
    }

    /// The scenario with one arm, once.
    fn plan(&self) -> Result<Plan, Failure> {
        let overrides = Overrides {
            sets: self.set.clone(),
            seed: self.seed,
            replications: Some(1),
            arms: self.arm.iter().cloned().collect(),
            allowed: self.allowed.folders(),
        };
        let plan = load(&self.path, &overrides);
        let mut plan = plan.map_err(|diagnostics| Failure::Invalid(vec![diagnostics]))?;
        plan.arms.truncate(1);
        Ok(plan)
    }

    fn elsewhere(&self, plan: &Plan) -> Result<Elsewhere, Failure> {
        let protocol = plan.arms[0].world.server.protocol;
        let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
        let client = Registered { id, secret, ..own_client() };
        let target = Target::new(protocol, &self.token_url, client);
        let mut target = target.map_err(|error| Failure::Argument(error.to_string()))?;
        let ours = own_paths(protocol);
        target.paths.authorize = self.authorize_path.clone().unwrap_or(ours.authorize);
        target.paths.resource = self.resource_path.clone().unwrap_or(ours.resource);
        target.paths.request_token = ours.request_token;
        let credentials = match &self.credentials {
            None => Vec::new(),
            Some(path) => {
                let text = read_any(path, CREDENTIALS_BYTES_MAX);
                let text = text.map_err(|error| Failure::Argument(error.to_string()))?;
                let read = read_credentials(protocol, &text);
                read.map_err(|error| Failure::Argument(format!("{}: {error}", path.display())))?
            }
        };
        Ok(Elsewhere { target, credentials })
    }
}
