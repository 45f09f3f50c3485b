//! The attempts that are under way, or wait for a connection.
//!
//! Nearly every org has one at most, so each has a place of its own; what racing workers have beyond
//! that stands in a map.

use std::collections::BTreeMap;

use tokio::task::AbortHandle;

use crate::base::SimTime;
use crate::client::AttemptId;

/// One attempt.
#[derive(Debug)]
pub(super) struct Flight {
    attempt: AttemptId,
    /// Its task, unless it waits.
    pub(super) task: Option<AbortHandle>,
    /// When its app let it go, which is later than it meant to if the app's own pool was full; never,
    /// while it is.
    pub(super) due_at: SimTime,
    /// When it was sent; never, if it has not been.
    pub(super) sent_at: SimTime,
}

impl Flight {
    /// Whether it waits for a place in its app's own pool.
    pub(super) const fn is_held(&self) -> bool {
        self.due_at.is_never()
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Flights {
    first: Vec<Option<Flight>>,
    others: BTreeMap<(u32, AttemptId), Flight>,
    count: usize,
}

impl Flights {
    /// None, of so many orgs.
    pub(super) fn new(orgs: usize) -> Self {
        let first = std::iter::repeat_with(|| None).take(orgs).collect();
        Self { first, others: BTreeMap::new(), count: 0 }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// An attempt begins to wait.
    pub(super) fn begin(&mut self, org: u32, attempt: AttemptId, due_at: SimTime) {
        let flight = Flight { attempt, task: None, due_at, sent_at: SimTime::NEVER };
        let place = &mut self.first[org as usize];
        if place.is_none() {
            *place = Some(flight);
        } else {
            self.others.insert((org, attempt), flight);
        }
        self.count += 1;
    }

    /// One of them.
    pub(super) fn get_mut(&mut self, org: u32, attempt: AttemptId) -> Option<&mut Flight> {
        match self.first.get_mut(org as usize)? {
            Some(flight) if flight.attempt == attempt => Some(flight),
            Some(_) | None => self.others.get_mut(&(org, attempt)),
        }
    }

    /// Takes one of them out.
    pub(super) fn end(&mut self, org: u32, attempt: AttemptId) -> Option<Flight> {
        let first = self.first[org as usize].take_if(|flight| flight.attempt == attempt);
        let flight = first.or_else(|| self.others.remove(&(org, attempt)));
        self.count -= usize::from(flight.is_some());
        flight
    }

    /// Whether an org has any.
    pub(super) fn has(&self, org: u32) -> bool {
        let first = AttemptId { refresh: 0, attempt: 0 };
        let other = || self.others.range((org, first)..).next();
        self.first[org as usize].is_some() || other().is_some_and(|((other, _), _)| *other == org)
    }

    /// Takes out those that wait. How many of them their apps had let go.
    pub(super) fn end_waiting(&mut self) -> usize {
        let mut let_go = 0;
        let mut waits = |flight: &Flight| {
            let waits = flight.task.is_none();
            let_go += usize::from(waits && !flight.is_held());
            waits
        };
        for place in &mut self.first {
            place.take_if(|flight| waits(flight));
        }
        self.others.retain(|_, flight| !waits(flight));
        self.count = self.others.len() + self.first.iter().flatten().count();
        let_go
    }

    /// Takes all of them out.
    pub(super) fn end_all(&mut self) -> impl Iterator<Item = Flight> {
        self.count = 0;
        let others = std::mem::take(&mut self.others).into_values();
        std::mem::take(&mut self.first).into_iter().flatten().chain(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_attempts_of_an_org_are_told_apart() {
        let name = |refresh| AttemptId { refresh, attempt: 0 };
        let mut flights = Flights::new(3);
        flights.begin(1, name(1), SimTime::ZERO);
        flights.begin(1, name(2), SimTime::ZERO);
        flights.begin(2, name(1), SimTime::ZERO);
        flights.begin(0, name(1), SimTime::NEVER);
        assert_eq!(flights.len(), 4);
        flights.get_mut(1, name(2)).unwrap().sent_at = SimTime::ZERO;
        assert!(flights.get_mut(0, name(2)).is_none());
        assert!(flights.end(1, name(1)).is_some_and(|flight| flight.sent_at.is_never()));
        assert!(flights.has(1) && flights.has(0));
        assert_eq!(flights.end(1, name(2)).unwrap().sent_at, SimTime::ZERO);
        assert!(flights.end(1, name(2)).is_none());
        assert!(!flights.has(1));
        // One waits for a connection, and one for its app.
        assert_eq!((flights.len(), flights.end_waiting(), flights.len()), (2, 1, 0));
    }
}
