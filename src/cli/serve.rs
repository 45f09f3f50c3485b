//! `amnesty serve`: the mock OAuth server alone, for one's own client to meet.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use ring::rand::SecureRandom as _;

use super::scenarios::Allowed;
use super::signals::stop_on_signal;
use super::{Exit, Failure, ledger, print};
use crate::experiment::RunError;
use crate::experiment::results::run_id;
use crate::live::{Host, HostError, HostSettings, TimeScale, control, server};
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
    #[command(flatten)]
    allowed: Allowed,
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
    /// Write every attempt to this file as it is done: after a kill, all but the last second is there. An
    /// earlier file is replaced; .gz and .zst compress
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    limits: super::limits::Limits,
}

impl Serve {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let plan = self.plan()?;
        let stop = stop_on_signal()?;
        let mut settings = self.settings(&plan)?;
        let ledger = self.ledger.as_deref();
        let ledger = ledger.map(|path| ledger::Live::in_place(&plan, path)).transpose()?;
        settings.rows = ledger.as_ref().map(|ledger| ledger.teller(0, 0));
        let host = Host::start(&plan, &settings).map_err(|error| match error {
            HostError::SwarmTooLarge(_) | HostError::Listen(..) => Failure::Unusable(error.into()),
            HostError::Thread(_) => Failure::Other(error.into()),
        })?;
        self.announce(&plan, &host, settings.control_settings.token.as_deref());
        let mut turned_away = TurnedAway::default();
        while !stop.load(std::sync::atomic::Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(50));
            turned_away.tell(host.meters().not_accepted());
        }
        if host.close(None).is_none() {
            return Err(Failure::Other(anyhow::anyhow!("end the server's thread")));
        }
        drop(settings);
        match ledger.map(ledger::Live::finish).transpose()? {
            Some(ledger) => {
                let path = self.ledger.as_deref().unwrap_or(Path::new(""));
                let rows = ledger.rows();
                print::say(&format!("stopped; wrote {rows} rows to {}\n", path.display()));
            }
            None => print::say("stopped\n"),
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
            allowed: self.allowed.folders(),
        };
        let plan = load(&self.path, &overrides);
        let plan = plan.map_err(|diagnostics| Failure::Invalid(vec![diagnostics]))?;
        if !plan.arms[0].world.tells_at_once() {
            return Err(Failure::Argument(format!("{}: {}", plan.name, RunError::VirtualOnly)));
        }
        Ok(plan)
    }

    fn settings(&self, plan: &Plan) -> Result<HostSettings, Failure> {
        let registrations = plan.arms[0].world.server.registrations.clone();
        let token = self.token()?;
        let guarded = control::Guard::new(self.control, token.as_deref());
        guarded.map_err(|error| Failure::Argument(format!("--control-token: {error}")))?;
        let shared = self.limits.door(super::descriptors::raised());
        let (mut limits, connections) = shared.map_err(Failure::Argument)?;
        let control_settings = control::Settings {
            scenario: plan.name.clone(),
            arm: plan.arms[0].name.clone(),
            run: run_id(&plan.digest, plan.seed.0),
            start: Some(plan.start),
            verified: !registrations.is_empty(),
            token,
            connections: Some(connections),
            ..control::Settings::default()
        };
        limits.keep_alive = !self.no_keep_alive;
        Ok(HostSettings {
            listen: self.listen,
            control: Some(self.control),
            control_settings,
            server: server::Settings { limits, registrations, ..server::Settings::default() },
            scale: self.time_scale,
            by_hand: self.by_hand,
            keep: Some(LEDGER_LINES),
            rows: None,
        })
    }

    /// The token that was given; where other machines can ask and none was given, a new one.
    fn token(&self) -> Result<Option<String>, Failure> {
        if self.control_token.is_some() || self.control.ip().is_loopback() {
            return Ok(self.control_token.clone());
        }
        let mut bytes = [0_u8; 16];
        let drawn = ring::rand::SystemRandom::new().fill(&mut bytes);
        drawn.map_err(|_| Failure::Other(anyhow::anyhow!("draw a token for the control port")))?;
        Ok(Some(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// Tells where everything is, and who is let in.
    fn announce(&self, plan: &Plan, host: &Host, token: Option<&str>) {
        let server = &plan.arms[0].world.server;
        let incident = if self.by_hand {
            "phases and the amnesty wait to be started".to_owned()
        } else {
            format!("the incident runs at time scale {}", self.time_scale)
        };
        let verified = match server.registrations.len() {
            0 => {
                "signatures and secrets are not verified: the scenario registers no apps".to_owned()
            }
            apps => format!("signatures and secrets are verified: {apps} registered"),
        };
        let mut text = format!(
            "serving {} (arm {}) at http://{}\n",
            plan.name,
            plan.arms[0].name,
            host.address()
        );
        if let Some(control) = host.control() {
            let _ = writeln!(text, "control port at http://{control}/");
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{incident}\n{verified}");
        // A token that was made up here is told once; one that was given is known.
        if let (Some(token), None) = (token, &self.control_token) {
            let _ = writeln!(text, "control token: {token}");
        }
        print::say(&text);
    }
}

/// Tells of connections that could not be accepted, at once and then now and again.
#[derive(Debug, Default)]
struct TurnedAway {
    told: u64,
    looks: u32,
}

impl TurnedAway {
    /// Looks between two lines: ten seconds.
    const QUIET: u32 = 200;

    /// Looks at the count.
    fn tell(&mut self, count: u64) {
        self.looks = self.looks.saturating_sub(1);
        if count > self.told && self.looks == 0 {
            print::note(&format!(
                "warning: {count} times so far a connection could not be accepted: no descriptor or \
                 memory was left"
            ));
            self.told = count;
            self.looks = Self::QUIET;
        }
    }
}
