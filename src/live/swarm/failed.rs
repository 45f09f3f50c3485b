//! How attempts fail, as their clients see it.

use std::collections::BTreeMap;
use std::{fmt, io};

use super::hearing::Heard;
use super::pool::Failure;
use crate::protocol::Answer;

/// How an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failed {
    /// An answer with this status.
    Status(u16),
    /// An answer with this status that should hold a token, and holds none.
    NoToken(u16),
    /// No connection could be opened.
    NoConnection(io::ErrorKind),
    /// The connection broke before there was an answer.
    Broken,
    /// The answer was cut.
    Cut,
    /// The client gave up waiting.
    TimedOut,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::NoToken(status) => write!(f, "{status} without a token"),
            Self::NoConnection(kind) => write!(f, "{kind}"),
            Self::Broken => f.write_str("connection broken"),
            Self::Cut => f.write_str("answer cut"),
            Self::TimedOut => f.write_str("timed out"),
        }
    }
}

impl Failed {
    /// How an answer with this status failed; `None` of a token.
    pub(super) const fn of_answer(heard: &Heard, status: u16) -> Option<Self> {
        match heard {
            Heard::Token { .. } => None,
            Heard::Other(Answer::Truncated) | Heard::Odd(_, Answer::Truncated) => {
                Some(Self::NoToken(status))
            }
            Heard::Other(_) | Heard::Odd(..) => Some(Self::Status(status)),
        }
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Connect(kind) => Self::NoConnection(kind),
            Failure::Reset => Self::Broken,
            Failure::Truncated => Self::Cut,
        }
    }
}

/// How many attempts failed how.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<Failed, u64>);

impl Tally {
    /// An attempt failed.
    pub(super) fn count(&mut self, how: Failed) {
        *self.0.entry(how).or_default() += 1;
    }

    /// All of them.
    pub(super) fn into_counts(self) -> Vec<(Failed, u64)> {
        self.0.into_iter().collect()
    }
}
