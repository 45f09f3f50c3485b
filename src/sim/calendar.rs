//! Stand-in until the calendar is merged.
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::base::SimTime;

#[derive(Debug, Clone)]
pub(super) struct Calendar(BinaryHeap<Reverse<(SimTime, u32)>>);

impl Calendar {
    pub(super) fn new(_: usize) -> Self {
        Self(BinaryHeap::new())
    }
    pub(super) fn push(&mut self, at: SimTime, org: u32) {
        self.0.push(Reverse((at, org)));
    }
    pub(super) fn pop(&mut self) -> Option<(SimTime, u32)> {
        self.0.pop().map(|entry| entry.0)
    }
    pub(super) fn next_at(&mut self) -> SimTime {
        self.0.peek().map_or(SimTime::NEVER, |entry| entry.0.0)
    }
}
