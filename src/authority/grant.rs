//! What the server remembers of one org: its grant, or token family.
//!
//! ```text
//!   generations   T0   T1   T2   T3   T4 = newest
//!                  ·    ·    ·    P    C          strict, grace: one current, one previous
//!                  ·    ·    P    C    C          grace with branches: siblings are all current
//!                  ·    ·    P    c    c          commit_on_use: P lives until a c proves it arrived
//! ```
//!
//! Generations count what was issued, in order. A *current* one rotates when it is presented; the
//! *previous* one was superseded by the last rotation. What either is worth is the policy's affair.

use super::current::Current;
use super::policy::Siblings;
use crate::base::{SimDuration, SimTime};
use crate::protocol::Generation;

/// Whether a family can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantStatus {
    /// It can.
    Live,
    /// Reuse detection killed it (RFC 9700 §4.14.2).
    Revoked,
}

/// One org's token family as the server stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    newest: Generation,
    status: GrantStatus,
    session_until: SimTime,
    current: Current,
    previous: Option<Previous>,
}

/// The generation that the last rotation superseded (for `commit_on_use`: the last confirmed one).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Previous {
    pub(super) generation: Generation,
    /// When it was first used, which is when it was superseded.
    pub(super) used_at: SimTime,
    /// How often it was accepted since.
    pub(super) reuses: u32,
    /// When the use of its successor closes its window.
    pub(super) closes_at: SimTime,
}

/// A grant of which there is little to say: it is live, its newest generation alone is current, and the
/// one before was used once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainGrant {
    /// The last generation issued.
    pub newest: Generation,
    /// When the session handle expires.
    pub session_until: SimTime,
    /// When the generation before the newest was used; the clock's start if there is none.
    pub used_at: SimTime,
}

impl Grant {
    /// What it comes down to, if it is plain.
    #[inline]
    pub fn plain(&self) -> Option<PlainGrant> {
        let used_at = match self.previous {
            None if self.newest.0 == 0 => SimTime::ZERO,
            Some(Previous { generation, used_at, reuses: 0, closes_at })
                if closes_at.is_never() && generation.0 + 1 == self.newest.0 =>
            {
                used_at
            }
            None | Some(_) => return None,
        };
        let Self { newest, session_until, .. } = *self;
        (self.status == GrantStatus::Live && self.current.is_newest_alone()).then_some(PlainGrant {
            newest,
            session_until,
            used_at,
        })
    }

    /// A family freshly authorised by a person at `now`: `T0` is current.
    pub fn new(now: SimTime, session_lifetime: SimDuration) -> Self {
        Self {
            newest: Generation(0),
            status: GrantStatus::Live,
            session_until: now + session_lifetime,
            current: Current::NEWEST,
            previous: None,
        }
    }

    /// The grant that came down to `plain`.
    #[inline]
    pub fn from_plain(plain: PlainGrant) -> Self {
        let PlainGrant { newest, session_until, used_at } = plain;
        let previous = newest.0.checked_sub(1).map(|before| Previous {
            generation: Generation(before),
            used_at,
            reuses: 0,
            closes_at: SimTime::NEVER,
        });
        Self {
            newest,
            status: GrantStatus::Live,
            session_until,
            current: Current::NEWEST,
            previous,
        }
    }

    /// The last generation issued.
    pub const fn newest(&self) -> Generation {
        self.newest
    }

    /// Whether the family can still be used.
    pub const fn status(&self) -> GrantStatus {
        self.status
    }

    /// When the session handle expires.
    pub const fn session_until(&self) -> SimTime {
        self.session_until
    }

    /// Whether `generation` rotates when it is presented.
    #[inline]
    pub fn is_current(&self, generation: Generation) -> bool {
        self.current.contains(generation, self.newest)
    }

    /// Whether anything was superseded since a person authorised the org.
    pub(super) const fn has_superseded(&self) -> bool {
        self.newest.0 > 0
    }

    /// Whether a successor was issued and not confirmed (`commit_on_use`).
    pub(super) const fn has_unconfirmed(&self) -> bool {
        self.previous.is_some() && !self.current.is_empty()
    }

    pub(super) const fn previous(&self) -> Option<&Previous> {
        self.previous.as_ref()
    }

    /// Issues a generation in place of `presented`, which becomes the previous one.
    pub(super) fn rotate(&mut self, presented: Generation, now: SimTime) -> Generation {
        self.retire(presented);
        self.previous = Some(Previous {
            generation: presented,
            used_at: now,
            reuses: 0,
            closes_at: SimTime::NEVER,
        });
        self.issue()
    }

    /// Rotates `times` over, at least once, each time in exchange for the newest generation.
    pub(super) fn rotate_newest(&mut self, times: u32, last: SimTime) {
        let presented = Generation(self.newest.0 + times - 1);
        self.current.renew(times, presented.next());
        self.previous = Some(Previous {
            generation: presented,
            used_at: last,
            reuses: 0,
            closes_at: SimTime::NEVER,
        });
        self.newest = presented.next();
    }

    /// Issues a further successor of the previous generation; earlier ones die.
    pub(super) fn replace(&mut self) -> Generation {
        self.current.clear();
        self.issue()
    }

    /// Issues an unconfirmed successor; `presented` becomes the confirmed one if there is none yet.
    pub(super) fn issue_unconfirmed(&mut self, presented: Generation, now: SimTime) -> Generation {
        if self.previous.is_none() {
            self.confirm(presented, now, Siblings::Keep);
        }
        self.issue()
    }

    /// Takes `generation` for confirmed: its predecessor dies, and its siblings as asked.
    pub(super) fn confirm(&mut self, generation: Generation, now: SimTime, siblings: Siblings) {
        self.retire(generation);
        if siblings == Siblings::Revoke {
            self.current.clear();
        }
        self.previous =
            Some(Previous { generation, used_at: now, reuses: 0, closes_at: SimTime::NEVER });
    }

    /// The previous generation is honoured until `at` at most.
    pub(super) fn close_window(&mut self, at: SimTime) {
        if let Some(previous) = &mut self.previous {
            previous.closes_at = previous.closes_at.min(at);
        }
    }

    pub(super) fn revoke(&mut self) {
        self.status = GrantStatus::Revoked;
    }

    pub(super) fn restore(&mut self) {
        self.status = GrantStatus::Live;
    }

    /// Issues the next generation beside those that are current.
    pub(super) fn issue(&mut self) -> Generation {
        self.newest = self.newest.next();
        self.current.issue(self.newest);
        self.newest
    }

    fn retire(&mut self, generation: Generation) {
        self.current.remove(generation, self.newest);
    }

    /// Counts one more acceptance of the previous generation.
    pub(super) fn count_reuse(&mut self) {
        if let Some(previous) = &mut self.previous {
            previous.reuses = previous.reuses.saturating_add(1);
        }
    }
}
