//! The workers of one org's app: one, unless several race.

use super::breaker::Pass;
use crate::base::{SimDuration, SimTime};

/// One worker and the attempt it holds, if any.
#[derive(Debug, Clone, Copy)]
pub(super) struct Worker {
    /// What it does.
    pub(super) does: Does,
    /// Ordinal of its attempt within the refresh, from 0.
    pub(super) attempt: u16,
    /// With what right its attempt is under way.
    pub(super) pass: Pass,
    /// When it sends, or gives up; never if it is idle.
    pub(super) due: SimTime,
    /// When its attempt was meant to be sent.
    pub(super) intended_at: SimTime,
    /// How long it waited before this attempt.
    pub(super) delay: SimDuration,
}

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// Nothing.
    Idle,
    /// It will send its attempt when due.
    Wait,
    /// Its attempt is under way, until it gives up when due.
    Listen,
}

impl Worker {
    pub(super) const IDLE: Self = Self {
        does: Does::Idle,
        attempt: 0,
        pass: Pass::Ordinary,
        due: SimTime::NEVER,
        intended_at: SimTime::NEVER,
        delay: SimDuration::ZERO,
    };

    /// A worker that will send attempt number `attempt`, `delay` after the one before.
    pub(super) const fn waiting(due: SimTime, attempt: u16, delay: SimDuration) -> Self {
        Self { does: Does::Wait, attempt, pass: Pass::Ordinary, due, intended_at: due, delay }
    }

    /// Goes idle.
    #[inline]
    pub(super) fn rest(&mut self) {
        self.does = Does::Idle;
        self.due = SimTime::NEVER;
    }
}

/// The first worker lies in place: most apps have no other, and a list would cost them a tenth of
/// an attempt's time.
#[derive(Debug, Clone)]
pub(super) struct Workers {
    first: Worker,
    others: Vec<Worker>,
}

impl Workers {
    /// So many, all idle.
    pub(super) fn new(count: u16) -> Self {
        let others = usize::from(count.saturating_sub(1));
        Self { first: Worker::IDLE, others: vec![Worker::IDLE; others] }
    }

    /// How many there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        1 + self.others.len()
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Worker> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// All but the first.
    pub(super) fn others_mut(&mut self) -> &mut [Worker] {
        &mut self.others
    }

    /// One of them.
    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Worker> {
        match index {
            0 => Some(&mut self.first),
            _ => self.others.get_mut(index - 1),
        }
    }

    /// Who holds an attempt, if each has a block of `block` numbers.
    #[inline]
    pub(super) fn holder(&self, attempt: u16, block: u16) -> usize {
        // Without others, spare the division.
        if self.others.is_empty() { 0 } else { usize::from(attempt / block) }
    }

    /// Whether none has an attempt before it or under way.
    #[inline]
    pub(super) fn are_idle(&self) -> bool {
        let idle = |worker: &Worker| worker.does == Does::Idle;
        idle(&self.first) && self.others.iter().all(idle)
    }

    /// When the first of them is due.
    #[inline]
    pub(super) fn due(&self) -> SimTime {
        self.others.iter().fold(self.first.due, |due, worker| due.min(worker.due))
    }
}
