//! One org as the server knows it.

use std::collections::VecDeque;

use crate::authority::{GrantStatus, OldAccessToken, Rules};
use crate::base::{OrgKey, Seed, SimDuration, SimTime};
use crate::client::{AttemptId, Credentials};
use crate::fault::{Hits, Schedule};
use crate::measure::{Means, OrgEnd, Recorder};
use crate::protocol::Generation;
use crate::world::{Account, Committed, Org};

use super::Presented;

/// What became of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessToken {
    /// It is good.
    Good,
    /// Its life was over at this instant; or by now, of one that is forgotten because its life was over when
    /// another was issued.
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
    in_transit: u32,
    /// When the life of the access token of each generation ends, oldest first: of the newest one, and of
    /// all whose life was not over when that was issued.
    issued: VecDeque<(Generation, SimTime)>,
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
            issued: VecDeque::from([(Generation(0), SimTime::ZERO + rules.access_token_ttl)]),
        }
    }

    /// Its life begins at `now`, not at the clock's start.
    pub(super) fn begin(&mut self, rules: &Rules, now: SimTime, recorder: &mut Recorder<'_>) {
        self.account = Account::opened(rules, now);
        self.issued = VecDeque::from([(Generation(0), now + rules.access_token_ttl)]);
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
        if let Some(generation) = committed.issued {
            self.hand_out(rules, generation, now);
        }
        committed
    }

    /// A pair is handed out at `now`. The same pair once more holds the access token that it held before, and
    /// that dies when it was due; a new one is made where nothing rotates, and where the old one is dead.
    fn hand_out(&mut self, rules: &Rules, generation: Generation, now: SimTime) {
        let due = self.account.newest_due(rules);
        if let Some((known, until)) = self.issued.back_mut()
            && *known == generation
        {
            *until = due;
            return;
        }
        let kills = rules.old_access_token == OldAccessToken::KilledAtRotation;
        while self.issued.front().is_some_and(|(_, until)| kills || now >= *until) {
            self.issued.pop_front();
        }
        self.issued.push_back((generation, due));
    }

    /// What is left at `now` of the life of the access token of `generation`.
    pub(in crate::live) fn access_left(&self, generation: Generation, now: SimTime) -> SimDuration {
        self.due(generation).map_or(SimDuration::ZERO, |until| until.since(now))
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
            && self.issued.back().is_none_or(|(newest, _)| *newest != generation);
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
        let place = self.issued.binary_search_by_key(&generation, |(known, _)| *known).ok()?;
        self.issued.get(place).map(|(_, due)| *due)
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
        self.issued = VecDeque::from([(Generation(0), now + rules.access_token_ttl)]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{
        Amnesty, AmnestyReply, Grace, GraceReply, OnReuse, Policy, Static, Strict,
    };
    use crate::measure::{Sheet, TimeGrid};

    const TTL: SimDuration = SimDuration::from_mins(60);

    fn mins(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_mins(n)
    }

    fn same_pair() -> Policy {
        Policy::Grace(Grace {
            window: SimDuration::from_hours(9),
            max_reuse: None,
            reply: GraceReply::SamePair,
            close_on_use: None,
            on_reuse: OnReuse::None,
        })
    }

    /// An org, what was measured of it, and the rules it lives by.
    struct Case {
        holder: Holder,
        rules: Rules,
        sheet: Sheet,
    }

    impl Case {
        fn new(policy: Policy, old_access_token: OldAccessToken) -> Self {
            let session_lifetime = SimDuration::from_hours(1_000);
            let rules = Rules {
                policy,
                amnesty: None,
                access_token_ttl: TTL,
                session_lifetime,
                old_access_token,
            };
            let org = Org { number: 0, partner: 0, cohort: 0 };
            let holder = Holder::new(org, &rules, &Schedule::default(), Seed(1), 0);
            let grid = TimeGrid::new(session_lifetime, session_lifetime, None);
            Self { holder, rules, sheet: Sheet::new(grid, 1, session_lifetime) }
        }

        fn amnesty(mut self, reply: AmnestyReply) -> Self {
            let (from, until) = (mins(0), mins(60_000));
            let stagger = SimDuration::ZERO;
            self.rules.amnesty =
                Some(Amnesty { from, until, announced: from, stagger, reply, unrevoke: false });
            self
        }

        /// Which generation is handed out, and what is left of its access token.
        fn refresh(&mut self, presented: u32, minute: u64) -> Option<(u32, u64)> {
            let (rules, now) = (&self.rules, mins(minute));
            let mut recorder = self.sheet.recorder(0);
            let committed = self.holder.commit(rules, Generation(presented), now, &mut recorder);
            let issued = committed.issued?;
            let left = self.holder.access_left(issued, now);
            Some((issued.0, left.as_micros() / 60_000_000))
        }

        fn uses(&mut self, generation: u32, minute: u64) -> AccessToken {
            let presented = Presented { org: 0, family: 0, generation: Generation(generation) };
            let mut recorder = self.sheet.recorder(0);
            self.holder.use_access_token(presented, &self.rules, mins(minute), &mut recorder)
        }
    }

    #[test]
    fn a_pair_that_is_handed_out_again_lives_no_longer_for_it() {
        let mut case = Case::new(same_pair(), OldAccessToken::LivesToExpiry);
        assert_eq!(case.refresh(0, 0), Some((1, 60)));
        assert_eq!(case.refresh(0, 45), Some((1, 15)), "the same token, three quarters later");
        assert_eq!(case.uses(1, 59), AccessToken::Good);
        assert_eq!(case.uses(1, 60), AccessToken::Expired(mins(60)));
        assert_eq!(case.uses(1, 104), AccessToken::Expired(mins(60)));
    }

    #[test]
    fn a_pair_whose_access_token_is_dead_is_handed_out_with_a_new_one() {
        let strict = Policy::Strict(Strict { on_reuse: OnReuse::None });
        let mut case =
            Case::new(strict, OldAccessToken::KilledAtRotation).amnesty(AmnestyReply::CurrentPair);
        assert_eq!(case.refresh(0, 0), Some((1, 60)));
        assert_eq!(case.refresh(0, 59), Some((1, 1)));
        assert_eq!(case.refresh(0, 60), Some((1, 60)));
        assert_eq!(case.uses(1, 119), AccessToken::Good);
        assert_eq!(case.uses(1, 120), AccessToken::Expired(mins(120)));
    }

    #[test]
    fn where_nothing_rotates_every_refresh_makes_a_new_access_token() {
        let mut case = Case::new(Policy::Static(Static), OldAccessToken::LivesToExpiry);
        assert_eq!(case.refresh(0, 0), Some((0, 60)));
        assert_eq!(case.refresh(0, 45), Some((0, 60)));
        assert_eq!(case.uses(0, 104), AccessToken::Good);
    }

    #[test]
    fn access_tokens_of_any_number_of_generations_live_to_their_expiry() {
        let mut case = Case::new(same_pair(), OldAccessToken::LivesToExpiry);
        for generation in 0..59 {
            assert_eq!(case.refresh(generation, generation.into()), Some((generation + 1, 60)));
        }
        assert_eq!(case.uses(1, 59), AccessToken::Good, "58 generations old");
        assert_eq!(case.uses(1, 60), AccessToken::Expired(mins(60)));
        assert_eq!(case.refresh(59, 100), Some((60, 60)));
        assert_eq!(case.uses(1, 100), AccessToken::Expired(mins(100)), "forgotten by now");
        let mut case = Case::new(same_pair(), OldAccessToken::KilledAtRotation);
        assert_eq!((case.refresh(0, 0), case.refresh(1, 1)), (Some((1, 60)), Some((2, 60))));
        assert_eq!(case.uses(1, 2), AccessToken::Killed);
    }
}
