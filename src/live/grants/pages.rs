//! The ledger as it is written: lines that are open, and those that are done.

use std::collections::{BTreeMap, VecDeque};

use crate::base::SimTime;
use crate::client::AttemptId;
use crate::measure::{Means, OrgEnd};
use crate::protocol::{Conclusion, Generation};
use crate::world::{Commit, Delivery, Entry, LedgerEvent, Row, RowTeller};

/// The lines of all orgs.
#[derive(Debug)]
pub struct Pages {
    open: BTreeMap<(u32, AttemptId), Page>,
    done: VecDeque<Entry>,
    /// How many lines to keep; `None` for all.
    keep: Option<usize>,
    /// Lines that were done, kept or not.
    written: u64,
    /// Where the rows are told as they are done, if anywhere.
    rows: Option<RowTeller>,
}

/// A line that is not done yet.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) entry: Entry,
    /// What becomes of its answer, as its fate has it; nothing of that is written down before it happens.
    due: Delivery,
    /// When a worker is done with it, likewise.
    served_at: Option<SimTime>,
    /// By what means the org would recover; `None` if no delivery was accepted so far.
    pub(super) means: Option<Means>,
    /// Whether the server has decided for the last time.
    pub(super) answered: bool,
    /// Whether the answer is on its way.
    pub(super) in_transit: bool,
    /// Whether the loss of its answer has been counted.
    lost: bool,
}

impl Page {
    /// It ended for its client.
    pub(super) const fn conclude(&mut self, now: SimTime, conclusion: Conclusion) {
        self.entry.concluded = Some((now, conclusion));
        self.entry.delivery = self.due;
        self.entry.served_at = self.served_at;
    }

    /// Counts the loss of an accepted refresh; whether it is one, and was not counted before.
    pub(super) const fn count_loss(&mut self) -> bool {
        let counts = self.means.is_some() && !self.lost;
        self.lost |= counts;
        counts
    }
}

impl Pages {
    pub(super) const fn new(keep: Option<usize>) -> Self {
        Self { open: BTreeMap::new(), done: VecDeque::new(), keep, written: 0, rows: None }
    }

    /// From now on rows are told as they are done.
    pub(super) fn tell(&mut self, rows: RowTeller) {
        self.rows = Some(rows);
    }

    /// Something beside its attempts happened to an org.
    pub(super) fn happened(&self, org: u64, at: SimTime, event: LedgerEvent) {
        if let Some(rows) = &self.rows {
            rows.tell(Row::Event { org, at, event });
        }
    }

    /// The lines that are done and kept, in the order in which they were done.
    pub fn done(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.done.iter()
    }

    /// The lines of attempts under way.
    pub fn open(&self) -> impl Iterator<Item = &Entry> {
        self.open.values().map(|page| &page.entry)
    }

    /// How many lines were done, kept or not.
    pub const fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn sent(
        &mut self,
        org: u32,
        attempt: AttemptId,
        presented: Generation,
        (intended_at, sent_at): (SimTime, SimTime),
    ) {
        let entry = Entry { sent_at, ..Entry::begun(org.into(), attempt, presented, intended_at) };
        let page = Page {
            entry,
            due: Delivery::Pending,
            served_at: None,
            means: None,
            answered: false,
            in_transit: false,
            lost: false,
        };
        self.open.insert((org, attempt), page);
    }

    /// An attempt came in. Where the swarm tells what it hears, its line is that of a virtual run: it holds
    /// at once what will become of the answer. Otherwise that is known when something was sent back.
    pub(super) fn arrived(
        &mut self,
        org: u32,
        attempt: AttemptId,
        (delivery, served_at): (Delivery, Option<SimTime>),
        told: bool,
    ) {
        if let Some(page) = self.open.get_mut(&(org, attempt)) {
            page.due = delivery;
            page.served_at = served_at;
            if told {
                page.entry.delivery = delivery;
                page.entry.served_at = served_at;
            }
            page.answered = !matches!(delivery, Delivery::Answered | Delivery::Lost(_));
        }
    }

    pub(super) fn committed(
        &mut self,
        org: u32,
        attempt: AttemptId,
        commit: Commit,
        means: Means,
    ) -> Option<&mut Page> {
        let page = self.open.get_mut(&(org, attempt))?;
        page.entry.commits.push(commit);
        if commit.issued.is_some() {
            page.means = Some(means);
        }
        Some(page)
    }

    /// An attempt presented what a person has replaced: it is refused, and nothing is decided.
    pub(super) fn replaced(&mut self, org: u32, attempt: AttemptId) {
        if let Some(page) = self.open.get_mut(&(org, attempt)) {
            if page.due == Delivery::Pending {
                page.due = Delivery::Answered;
            }
            page.entry.delivery = page.due;
            page.answered = true;
            self.close(org, attempt);
        }
    }

    /// Whether an attempt is under way.
    pub(super) fn is_open(&self, org: u32, attempt: AttemptId) -> bool {
        self.open.contains_key(&(org, attempt))
    }

    pub(super) fn open_mut(&mut self, org: u32, attempt: AttemptId) -> Option<&mut Page> {
        self.open.get_mut(&(org, attempt))
    }

    /// A person authorised an org anew: what is on its way belongs to the family before.
    pub(super) fn forget_transit(&mut self, org: u32) {
        let all = AttemptId { refresh: 0, attempt: 0 }..=AttemptId {
            refresh: u32::MAX,
            attempt: u16::MAX,
        };
        let pages = self.open.range_mut((org, *all.start())..=(org, *all.end()));
        pages.for_each(|(_, page)| page.in_transit = false);
    }

    /// Closes a line once both sides are done with it.
    pub(super) fn close(&mut self, org: u32, attempt: AttemptId) {
        let done = |page: &Page| page.answered && page.entry.concluded.is_some();
        if !self.open.get(&(org, attempt)).is_some_and(done) {
            return;
        }
        if let Some(page) = self.open.remove(&(org, attempt)) {
            self.write(page.entry);
        }
    }

    fn write(&mut self, mut entry: Entry) {
        entry.settle();
        self.written += 1;
        if let Some(rows) = &self.rows {
            rows.tell(Row::Attempt(entry.clone()));
        }
        self.done.push_back(entry);
        if self.keep.is_some_and(|keep| self.done.len() > keep) {
            self.done.pop_front();
        }
    }

    /// The orgs of attempts that have not ended for their clients.
    pub(super) fn unfinished(&self) -> Vec<u32> {
        let open = self.open.iter().filter(|(_, page)| page.entry.concluded.is_none());
        open.map(|((org, _), _)| *org).collect()
    }

    /// The clock stops: all lines that were kept, those of attempts under way last. How each org ended is
    /// told with `ends`.
    pub(super) fn finish(mut self, end: SimTime, ends: &[OrgEnd]) -> Vec<Entry> {
        self.open.values_mut().for_each(|page| page.entry.settle());
        if let Some(rows) = &self.rows {
            self.open().for_each(|entry| rows.tell(Row::Attempt(entry.clone())));
        }
        for (org, how) in (0..).zip(ends) {
            self.happened(org, end, LedgerEvent::End(*how));
        }
        let open = self.open.into_values().map(|page| page.entry);
        self.done.into_iter().chain(open).collect()
    }
}
