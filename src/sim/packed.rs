//! An org at rest in 54 bytes: all that an island of millions keeps of most of its orgs.
//!
//! ```text
//!   Resident ──Packed::of──► head, tail ──Packed::resident──► Resident
//!        └── more under way than that can say ──► kept whole, elsewhere
//! ```
//!
//! Between two turns most orgs have no attempt under way: a few numbers say it all. The head is what a
//! turn in calm needs and changes, four of them a cache line; heads and tails are kept apart. Times
//! are kept in 48 bits (8.9 years of microseconds); an org of which more is to be said, or later, is
//! kept whole.

use super::island::{Place, Resident};
use super::pending::Pending;
use crate::base::{SimDuration, SimTime};
use crate::client::{App, Client, Rest, Retry};
use crate::measure::Means;
use crate::protocol::Generation;
use crate::world::{Account, AccountRest, Stage, standing};

/// An org at rest, or where it is kept whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    pub(super) head: Head,
    pub(super) tail: Tail,
}

/// What a turn in calm needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// Ordinal of the last refresh; or the place where the org is kept whole.
    refresh: u32,
    newest: u32,
    /// The place of its partner in the island.
    partner: u32,
    /// The lowest ten are those of the track.
    flags: u16,
    /// Ordinal of the attempt that waits out its backoff.
    attempt: u8,
    hints: u8,
}

/// The rest of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    /// By how much the stored generation is behind the newest; [`DELETED`] if there is none.
    behind: u16,
    /// When it sends next, unless the head is ahead.
    wake: Micros,
    since: Micros,
    /// Up to when it has access, or had it, unless the head is fresh.
    access_until: Micros,
    /// When a person authorised it; of one that was authorised when the clock started, when its newest
    /// access token was issued.
    authorised_at: Micros,
    exposed_from: Micros,
    /// When a person comes; or, of a retry, the backoff.
    other: Micros,
}

/// Microseconds in 48 bits; all ones for "never".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Micros([u16; 3]);

/// What comes before this can be said in 48 bits.
pub(super) const LATEST: SimTime = SimTime::from_micros(Micros::NEVER);

const DELETED: u16 = u16::MAX;

const TRACK: u16 = (1 << 10) - 1;
const TRYING: u16 = 1 << 10;
const WILL_HEAR: u16 = 1 << 11;
const PERSON_CALLED: u16 = 1 << 12;
const RETRY: u16 = 1 << 13;
/// A window opens or closes at its next turn.
const EDGE: u16 = 1 << 14;
/// It is kept whole.
const WHOLE: u16 = 1 << 15;

/// It is in calm: see [`Head::is_calm`].
const CALM: u8 = 1;
/// It was authorised when the clock started.
const ORIGINAL: u8 = 2;
/// The head has gone on without the tail: its turn says when it sends next.
const AHEAD: u8 = 4;
/// It went ahead with an app whose next turn tells when the access token expires: see [`App::lead`].
const FRESH: u8 = 8;

impl Micros {
    const NEVER: u64 = (1 << 48) - 1;
    const ZERO: Self = Self([0; 3]);

    /// `None` for what 48 bits cannot say.
    #[inline]
    fn of(micros: u64) -> Option<Self> {
        let is_never = micros == u64::MAX;
        let micros = if is_never { Self::NEVER } else { micros };
        #[expect(clippy::cast_possible_truncation, reason = "three parts of 16 bits")]
        (is_never || micros < Self::NEVER).then_some(Self([
            micros as u16,
            (micros >> 16) as u16,
            (micros >> 32) as u16,
        ]))
    }

    #[inline]
    fn micros(self) -> u64 {
        let [low, middle, high] = self.0;
        let micros = u64::from(low) | u64::from(middle) << 16 | u64::from(high) << 32;
        if micros == Self::NEVER { u64::MAX } else { micros }
    }

    #[inline]
    fn time(self) -> SimTime {
        SimTime::from_micros(self.micros())
    }
}

impl Head {
    /// Where it is kept whole, if it is.
    #[inline]
    pub(super) const fn kept_whole(self) -> Option<u32> {
        if self.flags & WHOLE == 0 { None } else { Some(self.refresh) }
    }

    /// The place of its partner in the island.
    #[inline]
    pub(super) const fn partner(self) -> u32 {
        self.partner
    }

    /// Whether its next turn is its next refresh, for which it holds the newest token, and nothing is
    /// open: it is connected, and neither a retry nor a person is on the way.
    #[inline]
    pub(super) const fn is_calm(self) -> bool {
        self.hints & CALM != 0
    }

    /// Whether it has yet to hear of an amnesty that it reacts to.
    #[inline]
    pub(super) const fn will_hear(self) -> bool {
        self.flags & WILL_HEAR != 0
    }

    /// Whether its session handle is as old as the clock.
    #[inline]
    pub(super) const fn is_original(self) -> bool {
        self.hints & ORIGINAL != 0
    }

    /// Ordinal of the last refresh.
    #[inline]
    pub(super) const fn refresh(self) -> u32 {
        self.refresh
    }

    /// The last generation issued.
    #[inline]
    pub(super) const fn newest(self) -> Generation {
        Generation(self.newest)
    }

    /// Whether its next turn tells when its access token expires.
    #[inline]
    pub(super) const fn is_fresh(self) -> bool {
        self.hints & FRESH != 0
    }

    /// After a refresh in calm that brought `newest`; `fresh` if its next turn tells when the access token
    /// expires.
    #[inline]
    pub(super) const fn renewed(self, newest: Generation, fresh: bool) -> Self {
        let hints = self.hints | AHEAD | if fresh { FRESH } else { 0 };
        Self { refresh: self.refresh + 1, newest: newest.0, hints, ..self }
    }
}

impl Tail {
    /// When a person authorised the org.
    pub(super) fn authorised_at(&self) -> SimTime {
        self.authorised_at.time()
    }

    /// Up to when an org that is not fresh has access, or had it.
    #[inline]
    pub(super) fn access_until(&self) -> SimTime {
        self.access_until.time()
    }

    /// It has access until `until`, which is before [`LATEST`].
    #[inline]
    pub(super) fn access_lasts(&mut self, until: SimTime) {
        if let Some(until) = Micros::of(until.as_micros()) {
            self.access_until = until;
        }
    }

    /// Replay exposure is to be counted from `now` on, which is before [`LATEST`].
    pub(super) fn expose_from(&mut self, now: SimTime) {
        if let Some(now) = Micros::of(now.as_micros()) {
            self.exposed_from = now;
        }
    }
}

impl Packed {
    /// An org of `partner` that is kept whole at `place`.
    pub(super) const fn whole(place: u32, partner: u32) -> Self {
        Self {
            head: Head { refresh: place, newest: 0, partner, flags: WHOLE, attempt: 0, hints: 0 },
            tail: Tail {
                behind: 0,
                wake: Micros::ZERO,
                since: Micros::ZERO,
                access_until: Micros::ZERO,
                authorised_at: Micros::ZERO,
                exposed_from: Micros::ZERO,
                other: Micros::ZERO,
            },
        }
    }

    /// An org at `now` that has its next turn at `turn`; `None` if there is more to say of it.
    #[inline]
    pub(super) fn of(
        stage: &Stage,
        place: &Place,
        resident: &Resident,
        (now, turn): (SimTime, SimTime),
    ) -> Option<Self> {
        let is_edge = resident.recheck_at == turn;
        // What has moved is looked at when its turn comes, if that is an edge.
        if !resident.pending.is_empty() || (resident.account.moved() && !is_edge) {
            return None;
        }
        let (app, rules) = (stage.app(place.caller.app), stage.rules(place.caller.app));
        let client = resident.client.at_rest(app, (place.key, place.partner_key), (now, turn))?;
        let account = resident.account.at_rest(rules)?;
        let behind = match client.stored {
            None => DELETED,
            Some(stored) => {
                let behind = account.newest.0.checked_sub(stored.0)?;
                u16::try_from(behind).ok().filter(|behind| *behind != DELETED)?
            }
        };
        let (attempt, other) = match client.retry {
            None => (0, client.person_at.as_micros()),
            Some(Retry { attempt, delay }) if client.person_at.is_never() => {
                (attempt, delay.as_micros())
            }
            Some(_) => return None,
        };
        let flag = |is_set: bool, flag: u16| if is_set { flag } else { 0 };
        let is_calm = client.is_calm(turn)
            && resident.account.is_untroubled()
            && client.stored == Some(account.newest)
            && !is_edge;
        let is_original = account.authorised_at == SimTime::ZERO;
        // When the newest access token was issued matters to whoever may get it once more.
        let authorised_at = if is_original {
            account.issued_at
        } else if client.stored.is_none_or(|stored| stored == account.newest) {
            account.authorised_at
        } else {
            return None;
        };
        let head = Head {
            refresh: client.refresh,
            newest: account.newest.0,
            partner: u32::try_from(place.caller.partner).ok()?,
            flags: account.track
                | flag(client.trying, TRYING)
                | flag(client.will_hear, WILL_HEAR)
                | flag(client.person_called, PERSON_CALLED)
                | flag(client.retry.is_some(), RETRY)
                | flag(is_edge, EDGE),
            attempt: u8::try_from(attempt).ok()?,
            hints: if is_calm { CALM } else { 0 } | if is_original { ORIGINAL } else { 0 },
        };
        let tail = Tail {
            behind,
            wake: Micros::of(client.wake.as_micros())?,
            since: Micros::of(account.since.as_micros())?,
            access_until: Micros::of(account.access_until.as_micros())?,
            authorised_at: Micros::of(authorised_at.as_micros())?,
            exposed_from: Micros::of(account.exposed_from.as_micros())?,
            other: Micros::of(other)?,
        };
        Some(Self { head, tail })
    }

    /// Lets the tail catch up with the head of an org of this app that has its next turn at `turn`.
    pub(super) fn settle(&mut self, app: &App, turn: SimTime) {
        if let Some(wake) = Micros::of(turn.as_micros())
            && self.head.hints & AHEAD != 0
        {
            let access_until = self.access_until(app, turn);
            self.tail.access_lasts(access_until);
            self.tail.wake = wake;
            self.head.hints &= !(AHEAD | FRESH);
        }
    }

    /// Up to when an org of this app that has its next turn at `turn` has access, or had it.
    #[inline]
    fn access_until(&self, app: &App, turn: SimTime) -> SimTime {
        match app.lead() {
            Some(lead) if self.head.is_fresh() => turn + lead,
            Some(_) | None => self.tail.access_until(),
        }
    }

    /// The org as it was, at its turn if its head is ahead; `pending` is empty.
    #[inline]
    pub(super) fn resident(
        &self,
        stage: &Stage,
        place: &Place,
        turn: SimTime,
        pending: Pending,
    ) -> Resident {
        let (app, rules) = (stage.app(place.caller.app), stage.rules(place.caller.app));
        let Self { head, tail } = self;
        let is = |flag: u16| head.flags & flag != 0;
        let (retry, person_at) = if is(RETRY) {
            let delay = SimDuration::from_micros(tail.other.micros());
            (Some(Retry { attempt: u16::from(head.attempt), delay }), SimTime::NEVER)
        } else {
            (None, tail.other.time())
        };
        let rest = Rest {
            refresh: head.refresh,
            stored: (tail.behind != DELETED)
                .then(|| Generation(head.newest - u32::from(tail.behind))),
            trying: is(TRYING),
            wake: if head.hints & AHEAD == 0 { tail.wake.time() } else { turn },
            retry,
            will_hear: is(WILL_HEAR),
            person_at,
            person_called: is(PERSON_CALLED),
        };
        let client = Client::from_rest(app, place.key, place.partner_key, &rest);
        let is_original = head.is_original();
        let access_until = self.access_until(app, turn);
        let account = Account::from_rest(
            rules,
            &AccountRest {
                newest: Generation(head.newest),
                authorised_at: if is_original { SimTime::ZERO } else { tail.authorised_at.time() },
                track: head.flags & TRACK,
                since: tail.since.time(),
                exposed_from: tail.exposed_from.time(),
                access_until,
                // Of no matter, unless the org is an original one.
                issued_at: tail.authorised_at.time(),
            },
        );
        let recheck_at = if is(EDGE) {
            turn
        } else {
            standing(rules, account.grant(), client.credentials(), turn).1
        };
        Resident { client, account, pending, means: Means::Retry, recheck_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_at_rest_is_small() {
        assert_eq!(size_of::<Head>(), 16);
        assert_eq!(size_of::<Tail>(), 38);
    }

    #[test]
    fn times_survive_48_bits_or_are_refused() {
        for micros in [0, 1, 65_536, (1 << 48) - 2, u64::MAX] {
            assert_eq!(Micros::of(micros).map(Micros::micros), Some(micros));
        }
        assert_eq!(Micros::of((1 << 48) - 1), None, "it stands for never");
        assert_eq!(Micros::of(1 << 48), None);
    }
}
