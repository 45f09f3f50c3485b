//! What is pending beyond the handful of events that are next: any number of them.
//!
//! An org whose client gives up long before the server is done has a request more under way with every
//! attempt. So every operation takes logarithmic time: the events lie in a tree by when they happen, and
//! those that can be taken back by name are found by it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Event, Journey};
use crate::base::SimTime;
use crate::client::AttemptId;

/// When an event happens, and its place among those of the same time.
type Place = (SimTime, i64);

/// Events in the order in which they happen.
#[derive(Debug, Clone, Default)]
pub(super) struct Later {
    events: BTreeMap<Place, Event>,
    /// Where those are that go by the name of their attempt.
    named: BTreeSet<(AttemptId, Place)>,
    waiting: usize,
    /// Places before all others, and behind them.
    first: i64,
    last: i64,
}

impl Later {
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// All events, the next one first.
    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.values()
    }

    /// How many of them wait for something to be said.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Adds an event behind those of the same time.
    pub(super) fn push(&mut self, at: SimTime, event: Event) {
        self.last += 1;
        self.insert((at, self.last), event);
    }

    /// Adds an event before those of the same time.
    pub(super) fn push_first(&mut self, at: SimTime, event: Event) {
        self.first -= 1;
        self.insert((at, self.first), event);
    }

    /// Takes the event out that happens first.
    pub(super) fn pop(&mut self) -> Option<(SimTime, Event)> {
        let (place, event) = self.events.pop_first()?;
        self.forget(place, &event);
        Some((place.0, event))
    }

    /// The first request that waits under this name.
    pub(super) fn wait(&self, attempt: AttemptId) -> Option<(SimTime, Journey)> {
        let mut named = self.named(attempt);
        named.find_map(|(at, event)| Some((at.0, event.waits()?)))
    }

    /// Takes those of an attempt out that are meant, `most` at most. How many there were.
    pub(super) fn remove(
        &mut self,
        attempt: AttemptId,
        most: usize,
        is_meant: impl Fn(&Event) -> bool,
    ) -> usize {
        let meant = self.named(attempt).filter(|(_, event)| is_meant(event));
        let places: Vec<_> = meant.map(|(place, _)| place).take(most).collect();
        for &place in &places {
            if let Some(event) = self.events.remove(&place) {
                self.forget(place, &event);
            }
        }
        places.len()
    }

    /// The events that go by this name, in order.
    fn named(&self, attempt: AttemptId) -> impl Iterator<Item = (Place, &Event)> {
        let all = (attempt, (SimTime::ZERO, i64::MIN))..=(attempt, (SimTime::NEVER, i64::MAX));
        let places = self.named.range(all).map(|(_, place)| *place);
        places.filter_map(|place| Some((place, self.events.get(&place)?)))
    }

    fn insert(&mut self, place: Place, event: Event) {
        if let Some(attempt) = event.name() {
            self.named.insert((attempt, place));
        }
        self.waiting += usize::from(event.waits().is_some());
        self.events.insert(place, event);
    }

    fn forget(&mut self, place: Place, event: &Event) {
        if let Some(attempt) = event.name() {
            self.named.remove(&(attempt, place));
        }
        self.waiting -= usize::from(event.waits().is_some());
    }
}
