//! What is on its way within one island, in exact order.

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
        /// When the same request is decided about again; never, for nearly all.
        repeat_at: SimTime,
        /// Whether the client gets the (last) decision. If not, it gets nothing, or something else
        /// at a time of its own.
        deliver: bool,
    },
    /// The client sees something.
    Answer { attempt: AttemptId, answer: Answer },
    /// A person has authorised the org anew.
    Authorise,
}

/// A queue for the handful of events that an island of one org has pending: first in, first out among
/// equal times. One or two entries are the rule, so a sorted list beats every structure.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Latest first; of equal times, the one pushed last first.
    entries: Vec<(SimTime, Event)>,
}

impl Pending {
    #[inline]
    pub(super) fn push(&mut self, at: SimTime, event: Event) {
        let later = self.entries.iter().take_while(|(other, _)| *other > at).count();
        self.entries.insert(later, (at, event));
    }

    /// When the next event happens; never if there is none.
    #[inline]
    pub(super) fn next_at(&self) -> SimTime {
        self.entries.last().map_or(SimTime::NEVER, |(at, _)| *at)
    }

    /// The next event: of equal times the one pushed first.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Event> {
        self.entries.pop().map(|(_, event)| event)
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
        while let Some(Event::Answer { attempt, .. }) = pending.pop() {
            order.push(attempt.refresh);
        }
        assert_eq!(order, [4, 1, 3, 0, 2]);
    }
}
