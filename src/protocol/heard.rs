//! What a client hears, whichever protocol it speaks.

use std::borrow::Cow;

use crate::protocol::Protocol;
use crate::protocol::oauth1::{self, AccessAnswer};
use crate::protocol::oauth2::{self, Reading};

/// An answer of the token endpoint, as far as it decides what a client does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard<'a> {
    /// 200 with tokens.
    Token(Tokens<'a>),
    /// The presented credential is refused: 401 with a problem of the token in OAuth 1.0a, 400
    /// `invalid_grant` in OAuth 2.0.
    Refused,
    /// 429 (RFC 6585 §4), or Xero's 503 `rate limit exceeded` of OAuth 1.0a.
    Throttled {
        /// How long the client is asked to wait; 0 if nothing was said, or a date.
        retry_after_s: u64,
    },
    /// 503 with a `Retry-After` that is a delay (RFC 9110 §15.6.4).
    Unavailable {
        /// How long the client is asked to wait.
        retry_after_s: u64,
    },
    /// Any other 5xx status.
    ServerError(u16),
    /// A 200 whose body is no answer: it was cut, or it is from somebody else.
    Unreadable,
    /// Any other status: the request was wrong, or it is not a token endpoint.
    Other(u16),
}

/// The tokens of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens<'a> {
    /// The access token.
    pub access: Cow<'a, str>,
    /// `oauth_token_secret`; OAuth 2.0 has none.
    pub secret: Option<Cow<'a, str>>,
    /// What the next renewal presents beside it: the session handle or the refresh token. A server
    /// of OAuth 2.0 that keeps the refresh token need not repeat it.
    pub renewal: Option<Cow<'a, str>>,
    /// Seconds until the access token expires.
    pub expires_in_s: u64,
}

/// Reads an answer from its status, its `Retry-After` header and its body.
pub fn hear<'a>(
    protocol: Protocol,
    status: u16,
    retry_after: Option<&str>,
    body: &'a [u8],
) -> Heard<'a> {
    let throttled = || Heard::Throttled { retry_after_s: seconds(retry_after) };
    match (status, protocol) {
        (429, _) => throttled(),
        (200, _) => tokens(protocol, body).map_or(Heard::Unreadable, Heard::Token),
        (503, Protocol::Oauth1a) if problem(body, |name| name == oauth1::RATE_LIMIT_EXCEEDED) => {
            throttled()
        }
        (503, _) if seconds(retry_after) > 0 => {
            Heard::Unavailable { retry_after_s: seconds(retry_after) }
        }
        (500..=599, _) => Heard::ServerError(status),
        (401, Protocol::Oauth1a) if problem(body, |name| name.starts_with("token_")) => {
            Heard::Refused
        }
        (_, Protocol::Oauth2) if oauth2::read_answer(status, body) == Reading::Refused => {
            Heard::Refused
        }
        (_, Protocol::Oauth1a | Protocol::Oauth2) => Heard::Other(status),
    }
}

fn tokens(protocol: Protocol, body: &[u8]) -> Option<Tokens<'_>> {
    match protocol {
        Protocol::Oauth1a => AccessAnswer::read(body).map(|answer| Tokens {
            access: answer.token,
            secret: Some(answer.secret),
            renewal: Some(answer.handle),
            expires_in_s: answer.expires_in,
        }),
        Protocol::Oauth2 => match oauth2::read_answer(200, body) {
            Reading::Token(answer) => Some(Tokens {
                access: answer.access_token,
                secret: None,
                renewal: answer.refresh_token,
                expires_in_s: answer.expires_in,
            }),
            Reading::Refused | Reading::Failed(_) | Reading::Unreadable => None,
        },
    }
}

fn problem(body: &[u8], is: impl Fn(&str) -> bool) -> bool {
    oauth1::read_problem(body).is_some_and(|reported| is(&reported.problem))
}

/// The delay of `Retry-After` (RFC 9110 §10.2.3); its other form, a date, needs a clock.
fn seconds(retry_after: Option<&str>) -> u64 {
    let text = retry_after.unwrap_or_default().trim_matches([' ', '\t']);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Only an overflow is left to fail.
    if digits { text.parse().unwrap_or(u64::MAX) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OAUTH1: &str = "oauth_token=A&oauth_token_secret=B&oauth_expires_in=1800\
                          &oauth_session_handle=C&oauth_authorization_expires_in=9";
    const OAUTH2: &str =
        r#"{"access_token":"A","expires_in":1800,"token_type":"bearer","refresh_token":"C"}"#;

    #[test]
    fn answers_of_both_protocols_are_told_apart() {
        use Protocol::{Oauth1a, Oauth2};
        let limit = "oauth_problem=rate%20limit%20exceeded&oauth_problem_advice=please%20wait";
        let wait = |retry_after_s| Heard::Throttled { retry_after_s };
        let grant = r#"{"error":"invalid_grant"}"#;
        let cases: [(Protocol, u16, Option<&str>, &str, Heard<'_>); 22] = [
            (Oauth1a, 401, None, "oauth_problem=token_rejected", Heard::Refused),
            (Oauth1a, 401, None, "oauth_problem=token_expired&x=a b", Heard::Refused),
            (Oauth1a, 401, None, "oauth_problem=nonce_used", Heard::Other(401)),
            (Oauth1a, 401, None, "", Heard::Other(401)),
            (Oauth1a, 400, None, grant, Heard::Other(400)),
            (Oauth1a, 503, None, limit, wait(0)),
            (Oauth1a, 503, Some("7"), limit, wait(7)),
            (Oauth1a, 503, Some("7"), "down", Heard::Unavailable { retry_after_s: 7 }),
            (Oauth2, 503, Some("8"), "", Heard::Unavailable { retry_after_s: 8 }),
            (Oauth2, 503, Some("Mon, 12 Mar 2018 23:30:00 GMT"), "", Heard::ServerError(503)),
            (Oauth2, 502, Some("7"), "", Heard::ServerError(502)),
            (Oauth1a, 429, Some("3"), "", wait(3)),
            (Oauth1a, 200, None, OAUTH2, Heard::Unreadable),
            (Oauth2, 400, None, grant, Heard::Refused),
            (Oauth2, 401, None, grant, Heard::Other(401)),
            (Oauth2, 400, None, "{", Heard::Other(400)),
            (Oauth2, 404, None, "", Heard::Other(404)),
            (Oauth2, 429, Some("Mon, 12 Mar 2018 23:30:00 GMT"), "", wait(0)),
            (Oauth2, 429, Some("99999999999999999999"), "", wait(u64::MAX)),
            (Oauth2, 500, None, "", Heard::ServerError(500)),
            (Oauth2, 200, None, OAUTH1, Heard::Unreadable),
            (Oauth2, 200, None, &OAUTH2[..40], Heard::Unreadable),
        ];
        for (protocol, status, retry, body, expected) in cases {
            let heard = hear(protocol, status, retry, body.as_bytes());
            assert_eq!(heard, expected, "{protocol:?} {status} {body}");
        }
    }

    #[test]
    fn tokens_are_handed_over() {
        for (protocol, body, secret) in
            [(Protocol::Oauth1a, OAUTH1, Some("B")), (Protocol::Oauth2, OAUTH2, None)]
        {
            let expected = Tokens {
                access: "A".into(),
                secret: secret.map(Cow::Borrowed),
                renewal: Some("C".into()),
                expires_in_s: 1_800,
            };
            assert_eq!(hear(protocol, 200, None, body.as_bytes()), Heard::Token(expected));
        }
    }
}
