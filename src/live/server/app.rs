//! From a path to an endpoint.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use hyper::Method;
use hyper::header::HeaderName;

use super::Settings;
use super::answer::{page, wrong_method};
use super::clients::Clients;
use super::desk::Desk;
use super::meters::{Meters, Route};
use super::oauth1::Oauth1;
use super::oauth2::{AUTHORIZATION_PATH, Asked, Oauth2};
use super::resource::{self, CONNECTIONS, ORGANISATION};
use crate::client::AttemptId;
use crate::live::Site;
use crate::live::door::{Handler, Request, Verdict};
use crate::protocol::oauth2::Metadata;

/// The header in which a client names its attempt, as `refresh.attempt`: the swarm of this program does,
/// so that an attempt meets the fate that it has in virtual time. Strangers are counted through.
pub const ATTEMPT_HEADER: &str = "amnesty-attempt";

static ATTEMPT: HeaderName = HeaderName::from_static(ATTEMPT_HEADER);

/// The mock authorization server: a [`Handler`] for any door.
#[derive(Debug)]
pub struct App {
    desk: Rc<Desk>,
    oauth1: Oauth1,
    oauth2: Oauth2,
}

impl App {
    /// The server of this memory.
    pub fn new(site: Arc<Site>, settings: &Settings) -> Self {
        let (codec, protocol) = {
            let grants = site.grants();
            (grants.codec(), grants.stage().world().server.protocol)
        };
        let desk = Desk {
            site,
            codec,
            meters: Arc::new(Meters::new()),
            clients: RefCell::new(Clients::new(settings.registrations.clone())),
            protocol,
            issuer: settings.issuer.clone(),
            opened_at: settings.opened_at,
            instances: Cell::new(0),
        };
        Self { desk: Rc::new(desk), oauth1: Oauth1::new(), oauth2: Oauth2::new() }
    }

    /// What it counts.
    pub fn meters(&self) -> &Arc<Meters> {
        &self.desk.meters
    }
}

impl Handler for App {
    fn not_accepted(&self, _: &io::Error) {
        self.meters().not_accepted_one();
    }

    async fn handle(&self, request: Request) -> Verdict {
        let route = route(request.uri.path());
        let call = self.desk.call(route);
        let (desk, now) = (&*call.desk, call.arrived);
        let asked = match route {
            Route::Token => self.oauth2.token(desk, &request, now),
            Route::AccessToken | Route::RequestToken if !is_get_or_post(&request.method) => {
                Asked::Answered(wrong_method("GET, POST"))
            }
            Route::AccessToken => self.oauth1.access_token(desk, &request, now),
            Route::RequestToken => Asked::Answered(self.oauth1.request_token(desk, &request)),
            Route::Resource => Asked::Answered(resource::call(desk, &request, now)),
            Route::Authorize if request.uri.path() == OAUTH1_AUTHORIZE => {
                Asked::Answered(self.oauth1.authorize(desk, &request))
            }
            Route::Authorize => Asked::Answered(self.oauth2.authorize(desk, &request)),
            Route::Metadata => Asked::Answered(Oauth2::metadata(desk, &request)),
            Route::Unknown => Asked::Answered(page(404, "there is nothing here")),
        };
        match asked {
            Asked::Answered(answer) => call.answer(answer),
            Asked::Refresh(refresh) => {
                let name = attempt(&request);
                drop(request);
                call.refresh(refresh, name).await
            }
        }
    }
}

const OAUTH1_AUTHORIZE: &str = "/oauth/Authorize";

fn route(path: &str) -> Route {
    match path {
        "/connect/token" | "/token" => Route::Token,
        "/oauth/AccessToken" => Route::AccessToken,
        CONNECTIONS => Route::Resource,
        path if ORGANISATION.contains(&path) => Route::Resource,
        "/oauth/RequestToken" => Route::RequestToken,
        OAUTH1_AUTHORIZE | AUTHORIZATION_PATH | "/authorize" => Route::Authorize,
        Metadata::OPENID_PATH | Metadata::OAUTH_PATH | Metadata::KEYS_PATH => Route::Metadata,
        _ => Route::Unknown,
    }
}

fn is_get_or_post(method: &Method) -> bool {
    *method == Method::GET || *method == Method::POST
}

/// The name of an attempt, if its client gives one.
fn attempt(request: &Request) -> Option<AttemptId> {
    let name = request.headers.get(&ATTEMPT)?.to_str().ok()?;
    let (refresh, attempt) = name.split_once('.')?;
    Some(AttemptId { refresh: refresh.parse().ok()?, attempt: attempt.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;

    use super::*;

    #[test]
    fn attempts_are_named_by_two_numbers() {
        for (text, expected) in [
            ("1.0", Some((1, 0))),
            ("4294967295.65535", Some((u32::MAX, u16::MAX))),
            ("1", None),
            ("1.0.0", None),
            ("-1.0", None),
            ("1.65536", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ATTEMPT_HEADER, text.parse().unwrap());
            let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
            let (method, uri) = (Method::POST, "/token".parse().unwrap());
            let request = Request { method, uri, headers, body: bytes::Bytes::new(), peer };
            let expected = expected.map(|(refresh, attempt)| AttemptId { refresh, attempt });
            assert_eq!(attempt(&request), expected, "{text}");
        }
    }

    #[test]
    fn paths_are_told_apart() {
        for (path, expected) in [
            ("/token", Route::Token),
            ("/connect/token", Route::Token),
            ("/connect/authorize", Route::Authorize),
            ("/oauth/Authorize", Route::Authorize),
            ("/oauth/authorize", Route::Unknown),
            ("/api.xro/2.0/organisation", Route::Resource),
            ("/.well-known/openid-configuration", Route::Metadata),
            ("/token/", Route::Unknown),
            ("", Route::Unknown),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }
}
