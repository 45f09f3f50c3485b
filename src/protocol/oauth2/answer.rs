//! Answers of the token endpoint (RFC 6749 §5), written and read.

use std::borrow::Cow;

use serde::Deserialize;

use crate::protocol::oauth2::json::{push_number, push_string};

/// A successful answer (RFC 6749 §5.1); its `token_type` is always `Bearer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenAnswer<'a> {
    /// The access token.
    pub access_token: Cow<'a, str>,
    /// Seconds until it expires.
    pub expires_in: u64,
    /// The next refresh token, if the server rotates it.
    pub refresh_token: Option<Cow<'a, str>>,
    /// The scope, if it is not the one that was asked for.
    pub scope: Option<Cow<'a, str>>,
}

impl TokenAnswer<'_> {
    /// The JSON body.
    pub fn body(&self) -> String {
        let mut json = String::with_capacity(192);
        json.push_str("{\"access_token\":");
        push_string(&mut json, &self.access_token);
        json.push_str(",\"expires_in\":");
        push_number(&mut json, self.expires_in);
        json.push_str(",\"token_type\":\"Bearer\"");
        for (name, text) in
            [(",\"refresh_token\":", &self.refresh_token), (",\"scope\":", &self.scope)]
        {
            if let Some(text) = text {
                json.push_str(name);
                push_string(&mut json, text);
            }
        }
        json.push('}');
        json
    }
}

/// What a client makes of an answer of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<'a> {
    /// 200 with tokens.
    Token(TokenAnswer<'a>),
    /// 400 `invalid_grant`.
    Refused,
    /// Another error of RFC 6749 §5.2, by its code.
    Failed(Cow<'a, str>),
    /// Neither.
    Unreadable,
}

/// Reads the answer of the token endpoint. Members that RFC 6749 does not know are ignored,
/// repeated ones are refused.
pub fn read_answer(status: u16, body: &[u8]) -> Reading<'_> {
    if status == 200 {
        return read_token(body).map_or(Reading::Unreadable, Reading::Token);
    }
    match serde_json::from_slice::<ErrorBody<'_>>(body) {
        Ok(ErrorBody { error }) if status == 400 && error == "invalid_grant" => Reading::Refused,
        Ok(ErrorBody { error }) => Reading::Failed(error),
        Err(_) => Reading::Unreadable,
    }
}

fn read_token(body: &[u8]) -> Option<TokenAnswer<'_>> {
    let read: TokenBody<'_> = serde_json::from_slice(body).ok()?;
    let bearer = read.token_type.eq_ignore_ascii_case("bearer");
    (bearer && !read.access_token.is_empty()).then_some(TokenAnswer {
        access_token: read.access_token,
        expires_in: read.expires_in,
        refresh_token: read.refresh_token.map(|text| text.0),
        scope: read.scope.map(|text| text.0),
    })
}

#[derive(Deserialize)]
struct TokenBody<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    token_type: Cow<'a, str>,
    expires_in: u64,
    #[serde(borrow)]
    refresh_token: Option<Text<'a>>,
    #[serde(borrow)]
    scope: Option<Text<'a>>,
}

/// serde borrows a `Cow` only where it is not inside an `Option`.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct ErrorBody<'a> {
    #[serde(borrow)]
    error: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> TokenAnswer<'static> {
        TokenAnswer {
            access_token: "ABC".into(),
            expires_in: 1_800,
            refresh_token: Some("DEF".into()),
            scope: None,
        }
    }

    #[test]
    fn an_answer_is_written_and_read() {
        let body = answer().body();
        assert_eq!(
            body,
            r#"{"access_token":"ABC","expires_in":1800,"token_type":"Bearer","refresh_token":"DEF"}"#
        );
        let read = read_answer(200, body.as_bytes());
        assert_eq!(read, Reading::Token(answer()));
        let Reading::Token(TokenAnswer { refresh_token: Some(Cow::Borrowed(_)), .. }) = read else {
            panic!("a plain text is borrowed");
        };
        let odd = TokenAnswer { scope: Some("a \"b\"".into()), ..answer() };
        assert_eq!(read_answer(200, odd.body().as_bytes()), Reading::Token(odd.clone()));
    }

    #[test]
    fn a_cut_answer_is_unreadable() {
        let body = answer().body();
        for length in 0..body.len() {
            assert_eq!(read_answer(200, &body.as_bytes()[..length]), Reading::Unreadable);
        }
    }

    #[test]
    fn errors_and_oddities_are_told_apart() {
        let cases: [(u16, &str, Reading<'_>); 9] = [
            (400, r#"{"error":"invalid_grant"}"#, Reading::Refused),
            (400, r#"{"error":"invalid_request"}"#, Reading::Failed("invalid_request".into())),
            (401, r#"{"error":"invalid_client"}"#, Reading::Failed("invalid_client".into())),
            (401, r#"{"error":"invalid_grant"}"#, Reading::Failed("invalid_grant".into())),
            (400, "<html>", Reading::Unreadable),
            (200, r#"{"error":"invalid_grant"}"#, Reading::Unreadable),
            (200, r#"{"access_token":"A","expires_in":1,"token_type":"mac"}"#, Reading::Unreadable),
            (
                200,
                r#"{"access_token":"A","expires_in":-1,"token_type":"Bearer"}"#,
                Reading::Unreadable,
            ),
            (
                200,
                r#"{"access_token":"A","access_token":"B","expires_in":1,"token_type":"Bearer"}"#,
                Reading::Unreadable,
            ),
        ];
        for (status, body, expected) in cases {
            assert_eq!(read_answer(status, body.as_bytes()), expected, "{status} {body}");
        }
    }
}
