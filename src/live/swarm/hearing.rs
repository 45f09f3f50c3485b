//! What a client hears in an answer: from HTTP to the words of the machine.

use hyper::header::RETRY_AFTER;

use super::connection::Reply;
use super::texts::Texts;
use crate::base::SimDuration;
use crate::live::TimeScale;
use crate::protocol::{self, Answer, Generation, Protocol, TokenCodec};

/// What an attempt came to.
#[derive(Debug)]
pub(super) enum Heard {
    /// Tokens.
    Token {
        /// The generation that the token says it is; `None` if it is not ours to read.
        generation: Option<Generation>,
        /// The credentials that it brought.
        texts: Texts,
        /// Its access token, if somebody wants it.
        access: Option<Box<str>>,
    },
    /// Anything else.
    Other(Answer),
    /// An answer that fits no token endpoint, with its status; a client takes it for this.
    Odd(u16, Answer),
}

/// How answers are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    pub(super) protocol: Protocol,
    pub(super) codec: TokenCodec,
    pub(super) scale: TimeScale,
    /// Whether somebody wants the access token.
    pub(super) access: bool,
}

/// Reads an answer to a refresh with `before`, or to an authorisation.
pub(super) fn hear(how: How, org: u32, reply: &Reply, before: Option<&Texts>) -> Heard {
    let How { protocol, codec, scale, access } = how;
    let retry_after = reply.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    match protocol::hear(protocol, reply.status, retry_after, &reply.body) {
        protocol::Heard::Token(tokens) => {
            let Some(texts) = Texts::received(&tokens, before) else {
                return Heard::Odd(reply.status, Answer::Truncated);
            };
            let named = codec.read(&tokens.access).filter(|named| named.org == org);
            let generation = named.map(|named| named.generation);
            let access = access.then(|| tokens.access.into());
            Heard::Token { generation, texts, access }
        }
        protocol::Heard::Refused => Heard::Other(Answer::Refused),
        protocol::Heard::Throttled { retry_after_s } => {
            Heard::Other(Answer::Throttled { retry_after: wait(scale, retry_after_s) })
        }
        protocol::Heard::Unavailable { retry_after_s } => {
            Heard::Other(Answer::Unavailable { retry_after: wait(scale, retry_after_s) })
        }
        protocol::Heard::ServerError(status) => Heard::Other(Answer::ServerError(status)),
        protocol::Heard::Unreadable => Heard::Other(Answer::Truncated),
        // Libraries do not read the reason: a client that is told it may not, holds that it may not.
        protocol::Heard::Other(status @ (400 | 401 | 403)) => Heard::Odd(status, Answer::Refused),
        protocol::Heard::Other(status) => Heard::Odd(status, Answer::ServerError(status)),
    }
}

/// Seconds on the wall clock, as the client lives through them.
fn wait(scale: TimeScale, wall_s: u64) -> SimDuration {
    scale.compress(std::time::Duration::from_secs(wall_s))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::header::{HeaderMap, HeaderValue};

    use super::*;
    use crate::protocol::{Named, TokenKind};

    const HOW: How = How {
        protocol: Protocol::Oauth2,
        codec: TokenCodec::new(7),
        scale: TimeScale::REAL,
        access: false,
    };

    fn reply(status: u16, body: &str) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("30"));
        Reply { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn answer(status: u16, body: &str) -> (Option<u16>, Answer) {
        match hear(HOW, 3, &reply(status, body), None) {
            Heard::Token { generation, .. } => {
                (None, Answer::Token(generation.unwrap_or(Generation(99))))
            }
            Heard::Other(answer) => (None, answer),
            Heard::Odd(status, answer) => (Some(status), answer),
        }
    }

    fn body(access: &str) -> String {
        format!(
            r#"{{"access_token":"{access}","expires_in":1,"token_type":"Bearer","refresh_token":"R"}}"#
        )
    }

    #[test]
    fn every_answer_has_its_class() {
        let invalid = r#"{"error":"invalid_grant"}"#;
        let wait = SimDuration::from_secs(30);
        for (status, text, odd, expected) in [
            (400, invalid, None, Answer::Refused),
            (400, "", Some(400), Answer::Refused),
            (401, "", Some(401), Answer::Refused),
            (404, "", Some(404), Answer::ServerError(404)),
            (302, "", Some(302), Answer::ServerError(302)),
            (429, "", None, Answer::Throttled { retry_after: wait }),
            (503, "", None, Answer::Unavailable { retry_after: wait }),
            (502, "", None, Answer::ServerError(502)),
            (200, "<html>", None, Answer::Truncated),
        ] {
            assert_eq!(answer(status, text), (odd, expected), "{status} {text}");
        }
    }

    #[test]
    fn a_token_says_its_generation_if_it_is_ours_and_this_orgs() {
        let token = |org| {
            let generation = Generation(5);
            HOW.codec.token(Named { kind: TokenKind::Access, org, family: 2, generation })
        };
        assert_eq!(answer(200, &body(&token(3))), (None, Answer::Token(Generation(5))));
        assert_eq!(answer(200, &body(&token(4))), (None, Answer::Token(Generation(99))));
        assert_eq!(answer(200, &body("opaque")), (None, Answer::Token(Generation(99))));
    }
}
