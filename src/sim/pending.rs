//! What is on its way within one island, in exact order.

mod later;

use self::later::Later;
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

    /// The attempt by whose name it is found again, if it can be taken back.
    fn name(&self) -> Option<AttemptId> {
        match self {
            Self::Waits(journey) => Some(journey.attempt),
            Self::Answer { attempt, answer: Answer::ServerError(504) } => Some(*attempt),
            Self::Commit { .. }
            | Self::First(_)
            | Self::Forsaken
            | Self::Answer { .. }
            | Self::Authorise => None,
        }
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

/// So many events lie in a list: a shorter one beats every structure, and longer ones are rare.
const FEW: usize = 16;

/// A queue for the events that an org has pending: first in, first out among equal times.
///
/// ```text
///   next ◄── few: a sorted list of 16 at most ◄── later: a tree, for the rare org that has more
/// ```
///
/// One or two entries are the rule. All that lies in the list comes before all that lies in the tree.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending {
    /// Latest first; of equal times, the one pushed last first. Empty only if there are none at all.
    few: Vec<(SimTime, Event)>,
    later: Option<Box<Later>>,
}

impl Pending {
    #[inline]
    pub(super) fn push(&mut self, at: SimTime, event: Event) {
        if self.few.len() >= FEW || self.later.is_some() {
            return self.push_to_many(at, event);
        }
        self.insert(at, event);
    }

    #[inline]
    fn insert(&mut self, at: SimTime, event: Event) {
        let later = self.few.iter().take_while(|(other, _)| *other > at).count();
        self.few.insert(later, (at, event));
    }

    #[cold]
    fn push_to_many(&mut self, at: SimTime, event: Event) {
        let later = self.later.get_or_insert_default();
        if self.few.first().is_some_and(|(latest, _)| *latest <= at) {
            later.push(at, event);
            return;
        }
        if self.few.len() >= FEW {
            let (latest, event) = self.few.remove(0);
            later.push_first(latest, event);
        }
        self.insert(at, event);
    }

    /// When the next event happens; never if there is none.
    #[inline]
    pub(super) fn next_at(&self) -> SimTime {
        self.few.last().map_or(SimTime::NEVER, |(at, _)| *at)
    }

    /// The next event: of equal times the one pushed first.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Event> {
        let next = self.few.pop().map(|(_, event)| event);
        self.refill();
        next
    }

    /// Whatever comes next lies in the list.
    #[inline]
    fn refill(&mut self) {
        if self.later.is_some() && self.few.is_empty() {
            self.refill_from_many();
        }
    }

    #[cold]
    fn refill_from_many(&mut self) {
        let Some(later) = &mut self.later else { return };
        self.few.extend(std::iter::from_fn(|| later.pop()).take(FEW / 2));
        self.few.reverse();
        if later.is_empty() {
            self.later = None;
        }
    }

    /// The request that waits under this name, and no longer does.
    pub(super) fn wait_no_longer(&mut self, attempt: AttemptId) -> Option<Journey> {
        let is_it = |event: &Event| event.waits().filter(|journey| journey.attempt == attempt);
        let few = self.few.iter().enumerate().rev();
        let found = few.into_iter().find_map(|(place, (_, event))| Some((place, is_it(event)?)));
        if let Some((place, journey)) = found {
            self.few.remove(place);
            self.refill();
            return Some(journey);
        }
        let later = self.later.as_mut()?;
        let (_, journey) = later.wait(attempt)?;
        later.remove(attempt, 1, |event| event.waits().is_some());
        Some(journey)
    }

    /// An attempt is not sent any more, if it has not been: whether that is so.
    pub(super) fn drop_unsent(&mut self, attempt: AttemptId) -> bool {
        self.take_back(attempt, |event| {
            let journey = event.waits().filter(|journey| journey.attempt == attempt);
            journey.is_some_and(|journey| journey.arrived_at.is_never())
        })
    }

    /// Whether a request under this name is in a station.
    pub(super) fn is_in_station(&self, attempt: AttemptId) -> bool {
        let is_it = |it: &Journey| it.attempt == attempt && !it.arrived_at.is_never();
        let mut few = self.few.iter().map(|(_, event)| event);
        few.any(|event| matches!(event, Event::Waits(journey) if is_it(journey)))
            || self
                .later
                .as_ref()
                .and_then(|later| later.wait(attempt))
                .is_some_and(|(_, journey)| is_it(&journey))
    }

    /// Takes back what the gateway was going to answer to an attempt.
    pub(super) fn retract_gateway(&mut self, attempt: AttemptId) {
        let gave_up = Event::Answer { attempt, answer: Answer::ServerError(504) };
        self.take_back(attempt, |event| *event == gave_up);
    }

    /// Whether there was any.
    fn take_back(&mut self, attempt: AttemptId, is_meant: impl Fn(&Event) -> bool) -> bool {
        let before = self.few.len();
        self.few.retain(|(_, event)| !is_meant(event));
        let mut found = self.few.len() < before;
        if let Some(later) = &mut self.later {
            found |= later.remove(attempt, usize::MAX, is_meant) > 0;
        }
        self.refill();
        found
    }

    /// How many requests were accepted when they were delivered first, and wait for their second decision.
    pub(super) fn accepted(&self) -> usize {
        let later = self.later.iter().flat_map(|later| later.events());
        let all = self.few.iter().map(|(_, event)| event).chain(later);
        let accepted = all.filter(|event| match event {
            Event::Commit { accepted_before, .. } => *accepted_before,
            Event::Waits(journey) => journey.first == Some(true),
            Event::Forsaken => true,
            Event::First(_) | Event::Answer { .. } | Event::Authorise => false,
        });
        accepted.count()
    }

    /// Whether a request waits for something to be said.
    pub(super) fn has_waiting(&self) -> bool {
        self.few.iter().any(|(_, event)| matches!(event, Event::Waits(_)))
            || self.later.as_ref().is_some_and(|later| later.waiting() > 0)
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.few.is_empty()
    }

    /// The event that happens next.
    #[inline]
    pub(super) fn next(&self) -> Option<&Event> {
        self.few.last().map(|(_, event)| event)
    }

    pub(super) fn clear(&mut self) {
        self.few.clear();
        self.later = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    fn name(n: u32) -> AttemptId {
        AttemptId { refresh: n, attempt: 0 }
    }

    fn waits(n: u32, is_sent: bool) -> Event {
        let at = SimTime::ZERO;
        let arrived_at = if is_sent { at } else { SimTime::NEVER };
        let presented = Generation(0);
        let attempt = name(n);
        Event::Waits(Journey { attempt, presented, sent_at: at, arrived_at, first: None })
    }

    fn gave_up(n: u32) -> Event {
        Event::Answer { attempt: name(n), answer: Answer::ServerError(504) }
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Answer(u64),
        GaveUp(u64),
        Wait { is_sent: bool },
        Pop,
        Hear(u32),
        DropUnsent(u32),
        Retract(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..9_u64).prop_map(Step::Answer),
            3 => (0..9_u64).prop_map(Step::GaveUp),
            3 => any::<bool>().prop_map(|is_sent| Step::Wait { is_sent }),
            4 => Just(Step::Pop),
            1 => (0..60_u32).prop_map(Step::Hear),
            1 => (0..60_u32).prop_map(Step::DropUnsent),
            1 => (0..60_u32).prop_map(Step::Retract),
        ]
    }

    proptest! {
        /// However many there are, it does what a sorted list would.
        #[test]
        fn many_events_come_in_the_order_of_a_sorted_list(
            steps in prop::collection::vec(step(), 0..160),
        ) {
            let (mut pending, mut list) = (Pending::default(), Vec::<(SimTime, Event)>::new());
            for (n, step) in (0..).zip(steps) {
                let mut push = |at: SimTime, event: Event| {
                    pending.push(at, event);
                    list.insert(list.partition_point(|(other, _)| *other <= at), (at, event));
                };
                let at = |secs| SimTime::ZERO + SimDuration::from_secs(secs);
                match step {
                    Step::Answer(secs) => {
                        push(at(secs), Event::Answer { attempt: name(n), answer: Answer::Reset });
                    }
                    Step::GaveUp(secs) => push(at(secs), gave_up(n)),
                    Step::Wait { is_sent } => push(SimTime::NEVER, waits(n, is_sent)),
                    Step::Pop => {
                        let next = (!list.is_empty()).then(|| list.remove(0).1);
                        prop_assert_eq!(pending.pop(), next);
                    }
                    Step::Hear(n) => {
                        let is_it = |event: &Event| event.waits().filter(|it| it.attempt == name(n));
                        let place = list.iter().position(|(_, event)| is_it(event).is_some());
                        let journey = place.and_then(|place| is_it(&list.remove(place).1));
                        prop_assert_eq!(pending.wait_no_longer(name(n)), journey);
                    }
                    Step::DropUnsent(n) => {
                        let before = list.len();
                        list.retain(|(_, event)| *event != waits(n, false));
                        prop_assert_eq!(pending.drop_unsent(name(n)), list.len() < before);
                    }
                    Step::Retract(n) => {
                        pending.retract_gateway(name(n));
                        list.retain(|(_, event)| *event != gave_up(n));
                    }
                }
                let next = list.first();
                prop_assert_eq!(pending.next_at(), next.map_or(SimTime::NEVER, |(at, _)| *at));
                prop_assert_eq!(pending.next(), next.map(|(_, event)| event));
                prop_assert_eq!(pending.is_empty(), list.is_empty());
                let waiting = |(_, event): &(SimTime, Event)| event.waits().is_some();
                prop_assert_eq!(pending.has_waiting(), list.iter().any(waiting));
                for n in 0..60 {
                    let is_in_station = list.iter().any(|(_, event)| *event == waits(n, true));
                    prop_assert_eq!(pending.is_in_station(name(n)), is_in_station);
                }
            }
        }
    }

    /// Half a million requests of one org are in a station, each with a gateway that would give up: a list
    /// that is searched or moved for each would take hours.
    #[test]
    fn half_a_million_are_no_matter() {
        let mut pending = Pending::default();
        let at = |n: u32| SimTime::from_micros(u64::from(n));
        let all = 500_000;
        for n in 0..all {
            pending.push(SimTime::NEVER, waits(n, true));
            pending.push(at(all - n), gave_up(n));
        }
        for n in 0..all / 2 {
            assert!(pending.is_in_station(name(n)));
            assert!(pending.wait_no_longer(name(n)).is_some());
            pending.retract_gateway(name(n));
        }
        for n in (all / 2..all).rev() {
            assert_eq!(pending.pop(), Some(gave_up(n)));
            assert!(pending.has_waiting());
        }
        assert!(pending.next_at().is_never());
    }
}
