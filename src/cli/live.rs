//! Runs a plan over real HTTP, with progress.

use clap::Args;

use super::folder::Draft;
use super::progress::Spinner;
use super::signals::stop_on_signal;
use super::{Exit, Failure, descriptors, ledger, print};
use crate::experiment::results::Summary;
use crate::experiment::{self, LiveFindings, LiveOptions, RunError};
use crate::live::swarm::Bounds;
use crate::live::{Elsewhere, HostError, PlayError, TimeScale};
use crate::report;
use crate::scenario::Plan;
use crate::world::RowTeller;

/// How a scenario is run over real HTTP.
#[derive(Debug, Args)]
#[command(next_help_heading = "Over real HTTP")]
pub(super) struct Live {
    /// How much faster than the wall clock: 60 plays an hour in a minute [default: 1]
    #[arg(long, value_name = "FACTOR")]
    time_scale: Option<TimeScale>,
    /// Hold the virtual engine against the run, org by org (implies --engine live)
    #[arg(long)]
    cross_check: bool,
    /// A connection for every request
    #[arg(long)]
    no_keep_alive: bool,
    /// Connections that the swarm holds at most; a descriptor each, and two more where the server is ours
    /// [default: 4096]
    #[arg(long, value_name = "N", value_parser = super::limits::at_least_one)]
    connections: Option<usize>,
}

impl Live {
    pub(super) const fn cross_check(&self) -> bool {
        self.cross_check
    }

    /// An option that was given and makes no sense in virtual time.
    pub(super) const fn given(&self) -> Option<&'static str> {
        if self.time_scale.is_some() {
            Some("--time-scale")
        } else if self.no_keep_alive {
            Some("--no-keep-alive")
        } else if self.connections.is_some() {
            Some("--connections")
        } else {
            None
        }
    }

    /// Runs every arm and replication of a plan.
    pub(super) fn run(
        &self,
        plan: &Plan,
        elsewhere: Option<&Elsewhere>,
        ledger: Option<&ledger::Live>,
        quiet: bool,
    ) -> Result<LiveFindings, Failure> {
        let scale = self.time_scale.unwrap_or(TimeScale::REAL);
        let parts = plan.arms.len() * plan.replications as usize;
        if !quiet {
            let each = scale.stretch(plan.duration);
            let all = each.saturating_mul(u32::try_from(parts).unwrap_or(u32::MAX));
            print::note(&format!(
                "{}: {} arms × {} replications, {} each at time scale {scale}: this takes {}",
                plan.name,
                plan.arms.len(),
                plan.replications,
                plan.duration,
                crate::base::SimDuration::from_millis(
                    u64::try_from(all.as_millis()).unwrap_or(u64::MAX / 1_000)
                ),
            ));
        }
        let spinner = Spinner::new(quiet);
        let teller;
        let ledger: Option<&(dyn Fn(usize, u32) -> RowTeller + Sync)> = match ledger {
            None => None,
            Some(ledger) => {
                teller = |arm, replication| ledger.teller(arm, replication);
                Some(&teller)
            }
        };
        let options = LiveOptions {
            scale,
            keep_alive: !self.no_keep_alive,
            connections: self.connections.unwrap_or(Bounds::default().connections),
            descriptors: descriptors::raised(),
            elsewhere,
            ledger,
            cross_check: self.cross_check,
            stop: stop_on_signal()?,
            progress: &|(part, of), pulse| spinner.show(&plan.name, (part, of), pulse),
        };
        experiment::run_live(plan, &options).map_err(|error| match error {
            RunError::SwarmTooLarge(_)
            | RunError::VirtualOnly
            | RunError::NoCrossCheck
            | RunError::Descriptors { .. } => Failure::Argument(format!("{}: {error}", plan.name)),
            RunError::Interrupted => Failure::Stopped,
            RunError::Live(PlayError::Host(HostError::Listen(..))) => {
                Failure::Unusable(anyhow::Error::new(error))
            }
            RunError::Threads(_) | RunError::Live(_) | RunError::Unbalanced { .. } => {
                Failure::Other(anyhow::Error::new(error))
            }
        })
    }
}

/// How a live run ended that was played to its end: it failed if not one attempt succeeded.
pub(super) fn verdict(summary: &Summary) -> Exit {
    match report::nothing_succeeded(summary) {
        Some(said) => {
            print::note(&format!("error: {said}"));
            Exit::Internal
        }
        None => Exit::Fine,
    }
}

/// Where the results of a run go that was stopped before its end: beside those of whole runs, which stay
/// as they are.
pub(super) fn interrupted(draft: Draft) -> Result<Draft, Failure> {
    let mut place = draft.named().to_owned().into_os_string();
    place.push("-interrupted");
    Ok(draft.moved(place.into())?)
}
