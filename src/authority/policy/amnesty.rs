//! The amnesty overlay: for some time any generation with a valid session handle is accepted.

use crate::base::SimTime;

/// A token amnesty, laid over a policy. Xero's began on 12 March 2018 at 23:30 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amnesty {
    /// When it opens.
    pub from: SimTime,
    /// When it is over.
    pub until: SimTime,
    /// When partners hear of it.
    pub announced: SimTime,
    /// What a superseded credential is answered with.
    pub reply: AmnestyReply,
    /// Whether it also restores families that reuse detection revoked.
    pub unrevoke: bool,
}

/// What a server answers to a superseded credential during an amnesty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AmnestyReply {
    /// The token that is current.
    CurrentPair,
    /// A new one, as if the current token had been presented.
    #[default]
    NewPair,
}

impl Amnesty {
    /// Whether the amnesty is open at `now`.
    pub fn covers(&self, now: SimTime) -> bool {
        (self.from..self.until).contains(&now)
    }
}
