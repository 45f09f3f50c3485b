//! Who may ask.
//!
//! A control port on a developer's machine has two kinds of enemies: other machines, if it listens to
//! them, and pages in the developer's own browser.
//!
//! - To **other machines** it listens with a token only (RFC 6750), which every request presents.
//! - A **page of another origin** can send requests, though it cannot read the answers, unless it is
//!   reached by a name that was made to lead here (DNS rebinding). So the port is asked by a loopback
//!   address or `localhost`, requests that change something have a content type that a page cannot
//!   send unasked, and the port never allows one to ask (no CORS).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use sha2::{Digest, Sha256};

use super::problem::Problem;

/// The header that may stand in for a content type.
pub const HEADER: &str = "amnesty-control";

/// What of a request's head the guard looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Head<'a> {
    /// The method.
    pub method: &'a str,
    /// `Host`, or the authority of the target.
    pub host: Option<&'a str>,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// Whether [`HEADER`] is there.
    pub has_header: bool,
}

/// Decides whether a request may be answered.
#[derive(Clone)]
pub struct Guard {
    address: IpAddr,
    /// The digest of the token: digests have one length, whatever was guessed.
    token: Option<[u8; 32]>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Why a port cannot be guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unguarded {
    /// Anybody could ask.
    #[error("{0} can be reached from other machines, so it needs a token")]
    NoToken(SocketAddr),
    /// Nobody could present it.
    #[error("a token is one or more visible characters of ASCII")]
    NotAToken,
}

impl Guard {
    /// The guard of a port at `address`.
    ///
    /// # Errors
    /// [`Unguarded`] if the port could be reached from elsewhere without a token, or the token is none.
    pub fn new(address: SocketAddr, token: Option<&str>) -> Result<Self, Unguarded> {
        let is_token =
            |token: &str| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        if !token.is_none_or(is_token) {
            return Err(Unguarded::NotAToken);
        }
        if token.is_none() && !address.ip().to_canonical().is_loopback() {
            return Err(Unguarded::NoToken(address));
        }
        let token = token.map(digest);
        Ok(Self { address: address.ip().to_canonical(), token })
    }

    /// Whether a request may be answered; `open` says that it may be without a token.
    ///
    /// # Errors
    /// The [`Problem`] to answer with instead.
    pub fn check(&self, head: &Head<'_>, open: bool) -> Result<(), Problem> {
        self.check_host(head.host)?;
        check_origin(head)?;
        if let Some(token) = self.token.filter(|_| !open) {
            check_token(head.authorization, token)?;
        }
        let changes = !matches!(head.method, "GET" | "HEAD");
        if changes && !head.has_header && !head.content_type.is_some_and(is_json) {
            let wrong = "a request that changes something says `Content-Type: application/json`";
            return Err(Problem::new(415, wrong));
        }
        Ok(())
    }

    /// A port that only this machine reaches is asked by a name that cannot be made to lead here.
    fn check_host(&self, host: Option<&str>) -> Result<(), Problem> {
        if !self.address.is_loopback() {
            return Ok(());
        }
        let Some(host) = host else { return Err(Problem::new(403, "the request names no `Host`")) };
        let name = name(host);
        let address = name.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        // RFC 6761 §6.3: names under `localhost` lead to loopback only.
        let is_localhost = || {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        };
        let is_local = address
            .map_or_else(is_localhost, |address: IpAddr| address.to_canonical().is_loopback());
        if is_local {
            return Ok(());
        }
        let wrong = format!("this port is no host `{name}`: ask 127.0.0.1 or localhost");
        Err(Problem::new(403, wrong))
    }
}

/// Browsers name the origin of whatever asks across origins.
fn check_origin(head: &Head<'_>) -> Result<(), Problem> {
    let Some(origin) = head.origin else { return Ok(()) };
    let own = head.host.is_some_and(|host| {
        let theirs = origin.split_once("://").map(|(_, authority)| authority);
        theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(host))
    });
    if own {
        return Ok(());
    }
    Err(Problem::new(403, format!("pages of `{origin}` may not ask here")))
}

fn check_token(authorization: Option<&str>, token: [u8; 32]) -> Result<(), Problem> {
    let presented = authorization.and_then(|authorization| {
        let (scheme, presented) = authorization.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| presented.trim())
    });
    let Some(presented) = presented else {
        return Err(Problem::new(401, "this port wants `Authorization: Bearer` and its token"));
    };
    // Every byte is looked at, so that time does not tell how much of a guess is right; nor would it,
    // for the digests of near guesses are far from each other.
    let pairs = digest(presented).into_iter().zip(token);
    if pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0 {
        return Ok(());
    }
    Err(Problem::new(401, "the token is not the one of this port"))
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// A host without its port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: &str = "127.0.0.1:8081";
    const WIDE: &str = "0.0.0.0:8081";

    fn guard(address: &str, token: Option<&str>) -> Guard {
        Guard::new(address.parse().unwrap(), token).unwrap()
    }

    fn get(host: &str) -> Head<'_> {
        Head { method: "GET", host: Some(host), ..Head::default() }
    }

    #[track_caller]
    fn assert_status(guard: &Guard, head: &Head<'_>, status: u16) {
        let found = guard.check(head, false).map_or_else(|problem| problem.status(), |()| 200);
        assert_eq!(found, status, "{head:?}");
    }

    #[test]
    fn a_port_that_others_reach_needs_a_token() {
        for address in [WIDE, "10.1.2.3:80", "[::]:80", "[2001:db8::1]:80"] {
            let address = address.parse().unwrap();
            assert!(matches!(Guard::new(address, None), Err(Unguarded::NoToken(_))), "{address}");
            assert!(Guard::new(address, Some("secret")).is_ok());
        }
        for address in [LOCAL, "127.8.9.1:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            assert!(Guard::new(address.parse().unwrap(), None).is_ok(), "{address}");
        }
        for token in ["", " ", "a b", "tökén", "a\n"] {
            let refused = Guard::new(LOCAL.parse().unwrap(), Some(token));
            assert!(matches!(refused, Err(Unguarded::NotAToken)), "{token:?}");
        }
    }

    #[test]
    fn a_token_is_wanted_where_there_is_one() {
        for address in [LOCAL, WIDE] {
            let guard = guard(address, Some("sesame"));
            for (authorization, status) in [
                (Some("Bearer sesame"), 200),
                (Some("bearer  sesame "), 200),
                (Some("Bearer sesam"), 401),
                (Some("Bearer sesamee"), 401),
                (Some("Bearer"), 401),
                (Some("Basic sesame"), 401),
                (None, 401),
            ] {
                assert_status(&guard, &Head { authorization, ..get(LOCAL) }, status);
            }
            assert!(guard.check(&get(LOCAL), true).is_ok(), "the page is open");
        }
    }

    #[test]
    fn a_name_that_was_made_to_lead_here_is_refused() {
        let guard = guard(LOCAL, None);
        for (host, status) in [
            ("127.0.0.1:8081", 200),
            ("127.0.0.1", 200),
            ("localhost:9999", 200),
            ("LocalHost.", 200),
            ("[::1]:8081", 200),
            ("app.localhost:8081", 200),
            ("evil.example:8081", 403),
            ("127.0.0.1.evil.example", 403),
            ("localhost.evil.example", 403),
            ("notlocalhost", 403),
            ("10.0.0.1:8081", 403),
            ("", 403),
        ] {
            assert_status(&guard, &get(host), status);
        }
        assert_status(&guard, &Head { method: "GET", ..Head::default() }, 403);
    }

    #[test]
    fn a_port_on_the_network_has_whatever_name_it_has() {
        let guard = guard(WIDE, Some("sesame"));
        let head = Head { authorization: Some("Bearer sesame"), ..get("ci.example:8081") };
        assert_status(&guard, &head, 200);
    }

    #[test]
    fn pages_of_other_origins_may_not_ask() {
        let guard = guard(LOCAL, None);
        for (origin, status) in [
            ("http://127.0.0.1:8081", 200),
            ("http://127.0.0.1:3000", 403),
            ("http://localhost:8081", 403),
            ("https://evil.example", 403),
            ("null", 403),
        ] {
            assert_status(&guard, &Head { origin: Some(origin), ..get(LOCAL) }, status);
        }
    }

    #[test]
    fn changes_want_a_content_type_that_forms_cannot_send() {
        let guard = guard(LOCAL, None);
        for method in ["POST", "DELETE", "PUT", "WHATEVER"] {
            for (content_type, status) in [
                (Some("application/json"), 200),
                (Some("Application/JSON; charset=utf-8"), 200),
                (Some("text/plain"), 415),
                (Some("application/x-www-form-urlencoded"), 415),
                (Some("text/plain; application/json"), 415),
                (None, 415),
            ] {
                assert_status(&guard, &Head { method, content_type, ..get(LOCAL) }, status);
            }
            assert_status(&guard, &Head { method, has_header: true, ..get(LOCAL) }, 200);
        }
    }
}
