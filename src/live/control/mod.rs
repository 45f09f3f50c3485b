//! The control port of a live server: a face on its memory, for people and for tests.
//!
//! ```text
//!   door ──request──► guard ──may ask──► api ──path──► operation ──► grants, under the lock
//!                       │ 401 403 415     │ 404 405                    │
//!   door ◄──────────────┴─────────────────┴───── reply: status, type, bytes
//! ```
//!
//! | asked | does |
//! |---|---|
//! | `GET /` | the page for people |
//! | `GET /status`, `/history` | how everything stands, and stood lately |
//! | `GET /orgs`, `/orgs/{org}` | orgs by state and cohort; one org with its credentials and ledger |
//! | `POST /orgs`, `/orgs/{org}/authorise` | adds an org, authorises one anew: both hand out credentials |
//! | `GET`, `POST`, `DELETE /orgs/{org}/fate` | what the next refreshes of an org meet |
//! | `GET /phases`, `POST /phases/{name}/start`, `/end` | the incident by hand |
//! | `GET /amnesty`, `POST /amnesty/start`, `/end` | the amnesty by hand |
//! | `POST /reset` | calm again, for the next test |
//! | `GET /ledger`, `/ledger.csv` | what both sides saw of each attempt |
//! | `GET /metrics` | figures for Prometheus |
//! | `GET /openapi.json` | all this, described by the types that it is made of |
//!
//! Paths have no version, as those of other fault injectors have none; the description has the
//! program's. Requests are answered one at a time by a function without IO ([`Api::answer`]), which takes
//! the memory's lock for as long as it reads or changes something.

mod amnesty;
mod api;
mod credentials;
mod desk;
mod fates;
mod guard;
mod history;
mod ledger;
mod metrics;
mod moment;
mod openapi;
mod operation;
mod orgs;
mod page;
mod parts;
mod phases;
mod problem;
mod reply;
mod reset;
mod status;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use http_body_util::Full;
use hyper::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap,
    HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use tokio::net::TcpListener;

pub use api::{Api, Ask};
pub use desk::Settings;
pub use guard::{Guard, HEADER, Head, Unguarded};
pub use problem::Problem;
pub use reply::Reply;

use super::Site;
use super::door::{self, Handler, Limits, Request, Verdict};
use super::server::Meters;

/// A control port.
#[derive(Debug)]
pub struct Control {
    listener: TcpListener,
    address: SocketAddr,
    front: Rc<Front>,
    connections: usize,
}

impl Control {
    /// Listens at `address`.
    ///
    /// # Errors
    /// [`Unguarded`] in an [`io::Error`] of kind `InvalidInput` if other machines could ask without a
    /// token; otherwise whatever the socket says.
    pub async fn bind(
        address: SocketAddr,
        site: Arc<Site>,
        settings: Settings,
    ) -> io::Result<Self> {
        let guard = Guard::new(address, settings.token.as_deref())
            .map_err(|unguarded| io::Error::new(io::ErrorKind::InvalidInput, unguarded))?;
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let connections = settings.connections.unwrap_or(CONNECTIONS);
        let meters = settings.meters.clone();
        let front = Rc::new(Front { guard, api: Api::new(site, settings), meters });
        Ok(Self { listener, address, front, connections })
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown`, and looks at the orgs every second meanwhile. How many connections were
    /// dropped at the end.
    ///
    /// # Panics
    /// Outside of a [`LocalSet`](tokio::task::LocalSet).
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> usize {
        let front = Rc::clone(&self.front);
        let limits = limits(self.connections);
        let sampling = async {
            loop {
                front.api.sample(front.api.now());
                tokio::time::sleep(history::EVERY).await;
            }
        };
        tokio::select! {
            dropped = door::serve(self.listener, self.front, limits, shutdown) => dropped,
            () = sampling => 0,
        }
    }
}

/// Connections of a control port, unless its settings say otherwise.
pub const CONNECTIONS: usize = 256;

/// A control port serves a few people and tests, and is not there to be flooded.
fn limits(connections: usize) -> Limits {
    Limits {
        max_connections: connections,
        drain: Some(std::time::Duration::from_secs(1)),
        ..Limits::default()
    }
}

/// The interface behind its guard.
#[derive(Debug)]
struct Front {
    guard: Guard,
    api: Api,
    meters: Option<Arc<Meters>>,
}

impl Handler for Front {
    fn not_accepted(&self, _: &io::Error) {
        if let Some(meters) = &self.meters {
            meters.not_accepted_one();
        }
    }

    async fn handle(&self, request: Request) -> Verdict {
        let head = head(&request);
        let path = request.uri.path();
        let reply = match self.guard.check(&head, self.api.is_open(path)) {
            Ok(()) => self.api.answer(&Ask {
                method: request.method.as_str(),
                path,
                query: request.uri.query().unwrap_or_default(),
                body: &request.body,
                now: self.api.now(),
            }),
            Err(problem) => problem.reply(),
        };
        Verdict::Answer(response(reply), None)
    }
}

fn head(request: &Request) -> Head<'_> {
    let field = |name: HeaderName| request.headers.get(name).and_then(|value| value.to_str().ok());
    let authority = request.uri.authority().map(hyper::http::uri::Authority::as_str);
    Head {
        method: request.method.as_str(),
        host: authority.or_else(|| field(HOST)),
        origin: field(ORIGIN),
        authorization: field(AUTHORIZATION),
        content_type: field(CONTENT_TYPE),
        has_header: request.headers.contains_key(HEADER),
    }
}

/// A reply with the fields that every answer of this port has.
fn response(reply: Reply) -> Response<Full<bytes::Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or_default();
    let fields: &mut HeaderMap = response.headers_mut();
    let own = HeaderName::from_static("cross-origin-resource-policy");
    for (name, value) in [
        (CONTENT_TYPE, reply.content_type),
        (CONTENT_SECURITY_POLICY, page::CONTENT_SECURITY_POLICY),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (own, "same-origin"),
    ] {
        fields.insert(name, HeaderValue::from_static(value));
    }
    if let Some(allow) = reply.allow.and_then(|allow| HeaderValue::try_from(allow).ok()) {
        fields.insert(ALLOW, allow);
    }
    if reply.status == 401 {
        fields.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"amnesty\""));
    }
    response
}
