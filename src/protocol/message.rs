//! The messages of a refresh, independent of the wire protocol.

use std::fmt;

use crate::base::SimDuration;

/// Which token of a family: 0 is the one issued when a person authorised the org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(pub u32);

impl Generation {
    /// The generation issued after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0)
    }
}

/// The wire protocol of the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OAuth 1.0a with the session extension (OAuth Session 1.0 Draft 1): a refusal is
    /// 401 `token_rejected`.
    Oauth1a,
    /// OAuth 2.0 (RFC 6749 §6): a refusal is 400 `invalid_grant` (§5.2).
    Oauth2,
}

impl Protocol {
    /// HTTP status of a refused refresh.
    pub const fn refusal_status(self) -> u16 {
        match self {
            Self::Oauth1a => 401,
            Self::Oauth2 => 400,
        }
    }
}

/// What a client sees of an attempt, when it sees anything. Silence is the absence of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 200 with a token of this generation.
    Token(Generation),
    /// The presented credential is refused (401 `token_rejected`, 400 `invalid_grant`).
    Refused,
    /// A 5xx status, from the server or from a gateway before it.
    ServerError(u16),
    /// 429, with the wait that `Retry-After` asks for (RFC 6585 §4).
    Throttled {
        /// How long the client is asked to wait.
        retry_after: SimDuration,
    },
    /// 503, with the wait that `Retry-After` asks for (RFC 9110 §15.6.4): the server has no room.
    Unavailable {
        /// How long the client is asked to wait.
        retry_after: SimDuration,
    },
    /// The connection was reset or closed before an answer.
    Reset,
    /// An answer began and broke off: headers or body are cut.
    Truncated,
}

/// How an attempt ended for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// A token of this generation arrived and was stored.
    Stored(Generation),
    /// A token arrived and was lost before it was stored.
    Crashed,
    /// The credential was refused.
    Refused,
    /// The client gave up waiting.
    TimedOut,
    /// The connection broke.
    Reset,
    /// The answer was cut.
    Truncated,
    /// A 5xx status.
    ServerError,
    /// A 429 status.
    Throttled,
    /// Its own side broke it off: a person authorised the org anew while it was under way.
    BrokenOff,
}
