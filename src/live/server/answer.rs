//! Answers as bytes: each from one buffer, with the few headers that its readers look at.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SERVER,
    WWW_AUTHENTICATE,
};
use hyper::{Response, StatusCode};

use crate::protocol::oauth1::Problem;
use crate::protocol::{Protocol, oauth2};

/// A whole answer.
pub(super) type Whole = Response<Full<Bytes>>;

/// The type of an answer's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Json,
    /// What Xero calls its forms, and what gateways write.
    Html,
    Plain,
}

impl Content {
    const fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json",
            Self::Html => "text/html; charset=utf-8",
            Self::Plain => "text/plain; charset=utf-8",
        })
    }
}

/// What challenges name as the protected space.
const REALM: &str = "amnesty";

/// An answer; nothing that this server says may be stored (RFC 6749 §5.1).
pub(super) fn whole(status: u16, content: Content, body: impl Into<Bytes>) -> Whole {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, content.name());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Sends a person on. The text of `location` has been checked; if it is no header after all, the
/// person sees an empty page.
pub(super) fn redirect(location: &str) -> Whole {
    let mut answer = whole(302, Content::Html, Bytes::new());
    if let Ok(location) = HeaderValue::from_str(location) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

/// A page with one sentence.
pub(super) fn page(status: u16, sentence: &str) -> Whole {
    whole(status, Content::Plain, format!("{sentence}\n"))
}

/// The method is none of these (RFC 9110 §15.5.6).
pub(super) fn wrong_method(allowed: &'static str) -> Whole {
    let mut answer = page(405, "this method is not allowed here");
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// An error of the token endpoint of OAuth 2.0 (RFC 6749 §5.2).
pub(super) fn error(error: oauth2::Error) -> Whole {
    let mut answer = whole(error.status(), Content::Json, error.body());
    if let Some(challenge) = error.www_authenticate() {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    answer
}

/// A problem of OAuth 1.0a, in the body as Xero wrote it and in the challenge as the Problem
/// Reporting extension wants it.
pub(super) fn problem(problem: &Problem) -> Whole {
    let mut answer = whole(problem.status(), Content::Html, problem.body());
    if problem.status() == 401
        && let Ok(challenge) = HeaderValue::from_str(&problem.www_authenticate(REALM))
    {
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}

/// 401 for a bearer token (RFC 6750 §3) with one of Xero's bodies.
pub(super) fn unauthorized(body: String) -> Whole {
    let mut answer = whole(401, Content::Json, body);
    let challenge = HeaderValue::from_static("Bearer realm=\"amnesty\", error=\"invalid_token\"");
    answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    answer
}

/// Which of Xero's limits is exceeded, and what is left of the others (its page of limits, and
/// xero-node #634). Numbers other than the one exceeded are those of an app that has just begun.
static LIMITS: [(HeaderName, HeaderValue); 4] = [
    (HeaderName::from_static("x-rate-limit-problem"), HeaderValue::from_static("minute")),
    (HeaderName::from_static("x-minlimit-remaining"), HeaderValue::from_static("0")),
    (HeaderName::from_static("x-daylimit-remaining"), HeaderValue::from_static("4999")),
    (HeaderName::from_static("x-appminlimit-remaining"), HeaderValue::from_static("9999")),
];

/// 429 with a wait in whole seconds (RFC 6585 §4). In 2018 Xero said 503; the body of OAuth 1.0a is
/// still that one.
pub(super) fn throttled(protocol: Protocol, retry_after_s: u64, instance: u128) -> Whole {
    let mut answer = match protocol {
        Protocol::Oauth1a => whole(429, Content::Html, Problem::RateLimitExceeded.body()),
        Protocol::Oauth2 => whole(429, Content::Json, oauth2::throttled(instance)),
    };
    let headers = answer.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
    for (name, value) in &LIMITS {
        headers.insert(name, value.clone());
    }
    answer
}

/// 503 of a server that has no room, with a wait in whole seconds (RFC 9110 §15.6.4).
pub(super) fn unavailable(retry_after_s: u64) -> Whole {
    let mut answer = failure(503);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
    answer
}

/// A failure: of a gateway, which speaks HTML and names itself, for 502, 503 and 504; otherwise of the
/// server itself.
pub(super) fn failure(status: u16) -> Whole {
    let title = match status {
        502 => "502 Bad Gateway",
        503 => "503 Service Temporarily Unavailable",
        504 => "504 Gateway Time-out",
        _ => {
            let code = StatusCode::from_u16(status).ok();
            let reason = code.and_then(|code| code.canonical_reason()).unwrap_or("Server Error");
            return whole(status, Content::Plain, reason);
        }
    };
    let body = format!(
        "<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1>\
         <hr>gateway</body>\n</html>\n"
    );
    let mut answer = whole(status, Content::Html, body);
    answer.headers_mut().insert(SERVER, HeaderValue::from_static("gateway"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Heard, hear};

    #[test]
    fn a_client_hears_when_a_full_server_wants_it_back() {
        let answer = unavailable(7);
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        for protocol in [Protocol::Oauth1a, Protocol::Oauth2] {
            let heard = hear(protocol, status, retry_after, b"<html>");
            assert_eq!(heard, Heard::Unavailable { retry_after_s: 7 }, "{protocol:?}");
        }
    }
}
