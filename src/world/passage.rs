//! The path of one attempt through the server's front door.
//!
//! ```text
//!   client ──request leg──► gateway ──► queue ──► worker: decide, COMMIT ──response leg──► client
//!      │        lost?         429? 504      waiting   service time             lost? reset? cut?
//! ```
//!
//! [`Passage::new`] turns a fate into times: when the worker decides, and what the client sees and when.
//! It decides nothing itself. The gateway gives up with 504 while the worker still finishes and commits.

use super::ledger::Delivery;
use super::spec::Server;
use crate::base::{SimDuration, SimTime};
use crate::fault::{Fate, RequestFate, ResponseFate, SeenAs};
use crate::protocol::Answer;
use crate::station::TurnedAway;

/// What will happen to one attempt on its way, whatever the server decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// When the worker decides and commits; `None` where the request never gets that far.
    pub commit_at: Option<SimTime>,
    /// When it decides about the repeated delivery.
    pub repeat_at: Option<SimTime>,
    /// What the client sees.
    pub sight: Sight,
    /// How long the server worked on the request (the first delivery).
    pub sojourn: Option<SimDuration>,
}

/// What a client sees of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// The decision, when it is made (the second one, of a repeated delivery).
    Decision,
    /// Something else in its place.
    Instead {
        /// When.
        at: SimTime,
        /// What.
        answer: Answer,
    },
    /// Nothing, ever.
    Silence,
}

impl Passage {
    /// The passage of an attempt sent at `now`.
    #[inline]
    pub fn new(server: &Server, fate: &Fate, now: SimTime) -> Self {
        let served_at = now + fate.service_time + server.overhead;
        Self::served(server, fate, now, (now, served_at))
    }

    /// The passage of an attempt sent at `sent_at`, which came to the station at `arrived_at` and is done
    /// there at `served_at`. Where the request never gets that far, the times do not matter.
    #[inline]
    pub fn served(
        server: &Server,
        fate: &Fate,
        sent_at: SimTime,
        (arrived_at, served_at): (SimTime, SimTime),
    ) -> Self {
        let gateway_at = server.gateway_at(sent_at);
        let sojourn = Some(served_at.since(arrived_at + server.overhead));
        match fate.request {
            RequestFate::Lost => Self::NOWHERE,
            RequestFate::Throttled { retry_after } => {
                let answer = Answer::Throttled { retry_after };
                Self { sight: Sight::Instead { at: sent_at, answer }, ..Self::NOWHERE }
            }
            RequestFate::Fails { status } => {
                let status = if served_at > gateway_at { 504 } else { status };
                let answer = Answer::ServerError(status);
                let sight = Sight::Instead { at: served_at.min(gateway_at), answer };
                Self { sight, sojourn, ..Self::NOWHERE }
            }
            RequestFate::Arrives => {
                let repeat_at = fate.repeated.map(|service_time| served_at + service_time);
                let done_at = repeat_at.unwrap_or(served_at);
                Self {
                    commit_at: Some(served_at),
                    repeat_at,
                    sight: Sight::of(fate.response, done_at, gateway_at),
                    sojourn,
                }
            }
        }
    }

    /// The passage of a request that is turned away at `now`.
    pub fn turned_away(away: TurnedAway, now: SimTime) -> Self {
        let answer = match (away.status, away.retry_after) {
            (429, retry_after) => {
                Answer::Throttled { retry_after: retry_after.unwrap_or_default() }
            }
            (_, Some(retry_after)) => Answer::Unavailable { retry_after },
            (status, None) => Answer::ServerError(status),
        };
        Self { sight: Sight::Instead { at: now, answer }, ..Self::NOWHERE }
    }

    /// When the request is decided, if its client gets to know that decision at once and no other.
    #[inline]
    pub fn told_at(&self) -> Option<SimTime> {
        let is_told = self.sight == Sight::Decision && self.repeat_at.is_none();
        if is_told { self.commit_at } else { None }
    }

    /// Nothing is decided and nothing comes back.
    const NOWHERE: Self =
        Self { commit_at: None, repeat_at: None, sight: Sight::Silence, sojourn: None };
}

impl Server {
    /// When the gateway gives up on a request sent at `sent_at`.
    #[inline]
    pub fn gateway_at(&self, sent_at: SimTime) -> SimTime {
        self.gateway_timeout.map_or(SimTime::NEVER, |timeout| sent_at + timeout)
    }
}

impl Passage {
    /// What the ledger says of the way of an attempt with this passage and this fate.
    #[inline]
    pub const fn delivery(&self, fate: &Fate) -> Delivery {
        match (fate.request, self.sight) {
            (RequestFate::Lost, _) => Delivery::RequestLost,
            (RequestFate::Throttled { .. }, _) => Delivery::Throttled,
            (RequestFate::Fails { status }, sight) => Delivery::Failed(match sight {
                Sight::Instead { answer: Answer::ServerError(seen), .. } => seen,
                Sight::Instead { .. } | Sight::Decision | Sight::Silence => status,
            }),
            (RequestFate::Arrives, Sight::Decision) => Delivery::Answered,
            (RequestFate::Arrives, Sight::Instead { answer, .. }) if self.commit_at.is_none() => {
                match answer {
                    Answer::Throttled { .. } => Delivery::Throttled,
                    Answer::ServerError(status) => Delivery::Failed(status),
                    Answer::Token(_)
                    | Answer::Refused
                    | Answer::Unavailable { .. }
                    | Answer::Reset
                    | Answer::Truncated => Delivery::Failed(503),
                }
            }
            (RequestFate::Arrives, Sight::Silence | Sight::Instead { .. }) => {
                Delivery::Lost(self.seen_as(fate))
            }
        }
    }

    /// What the client sees of an answer that is lost: what its fate says, unless the gateway gave up
    /// before.
    const fn seen_as(&self, fate: &Fate) -> SeenAs {
        match (self.sight, fate.response) {
            (Sight::Instead { answer: Answer::ServerError(status), .. }, _) => {
                SeenAs::Status(status)
            }
            (_, ResponseFate::Lost(seen)) => seen,
            (_, ResponseFate::Arrives) => SeenAs::Silence,
        }
    }
}

impl Sight {
    #[inline]
    fn of(response: ResponseFate, done_at: SimTime, gateway_at: SimTime) -> Self {
        if done_at > gateway_at {
            return Self::Instead { at: gateway_at, answer: Answer::ServerError(504) };
        }
        let seen = match response {
            ResponseFate::Arrives => return Self::Decision,
            ResponseFate::Lost(seen) => seen,
        };
        let answer = match seen {
            SeenAs::Silence => return Self::Silence,
            SeenAs::Reset | SeenAs::Closed | SeenAs::CutHeaders => Answer::Reset,
            SeenAs::Truncated => Answer::Truncated,
            SeenAs::Status(status) => Answer::ServerError(status),
        };
        Self::Instead { at: done_at, answer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Distribution, Law};
    use crate::protocol::Protocol;

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    fn server() -> Server {
        Server {
            protocol: Protocol::Oauth2,
            service_time: Distribution::new(Law::Constant { value: 0.0 }).unwrap(),
            station: None,
            admission: None,
            background: None,
            gateway_timeout: Some(SimDuration::from_secs(100)),
            overhead: SimDuration::ZERO,
            registrations: Vec::new(),
        }
    }

    fn fate(service_secs: u64, response: ResponseFate) -> Fate {
        Fate {
            request: RequestFate::Arrives,
            service_time: SimDuration::from_secs(service_secs),
            response,
            repeated: None,
        }
    }

    fn instead(secs: u64, answer: Answer) -> Sight {
        Sight::Instead { at: at(secs), answer }
    }

    #[test]
    fn the_commit_happens_whatever_the_client_sees() {
        let lost = |seen| ResponseFate::Lost(seen);
        for (service, response, sight) in [
            (5, ResponseFate::Arrives, Sight::Decision),
            (5, lost(SeenAs::Silence), Sight::Silence),
            (5, lost(SeenAs::Reset), instead(15, Answer::Reset)),
            (5, lost(SeenAs::Truncated), instead(15, Answer::Truncated)),
            (5, lost(SeenAs::Status(502)), instead(15, Answer::ServerError(502))),
            (100, ResponseFate::Arrives, Sight::Decision),
            (101, ResponseFate::Arrives, instead(110, Answer::ServerError(504))),
            (101, lost(SeenAs::Silence), instead(110, Answer::ServerError(504))),
        ] {
            let passage = Passage::new(&server(), &fate(service, response), at(10));
            assert_eq!(passage.commit_at, Some(at(10 + service)));
            assert_eq!(passage.sight, sight, "{service} s, {response:?}");
        }
    }

    #[test]
    fn what_never_reaches_the_worker_commits_nothing() {
        let retry_after = SimDuration::from_secs(30);
        for (request, sight) in [
            (RequestFate::Lost, Sight::Silence),
            (
                RequestFate::Throttled { retry_after },
                instead(10, Answer::Throttled { retry_after }),
            ),
            (RequestFate::Fails { status: 500 }, instead(15, Answer::ServerError(500))),
        ] {
            let fate = Fate { request, ..fate(5, ResponseFate::Arrives) };
            let passage = Passage::new(&server(), &fate, at(10));
            assert_eq!(passage.commit_at, None);
            assert_eq!(passage.sight, sight);
        }
    }

    #[test]
    fn a_repeated_delivery_is_decided_second_and_seen_instead_of_the_first() {
        let repeated = Some(SimDuration::from_secs(3));
        let fate = Fate { repeated, ..fate(5, ResponseFate::Lost(SeenAs::Reset)) };
        let passage = Passage::new(&server(), &fate, at(10));
        assert_eq!((passage.commit_at, passage.repeat_at), (Some(at(15)), Some(at(18))));
        assert_eq!(passage.sight, instead(18, Answer::Reset));
    }
}
