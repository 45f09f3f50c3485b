//! What the loop and the tasks of the swarm have in common, all on one thread.
//!
//! ```text
//!   loop ──job, if a connection is free──► task: one request and its answer
//!     ▲                                      │ told to the watch: sent
//!     └────────────── News ◄─────────────────┘ (each stamped with the time at which it came)
//! ```

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::connect::Connect;
use super::failed::Failed;
use super::finished::Stats;
use super::flights::Flights;
use super::hearing::Heard;
use super::held::Held;
use super::pool::Pool;
use super::requests::Requests;
use super::texts::Texts;
use super::watch::{Sent, Watch};
use crate::base::{SimDuration, SimTime};
use crate::client::AttemptId;
use crate::live::Clock;
use crate::protocol::{Generation, TokenCodec};

/// Something to be done with one connection.
#[derive(Debug)]
pub(super) enum Job {
    /// An attempt of a client.
    Refresh(Refresh),
    /// An access token is used once.
    Use(Box<(Box<str>, Texts)>),
    /// A person authorises an org anew.
    Authorise { org: u32 },
}

/// An attempt that is to be sent.
#[derive(Debug)]
pub(super) struct Refresh {
    pub(super) org: u32,
    pub(super) attempt: AttemptId,
    pub(super) presented: Generation,
    pub(super) intended_at: SimTime,
}

/// What a task tells the loop.
#[derive(Debug)]
pub(super) enum News {
    /// An attempt was answered.
    Answered {
        org: u32,
        attempt: AttemptId,
        at: SimTime,
        heard: Heard,
        /// How it failed, if it brought no token.
        failed: Option<Failed>,
    },
    /// A person has authorised an org, or gave up.
    Authorised { org: u32, at: SimTime, texts: Option<Texts> },
    /// A connection is free for those that wait for one.
    Free,
}

/// What everybody has.
pub(super) struct Shared<C: Connect, W> {
    pub(super) requests: Requests,
    pub(super) pool: Pool<C>,
    pub(super) watch: W,
    pub(super) clock: Clock,
    pub(super) codec: TokenCodec,
    /// How long a call may take that no client has a timeout for.
    pub(super) patience: Option<SimDuration>,
    /// Whether access tokens are of any use to somebody.
    pub(super) uses_access: bool,
    pub(super) stats: RefCell<Stats>,
    pub(super) held: RefCell<Held>,
    pub(super) flights: RefCell<Flights>,
    pub(super) news: UnboundedSender<News>,
    /// Jobs that have a connection, or are about to.
    pub(super) busy: Cell<usize>,
    /// Whether jobs wait for one.
    pub(super) queued: Cell<bool>,
}

/// The right to one connection.
pub(super) struct Busy<C: Connect, W>(pub(super) Rc<Shared<C, W>>);

impl<C: Connect, W: Watch> Shared<C, W> {
    /// A right, if there is one left.
    pub(super) fn busy(self: &Rc<Self>) -> Option<Busy<C, W>> {
        let busy = self.busy.get();
        (busy < self.pool.gauge.limit()).then(|| {
            self.busy.set(busy + 1);
            Busy(Rc::clone(self))
        })
    }

    /// Time on the wall clock since the scenario's clock started.
    pub(super) fn elapsed(&self, now: SimTime) -> Duration {
        self.clock.scale().stretch(now.since(SimTime::ZERO))
    }

    /// An attempt is sent now: everybody is told before its first byte can leave.
    pub(super) fn send(&self, job: &Refresh) -> SimTime {
        let Refresh { org, attempt, presented, intended_at, .. } = *job;
        let sent_at = self.clock.now();
        let mut due_at = intended_at;
        if let Some(flight) = self.flights.borrow_mut().get_mut(org, attempt) {
            due_at = flight.due_at;
            flight.sent_at = sent_at;
        }
        self.stats.borrow_mut().sent(sent_at.since(due_at));
        self.watch.sent(Sent { org, attempt, presented, intended_at, sent_at });
        sent_at
    }

    pub(super) fn tell(&self, news: News) {
        // A loop that has ended needs no news.
        self.news.send(news).ok();
    }
}

impl<C: Connect, W> Drop for Busy<C, W> {
    fn drop(&mut self) {
        self.0.busy.set(self.0.busy.get() - 1);
        if self.0.queued.get() {
            self.0.news.send(News::Free).ok();
        }
    }
}
