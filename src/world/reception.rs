//! Where a server takes requests in: what its orgs say to it, and it to them.
//!
//! ```text
//!   request ──► Reception::receive ──► its passage, or "it waits"
//!                                        later: Notice::Served, Notice::Displaced
//! ```
//!
//! With an unlimited station nobody meets anybody ([`Open`]), and every org is an island of its own. A
//! [`Door`](super::Door) is where orgs meet.

use super::passage::Passage;
use super::spec::Server;
use crate::base::SimTime;
use crate::client::AttemptId;
use crate::fault::Fate;
use crate::station::Caller;

/// A request as it comes in.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The server.
    pub server: &'a Server,
    /// What will happen to it.
    pub fate: &'a Fate,
    /// When the client sent it.
    pub sent_at: SimTime,
    /// When it comes: later than it was sent if it is delivered once more.
    pub now: SimTime,
    /// Whose it is.
    pub caller: Caller,
    /// Its name.
    pub ticket: Ticket,
}

/// Names a request in a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ticket {
    /// An attempt of an org, by its place in the island.
    Attempt(u32, AttemptId),
    /// One of the background load.
    Background(u64),
}

/// What is known of a request as it comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// All that will happen to it.
    Passage(Passage),
    /// It is in the station, which will say when it is done.
    InStation,
}

/// What is said of a request later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A worker has finished: it decides and commits.
    Served,
    /// The request lost its place in the queue to a newer one.
    Displaced,
    /// There is room for it in its partner's pool: it is sent.
    Room,
}

/// Who takes requests in.
pub trait Reception {
    /// Whether orgs can influence each other here. Where they cannot, an org is played to its end
    /// without a look at the others.
    const IS_SHARED: bool;

    /// A request comes in.
    fn receive(&mut self, request: &Request<'_>) -> Received;

    /// A client wants to send. Whether there is room in its partner's pool; if not, [`Notice::Room`] will
    /// say when there is.
    fn ask(&mut self, partner: usize, ticket: Ticket) -> bool;

    /// An attempt is over: its place in the pool is free, or its place among those that wait for one if it
    /// was not sent.
    fn leave(&mut self, partner: usize, ticket: Ticket, was_sent: bool);

    /// A client has given up on a request. Whether the server notices, and gives it up too.
    fn hang_up(&mut self, now: SimTime, ticket: Ticket) -> bool;
}

/// No station: a worker for everyone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

impl Reception for Open {
    const IS_SHARED: bool = false;

    #[inline]
    fn receive(&mut self, request: &Request<'_>) -> Received {
        Received::Passage(Passage::new(request.server, request.fate, request.now))
    }

    #[inline]
    fn ask(&mut self, _: usize, _: Ticket) -> bool {
        true
    }

    #[inline]
    fn leave(&mut self, _: usize, _: Ticket, _: bool) {}

    #[inline]
    fn hang_up(&mut self, _: SimTime, _: Ticket) -> bool {
        false
    }
}
