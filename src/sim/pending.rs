//! What is on its way within one island, in exact order.

use smallvec::SmallVec;

use crate::base::SimTime;
use crate::client::AttemptId;
use crate::protocol::{Answer, Generation};

/// Something that will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A worker finishes a request: it decides and commits.
    Commit {
        attempt: AttemptId,
        presented: Generation,
        /// Whether an earlier delivery of the same request was accepted.
        accepted_before: bool,
        /// What follows for the client.
        then: Then,
    },
    /// The client sees something.
    Answer { attempt: AttemptId, answer: Answer },
}

/// What follows a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The client gets the decision.
    Deliver,
    /// The client gets nothing, or something else at a time of its own.
    Withhold,
    /// The same request is decided about again, at this time; then this follows.
    Repeat { at: SimTime, deliver: bool },
}

/// A queue for the handful of events that an island of one org has pending: first in, first out among
/// equal times. Two or three entries are the rule, so a scan beats every structure.
#[derive(Debug, Default)]
pub(super) struct Pending {
    entries: SmallVec<[(SimTime, Event); 4]>,
}

impl Pending {
    pub(super) fn push(&mut self, at: SimTime, event: Event) {
        self.entries.push((at, event));
    }

    /// When the next event happens; never if there is none.
    #[inline]
    pub(super) fn next_at(&self) -> SimTime {
        self.entries.iter().map(|(at, _)| *at).min().unwrap_or(SimTime::NEVER)
    }

    /// The next event: of equal times the one pushed first.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<(SimTime, Event)> {
        let (index, _) = self.entries.iter().enumerate().min_by_key(|(_, (at, _))| *at)?;
        Some(self.entries.remove(index))
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimDuration;

    #[test]
    fn events_come_in_time_order_and_ties_first_in_first_out() {
        let mut pending = Pending::default();
        let at = |secs| SimTime::ZERO + SimDuration::from_secs(secs);
        for (n, secs) in [(0, 5), (1, 3), (2, 5), (3, 3), (4, 1)] {
            let attempt = AttemptId { refresh: n, attempt: 0 };
            pending.push(at(secs), Event::Answer { attempt, answer: Answer::Reset });
        }
        let mut order = Vec::new();
        while let Some((_, Event::Answer { attempt, .. })) = pending.pop() {
            order.push(attempt.refresh);
        }
        assert_eq!(order, [4, 1, 3, 0, 2]);
    }
}
