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
    /// A worker finishes the first of two deliveries of a request that meets others in a station; the
    /// second comes at once.
    First(Journey),
    /// A request waits for its partner's pool, or is in a station that has not said yet when it is
    /// done. Never happens by itself.
    Waits(Journey),
    /// A request whose first delivery was accepted came to nothing the second time.
    Forsaken,
    /// The client sees something.
    Answer { attempt: AttemptId, answer: Answer },
    /// A person has authorised the org anew.
    Authorise,
}

impl Event {
    /// The request that waits, if this is one that does.
    fn waits(&self) -> Option<Journey> {
        if let Self::Waits(journey) = self { Some(*journey) } else { None }
    }
}

/// A request on its way through a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Journey {
    pub(super) attempt: AttemptId,
    pub(super) presented: Generation,
    pub(super) sent_at: SimTime,
    /// When it came to the station: later than it was sent if this is the second delivery, never if it
    /// has not been sent.
    pub(super) arrived_at: SimTime,
    /// Whether an earlier delivery was accepted; `None` if there was no earlier one.
    pub(super) first: Option<bool>,
}

/// A queue for the handful of events that an island of one org has pending: first in, first out among
/// equal times. One or two entries are the rule, so a sorted list beats every structure.
#[derive(Debug, Clone, Default)]
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

    /// The request that waits under this name, and no longer does.
    pub(super) fn wait_no_longer(&mut self, attempt: AttemptId) -> Option<Journey> {
        let entries = self.entries.iter().enumerate();
        let (place, journey) = entries.rev().find_map(|(place, (_, event))| {
            let journey = event.waits()?;
            (journey.attempt == attempt).then_some((place, journey))
        })?;
        self.entries.remove(place);
        Some(journey)
    }

    /// An attempt is not sent any more, if it has not been.
    pub(super) fn drop_unsent(&mut self, attempt: AttemptId) {
        self.entries.retain(|(_, event)| {
            event
                .waits()
                .is_none_or(|journey| journey.attempt != attempt || !journey.arrived_at.is_never())
        });
    }

    /// Whether a request under this name is in a station.
    pub(super) fn is_in_station(&self, attempt: AttemptId) -> bool {
        let is_it = |it: &Journey| it.attempt == attempt && !it.arrived_at.is_never();
        let mut events = self.entries.iter().map(|(_, event)| event);
        events.any(|event| matches!(event, Event::Waits(journey) if is_it(journey)))
    }

    /// Takes back what the gateway was going to answer to an attempt.
    pub(super) fn retract_gateway(&mut self, attempt: AttemptId) {
        let gave_up = Event::Answer { attempt, answer: Answer::ServerError(504) };
        self.entries.retain(|(_, event)| *event != gave_up);
    }

    /// Whether a request waits for something to be said.
    pub(super) fn has_waiting(&self) -> bool {
        self.entries.iter().any(|(_, event)| matches!(event, Event::Waits(_)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The event that happens next.
    pub(super) fn next(&self) -> Option<&Event> {
        self.entries.last().map(|(_, event)| event)
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
