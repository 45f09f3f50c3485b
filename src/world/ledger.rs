//! The ledger: one row for every attempt, as both sides saw it, and one for whatever else the counts of a
//! run come from. It proves each loss.
//!
//! ```text
//!   engine ──Witness──► Rows: open attempts ──done on both sides──► Row ──csv::Spelling──► a line
//! ```
//!
//! An engine tells a [`Witness`] what happens; `()` does not listen and costs nothing, [`Rows`] hands
//! each row on as soon as nothing more can come of it, and a [`Ledger`] keeps the attempts of one org.

pub mod csv;
mod rows;

use smallvec::SmallVec;

use crate::base::SimTime;
use crate::client::AttemptId;
use crate::fault::SeenAs;
use crate::measure::OrgEnd;
use crate::protocol::{Conclusion, Generation};

pub use rows::{RowTeller, Rows};

/// One attempt, from the client's timer to the end that the client saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The org's number.
    pub org: u64,
    /// Which attempt of the org.
    pub attempt: AttemptId,
    /// The generation it presented.
    pub presented: Generation,
    /// When the client meant to send it.
    pub intended_at: SimTime,
    /// When it was sent; [`SimTime::NEVER`] if it waited for its partner's pool and never was.
    pub sent_at: SimTime,
    /// What the server decided about it: twice where it was delivered twice, never where it did not
    /// arrive.
    pub commits: SmallVec<[Commit; 1]>,
    /// When a worker was done with it, the first time if it was delivered twice; `None` if none was
    /// before the clock stopped.
    pub served_at: Option<SimTime>,
    /// What became of the answer on its way.
    pub delivery: Delivery,
    /// When and how it ended for the client; `None` if it had not when the clock stopped.
    pub concluded: Option<(SimTime, Conclusion)>,
}

impl Entry {
    /// Takes back what was foretold of the answer and has not happened: nothing was sent back of what was
    /// not decided, be it that a person authorised the org anew or that the clock stopped.
    pub fn settle(&mut self) {
        let is_decided = !self.commits.is_empty();
        self.delivery = match (self.delivery, self.concluded) {
            (Delivery::RequestLost, _) => Delivery::RequestLost,
            (Delivery::Lost(seen), None | Some((_, Conclusion::BrokenOff))) if is_decided => {
                Delivery::Lost(seen)
            }
            (_, None | Some((_, Conclusion::BrokenOff))) => Delivery::Pending,
            // The gateway gave up; what the worker would have decided came to nothing.
            (Delivery::Lost(SeenAs::Status(status)), Some((_, Conclusion::ServerError)))
                if !is_decided =>
            {
                Delivery::Failed(status)
            }
            (Delivery::Answered | Delivery::Lost(_), _) if !is_decided => Delivery::Pending,
            (told, _) => told,
        };
    }

    /// An attempt that its client makes at `intended_at`, and that has not been sent.
    pub const fn begun(
        org: u64,
        attempt: AttemptId,
        presented: Generation,
        intended_at: SimTime,
    ) -> Self {
        Self {
            org,
            attempt,
            presented,
            intended_at,
            sent_at: SimTime::NEVER,
            commits: SmallVec::new_const(),
            served_at: None,
            delivery: Delivery::Pending,
            concluded: None,
        }
    }

    /// Whether the server accepted it, and its client has not stored the answer.
    pub fn is_lost(&self) -> bool {
        let accepted = self.commits.iter().any(|commit| commit.issued.is_some());
        accepted && !matches!(self.concluded, Some((_, Conclusion::Stored(_))))
    }
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// An attempt, when nothing more can come of it, or when the clock has stopped.
    Attempt(Entry),
    /// Something else that happened to an org.
    Event {
        /// The org's number.
        org: u64,
        /// When.
        at: SimTime,
        /// What.
        event: Event,
    },
}

impl Row {
    /// The number of the org that it is about.
    pub const fn org(&self) -> u64 {
        match self {
            Self::Attempt(entry) => entry.org,
            Self::Event { org, .. } => *org,
        }
    }
}

/// What happens to an org beside its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An attempt was not made, because the app leaves the server alone for now.
    ShortCircuited,
    /// A person authorised the org anew.
    Reauthorised,
    /// The clock stopped, or the server did: the org's last row.
    End(OrgEnd),
}

/// A decision of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// When it was taken.
    pub at: SimTime,
    /// The generation that it handed out; `None` for a refusal.
    pub issued: Option<Generation>,
}

/// What became of a request, or of its answer on the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// Not known: nothing has been sent back yet.
    Pending,
    /// The server's decision was sent to the client. It comes too late where the client has given up.
    Answered,
    /// The request never reached the server.
    RequestLost,
    /// The request was turned away with 429.
    Throttled,
    /// The server failed with this status before it committed.
    Failed(u16),
    /// The answer was lost after the commit, and the client was shown this.
    Lost(SeenAs),
}

/// Who is told of every attempt of some orgs, and of what else happens to them.
pub trait Witness {
    /// Whether it listens. To whom does not, an engine need not tell anything: it may take shortcuts.
    const LISTENS: bool;

    /// A client makes an attempt at `at`; it is sent now, or when there is room in its partner's pool.
    fn begun(&mut self, org: u64, attempt: AttemptId, presented: Generation, at: SimTime);
    /// It was sent.
    fn sent(&mut self, org: u64, attempt: AttemptId, at: SimTime);
    /// What will become of it.
    fn passed(&mut self, org: u64, attempt: AttemptId, way: Way);
    /// The server decided about it; `is_last` unless it is decided once more.
    fn committed(&mut self, org: u64, attempt: AttemptId, commit: Commit, is_last: bool);
    /// The server gave it up undecided.
    fn dropped(&mut self, org: u64, attempt: AttemptId);
    /// It ended for the client.
    fn concluded(&mut self, org: u64, attempt: AttemptId, at: SimTime, conclusion: Conclusion);
    /// Something else happened. After [`Event::Reauthorised`] nothing is decided of what was under way,
    /// after [`Event::End`] nothing happens.
    fn happened(&mut self, org: u64, at: SimTime, event: Event);
}

/// What will become of an attempt that came in, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// What becomes of its answer.
    pub delivery: Delivery,
    /// When a worker is done with it; `None` if none is before the clock stops, or if that has been told.
    pub served_at: Option<SimTime>,
    /// Whether the server will decide about it.
    pub is_decided: bool,
}

/// Nobody listens.
impl Witness for () {
    const LISTENS: bool = false;

    #[inline]
    fn begun(&mut self, _: u64, _: AttemptId, _: Generation, _: SimTime) {}
    #[inline]
    fn sent(&mut self, _: u64, _: AttemptId, _: SimTime) {}
    #[inline]
    fn passed(&mut self, _: u64, _: AttemptId, _: Way) {}
    #[inline]
    fn committed(&mut self, _: u64, _: AttemptId, _: Commit, _: bool) {}
    #[inline]
    fn dropped(&mut self, _: u64, _: AttemptId) {}
    #[inline]
    fn concluded(&mut self, _: u64, _: AttemptId, _: SimTime, _: Conclusion) {}
    #[inline]
    fn happened(&mut self, _: u64, _: SimTime, _: Event) {}
}

/// The attempts of one org, in the order in which they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    org: u64,
    entries: Vec<Entry>,
}

impl Ledger {
    /// Nothing yet about the org of this number.
    pub const fn new(org: u64) -> Self {
        Self { org, entries: Vec::new() }
    }

    /// The lines.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The lines.
    pub fn into_entries(mut self) -> Vec<Entry> {
        self.entries.iter_mut().for_each(Entry::settle);
        self.entries
    }

    /// The line of an attempt: nearly always one of the last.
    pub fn entry_mut(&mut self, attempt: AttemptId) -> Option<&mut Entry> {
        self.entries.iter_mut().rev().find(|entry| entry.attempt == attempt)
    }
}

impl Witness for Ledger {
    const LISTENS: bool = true;

    fn begun(&mut self, _: u64, attempt: AttemptId, presented: Generation, at: SimTime) {
        self.entries.push(Entry::begun(self.org, attempt, presented, at));
    }

    fn sent(&mut self, _: u64, attempt: AttemptId, at: SimTime) {
        if let Some(entry) = self.entry_mut(attempt) {
            entry.sent_at = at;
        }
    }

    fn passed(&mut self, _: u64, attempt: AttemptId, way: Way) {
        if let Some(entry) = self.entry_mut(attempt) {
            entry.delivery = way.delivery;
            entry.served_at = entry.served_at.or(way.served_at);
        }
    }

    fn committed(&mut self, _: u64, attempt: AttemptId, commit: Commit, _: bool) {
        if let Some(entry) = self.entry_mut(attempt) {
            entry.commits.push(commit);
        }
    }

    fn dropped(&mut self, _: u64, _: AttemptId) {}

    fn concluded(&mut self, _: u64, attempt: AttemptId, at: SimTime, conclusion: Conclusion) {
        if let Some(entry) = self.entry_mut(attempt) {
            entry.concluded = Some((at, conclusion));
        }
    }

    fn happened(&mut self, _: u64, _: SimTime, _: Event) {}
}
