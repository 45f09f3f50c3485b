//! Rows of the ledger as they are done: in memory are the attempts under way, and no others.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{Commit, Entry, Event, Row, Way, Witness};
use crate::base::SimTime;
use crate::client::AttemptId;
use crate::protocol::{Conclusion, Generation};

/// Hands each row of some orgs to `hand_on` as soon as nothing more can come of it.
///
/// An attempt is done when its client has the end of it and the server decides nothing more about it. So
/// the rows of one org come in the order in which they were done.
#[derive(Debug)]
pub struct Rows<F> {
    /// The orgs whose rows are wanted.
    orgs: Range<u64>,
    open: BTreeMap<(u64, AttemptId), Open>,
    hand_on: F,
}

/// Is told rows, from any thread.
#[derive(Clone)]
pub struct RowTeller(Arc<dyn Fn(Row) + Send + Sync>);

impl RowTeller {
    /// Calls `hand_on` with each row.
    pub fn new(hand_on: impl Fn(Row) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hand_on))
    }

    /// A row is done.
    pub fn tell(&self, row: Row) {
        (self.0)(row);
    }
}

impl fmt::Debug for RowTeller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowTeller").finish_non_exhaustive()
    }
}

/// An attempt that is not done.
#[derive(Debug)]
struct Open {
    entry: Entry,
    /// Whether the server decides nothing more about it.
    is_through: bool,
}

const FIRST: AttemptId = AttemptId { refresh: 0, attempt: 0 };
const LAST: AttemptId = AttemptId { refresh: u32::MAX, attempt: u16::MAX };

impl<F: FnMut(Row)> Rows<F> {
    /// The rows of the orgs with these numbers.
    pub const fn new(orgs: Range<u64>, hand_on: F) -> Self {
        Self { orgs, open: BTreeMap::new(), hand_on }
    }

    fn update(&mut self, org: u64, attempt: AttemptId, update: impl FnOnce(&mut Open)) {
        let Some(open) = self.open.get_mut(&(org, attempt)) else { return };
        update(open);
        if open.is_through && open.entry.concluded.is_some() {
            self.close(org, attempt);
        }
    }

    fn close(&mut self, org: u64, attempt: AttemptId) {
        if let Some(Open { mut entry, .. }) = self.open.remove(&(org, attempt)) {
            entry.settle();
            (self.hand_on)(Row::Attempt(entry));
        }
    }

    /// The attempts of an org that are not done.
    fn under_way(&self, org: u64) -> Vec<AttemptId> {
        self.open.range((org, FIRST)..=(org, LAST)).map(|((_, attempt), _)| *attempt).collect()
    }
}

impl<F: FnMut(Row)> Witness for Rows<F> {
    const LISTENS: bool = true;

    fn begun(&mut self, org: u64, attempt: AttemptId, presented: Generation, at: SimTime) {
        if self.orgs.contains(&org) {
            let entry = Entry::begun(org, attempt, presented, at);
            self.open.insert((org, attempt), Open { entry, is_through: false });
        }
    }

    fn sent(&mut self, org: u64, attempt: AttemptId, at: SimTime) {
        self.update(org, attempt, |open| open.entry.sent_at = at);
    }

    fn passed(&mut self, org: u64, attempt: AttemptId, way: Way) {
        self.update(org, attempt, |Open { entry, is_through }| {
            entry.delivery = way.delivery;
            entry.served_at = entry.served_at.or(way.served_at);
            *is_through = !way.is_decided;
        });
    }

    fn committed(&mut self, org: u64, attempt: AttemptId, commit: Commit, is_last: bool) {
        self.update(org, attempt, |Open { entry, is_through }| {
            entry.commits.push(commit);
            *is_through = is_last;
        });
    }

    fn dropped(&mut self, org: u64, attempt: AttemptId) {
        self.update(org, attempt, |open| open.is_through = true);
    }

    fn concluded(&mut self, org: u64, attempt: AttemptId, at: SimTime, conclusion: Conclusion) {
        self.update(org, attempt, |Open { entry, is_through }| {
            entry.concluded = Some((at, conclusion));
            // What was not sent by now never is.
            *is_through |= entry.sent_at.is_never();
        });
    }

    fn happened(&mut self, org: u64, at: SimTime, event: Event) {
        if !self.orgs.contains(&org) {
            return;
        }
        match event {
            Event::ShortCircuited => {}
            Event::Reauthorised => {
                for attempt in self.under_way(org) {
                    self.dropped(org, attempt);
                }
            }
            Event::End(_) => {
                for attempt in self.under_way(org) {
                    self.close(org, attempt);
                }
            }
        }
        (self.hand_on)(Row::Event { org, at, event });
    }
}
