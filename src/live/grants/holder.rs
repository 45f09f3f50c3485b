//! One org as the server knows it.

use crate::authority::{GrantStatus, OldAccessToken, Rules};
use crate::base::{OrgKey, Seed, SimTime};
use crate::client::{AttemptId, Credentials};
use crate::fault::{Hits, Schedule};
use crate::measure::{Means, OrgEnd, Recorder};
use crate::protocol::Generation;
use crate::world::{Account, Committed, Org};

use super::Presented;

/// Generations whose access tokens are remembered: older ones are taken for expired.
const REMEMBERED: usize = 4;

/// What became of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessToken {
    /// It is good.
    Good,
    /// Its life was over at this instant; of one that is too old to be remembered, by now.
    Expired(SimTime),
    /// A rotation, a revocation or a new authorisation killed it.
    Killed,
    /// It was never issued.
    Unknown,
}

/// One org.
#[derive(Debug)]
pub struct Holder {
    org: Org,
    key: OrgKey,
    hits: Hits,
    family: u16,
    /// Refreshes of clients that do not number their attempts.
    refreshes: u32,
    account: Account,
    /// What its client holds, as far as is known.
    credentials: Credentials,
    /// When its state may change though nothing happens to it.
    recheck_at: SimTime,
    /// Answers on their way to the client. Meanwhile its state is not looked at: until one arrives, or
    /// is lost, there is no telling whether the client holds what the server has committed.
    in_transit: u16,
    /// The last generations handed out, and when the life of their access tokens ends.
    issued: [(Generation, SimTime); REMEMBERED],
}

impl Holder {
    pub(super) fn new(
        org: Org,
        rules: &Rules,
        incident: &Schedule,
        seed: Seed,
        replication: u32,
    ) -> Self {
        let key = org.key(seed, replication);
        Self {
            org,
            key,
            hits: incident.hits(org.cohort, key, org.partner_key(seed, replication)),
            family: 0,
            refreshes: 0,
            account: Account::new(rules),
            credentials: FRESH,
            recheck_at: SimTime::ZERO,
            in_transit: 0,
            issued: [(Generation(0), SimTime::ZERO + rules.access_token_ttl); REMEMBERED],
        }
    }

    /// Its life begins at `now`, not at the clock's start.
    pub(super) fn begin(&mut self, rules: &Rules, now: SimTime, recorder: &mut Recorder<'_>) {
        self.account = Account::opened(rules, now);
        self.issued = [(Generation(0), now + rules.access_token_ttl); REMEMBERED];
        self.look(rules, now, recorder);
    }

    /// Its number, partner and cohort.
    pub const fn org(&self) -> &Org {
        &self.org
    }

    /// Which family it is in: 0, and one more for each time that a person authorised it anew.
    pub const fn family(&self) -> u16 {
        self.family
    }

    /// What the server remembers of it, and what was measured.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// What its client holds, as far as is known.
    pub const fn credentials(&self) -> Credentials {
        self.credentials
    }

    pub(super) const fn key(&self) -> OrgKey {
        self.key
    }

    pub(super) const fn hits(&self) -> Hits {
        self.hits
    }

    /// The name of the next attempt of a client that gives none: the next that is free.
    pub(super) fn next_attempt(&mut self, free: impl Fn(&AttemptId) -> bool) -> AttemptId {
        loop {
            self.refreshes = self.refreshes.wrapping_add(1);
            let name = AttemptId { refresh: self.refreshes, attempt: 0 };
            if free(&name) {
                return name;
            }
        }
    }

    /// Decides; the state is to be looked at afterwards, or an answer sent.
    pub(super) fn commit(
        &mut self,
        rules: &Rules,
        presented: Generation,
        now: SimTime,
        recorder: &mut Recorder<'_>,
    ) -> Committed {
        self.advance(rules, now, recorder);
        let committed = self.account.commit(rules, presented, now, recorder);
        if let Some(issued) = committed.issued {
            if self.issued[0].0 != issued {
                self.issued.rotate_right(1);
            }
            self.issued[0] = (issued, self.account.newest_due(rules));
        }
        committed
    }

    /// An answer leaves for the client.
    pub(super) const fn answer_leaves(&mut self) {
        self.in_transit += 1;
    }

    /// An answer has arrived, or is lost.
    pub(super) const fn answer_is_gone(&mut self) {
        self.in_transit = self.in_transit.saturating_sub(1);
    }

    pub(super) fn use_access_token(
        &mut self,
        presented: Presented,
        rules: &Rules,
        now: SimTime,
        recorder: &mut Recorder<'_>,
    ) -> AccessToken {
        let generation = presented.generation;
        let newest = self.account.grant().newest();
        if presented.family > self.family
            || (presented.family == self.family && generation > newest)
        {
            return AccessToken::Unknown;
        }
        let revoked = self.account.grant().status() == GrantStatus::Revoked;
        let rotated = rules.old_access_token == OldAccessToken::KilledAtRotation
            && self.issued[0].0 != generation;
        if presented.family < self.family || revoked || rotated {
            return AccessToken::Killed;
        }
        let expires_at = self.due(generation).unwrap_or(now);
        if now >= expires_at {
            return AccessToken::Expired(expires_at);
        }
        if rules.policy.heeds_access_use() {
            self.advance(rules, now, recorder);
            self.account.access_used(rules, generation, now);
            self.look(rules, now, recorder);
        }
        AccessToken::Good
    }

    /// When the life of a generation's access token ends; `None` if that is too long ago to be remembered.
    fn due(&self, generation: Generation) -> Option<SimTime> {
        let issued = self.issued.iter().find(|(known, _)| *known == generation);
        issued.map(|(_, due)| *due)
    }

    /// Whether its client holds an access token at `now` that is honoured.
    pub fn has_access(&self, rules: &Rules, now: SimTime) -> bool {
        self.account.has_access(rules, self.credentials, now)
    }

    /// The client stored a token at `now`.
    pub(super) fn stored(&mut self, generation: Generation, means: Means, now: SimTime) {
        let due = self.due(generation).unwrap_or(now);
        self.account.stored(means, due);
    }

    pub(super) fn lose_answer(&mut self, recorder: &mut Recorder<'_>) {
        self.account.lost_answer(recorder);
    }

    pub(super) fn set_credentials(
        &mut self,
        credentials: Credentials,
        rules: &Rules,
        now: SimTime,
        recorder: &mut Recorder<'_>,
    ) {
        if credentials != self.credentials || self.account.moved() {
            self.advance(rules, now, recorder);
            if let Some(stored) = credentials.stored
                && credentials.stored != self.credentials.stored
            {
                self.account.holds(self.due(stored).unwrap_or(now));
            }
            self.credentials = credentials;
            self.look(rules, now, recorder);
        }
    }

    /// A person authorised it anew.
    pub(super) fn reauthorise(&mut self, rules: &Rules, now: SimTime, recorder: &mut Recorder<'_>) {
        self.advance(rules, now, recorder);
        self.family += 1;
        self.in_transit = 0;
        self.account.reauthorised(rules, now, recorder);
        self.credentials = FRESH;
        self.issued = [(Generation(0), now + rules.access_token_ttl); REMEMBERED];
        self.look(rules, now, recorder);
    }

    /// Passes through the edges of windows that lie before `now` or at it.
    pub(super) fn advance(&mut self, rules: &Rules, now: SimTime, recorder: &mut Recorder<'_>) {
        while self.recheck_at <= now {
            let edge = self.recheck_at;
            self.look(rules, edge, recorder);
            if self.recheck_at <= edge {
                break;
            }
        }
    }

    /// Sees how it stands, unless an answer is on its way.
    pub(super) fn look(&mut self, rules: &Rules, now: SimTime, recorder: &mut Recorder<'_>) {
        if self.in_transit > 0 {
            return;
        }
        self.recheck_at = self.account.look(rules, self.credentials, now, recorder);
    }

    pub(super) fn finish(
        mut self,
        rules: &Rules,
        end: SimTime,
        recorder: &mut Recorder<'_>,
    ) -> OrgEnd {
        // What would open at the very end is not seen any more.
        if !end.is_never() && end > SimTime::ZERO {
            self.advance(rules, SimTime::from_micros(end.as_micros() - 1), recorder);
        }
        self.account.finish(rules, end, recorder)
    }

    /// The rules have changed by hand at `now`; those that held until then are passed.
    pub(super) fn change_rules(
        &mut self,
        (before, after): (&Rules, &Rules),
        now: SimTime,
        recorder: &mut Recorder<'_>,
    ) {
        self.advance(before, now, recorder);
        self.account.count_exposure(before, now, recorder);
        self.look(after, now, recorder);
    }
}

/// What a client holds whose org was just authorised.
const FRESH: Credentials = Credentials { stored: Some(Generation(0)), is_trying: true };
