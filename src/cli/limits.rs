//! How much of the server a client may take up, as options.

use std::time::Duration;

use clap::Args;

use crate::base::parse_duration;
use crate::live::door;

/// Bounds on what clients can take up. Times are those of the wall clock.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// Open connections; further ones wait
    #[arg(long, value_name = "N", default_value_t = defaults().max_connections)]
    max_connections: usize,
    /// Bytes of a request's line and headers
    #[arg(long, value_name = "N", default_value_t = defaults().header_bytes)]
    max_header_bytes: usize,
    /// Bytes of a request's body
    #[arg(long, value_name = "N", default_value_t = defaults().body_bytes)]
    max_body_bytes: usize,
    /// How long a request's headers may take to arrive [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    header_timeout: Option<Duration>,
    /// How long a request's body may take to arrive [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    body_timeout: Option<Duration>,
    /// How long a connection may idle between requests [default: 75s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    idle_timeout: Option<Duration>,
    /// How long a client may read nothing of an answer [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    write_timeout: Option<Duration>,
}

fn defaults() -> door::Limits {
    door::Limits::default()
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map(|span| Duration::from_micros(span.as_micros()))
}

impl Limits {
    /// The bounds of the server.
    pub(super) fn door(&self) -> door::Limits {
        let default = defaults();
        door::Limits {
            max_connections: self.max_connections,
            header_bytes: self.max_header_bytes,
            body_bytes: self.max_body_bytes,
            header_timeout: self.header_timeout.or(default.header_timeout),
            body_timeout: self.body_timeout.or(default.body_timeout),
            idle_timeout: self.idle_timeout.or(default.idle_timeout),
            write_stall: self.write_timeout.or(default.write_stall),
            ..default
        }
    }
}
