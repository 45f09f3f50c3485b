//! The ledger: one line for every attempt, as both sides saw it. It proves each loss.
//!
//! An engine tells a [`Witness`] what happens; `()` does not listen and costs nothing, a [`Ledger`]
//! writes it down.

pub mod csv;

use smallvec::SmallVec;

use crate::base::SimTime;
use crate::client::AttemptId;
use crate::fault::SeenAs;
use crate::protocol::{Conclusion, Generation};

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
    /// When it was sent.
    pub sent_at: SimTime,
    /// What the server decided about it: twice where it was delivered twice, never where it did not
    /// arrive.
    pub commits: SmallVec<[Commit; 1]>,
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

/// Who is told of every attempt.
pub trait Witness {
    /// An attempt was sent.
    fn sent(
        &mut self,
        attempt: AttemptId,
        presented: Generation,
        intended_at: SimTime,
        at: SimTime,
    );
    /// What will become of its answer.
    fn delivery(&mut self, attempt: AttemptId, delivery: Delivery);
    /// The server decided about it.
    fn committed(&mut self, attempt: AttemptId, commit: Commit);
    /// It ended for the client.
    fn concluded(&mut self, attempt: AttemptId, at: SimTime, conclusion: Conclusion);
}

/// Nobody listens.
impl Witness for () {
    #[inline]
    fn sent(&mut self, _: AttemptId, _: Generation, _: SimTime, _: SimTime) {}
    #[inline]
    fn delivery(&mut self, _: AttemptId, _: Delivery) {}
    #[inline]
    fn committed(&mut self, _: AttemptId, _: Commit) {}
    #[inline]
    fn concluded(&mut self, _: AttemptId, _: SimTime, _: Conclusion) {}
}

/// The attempts of one org, in the order in which they were sent.
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
    fn sent(
        &mut self,
        attempt: AttemptId,
        presented: Generation,
        intended_at: SimTime,
        sent_at: SimTime,
    ) {
        self.entries.push(Entry {
            org: self.org,
            attempt,
            presented,
            intended_at,
            sent_at,
            commits: SmallVec::new(),
            delivery: Delivery::Pending,
            concluded: None,
        });
    }

    fn delivery(&mut self, attempt: AttemptId, delivery: Delivery) {
        if let Some(entry) = self.entry_mut(attempt) {
            entry.delivery = delivery;
        }
    }

    fn committed(&mut self, attempt: AttemptId, commit: Commit) {
        if let Some(entry) = self.entry_mut(attempt) {
            entry.commits.push(commit);
        }
    }

    fn concluded(&mut self, attempt: AttemptId, at: SimTime, conclusion: Conclusion) {
        if let Some(entry) = self.entry_mut(attempt) {
            entry.concluded = Some((at, conclusion));
        }
    }
}
