//! Error answers of the token endpoint (RFC 6749 §5.2).

use crate::protocol::oauth2::json::push_string;

/// Why the token endpoint gives no token (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A parameter is missing, repeated or malformed; the text says which.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The client is unknown, or did not authenticate itself, or failed to.
    #[error("the client is not authenticated")]
    InvalidClient {
        /// Whether it tried by the `Authorization` header, which obliges the server to a challenge.
        by_header: bool,
    },
    /// The code or refresh token is invalid, expired, revoked, used, or of another client.
    #[error("the grant is not valid")]
    InvalidGrant,
    /// The client may not use this grant type.
    #[error("the client may not use this grant type")]
    UnauthorizedClient,
    /// The server does not know this grant type.
    #[error("the grant type is not supported")]
    UnsupportedGrantType,
    /// The scope is unknown, malformed, or exceeds what was granted.
    #[error("the scope is not valid")]
    InvalidScope,
}

impl Error {
    /// The value of `error`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient { .. } => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
        }
    }

    /// The HTTP status: 400, but 401 for a client that failed to authenticate itself.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient { .. } => 401,
            Self::InvalidRequest(_)
            | Self::InvalidGrant
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope => 400,
        }
    }

    /// The value of `WWW-Authenticate`, if the answer needs one (RFC 7617 §2).
    pub const fn www_authenticate(self) -> Option<&'static str> {
        match self {
            Self::InvalidClient { by_header: true } => {
                Some("Basic realm=\"token\", charset=\"UTF-8\"")
            }
            Self::InvalidClient { by_header: false }
            | Self::InvalidRequest(_)
            | Self::InvalidGrant
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope => None,
        }
    }

    /// The body: JSON, described for [`Self::InvalidRequest`] only. A refusal is
    /// `{"error":"invalid_grant"}`, as Xero writes it.
    pub fn body(self) -> String {
        match self {
            Self::InvalidRequest(why) => self.body_with(why),
            Self::InvalidGrant
            | Self::InvalidClient { .. }
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope => format!("{{\"error\":\"{}\"}}", self.code()),
        }
    }

    /// The body with this `error_description`; characters that it may not hold become `?`.
    pub fn body_with(self, description: &str) -> String {
        let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        let description: String =
            description.chars().map(|c| if allowed(c) { c } else { '?' }).collect();
        let mut json = format!("{{\"error\":\"{}\",\"error_description\":", self.code());
        push_string(&mut json, &description);
        json.push('}');
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_codes_statuses_and_bodies() {
        let cases = [
            (
                Error::InvalidRequest("x is missing"),
                400,
                r#"{"error":"invalid_request","error_description":"x is missing"}"#,
            ),
            (Error::InvalidClient { by_header: true }, 401, r#"{"error":"invalid_client"}"#),
            (Error::InvalidGrant, 400, r#"{"error":"invalid_grant"}"#),
            (Error::UnauthorizedClient, 400, r#"{"error":"unauthorized_client"}"#),
            (Error::UnsupportedGrantType, 400, r#"{"error":"unsupported_grant_type"}"#),
            (Error::InvalidScope, 400, r#"{"error":"invalid_scope"}"#),
        ];
        for (error, status, body) in cases {
            assert_eq!((error.status(), error.body().as_str()), (status, body));
            assert_eq!(error.www_authenticate().is_some(), status == 401);
        }
        assert_eq!(Error::InvalidClient { by_header: false }.www_authenticate(), None);
        assert_eq!(
            Error::InvalidGrant.body_with("a \"b\" \n☃"),
            r#"{"error":"invalid_grant","error_description":"a ?b? ??"}"#
        );
    }
}
