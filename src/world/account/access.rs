//! Whether an org holds an access token that the server honours: what its customer feels.
//!
//! An org *has access* while the access token that its client stored last would open a resource: the
//! client holds credentials, the token's family is not revoked, no rotation killed the token, and its
//! life is not over. So access ends
//!
//! - when the token's life does, `access_token_ttl` after the commit that issued it;
//! - at the commit that kills it, where the server kills old access tokens at rotation: also when the
//!   answer to that commit is lost;
//! - when the family is revoked, and when the client deletes its credentials;
//!
//! and it begins with the next token that the client stores, from a refresh or from a person. An org
//! starts with a token issued at the clock's start. A pair that is handed out once more (a grace
//! window's same pair, an amnesty's current pair) holds the access token it held before, which dies when it
//! was due; if that is over, the server makes a new one.
//!
//! `live::grants::Holder::use_access_token` answers the resource endpoint by the same rule.

use super::Account;
use crate::authority::{Decision, GrantStatus, Issue, OldAccessToken, Rules};
use crate::base::{SimDuration, SimTime};
use crate::client::Credentials;
use crate::measure::Recorder;

/// The access token of one org, as server and client know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    /// When the newest generation's access token was issued.
    issued_at: SimTime,
    /// When the life of the token in the client's store ends.
    due: SimTime,
    /// Up to when access lasts if nothing happens; or up to when it lasted, if that is over. What follows
    /// is counted when access begins anew, or the clock stops.
    until: SimTime,
}

impl Access {
    /// A token issued and stored at `now`.
    #[inline]
    pub(super) fn issued(now: SimTime, ttl: SimDuration) -> Self {
        Self { issued_at: now, due: now + ttl, until: now + ttl }
    }

    /// Access that lasts until `until`, or lasted, and a newest token issued at `issued_at`.
    ///
    /// The life of the stored token is taken to end with access. Where it ends later the token is
    /// killed for good: a rotation killed it or the client deleted it, for an account that comes down to
    /// little is of a live family.
    #[inline]
    pub(super) const fn at_rest(until: SimTime, issued_at: SimTime) -> Self {
        Self { issued_at, due: until, until }
    }

    /// Up to when access lasts, or lasted.
    #[inline]
    pub(super) const fn until(&self) -> SimTime {
        self.until
    }

    /// When the newest generation's access token was issued.
    #[inline]
    pub(super) const fn issued_at(&self) -> SimTime {
        self.issued_at
    }

    /// A decision was taken at `now`.
    #[inline]
    pub(super) fn decided(&mut self, rules: &Rules, decision: Decision, now: SimTime) {
        let Decision::Accept { issue, .. } = decision else { return };
        if issue != Issue::Replay || now >= self.issued_at + rules.access_token_ttl {
            self.issued_at = now;
        }
    }

    /// A person authorised the org at `now`: the newest token is that of the new family.
    pub(super) const fn authorised(&mut self, now: SimTime) {
        self.issued_at = now;
    }

    /// The client stored a token whose life ends at `due`.
    #[inline]
    pub(super) const fn stored(&mut self, due: SimTime) {
        self.due = due;
    }

    /// Sees whether the server honours the stored token at `now`.
    #[inline]
    pub(super) fn see(&mut self, honoured: bool, now: SimTime, recorder: &mut Recorder<'_>) {
        if honoured {
            if self.until < now {
                recorder.without_access(self.until, now);
            }
            self.until = self.due;
        } else if now < self.until {
            self.until = now;
        }
    }

    /// The clock stops at `end`.
    pub(super) fn finish(&self, end: SimTime, recorder: &mut Recorder<'_>) {
        if self.until < end {
            recorder.without_access(self.until, end);
        }
    }
}

impl Account {
    /// When the life of the newest generation's access token ends.
    #[inline]
    pub fn newest_due(&self, rules: &Rules) -> SimTime {
        self.access.issued_at + rules.access_token_ttl
    }

    /// Whether the server would honour, at `now`, the access token of a client that holds these
    /// credentials.
    #[inline]
    pub fn has_access(&self, rules: &Rules, credentials: Credentials, now: SimTime) -> bool {
        let newest = self.grant.newest();
        let spared = rules.old_access_token == OldAccessToken::LivesToExpiry;
        let held = credentials.stored.is_some_and(|stored| spared || stored == newest);
        held && now < self.access.due && self.grant.status() == GrantStatus::Live
    }
}
