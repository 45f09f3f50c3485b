//! How much of a server a client may take up, and for how long.

use std::time::Duration;

/// The bounds of a server. A time of `None` is no bound, and no timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections. Further ones wait in the kernel's backlog, where they cost nothing, and are
    /// accepted as others end: a queue the client sees as latency, and not as a fault nobody planned.
    pub max_connections: usize,
    /// Bytes of the request line and the header fields; answered with 431 beyond.
    pub header_bytes: usize,
    /// Bytes of a request's content; answered with 413 beyond.
    pub body_bytes: usize,
    /// From the first byte of a head (of the first one: from the start of the connection) to its
    /// last; closed beyond.
    pub header_timeout: Option<Duration>,
    /// From the end of the head to the end of the body; answered with 408 beyond.
    pub body_timeout: Option<Duration>,
    /// From the end of an answer to the first byte of the next request; closed beyond.
    pub idle_timeout: Option<Duration>,
    /// With bytes to send and none accepted by the client's side; reset beyond.
    pub write_stall: Option<Duration>,
    /// How long a [silence](super::Verdict::Silence) lasts at most; closed beyond.
    pub silence: Option<Duration>,
    /// How long the rest of a refused request is read, so that closing does not reset the
    /// connection under the answer that refuses it (RFC 9112 §9.6).
    pub linger: Option<Duration>,
    /// How long requests in flight may take to end after shutdown; dropped beyond.
    pub drain: Option<Duration>,
    /// Whether a connection may carry a second request. If not, every answer says
    /// `Connection: close`.
    pub keep_alive: bool,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = |n| Some(Duration::from_secs(n));
        Self {
            // 924 MB were seen with as many connections that had each sent 15 KB of a head: 113 KB
            // apiece. Also below the usual limit of descriptors of a server process, 2^14 and up.
            max_connections: 8_192,
            // What Node allows; nginx and Apache take 8 KB a line.
            header_bytes: 16 << 10,
            // A token request is under 2 KB, one with a signed assertion under 10.
            body_bytes: 64 << 10,
            // Heads fit in a segment or two: whoever takes longer than a few retransmissions is not
            // trying.
            header_timeout: seconds(10),
            body_timeout: seconds(30),
            // As nginx keeps connections.
            idle_timeout: seconds(75),
            write_stall: seconds(30),
            // Longer than any client waits: its own timeout ends a silence, or its process does.
            silence: seconds(24 * 3600),
            linger: seconds(1),
            drain: seconds(10),
            keep_alive: true,
        }
    }
}

impl Limits {
    /// The default bounds on bytes and connections, and no timers at all: for virtual clocks, which
    /// would jump to them.
    pub fn none() -> Self {
        Self {
            header_timeout: None,
            body_timeout: None,
            idle_timeout: None,
            write_stall: None,
            silence: None,
            linger: None,
            drain: None,
            ..Self::default()
        }
    }
}
