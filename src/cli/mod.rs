//! Floor 7: the command line. One verb a file; files, progress and exit codes live here, logic does not.
//!
//! Exit codes: see [`Exit`].

mod check;
mod completions;
mod descriptors;
mod experiment;
mod explain;
mod failure;
mod folder;
mod guard;
mod init;
mod ledger;
mod limits;
mod live;
mod presets;
mod print;
mod progress;
mod report;
mod run;
mod scenarios;
mod schema;
mod serve;
mod signals;
mod store;
mod swarm;
mod sweep;
mod target;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::{Exit, Failure};

/// How many orgs does a lost refresh answer disconnect, with and without a token amnesty?
///
/// A mock OAuth server that degrades and drops answers, against a swarm of partner apps that refresh
/// tokens, in virtual time: the same scenario and seed give the same bytes.
#[derive(Debug, Parser)]
#[command(name = "amnesty", version, max_term_width = 100, after_help = Exit::TOLD)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run scenarios: answer, table, charts and results
    Run(run::Run),
    /// Run scenarios and judge their expectations, and a baseline: for CI
    Check(check::Check),
    /// Run a scenario over the values of one path or two: dose and response, or a map
    Sweep(sweep::Sweep),
    /// Serve a scenario's OAuth server to one's own client, with a control port
    Serve(serve::Serve),
    /// Drive a scenario's clients against an OAuth server that is already serving
    Swarm(swarm::Swarm),
    /// Find everything that is wrong with scenarios; run nothing
    Validate(validate::Validate),
    /// Say what a scenario will do: the resolved world in words and times
    Explain(explain::Explain),
    /// Print a commented scenario to start from
    Init(init::Init),
    /// Draw the charts and the HTML page again from a results folder
    Report(report::Report),
    /// List the presets of real servers and clients
    Presets(presets::Presets),
    /// Print the JSON schema of scenario files, of summary.json, or of sweep.json
    Schema(schema::Schema),
    /// Print a completion script for a shell
    Completions(completions::Completions),
}

/// Parses the arguments, does what they say, and reports failures on standard error.
pub fn main() -> ExitCode {
    failure::report_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Fine };
            // Nothing is left to tell whom, if this cannot be printed.
            let _ = error.print();
            return code.into();
        }
    };
    let done = match cli.verb {
        Verb::Run(verb) => verb.execute(),
        Verb::Check(verb) => verb.execute(),
        Verb::Sweep(verb) => verb.execute(),
        Verb::Serve(verb) => verb.execute(),
        Verb::Swarm(verb) => verb.execute(),
        Verb::Validate(verb) => verb.execute(),
        Verb::Explain(verb) => verb.execute(),
        Verb::Init(verb) => verb.execute(),
        Verb::Report(verb) => verb.execute(),
        Verb::Presets(verb) => verb.execute(),
        Verb::Schema(verb) => verb.execute(),
        Verb::Completions(verb) => verb.execute(),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report().into(),
    }
}
