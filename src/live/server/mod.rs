//! The mock authorization server that an unmodified client library meets.
//!
//! ```text
//!   door ──request──► app ──path──► oauth1 │ oauth2 │ resource         slips: codes, request tokens
//!                                      └──────┴─► refresh ──► grants   clients: signatures, secrets
//!   door ◄─verdict── cut, hang up, silence, answer ◄──┘                meters: what came in
//! ```
//!
//! Both families of endpoints are always served, and lead to the same grants:
//!
//! | endpoint | |
//! |---|---|
//! | `POST /connect/token`, `/token` | OAuth 2.0: `refresh_token`, `authorization_code`, `client_credentials` |
//! | `GET /connect/authorize`, `/authorize` | a person agrees at once: 302 with a code |
//! | `GET /.well-known/openid-configuration`, `/.well-known/oauth-authorization-server` | metadata |
//! | `/oauth/RequestToken`, `/oauth/Authorize`, `/oauth/AccessToken` | OAuth 1.0a with sessions, as Xero's |
//! | `GET /api/organisation`, `/api.xro/2.0/organisation`, `/connections` | a protected resource |
//!
//! Faults of the incident strike refreshes only: that is what this program is about.

mod answer;
mod app;
mod clients;
mod desk;
mod meters;
mod oauth1;
mod oauth2;
mod refresh;
mod resource;
mod slips;
mod target;

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;

pub use app::{ATTEMPT_HEADER, App};
pub use meters::{Meters, Outcome, Route};

use super::Site;
use super::door::{self, Limits, Line};
use crate::protocol::oauth1::Registration;

/// How a server behaves beside its scenario.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What a client may take up; also whether a connection may carry a second request
    /// ([`Limits::keep_alive`]).
    pub limits: Limits,
    /// The clients that exist. With none, everybody does, and nothing is verified.
    pub registrations: Vec<Registration>,
    /// Where clients think this server is, without a slash at the end: behind a proxy, say. Without
    /// it, metadata goes by the `Host` of a request.
    pub issuer: Option<String>,
    /// What the calendar said when the site's clock started. Timestamps of signed requests are held
    /// against it; without it they are believed, and tokens seem to expire in 1970.
    pub opened_at: Option<Timestamp>,
}

/// A server on a socket.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Rc<App>,
    limits: Limits,
}

impl Server {
    /// Listens at `address`.
    ///
    /// # Errors
    /// Whatever the socket says: the port is taken, say.
    pub async fn bind(
        address: SocketAddr,
        site: Arc<Site>,
        settings: &Settings,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let app = Rc::new(App::new(site, settings));
        Ok(Self { listener, address, app, limits: settings.limits })
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What it counts.
    pub fn meters(&self) -> &Arc<Meters> {
        self.app.meters()
    }

    /// Serves until `shutdown`, then lets requests in flight end within [`Limits::drain`]. How many
    /// connections were dropped.
    ///
    /// # Panics
    /// Outside of a [`LocalSet`](tokio::task::LocalSet).
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> usize {
        door::serve(self.listener, self.app, self.limits, shutdown).await
    }
}

/// Serves one connection, over a pipe in memory for example, until it ends.
///
/// # Panics
/// When a gateway answers before the worker commits, outside of a
/// [`LocalSet`](tokio::task::LocalSet).
pub async fn serve_pipe(line: impl Line, app: &App, limits: &Limits) {
    let peer = SocketAddr::from(([127, 0, 0, 1], 0));
    door::serve_connection(line, peer, app, limits, std::future::pending()).await;
}
