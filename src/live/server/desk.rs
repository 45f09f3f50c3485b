//! What the endpoints of one server share, and the account of one call.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use jiff::Timestamp;

use super::answer::Whole;
use super::clients::Clients;
use super::meters::{Meters, Route};
use crate::base::{SimDuration, SimTime};
use crate::client::AttemptId;
use crate::live::Site;
use crate::live::door::{Delivery, Receipt, Request, Verdict};
use crate::protocol::oauth1::RequestLine;
use crate::protocol::{Answer, Protocol, TokenCodec};

/// What all calls need.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) site: Arc<Site>,
    pub(super) codec: TokenCodec,
    pub(super) meters: Arc<Meters>,
    pub(super) clients: RefCell<Clients>,
    /// The protocol that the scenario names, where a request does not tell.
    pub(super) protocol: Protocol,
    /// Where clients think this server is, if they do not go by its `Host`.
    pub(super) issuer: Option<String>,
    /// What the calendar said when the scenario's clock started.
    pub(super) opened_at: Option<Timestamp>,
    /// How many problems were given a number.
    pub(super) instances: Cell<u64>,
}

impl Desk {
    /// Begins a call.
    pub(super) fn call(self: &Rc<Self>, route: Route) -> Call {
        self.meters.begin(route);
        Call { desk: Rc::clone(self), arrived: self.site.now() }
    }

    /// A span of the scenario's time in whole seconds of the wall clock, by which real clients live;
    /// rounded up.
    pub(super) fn wall_s(&self, span: SimDuration) -> u64 {
        let wall = self.site.clock().scale().stretch(span);
        wall.as_secs() + u64::from(wall.subsec_nanos() > 0)
    }

    /// An instant of the scenario in Unix time, if the calendar is known.
    pub(super) fn unix_s(&self, at: SimTime) -> Option<u64> {
        let opened = u64::try_from(self.opened_at?.as_second()).ok()?;
        let passed = self.site.clock().scale().stretch(at.since(SimTime::ZERO));
        Some(opened.saturating_add(passed.as_secs()))
    }

    /// A number for a problem, as Xero gives one to each: no two of a run are the same.
    pub(super) fn instance(&self) -> u128 {
        let count = self.instances.get().wrapping_add(1);
        self.instances.set(count);
        u128::from(count).wrapping_mul(SCATTER)
    }

    /// What signatures are made over. The scheme is the one of the issuer where one is set: a proxy
    /// that speaks TLS may stand before this server, which does not.
    pub(super) fn line<'a>(&self, request: &'a Request) -> RequestLine<'a> {
        let https = self.issuer.as_ref().is_some_and(|issuer| issuer.starts_with("https:"));
        RequestLine {
            method: request.method.as_str(),
            scheme: if https { "https" } else { "http" },
            host: host(request),
            target: request.uri.path_and_query().map_or("/", |target| target.as_str()),
        }
    }
}

/// 2^128 ÷ golden ratio, odd: multiples of it look unlike each other (Knuth, TAOCP 3, §6.4).
const SCATTER: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// What the client calls this server.
pub(super) fn host(request: &Request) -> &str {
    let host = request.headers.get(HOST).and_then(|host| host.to_str().ok());
    request.uri.authority().map_or(host.unwrap_or_default(), |authority| authority.as_str())
}

/// The `Authorization` header.
pub(super) fn authorization(request: &Request) -> Option<&[u8]> {
    request.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes)
}

/// The `Content-Type` header.
pub(super) fn content_type(request: &Request) -> Option<&[u8]> {
    request.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes)
}

/// A request in flight: counted until it is dropped.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) desk: Rc<Desk>,
    /// When it arrived.
    pub(super) arrived: SimTime,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.desk.meters.end();
    }
}

impl Call {
    /// Sends an answer whole.
    pub(super) fn answer(self, answer: Whole) -> Verdict {
        let receipt = Receipt::new(move |delivery| {
            self.noted(delivery);
        });
        Verdict::Answer(answer, Some(receipt))
    }

    /// Sends the answer to an attempt whole, and notes what its client saw.
    pub(super) fn answer_attempt(
        self,
        answer: Whole,
        (org, attempt): (u32, AttemptId),
        means: Answer,
    ) -> Verdict {
        let receipt = Receipt::new(move |delivery| {
            let now = self.noted(delivery);
            let seen = (delivery == Delivery::Whole).then_some(means);
            self.desk.site.grants().seen(org, attempt, seen, now);
        });
        Verdict::Answer(answer, Some(receipt))
    }

    fn noted(&self, delivery: Delivery) -> SimTime {
        let now = self.desk.site.now();
        match delivery {
            Delivery::Whole => self.desk.meters.delivered(now.since(self.arrived)),
            Delivery::Broken => self.desk.meters.lost(),
        }
        now
    }
}
