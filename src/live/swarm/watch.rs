//! Who is told what the clients do.

use std::rc::Rc;
use std::sync::Arc;

use crate::base::SimTime;
use crate::client::{AttemptId, Credentials};
use crate::live::Site;
use crate::measure::OrgState;
use crate::protocol::{Conclusion, Generation};

/// An attempt was sent, or is about to be: not a byte has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The org's number.
    pub org: u32,
    /// Which attempt.
    pub attempt: AttemptId,
    /// The generation that it presents.
    pub presented: Generation,
    /// When the client meant to send it.
    pub intended_at: SimTime,
    /// When it is sent. From here on the server has it: a connection that must be opened first
    /// is part of what the server takes.
    pub sent_at: SimTime,
}

/// An attempt ended for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concluded {
    /// The org's number.
    pub org: u32,
    /// Which attempt.
    pub attempt: AttemptId,
    /// When the client meant to send it.
    pub intended_at: SimTime,
    /// When it was sent; `None` if the client gave up before a connection was free for it. Such an
    /// attempt was never begun, and counts nowhere.
    pub sent_at: Option<SimTime>,
    /// When it ended.
    pub now: SimTime,
    /// How.
    pub conclusion: Conclusion,
    /// What the client holds since.
    pub credentials: Credentials,
}

/// Is told what the clients do, as they do it and in the order of each org.
pub trait Watch: 'static {
    /// An attempt is sent.
    fn sent(&self, sent: Sent);
    /// An attempt ended.
    fn concluded(&self, concluded: Concluded);
    /// The org's app did not make an attempt at `now`, because it left the server alone; it holds these
    /// credentials since.
    fn short_circuited(&self, org: u32, credentials: Credentials, now: SimTime);
    /// A person authorised the org anew at `now`; the attempts that this ended have been told.
    fn authorised(&self, org: u32, credentials: Credentials, now: SimTime);
}

impl<W: Watch> Watch for Rc<W> {
    fn sent(&self, sent: Sent) {
        W::sent(self, sent);
    }

    fn concluded(&self, concluded: Concluded) {
        W::concluded(self, concluded);
    }

    fn short_circuited(&self, org: u32, credentials: Credentials, now: SimTime) {
        W::short_circuited(self, org, credentials, now);
    }

    fn authorised(&self, org: u32, credentials: Credentials, now: SimTime) {
        W::authorised(self, org, credentials, now);
    }
}

/// The server runs in this process.
impl Watch for Arc<Site> {
    fn sent(&self, sent: Sent) {
        let Sent { org, attempt, presented, intended_at, sent_at } = sent;
        self.grants().sent(org, attempt, presented, (intended_at, sent_at));
    }

    fn concluded(&self, concluded: Concluded) {
        let Concluded { org, attempt, conclusion, credentials, now, .. } = concluded;
        // Of an attempt that was never sent, it has no line: it takes in the credentials only.
        self.grants().concluded(org, attempt, conclusion, credentials, now);
    }

    fn short_circuited(&self, org: u32, credentials: Credentials, now: SimTime) {
        self.grants().short_circuited(org, credentials, now);
    }

    fn authorised(&self, org: u32, credentials: Credentials, now: SimTime) {
        // The server has begun the new family when it handed out its tokens, and took it for what the
        // client holds. An attempt that ended in between has said otherwise.
        let stored = Conclusion::Stored(Generation(0));
        self.grants().concluded(org, NO_ATTEMPT, stored, credentials, now);
    }
}

/// Refreshes are numbered from 1.
const NO_ATTEMPT: AttemptId = AttemptId { refresh: 0, attempt: 0 };

/// How an org stands as far as its client knows: it is stale from a refusal to the next token. That it
/// holds a token which the server has superseded meanwhile, a client cannot know.
pub fn as_seen(before: OrgState, credentials: Credentials, conclusion: Conclusion) -> OrgState {
    if credentials.stored.is_none() {
        return OrgState::Abandoned;
    }
    if !credentials.is_trying {
        return OrgState::Stopped;
    }
    match conclusion {
        Conclusion::Stored(_) => OrgState::Connected,
        Conclusion::Refused => OrgState::Stale,
        Conclusion::Crashed
        | Conclusion::TimedOut
        | Conclusion::Reset
        | Conclusion::Truncated
        | Conclusion::ServerError
        | Conclusion::Throttled
        | Conclusion::BrokenOff => match before {
            OrgState::Connected => OrgState::Connected,
            OrgState::Stale | OrgState::Stopped | OrgState::Abandoned | OrgState::Revoked => {
                OrgState::Stale
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_is_stale_from_a_refusal_to_the_next_token() {
        use OrgState::{Abandoned, Connected, Stale, Stopped};
        let token = Conclusion::Stored(Generation(1));
        for (before, stored, is_trying, conclusion, after) in [
            (Connected, true, true, Conclusion::TimedOut, Connected),
            (Connected, true, true, Conclusion::Refused, Stale),
            (Stale, true, true, Conclusion::ServerError, Stale),
            (Stale, true, true, token, Connected),
            (Connected, true, false, Conclusion::Refused, Stopped),
            (Stopped, true, true, Conclusion::Reset, Stale),
            (Connected, false, false, Conclusion::Refused, Abandoned),
        ] {
            let stored = stored.then_some(Generation(0));
            let credentials = Credentials { stored, is_trying };
            assert_eq!(as_seen(before, credentials, conclusion), after);
        }
    }
}
