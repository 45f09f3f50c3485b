//! `amnesty serve`: the mock OAuth server alone, for one's own client to meet.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::progress::stop_on_interrupt;
use super::{Exit, Failure, print, store};
use crate::live::{Host, HostSettings, TimeScale};
use crate::report;
use crate::scenario::{Overrides, Plan, load};

/// Lines of the ledger that are kept for the page and the control port.
const LEDGER_LINES: usize = 10_000;

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Scenario file: the server, its orgs and the incident
    #[arg(value_name = "SCENARIO")]
    path: PathBuf,
    /// Which arm to serve [default: the first]
    #[arg(long, value_name = "NAME")]
    arm: Option<String>,
    /// Change one value, e.g. server.policy=hydra; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Seed of all draws
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Where clients meet the server
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where people and tests control it: a page at `/`, JSON, metrics
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    control: SocketAddr,
    /// Token that guards the control port; one is made up where it is not on loopback
    #[arg(long, value_name = "TOKEN", env = "AMNESTY_CONTROL_TOKEN", hide_env_values = true)]
    control_token: Option<String>,
    /// How much faster than the wall clock the incident runs: 60 plays an hour in a minute
    #[arg(long, value_name = "FACTOR", default_value_t = TimeScale::REAL)]
    time_scale: TimeScale,
    /// Phases and the amnesty wait for somebody to start them over the control port
    #[arg(long)]
    by_hand: bool,
    /// A connection for every request
    #[arg(long)]
    no_keep_alive: bool,
    /// Write every attempt to this file when the server ends
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    limits: super::limits::Limits,
}

impl Serve {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let plan = self.plan()?;
        let arm = &plan.arms[0];
        let folder = self.ledger.as_deref().map(store::folder_of);
        folder.map_or(Ok(()), store::probe)?;
        let stop = stop_on_interrupt()?;
        let settings = HostSettings {
            listen: self.listen,
            control: Some(self.control),
            control_token: self.control_token.clone(),
            scale: self.time_scale,
            by_hand: self.by_hand,
            keep_alive: !self.no_keep_alive,
            limits: self.limits.door(),
            keep: if self.ledger.is_some() { None } else { Some(LEDGER_LINES) },
            title: plan.name.clone(),
            start: Some(plan.start),
        };
        let host = Host::start(&plan, &settings).map_err(|error| Failure::Other(error.into()))?;
        print::out(&announcement(&plan, &host, self))?;
        while !stop.load(std::sync::atomic::Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let ended = host.stop();
        let lines = ended.entries.len();
        if let (Some(path), Some(folder)) = (&self.ledger, folder) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_else(|| store::LEDGER.to_owned());
            let mut file = store::Growing::new(folder, &name, report::ledger::HEADING)?;
            for entry in &ended.entries {
                file.push(&report::ledger::line(&arm.name, 0, entry))?;
            }
            file.keep()?;
            print::out(&format!("stopped; wrote {lines} attempts to {}\n", path.display()))?;
        } else {
            print::out("stopped\n")?;
        }
        Ok(Exit::Fine)
    }

    /// The scenario with the one arm that is served.
    fn plan(&self) -> Result<Plan, Failure> {
        let overrides = Overrides {
            sets: self.set.clone(),
            seed: self.seed,
            replications: None,
            arms: self.arm.iter().cloned().collect(),
        };
        load(&self.path, &overrides).map_err(|diagnostics| Failure::Invalid(vec![diagnostics]))
    }
}
