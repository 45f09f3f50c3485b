//! The one deadline of a connection.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::Limits;
use super::wire::{Stage, Wait};
use crate::live::clock::wall;

/// Measures how long a connection has been waiting for one thing.
///
/// Lazy on both ends. The clock is read when the wait has changed, not when bytes arrive; and a timer that
/// is set too early is left to fire and set again, because most deadlines are overtaken by events.
pub(super) struct Watch<'a> {
    limits: &'a Limits,
    wait: Option<Wait>,
    deadline: Option<Instant>,
    /// The timer, allocated with the first deadline.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, wait: None, deadline: None, sleep: None }
    }

    /// Is ready, once, when `wait` has lasted too long.
    pub(super) fn poll(&mut self, wait: Wait, cx: &mut Context<'_>) -> Poll<()> {
        if self.wait != Some(wait) {
            self.wait = Some(wait);
            self.deadline = self.limit(wait).map(|limit| wall() + limit);
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        loop {
            if sleep.deadline() > deadline {
                sleep.as_mut().reset(deadline);
            }
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() == deadline {
                self.deadline = None;
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }

    fn limit(&self, wait: Wait) -> Option<Duration> {
        match wait.stage {
            _ if wait.stalled => self.limits.write_stall,
            Stage::Idle => self.limits.idle_timeout,
            Stage::Head => self.limits.header_timeout,
            Stage::Body => self.limits.body_timeout,
            Stage::Handler | Stage::Answer => None,
        }
    }
}
