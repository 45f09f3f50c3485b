//! What goes into a client and what comes out of it.

use std::collections::VecDeque;

use crate::base::SimTime;
use crate::protocol::{Answer, Conclusion, Generation};

/// Names one attempt of an org: the ordinal of the refresh, and of the attempt within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptId {
    /// Ordinal of the refresh, from 1.
    pub refresh: u32,
    /// Ordinal of the attempt within the refresh, from 0; racing workers count in blocks.
    pub attempt: u16,
}

/// What comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The deadline that was asked for has come.
    Tick,
    /// An attempt was answered.
    Answered {
        /// Which one.
        attempt: AttemptId,
        /// With what.
        answer: Answer,
    },
    /// The access token in use was killed by a rotation whose answer went elsewhere.
    AccessTokenKilled,
    /// A person authorised the org anew: fresh credentials, `T0` of a new family.
    Authorised,
}

/// What goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A refresh request.
    Send {
        /// Its name.
        attempt: AttemptId,
        /// The generation it presents.
        presented: Generation,
    },
    /// An attempt has ended for the client.
    Concluded {
        /// Which one.
        attempt: AttemptId,
        /// When it was meant to be sent.
        intended_at: SimTime,
        /// How it ended.
        conclusion: Conclusion,
    },
    /// An attempt was not made, because the app leaves the server alone for now.
    ShortCircuited,
    /// A person goes and authorises the org anew.
    Reauthorise,
}

/// What a client holds, and whether it will present it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credentials {
    /// The generation in the store; `None` if the credentials were deleted.
    pub stored: Option<Generation>,
    /// Whether the app will present it again without being told to.
    pub is_trying: bool,
}

/// Where a client's outputs go, in order.
///
/// The live engine takes them from a queue when it can ([`super::Client::poll`]); the virtual one
/// carries each out on the spot, which spares a third of an attempt's time.
pub trait Outlet {
    /// [`Output::Send`].
    fn send(&mut self, attempt: AttemptId, presented: Generation);
    /// [`Output::Concluded`].
    fn concluded(&mut self, attempt: AttemptId, intended_at: SimTime, conclusion: Conclusion);
    /// [`Output::ShortCircuited`].
    fn short_circuited(&mut self);
    /// [`Output::Reauthorise`].
    fn reauthorise(&mut self);
}

impl Outlet for VecDeque<Output> {
    fn send(&mut self, attempt: AttemptId, presented: Generation) {
        self.push_back(Output::Send { attempt, presented });
    }

    fn concluded(&mut self, attempt: AttemptId, intended_at: SimTime, conclusion: Conclusion) {
        self.push_back(Output::Concluded { attempt, intended_at, conclusion });
    }

    fn short_circuited(&mut self) {
        self.push_back(Output::ShortCircuited);
    }

    fn reauthorise(&mut self) {
        self.push_back(Output::Reauthorise);
    }
}
