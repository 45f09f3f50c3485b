//! How much of the server a client may take up, as options.

use std::time::Duration;

use clap::Args;

use crate::base::parse_duration;
use crate::live::control::CONNECTIONS;
use crate::live::door;

/// Bounds on what clients can take up. Times are those of the wall clock.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// Open connections; further ones wait. Each takes a descriptor, and some 110 KiB while it sends
    /// headers of 15 KiB [default: 8192, or what the limit of descriptors allows]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    max_connections: Option<usize>,
    /// Bytes of a request's line and headers
    #[arg(long, value_name = "N", default_value_t = defaults().header_bytes, value_parser = at_least_one)]
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
    /// The bounds of the server where this process may open so many descriptors, and the connections that
    /// are left for the control port.
    ///
    /// # Errors
    /// That they are too few.
    pub(super) fn door(&self, descriptors: Option<usize>) -> Result<(door::Limits, usize), String> {
        let default = defaults();
        let (control, most) = shared(descriptors)?;
        let max_connections = match self.max_connections {
            Some(asked) if asked > most => {
                let beside = control + BESIDE;
                return Err(format!(
                    "--max-connections {asked} takes {} descriptors, {beside} of them for the control \
                     port and files, and this process may open {}: raise the limit \
                     (`ulimit -n {}`), or take --max-connections {most}",
                    asked.saturating_add(beside),
                    most + beside,
                    asked.saturating_add(beside),
                ));
            }
            Some(asked) => asked,
            None => default.max_connections.min(most),
        };
        let limits = door::Limits {
            max_connections,
            header_bytes: self.max_header_bytes,
            body_bytes: self.max_body_bytes,
            header_timeout: self.header_timeout.or(default.header_timeout),
            body_timeout: self.body_timeout.or(default.body_timeout),
            idle_timeout: self.idle_timeout.or(default.idle_timeout),
            write_stall: self.write_timeout.or(default.write_stall),
            ..default
        };
        Ok((limits, control))
    }
}

/// Descriptors for files, pipes and the event queue, and a margin.
const BESIDE: usize = 32;

/// How descriptors are shared out: connections of the control port, and at most so many of the server.
fn shared(descriptors: Option<usize>) -> Result<(usize, usize), String> {
    /// Fewer would not let a browser and a scraper in.
    const CONTROL_MIN: usize = 8;
    let Some(descriptors) = descriptors else { return Ok((CONNECTIONS, usize::MAX)) };
    let needed = BESIDE + CONTROL_MIN + 1;
    if descriptors < needed {
        return Err(format!(
            "a server needs {needed} descriptors at least, and this process may open {descriptors}: \
             raise the limit (`ulimit -n`)"
        ));
    }
    let control = (descriptors / 8).clamp(CONTROL_MIN, CONNECTIONS);
    Ok((control, descriptors - BESIDE - control))
}

/// A number that is not zero.
pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("expected at least 1: with none, nobody would ever be served".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a whole number of at least 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_port_keeps_descriptors_of_its_own() {
        for descriptors in [41, 256, 1_024, 20_000, 1 << 20] {
            let (control, server) = shared(Some(descriptors)).unwrap();
            assert!(control >= 8 && server >= 1, "{descriptors}");
            assert_eq!(control + server + BESIDE, descriptors);
        }
        assert!(shared(Some(40)).is_err());
        assert_eq!(shared(None), Ok((CONNECTIONS, usize::MAX)));
    }
}
