//! The connections that nobody has, kept for the next request.
//!
//! The one put by last is taken first, so that as few as possible stay in use; one that has been idle
//! for long is closed instead, before the server does it: most servers close idle connections, and a
//! request that crosses such a close is lost without anybody's fault.
//!
//! Where that happens all the same, there are two cases. If not a byte of the request was written,
//! nothing was attempted, and another connection is taken. If the request was written, nobody can know
//! whether the server read it: that is a connection that broke ([`Failure::Reset`]), as it is
//! for any client that does not repeat by itself. It is counted, so that a report can say so.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::Poll;

use super::connect::Connect;
use super::connection::{Broken, Connection, Reply};
use super::gauge::Gauge;
use super::requests::Outgoing;
use crate::base::{SimDuration, SimTime};
use crate::live::Clock;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection could be opened.
    Connect(io::ErrorKind),
    /// The connection ended before the header block was complete.
    Reset,
    /// The answer was cut.
    Truncated,
}

/// Connections to one server.
pub(super) struct Pool<C: Connect> {
    connect: C,
    clock: Clock,
    /// Oldest first.
    idle: RefCell<VecDeque<Box<Connection<C::Io>>>>,
    /// For how long a connection may be idle.
    idle_for: Option<SimDuration>,
    pub(super) gauge: Rc<Gauge>,
    /// Requests that were written to a connection used before, and met its end instead of an answer.
    pub(super) crossed: Cell<u64>,
}

impl<C: Connect> Pool<C> {
    pub(super) fn new(
        connect: C,
        clock: Clock,
        limit: usize,
        idle_for: Option<SimDuration>,
    ) -> Self {
        let gauge = Gauge::new(limit);
        let idle = RefCell::new(VecDeque::new());
        Self { connect, clock, idle, idle_for, gauge, crossed: Cell::new(0) }
    }

    /// Sends a request, once, and reads the answer. Dropping the future closes the connection.
    pub(super) async fn exchange(&self, mut request: Outgoing) -> Result<Reply, Failure> {
        loop {
            let mut connection = match self.take_idle().await {
                Some(connection) => connection,
                None => self.open().await.map_err(|error| Failure::Connect(error.kind()))?,
            };
            let reused = connection.is_used;
            match connection.exchange(request).await {
                Ok(reply) => {
                    self.put_by(connection);
                    return Ok(reply);
                }
                Err(Broken::Unsent(unsent)) if reused => request = *unsent,
                Err(Broken::Unsent(_) | Broken::Reset) => {
                    self.crossed.set(self.crossed.get() + u64::from(reused));
                    return Err(Failure::Reset);
                }
                Err(Broken::Truncated) => return Err(Failure::Truncated),
            }
        }
    }

    async fn take_idle(&self) -> Option<Box<Connection<C::Io>>> {
        loop {
            let mut connection = self.idle.borrow_mut().pop_back()?;
            let fresh = !self.is_stale(connection.idle_since);
            if fresh && poll_fn(|cx| Poll::Ready(connection.is_usable(cx))).await {
                connection.idle_since = SimTime::NEVER;
                return Some(connection);
            }
        }
    }

    fn put_by(&self, mut connection: Box<Connection<C::Io>>) {
        if !connection.is_open() {
            return;
        }
        connection.idle_since = self.clock.now();
        let mut idle = self.idle.borrow_mut();
        idle.push_back(connection);
        while idle.front().is_some_and(|oldest| self.is_stale(oldest.idle_since)) {
            idle.pop_front();
        }
        self.gauge.free();
    }

    fn is_stale(&self, idle_since: SimTime) -> bool {
        self.idle_for.is_some_and(|limit| self.clock.now().since(idle_since) > limit)
    }

    /// Opens a connection. If the system has no descriptor left, waits until another one is closed or
    /// put by: that is this program's limit, and no fault of the server.
    async fn open(&self) -> io::Result<Box<Connection<C::Io>>> {
        loop {
            match self.connect.connect().await {
                Ok(io) => {
                    let connection = Connection::open(io, self.gauge.open()).await;
                    return connection.map(Box::new).ok_or(io::ErrorKind::ConnectionReset.into());
                }
                Err(error) if is_starved(&error) && self.gauge.starve() => {
                    self.gauge.freed().await;
                    if let Some(connection) = self.take_idle().await {
                        return Ok(connection);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether the system or this process has no descriptor left: `EMFILE` and `ENFILE` have had these
/// numbers since the first Unix.
fn is_starved(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}
