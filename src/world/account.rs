//! All that an engine keeps of one org beside its client: the grant, and what was measured.
//!
//! ```text
//!   server's side   commit ──► grant, replay exposure      access_used ──► grant
//!   client's side   stored, lost_answer ──► track
//!   either          look ──► state, and until when it lasts
//! ```

mod access;
mod calm;

pub use calm::{Exposure, Renewals};

use self::access::Access;
use super::standing::{means, standing};
use crate::authority::{Decision, Grant, PlainGrant, Policy, Rules, decide, replay_exposure};
use crate::base::SimTime;
use crate::client::Credentials;
use crate::measure::{Means, OrgEnd, OrgState, Recorder, Track, TrackBits};
use crate::protocol::Generation;

/// What the server remembers of one org and what was measured of it, kept in step.
#[derive(Debug, Clone)]
pub struct Account {
    grant: Grant,
    track: Track,
    access: Access,
    /// Up to when replay exposure has been counted.
    exposed_from: SimTime,
    /// Whether the grant has changed since the org's state was last looked at.
    moved: bool,
}

/// What an account comes down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRest {
    /// The last generation issued.
    pub newest: Generation,
    /// When a person last authorised the org: its session handle lives from then.
    pub authorised_at: SimTime,
    /// See [`TrackBits::bits`].
    pub track: u16,
    /// Since when the org is disconnected, or when the generation before the newest was used.
    pub since: SimTime,
    /// Up to when replay exposure has been counted.
    pub exposed_from: SimTime,
    /// Up to when the org has access, or had it.
    pub access_until: SimTime,
    /// When the access token of the newest generation was issued.
    pub issued_at: SimTime,
}

/// What a commit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The generation that is handed out; `None` if the refresh was refused.
    pub issued: Option<Generation>,
    /// By what means the org would recover through it.
    pub means: Means,
}

impl Account {
    /// An org freshly authorised at the clock's start.
    pub fn new(rules: &Rules) -> Self {
        Self::opened(rules, SimTime::ZERO)
    }

    /// An org freshly authorised at `now`.
    pub fn opened(rules: &Rules, now: SimTime) -> Self {
        Self {
            grant: Grant::new(now, rules.session_lifetime),
            track: Track::new(),
            access: Access::issued(now, rules.access_token_ttl),
            exposed_from: now,
            moved: true,
        }
    }

    /// What it comes down to from one turn of the org to the next, if there is little to say.
    #[inline]
    pub fn at_rest(&self, rules: &Rules) -> Option<AccountRest> {
        let grant = self.grant.plain()?;
        let track = self.track.bits();
        // Only these policies ask when the generation before the newest was used.
        let asks = matches!(rules.policy, Policy::Grace(_) | Policy::CommitOnUse(_));
        let is_disconnected = self.track.state().is_disconnected();
        if asks && is_disconnected {
            return None;
        }
        let since = if is_disconnected { track.disconnected_at } else { grant.used_at };
        let authorised_at =
            SimTime::ZERO + grant.session_until.since(SimTime::ZERO + rules.session_lifetime);
        if authorised_at + rules.session_lifetime != grant.session_until {
            return None;
        }
        let newest = grant.newest;
        let exposed_from = self.exposed_from;
        let (access_until, issued_at) = (self.access.until(), self.access.issued_at());
        Some(AccountRest {
            newest,
            authorised_at,
            track: track.bits,
            since,
            exposed_from,
            access_until,
            issued_at,
        })
    }

    /// The account that came down to `rest`.
    #[inline]
    pub fn from_rest(rules: &Rules, rest: &AccountRest) -> Self {
        let AccountRest {
            newest,
            authorised_at,
            track,
            since,
            exposed_from,
            access_until,
            issued_at,
        } = *rest;
        let session_until = authorised_at + rules.session_lifetime;
        let track = Track::from_bits(TrackBits { bits: track, disconnected_at: since });
        let used_at = if track.state().is_disconnected() { SimTime::ZERO } else { since };
        let grant = Grant::from_plain(PlainGrant { newest, session_until, used_at });
        let access = Access::at_rest(access_until, issued_at);
        Self { grant, track, access, exposed_from, moved: false }
    }

    /// What the server remembers.
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The state when it was last looked at.
    pub const fn state(&self) -> OrgState {
        self.track.state()
    }

    /// Up to when replay exposure has been counted: the last decision, or authorisation.
    pub const fn counted_until(&self) -> SimTime {
        self.exposed_from
    }

    /// Whether the state may have changed since it was last looked at, by something but time and the
    /// client's credentials.
    #[inline]
    pub const fn moved(&self) -> bool {
        self.moved
    }

    /// A worker finishes: the decision is taken with the grant's state of now, and carried out.
    #[inline]
    pub fn commit(
        &mut self,
        rules: &Rules,
        presented: Generation,
        now: SimTime,
        recorder: &mut Recorder<'_>,
    ) -> Committed {
        self.count_exposure(rules, now, recorder);
        self.decide(rules, presented, now)
    }

    /// Decides, and carries the decision out.
    #[inline]
    fn decide(&mut self, rules: &Rules, presented: Generation, now: SimTime) -> Committed {
        let decision = decide(rules, &self.grant, presented, now);
        self.access.decided(rules, decision, now);
        let means = match decision {
            Decision::Accept { ground, .. } => means(ground),
            Decision::Refuse { .. } => Means::Retry,
        };
        // A plain refusal leaves everything as it was.
        self.moved |= !matches!(decision, Decision::Refuse { revoke_family: false, .. });
        Committed { issued: self.grant.commit(presented, decision, now), means }
    }

    /// A committed refresh did not reach the store.
    pub fn lost_answer(&mut self, recorder: &mut Recorder<'_>) {
        self.track.lost_answer(recorder);
    }

    /// The client stored the token of a commit that had these means, with an access token whose life ends
    /// at `due`.
    #[inline]
    pub fn stored(&mut self, means: Means, due: SimTime) {
        self.track.stored(means);
        self.access.stored(due);
        self.moved = true;
    }

    /// The client turns out to hold an access token whose life ends at `due`.
    pub fn holds(&mut self, due: SimTime) {
        self.access.stored(due);
        self.moved = true;
    }

    /// The access token of `generation` was used.
    #[inline]
    pub fn access_used(&mut self, rules: &Rules, generation: Generation, now: SimTime) {
        self.grant.access_used(rules, generation, now);
        self.moved = true;
    }

    /// A person authorised the org anew at `now`: a new family.
    pub fn reauthorised(&mut self, rules: &Rules, now: SimTime, recorder: &mut Recorder<'_>) {
        self.count_exposure(rules, now, recorder);
        self.grant = Grant::new(now, rules.session_lifetime);
        self.access.authorised(now);
        self.stored(Means::Person, self.newest_due(rules));
    }

    /// Sees how the org stands at `now`; until when that lasts if nothing happens to it.
    #[inline]
    pub fn look(
        &mut self,
        rules: &Rules,
        credentials: Credentials,
        now: SimTime,
        recorder: &mut Recorder<'_>,
    ) -> SimTime {
        let (state, until) = standing(rules, &self.grant, credentials, now);
        self.moved = false;
        self.track.enter(state, now, recorder);
        self.access.see(self.has_access(rules, credentials, now), now, recorder);
        until
    }

    /// Counts the time since the last count in which a superseded credential would have been honoured.
    #[inline]
    pub fn count_exposure(&mut self, rules: &Rules, now: SimTime, recorder: &mut Recorder<'_>) {
        recorder.exposed(replay_exposure(rules, &self.grant, self.exposed_from, now));
        self.exposed_from = now;
    }

    /// The clock stopped at `end`.
    pub fn finish(mut self, rules: &Rules, end: SimTime, recorder: &mut Recorder<'_>) -> OrgEnd {
        self.count_exposure(rules, end, recorder);
        self.access.finish(end, recorder);
        self.track.finish(end, recorder)
    }
}
