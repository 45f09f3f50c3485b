//! The requests of a client, in either protocol.
//!
//! What does not change from one request to the next is made once. Names of attempts and nonces are
//! written into arrays, because this is the hot path of the generator.

use std::cell::Cell;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Request, Uri};

use super::DriveError;
use super::target::Target;
use super::texts::Texts;
use crate::client::AttemptId;
use crate::live::server::ATTEMPT_HEADER;
use crate::protocol::Protocol;
use crate::protocol::oauth1::{Renewal, RequestLine, SignedRequest, Signing};
use crate::protocol::oauth2;

/// A request, whole.
pub(super) type Outgoing = Request<Full<Bytes>>;

/// Builds requests.
pub(super) struct Requests {
    target: Target,
    token: Uri,
    resource: Uri,
    host: HeaderValue,
    /// `Authorization: Basic`, of OAuth 2.0.
    basic: HeaderValue,
    /// Unix time at the clock's start, in seconds.
    unix_s: u64,
    nonces: Cell<u64>,
}

impl Requests {
    pub(super) fn new(target: Target, unix_s: u64) -> Result<Self, DriveError> {
        let basic = oauth2::basic(&target.client.id, &target.client.secret);
        let wrong = DriveError::Unspeakable;
        Ok(Self {
            token: uri(&target.paths.token).ok_or(wrong("the path of the token endpoint"))?,
            resource: uri(&target.paths.resource).ok_or(wrong("the path of the resource"))?,
            host: HeaderValue::from_str(target.authority())
                .map_err(|_| wrong("the name of the server"))?,
            basic: HeaderValue::from_str(&basic)
                .map_err(|_| wrong("the id of the client, or its secret,"))?,
            target,
            unix_s,
            nonces: Cell::new(0),
        })
    }

    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    /// The refresh that is attempt `name`, so long after the clock's start.
    pub(super) fn refresh(
        &self,
        texts: &Texts,
        name: AttemptId,
        since: Duration,
    ) -> Option<Outgoing> {
        let mut request = match self.target.protocol {
            Protocol::Oauth1a => {
                let nonce = self.nonce();
                let renewal = Renewal {
                    consumer_key: &self.target.client.id,
                    token: texts.access(),
                    token_secret: texts.secret(),
                    handle: texts.renewal(),
                    timestamp: self.timestamp(since),
                    nonce: nonce.as_str(),
                    signature: self.signing(),
                };
                let header = renewal.authorization(&self.line("POST", &self.target.paths.token));
                self.post(&self.token, header_value(&header.ok()?)?, Bytes::new())
            }
            Protocol::Oauth2 => {
                let form = oauth2::refresh_form(texts.renewal());
                self.post(&self.token, self.basic.clone(), form.into())
            }
        };
        let mut text = Short::<20>::new();
        let _ = write!(text, "{}.{}", name.refresh, name.attempt);
        let name = HeaderValue::from_bytes(text.as_bytes()).ok()?;
        request.headers_mut().insert(HeaderName::from_static(ATTEMPT_HEADER), name);
        Some(request)
    }

    /// One use of an access token.
    pub(super) fn resource(
        &self,
        access: &str,
        texts: &Texts,
        since: Duration,
    ) -> Option<Outgoing> {
        let authorization = match self.target.protocol {
            Protocol::Oauth1a => {
                let path = &self.target.paths.resource;
                self.signed("GET", path, Some((access, texts.secret())), &[], since)?
            }
            Protocol::Oauth2 => header_value(&format!("Bearer {access}"))?,
        };
        Some(self.get(self.resource.clone(), Some(authorization)))
    }

    /// The person's way to the authorization endpoint of OAuth 2.0 (RFC 6749 §4.1.1). Which org is
    /// meant stands in `org`: on a page it would be chosen from a list.
    pub(super) fn authorize2(&self, org: u32) -> Option<Outgoing> {
        let org = org.to_string();
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.target.client.id)
            .append_pair("redirect_uri", &self.target.client.redirect_uri)
            .append_pair("scope", "offline_access")
            .append_pair("state", &org)
            .append_pair("org", &org)
            .finish();
        Some(self.get(uri(&with_query(&self.target.paths.authorize, &query))?, None))
    }

    /// The code for tokens (RFC 6749 §4.1.3).
    pub(super) fn code(&self, code: &str) -> Outgoing {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.target.client.redirect_uri)
            .finish();
        self.post(&self.token, self.basic.clone(), form.into())
    }

    /// A request token (RFC 5849 §2.1).
    pub(super) fn request_token(&self, since: Duration) -> Option<Outgoing> {
        let path = &self.target.paths.request_token;
        let callback = [("oauth_callback", self.target.client.redirect_uri.as_str())];
        let authorization = self.signed("POST", path, None, &callback, since)?;
        Some(self.post(&uri(path)?, authorization, Bytes::new()))
    }

    /// The person's way to the authorization endpoint of OAuth 1.0a (RFC 5849 §2.2).
    pub(super) fn authorize1(&self, request_token: &str, org: u32) -> Option<Outgoing> {
        let query = Serializer::new(String::new())
            .append_pair("oauth_token", request_token)
            .append_pair("org", &org.to_string())
            .finish();
        Some(self.get(uri(&with_query(&self.target.paths.authorize, &query))?, None))
    }

    /// The request token and its verifier for an access token (RFC 5849 §2.3).
    pub(super) fn swap(
        &self,
        (token, secret): (&str, &str),
        verifier: &str,
        since: Duration,
    ) -> Option<Outgoing> {
        let path = &self.target.paths.token;
        let further = [("oauth_verifier", verifier)];
        let authorization = self.signed("POST", path, Some((token, secret)), &further, since)?;
        Some(self.post(&self.token, authorization, Bytes::new()))
    }

    fn signed(
        &self,
        method: &str,
        path: &str,
        token: Option<(&str, &str)>,
        further: &[(&'static str, &str)],
        since: Duration,
    ) -> Option<HeaderValue> {
        let nonce = self.nonce();
        let request = SignedRequest {
            consumer_key: &self.target.client.id,
            token: token.map(|(token, _)| token),
            token_secret: token.map_or("", |(_, secret)| secret),
            further,
            timestamp: self.timestamp(since),
            nonce: nonce.as_str(),
            signature: self.signing(),
        };
        header_value(&request.authorization(&self.line(method, path)).ok()?)
    }

    fn post(&self, to: &Uri, authorization: HeaderValue, form: Bytes) -> Outgoing {
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(HOST, self.host.clone());
        headers.insert(AUTHORIZATION, authorization);
        if !form.is_empty() {
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(CONTENT_TYPE, kind);
        }
        let mut request = Request::new(Full::new(form));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = to.clone();
        *request.headers_mut() = headers;
        request
    }

    fn get(&self, from: Uri, authorization: Option<HeaderValue>) -> Outgoing {
        let mut request = Request::new(Full::default());
        *request.uri_mut() = from;
        request.headers_mut().insert(HOST, self.host.clone());
        if let Some(authorization) = authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization);
        }
        request
    }

    fn line<'a>(&'a self, method: &'a str, target: &'a str) -> RequestLine<'a> {
        RequestLine { method, scheme: "http", host: self.target.authority(), target }
    }

    fn signing(&self) -> Signing<'_> {
        Signing::HmacSha1 { consumer_secret: &self.target.client.secret }
    }

    const fn timestamp(&self, since: Duration) -> u64 {
        self.unix_s.saturating_add(since.as_secs())
    }

    /// Unlike all others of this run, and of any run that started in another second.
    fn nonce(&self) -> Short<33> {
        let count = self.nonces.get() + 1;
        self.nonces.set(count);
        let mut nonce = Short::new();
        let _ = write!(nonce, "{:x}x{count:x}", self.unix_s);
        nonce
    }
}

/// A path with its query. A request carries no scheme and no host: they stand in `Host`.
fn uri(path: &str) -> Option<Uri> {
    let path: PathAndQuery = path.parse().ok()?;
    Some(Uri::from(path))
}

fn with_query(path: &str, query: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{query}")
}

fn header_value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

/// A text of at most `N` bytes, without the heap; what does not fit is an error of `write!`.
struct Short<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Short<N> {
    const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl<const N: usize> std::fmt::Write for Short<N> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        let place = self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::swarm::Registered;

    fn requests(protocol: Protocol) -> Requests {
        let client = Registered {
            id: "app".to_owned(),
            secret: "secret".to_owned(),
            redirect_uri: "http://localhost/back?a=b".to_owned(),
        };
        let target = Target::new(protocol, "http://127.0.0.1:8080/t?x=1", client).unwrap();
        Requests::new(target, 1_520_897_400).unwrap()
    }

    #[test]
    fn a_refresh_is_named_and_authenticated() {
        let name = AttemptId { refresh: 12, attempt: 3 };
        for (protocol, texts, starts) in [
            (Protocol::Oauth2, Texts::oauth2("R/1"), "Basic "),
            (Protocol::Oauth1a, Texts::oauth1("T", "S", "H").unwrap(), "OAuth "),
        ] {
            let request = requests(protocol).refresh(&texts, name, Duration::ZERO).unwrap();
            assert_eq!(request.method(), Method::POST);
            assert_eq!(request.uri(), "/t?x=1");
            assert_eq!(request.headers()[HOST], "127.0.0.1:8080");
            assert_eq!(request.headers()[ATTEMPT_HEADER], "12.3");
            assert!(request.headers()[AUTHORIZATION].to_str().unwrap().starts_with(starts));
        }
    }

    #[test]
    fn the_longest_names_fit() {
        let name = AttemptId { refresh: u32::MAX, attempt: u16::MAX };
        let texts = Texts::oauth2("R");
        let request = requests(Protocol::Oauth2).refresh(&texts, name, Duration::ZERO).unwrap();
        assert_eq!(request.headers()[ATTEMPT_HEADER], "4294967295.65535");
        let requests = Requests { unix_s: u64::MAX, ..requests(Protocol::Oauth1a) };
        requests.nonces.set(u64::MAX - 1);
        assert_eq!(requests.nonce().as_str(), "ffffffffffffffffxffffffffffffffff");
    }

    #[test]
    fn nonces_differ_and_timestamps_follow_the_wall_clock() {
        let requests = requests(Protocol::Oauth1a);
        assert_ne!(requests.nonce().as_str(), requests.nonce().as_str());
        assert_eq!(requests.timestamp(Duration::from_millis(2_900)), 1_520_897_402);
    }

    #[test]
    fn the_person_is_sent_with_the_org() {
        let request = requests(Protocol::Oauth2).authorize2(7).unwrap();
        let query = request.uri().query().unwrap();
        let read = oauth2::AuthorizeRequest::parse(query.as_bytes()).unwrap();
        assert_eq!(read.state.as_deref(), Some("7"));
        assert_eq!(read.redirect_uri(), "http://localhost/back?a=b");
        assert!(query.contains("&org=7"));
    }
}
