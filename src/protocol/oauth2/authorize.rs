//! The authorization endpoint (RFC 6749 §4.1.1–§4.1.2.1): its query, and where it redirects to.

use std::borrow::Cow;

use crate::protocol::form;

/// An authorization request of the code flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeRequest<'a> {
    /// `client_id`.
    pub client_id: Cow<'a, str>,
    /// `redirect_uri`: printable ASCII without a fragment, so it is safe in a header.
    redirect_uri: Cow<'a, str>,
    /// `state`, which comes back unchanged.
    pub state: Option<Cow<'a, str>>,
    /// `scope`.
    pub scope: Option<Cow<'a, str>>,
    /// The challenge of PKCE (RFC 7636 §4.3).
    pub challenge: Option<CodeChallenge<'a>>,
}

/// The challenge of PKCE (RFC 7636 §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChallenge<'a> {
    /// `code_challenge`.
    pub challenge: Cow<'a, str>,
    /// `code_challenge_method`, `plain` if it was not sent.
    pub method: Cow<'a, str>,
}

/// Why an authorization request gives no code (RFC 6749 §4.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizeError {
    /// A parameter is missing, repeated or malformed.
    #[error("a parameter is missing, repeated or malformed")]
    InvalidRequest,
    /// The client may not ask for a code.
    #[error("the client may not ask for a code")]
    UnauthorizedClient,
    /// The person, or the server, said no.
    #[error("access is denied")]
    AccessDenied,
    /// Something other than a code was asked for.
    #[error("the response type is not supported")]
    UnsupportedResponseType,
    /// The scope is unknown or malformed.
    #[error("the scope is not valid")]
    InvalidScope,
    /// The server failed; a redirect cannot carry a 500.
    #[error("the server failed")]
    ServerError,
    /// The server cannot answer now; a redirect cannot carry a 503.
    #[error("the server cannot answer now")]
    TemporarilyUnavailable,
}

impl AuthorizeError {
    /// The value of `error`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

impl<'a> AuthorizeRequest<'a> {
    /// Reads the query of a request to the authorization endpoint, without its question mark. The
    /// redirection URI is required, because no client registers one here.
    ///
    /// # Errors
    /// [`AuthorizeError::InvalidRequest`] or [`AuthorizeError::UnsupportedResponseType`]; there is
    /// nowhere to redirect to, so the error is shown (RFC 6749 §4.1.2.1).
    pub fn parse(query: &'a [u8]) -> Result<Self, AuthorizeError> {
        let mut pairs = Vec::with_capacity(8);
        form::read_pairs(query, &mut pairs).map_err(|_| AuthorizeError::InvalidRequest)?;
        if form::repeated(&pairs).is_some() {
            return Err(AuthorizeError::InvalidRequest);
        }
        let mut take = |name: &str| {
            let (_, value) = pairs.iter_mut().find(|(n, _)| n == name)?;
            Some(std::mem::take(value)).filter(|value| !value.is_empty())
        };
        if take("response_type").ok_or(AuthorizeError::InvalidRequest)? != "code" {
            return Err(AuthorizeError::UnsupportedResponseType);
        }
        let method = take("code_challenge_method").unwrap_or(Cow::Borrowed("plain"));
        Ok(Self {
            client_id: take("client_id").ok_or(AuthorizeError::InvalidRequest)?,
            redirect_uri: take("redirect_uri")
                .filter(|uri| is_redirectable(uri))
                .ok_or(AuthorizeError::InvalidRequest)?,
            state: take("state"),
            scope: take("scope"),
            challenge: take("code_challenge").map(|challenge| CodeChallenge { challenge, method }),
        })
    }

    /// The redirection URI.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The `Location` that hands over a code (RFC 6749 §4.1.2).
    pub fn location(&self, code: &str) -> String {
        self.location_with("code", code)
    }

    /// The `Location` that reports an error (RFC 6749 §4.1.2.1).
    pub fn error_location(&self, error: AuthorizeError) -> String {
        self.location_with("error", error.code())
    }

    fn location_with(&self, name: &str, value: &str) -> String {
        let mut query = String::with_capacity(64);
        form::push_pair(&mut query, name, value);
        if let Some(state) = &self.state {
            form::push_pair(&mut query, "state", state);
        }
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{joint}{query}", self.redirect_uri)
    }
}

/// Whether a URI may stand in a `Location`: absolute, printable, without a fragment (RFC 6749
/// §3.1.2).
fn is_redirectable(uri: &str) -> bool {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        && uri.bytes().all(|b| b.is_ascii_graphic() && b != b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_6749_section_4_1_1_reads() {
        let query = "response_type=code&client_id=s6BhdRkqt3&state=xyz\
                     &redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb";
        let request = AuthorizeRequest::parse(query.as_bytes()).unwrap();
        assert_eq!(request.client_id, "s6BhdRkqt3");
        assert_eq!(
            request.location("SplxlOBeZQQYbYS6WxSbIA"),
            "https://client.example.com/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz"
        );
        assert_eq!(
            request.error_location(AuthorizeError::AccessDenied),
            "https://client.example.com/cb?error=access_denied&state=xyz"
        );
    }

    #[test]
    fn a_challenge_and_a_query_are_kept() {
        let query = "response_type=code&client_id=a&redirect_uri=http://h/?x=1&code_challenge=C\
                     &code_challenge_method=S256&state=a%26b";
        let request = AuthorizeRequest::parse(query.as_bytes()).unwrap();
        let challenge = CodeChallenge { challenge: "C".into(), method: "S256".into() };
        assert_eq!(request.challenge, Some(challenge));
        assert_eq!(request.location("K"), "http://h/?x=1&code=K&state=a%26b");
    }

    #[test]
    fn wrong_requests_are_refused() {
        let uri = "redirect_uri=https://a/";
        let cases = [
            (format!("client_id=a&{uri}"), "invalid_request"),
            (format!("response_type=token&client_id=a&{uri}"), "unsupported_response_type"),
            (format!("response_type=code&{uri}"), "invalid_request"),
            (format!("response_type=code&client_id=a&client_id=a&{uri}"), "invalid_request"),
            ("response_type=code&client_id=a".to_owned(), "invalid_request"),
            ("response_type=code&client_id=a&redirect_uri=/x".to_owned(), "invalid_request"),
            (
                "response_type=code&client_id=a&redirect_uri=a:%0d%0aX:".to_owned(),
                "invalid_request",
            ),
            ("response_type=code&client_id=a&redirect_uri=a:b%23c".to_owned(), "invalid_request"),
        ];
        for (query, code) in cases {
            let error = AuthorizeRequest::parse(query.as_bytes()).map_err(AuthorizeError::code);
            assert_eq!(error, Err(code), "{query}");
        }
    }
}
