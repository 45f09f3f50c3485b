//! An account in calm: its client holds the newest token, and every refresh is stored.
//!
//! Nothing but the grant and its replay exposure changes then. Arms that differ by an amnesty alone
//! differ by that exposure alone, so it is counted under the rules of each.

use super::Account;
use super::access::Access;
use crate::authority::{Rules, replay_exposure};
use crate::base::{SimDuration, SimTime};
use crate::client::Credentials;
use crate::measure::{OrgEnd, OrgState, Recorder, Row};
use crate::protocol::Generation;

/// Replay exposure under the rules of one arm.
#[derive(Debug, Clone, Copy)]
pub struct Exposure<'a> {
    /// How the server treats the org in this arm.
    pub rules: &'a Rules,
    /// For how long a superseded credential would have been honoured.
    pub span: SimDuration,
}

/// A row of refreshes of an account in calm.
#[derive(Debug)]
pub struct Renewals<'a, 'e> {
    account: &'a mut Account,
    rules: &'a Rules,
    exposures: &'a mut [Exposure<'e>],
    evenly: bool,
    times: u32,
    first: SimTime,
    last: SimTime,
    /// Up to when the org has access.
    access_until: SimTime,
}

impl<'e> Exposure<'e> {
    /// None yet.
    pub const fn under(rules: &'e Rules) -> Self {
        Self { rules, span: SimDuration::ZERO }
    }
}

impl Account {
    /// Whether the org is connected and untroubled, its client holds the newest token, and a refresh
    /// with it is accepted as a matter of course until the session is over.
    #[inline]
    pub fn is_calm(&self, rules: &Rules, credentials: Credentials, now: SimTime) -> bool {
        credentials.is_trying
            && credentials.stored == Some(self.grant.newest())
            && self.is_untroubled()
            && self.grant.is_renewed_by(rules, self.grant.newest(), now)
    }

    /// Whether the org is connected, and no answer was lost since a token was stored.
    #[inline]
    pub fn is_untroubled(&self) -> bool {
        self.track.state() == OrgState::Connected && !self.track.is_open()
    }

    /// Whether a refresh at `now` is refused, and changes nothing.
    #[inline]
    pub fn is_hopeless(&self, rules: &Rules, credentials: Credentials, now: SimTime) -> bool {
        let stored = credentials.stored;
        stored.is_some_and(|stored| self.grant.is_untouched_by(rules, stored, now))
    }

    /// A row of refreshes begins. The exposure up to each is counted under the rules of each arm; all
    /// of these treat the newest token alike.
    pub fn renewals<'a, 'e>(
        &'a mut self,
        rules: &'a Rules,
        exposures: &'a mut [Exposure<'e>],
    ) -> Renewals<'a, 'e> {
        let evenly = rules.policy.renews_evenly();
        let (first, last) = (SimTime::ZERO, SimTime::ZERO);
        let access_until = self.access.until();
        Renewals { account: self, rules, exposures, evenly, times: 0, first, last, access_until }
    }

    /// The clock stopped at `end`, for all arms that had this account in common until then.
    pub fn finish_alike(
        self,
        exposures: &mut [Exposure<'_>],
        end: SimTime,
        recorder: &mut Recorder<'_>,
    ) -> OrgEnd {
        self.expose(exposures, self.exposed_from, end);
        self.access.finish(end, recorder);
        self.track.finish(end, recorder)
    }

    fn expose(&self, exposures: &mut [Exposure<'_>], from: SimTime, until: SimTime) {
        for exposure in exposures {
            let more = replay_exposure(exposure.rules, &self.grant, from, until);
            exposure.span = exposure.span + more;
        }
    }
}

impl Renewals<'_, '_> {
    /// A refresh of `row` was decided and its token stored at `now`.
    #[inline]
    pub fn renew(&mut self, now: SimTime, row: &mut Row<'_>) {
        if self.access_until < now {
            row.without_access(self.access_until, now);
        }
        self.access_until = now + self.rules.access_token_ttl;
        if self.times == 0 {
            self.first = now;
        }
        self.times += 1;
        self.last = now;
        if !self.evenly {
            self.renew_one(now);
        }
    }

    /// One refresh by the rules themselves.
    fn renew_one(&mut self, now: SimTime) {
        let Self { account, rules, exposures, .. } = self;
        account.expose(exposures, account.exposed_from, now);
        account.exposed_from = now;
        let committed = account.decide(rules, account.grant.newest(), now);
        if let Some(generation) = committed.issued {
            account.grant.access_used(rules, generation, now);
        }
    }

    /// The newest token.
    pub const fn newest(&self) -> Generation {
        self.account.grant.newest()
    }

    /// The row is over.
    pub fn close(self) {
        let Self { account, rules, exposures, evenly, times, first, last, .. } = self;
        if times > 0 {
            account.access = Access::issued(last, rules.access_token_ttl);
        }
        if evenly && times > 0 {
            account.expose(exposures, account.exposed_from, first);
            account.grant.renew(rules, 1, first);
            account.expose(exposures, first, last);
            account.grant.renew(rules, times - 1, last);
            account.exposed_from = last;
        }
    }
}
