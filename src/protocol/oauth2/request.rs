//! Requests to the token endpoint (RFC 6749 §4.1.3, §4.4.2, §6), read and built.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::protocol::form::{self, Pair, Plus};
use crate::protocol::oauth2::Error;

/// A request to the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest<'a> {
    /// Who asks.
    pub client: ClientAuthentication<'a>,
    /// What is given for the token.
    pub grant: Grant<'a>,
    /// The scope that is asked for.
    pub scope: Option<Cow<'a, str>>,
}

/// How a client says who it is (RFC 6749 §2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAuthentication<'a> {
    /// `client_id`.
    pub id: Cow<'a, str>,
    /// `client_secret`; public clients have none (§2.1).
    pub secret: Option<Cow<'a, str>>,
    /// Where it was said.
    pub by: AuthenticatedBy,
}

impl ClientAuthentication<'_> {
    /// The error for a client whose id or secret is wrong.
    pub fn error(&self) -> Error {
        Error::InvalidClient { by_header: self.by == AuthenticatedBy::Header }
    }
}

/// Where a client says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticatedBy {
    /// `Authorization: Basic`.
    Header,
    /// `client_id` and `client_secret` in the body.
    Body,
}

/// What a client gives for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant<'a> {
    /// `grant_type=refresh_token` (RFC 6749 §6).
    RefreshToken {
        /// The refresh token.
        refresh_token: Cow<'a, str>,
    },
    /// `grant_type=authorization_code` (RFC 6749 §4.1.3).
    AuthorizationCode {
        /// The code.
        code: Cow<'a, str>,
        /// The redirection URI of the authorization request.
        redirect_uri: Option<Cow<'a, str>>,
        /// The verifier of PKCE (RFC 7636 §4.5).
        code_verifier: Option<Cow<'a, str>>,
    },
    /// `grant_type=client_credentials` (RFC 6749 §4.4.2).
    ClientCredentials,
}

impl<'a> TokenRequest<'a> {
    /// Reads a request from its `Authorization` and `Content-Type` headers and its body.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a body that is no form, for repeated and missing parameters, and
    /// for two ways of authentication at once; [`Error::InvalidClient`] with a
    /// header that is not well formed; [`Error::UnsupportedGrantType`].
    pub fn parse(
        authorization: Option<&'a [u8]>,
        content_type: Option<&[u8]>,
        body: &'a [u8],
    ) -> Result<Self, Error> {
        if !content_type.is_some_and(form::is_form) {
            return Err(Error::InvalidRequest("the body is not a form"));
        }
        let mut pairs = Vec::with_capacity(8);
        form::read_pairs(body, &mut pairs).map_err(|error| match error {
            form::FormError::TooMany => Error::InvalidRequest("too many parameters"),
            form::FormError::Encoding => Error::InvalidRequest("a percent-encoding is malformed"),
        })?;
        if form::repeated(&pairs).is_some() {
            return Err(Error::InvalidRequest("a parameter is repeated"));
        }
        let mut fields = Fields(pairs);
        let kind = fields.required("grant_type", "grant_type is missing")?;
        let client = fields.client(authorization)?;
        let grant = fields.grant(&kind)?;
        if grant == Grant::ClientCredentials && client.secret.is_none() {
            return Err(client.error());
        }
        Ok(Self { client, grant, scope: fields.take("scope") })
    }
}

/// The parameters of a body, each taken out once.
struct Fields<'a>(Vec<Pair<'a>>);

impl<'a> Fields<'a> {
    /// The value, if it is there and not empty (RFC 6749 §3.2: empty is omitted).
    fn take(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.0.iter_mut().find(|(n, _)| n == name)?;
        let value = std::mem::take(value);
        (!value.is_empty()).then_some(value)
    }

    fn required(&mut self, name: &str, missing: &'static str) -> Result<Cow<'a, str>, Error> {
        self.take(name).ok_or(Error::InvalidRequest(missing))
    }

    fn client(
        &mut self,
        authorization: Option<&'a [u8]>,
    ) -> Result<ClientAuthentication<'a>, Error> {
        let (id, secret) = (self.take("client_id"), self.take("client_secret"));
        let Some(header) = authorization else {
            // RFC 6749 §3.2.1 leaves it to the server whether a public client must name itself.
            let id = id.unwrap_or_default();
            return Ok(ClientAuthentication { id, secret, by: AuthenticatedBy::Body });
        };
        let client = read_basic(header).ok_or(Error::InvalidClient { by_header: true })?;
        if secret.is_some() || id.is_some_and(|id| id != client.id) {
            return Err(Error::InvalidRequest("the client authenticates itself in two ways"));
        }
        Ok(client)
    }

    fn grant(&mut self, kind: &str) -> Result<Grant<'a>, Error> {
        Ok(match kind {
            "refresh_token" => Grant::RefreshToken {
                refresh_token: self.required("refresh_token", "refresh_token is missing")?,
            },
            "authorization_code" => Grant::AuthorizationCode {
                code: self.required("code", "code is missing")?,
                redirect_uri: self.take("redirect_uri"),
                code_verifier: self.take("code_verifier"),
            },
            "client_credentials" => Grant::ClientCredentials,
            _ => return Err(Error::UnsupportedGrantType),
        })
    }
}

/// The client of an `Authorization: Basic` header: id and secret are form-encoded, joined by a colon,
/// and encoded in Base64 (RFC 6749 §2.3.1).
fn read_basic(header: &[u8]) -> Option<ClientAuthentication<'static>> {
    let decoded = STANDARD.decode(form::after_scheme(header, "Basic")?).ok()?;
    let (id, secret) = form::split_once(&decoded, b':')?;
    let id = form::decode(id, Plus::Space).ok()?;
    let secret = form::decode(secret, Plus::Space).ok()?;
    (!id.is_empty()).then(|| ClientAuthentication {
        id: Cow::Owned(id.into_owned()),
        secret: Some(Cow::Owned(secret.into_owned())),
        by: AuthenticatedBy::Header,
    })
}

/// The `Authorization` header of a client.
pub fn basic(client_id: &str, client_secret: &str) -> String {
    let joined = format!("{}:{}", form::encode(client_id), form::encode(client_secret));
    format!("Basic {}", STANDARD.encode(joined))
}

/// The body of a refresh (RFC 6749 §6), sent as `application/x-www-form-urlencoded`.
pub fn refresh_form(refresh_token: &str) -> String {
    let mut body = String::with_capacity(96);
    form::push_pair(&mut body, "grant_type", "refresh_token");
    form::push_pair(&mut body, "refresh_token", refresh_token);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Option<&[u8]> = Some(b"application/x-www-form-urlencoded");

    fn parse<'a>(header: Option<&'a str>, body: &'a str) -> Result<TokenRequest<'a>, Error> {
        TokenRequest::parse(header.map(str::as_bytes), FORM, body.as_bytes())
    }

    #[test]
    fn a_refresh_is_built_and_read() {
        let (header, body) = (basic("app:1", "s e%c+"), refresh_form("ABC/+"));
        let request = parse(Some(&header), &body).unwrap();
        assert_eq!(request.grant, Grant::RefreshToken { refresh_token: "ABC/+".into() });
        assert_eq!(request.client.id, "app:1");
        assert_eq!(request.client.secret.as_deref(), Some("s e%c+"));
        assert_eq!(request.client.by, AuthenticatedBy::Header);
    }

    #[test]
    fn the_example_of_rfc_6749_section_6_reads() {
        let request = parse(
            Some("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"),
            "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA",
        );
        let request = request.unwrap();
        assert_eq!(request.client.id, "s6BhdRkqt3");
        assert_eq!(request.client.secret.as_deref(), Some("gX1fBat3bV"));
    }

    #[test]
    fn a_code_comes_with_its_verifier() {
        let request = parse(
            None,
            "grant_type=authorization_code&code=C&redirect_uri=https%3A%2F%2Fa%2Fb&client_id=app\
             &code_verifier=v&scope=offline_access+accounting",
        );
        assert_eq!(
            request.unwrap(),
            TokenRequest {
                client: ClientAuthentication {
                    id: "app".into(),
                    secret: None,
                    by: AuthenticatedBy::Body
                },
                grant: Grant::AuthorizationCode {
                    code: "C".into(),
                    redirect_uri: Some("https://a/b".into()),
                    code_verifier: Some("v".into()),
                },
                scope: Some("offline_access accounting".into()),
            }
        );
    }

    #[test]
    fn wrong_requests_have_their_errors() {
        let basic = basic("app", "secret");
        let cases: [(Option<&str>, &str, &str); 13] = [
            (None, "", "invalid_request"),
            (None, "grant_type=&client_id=a", "invalid_request"),
            (None, "grant_type=password&client_id=a", "unsupported_grant_type"),
            (None, "grant_type=refresh_token&client_id=a", "invalid_request"),
            (None, "grant_type=client_credentials&client_id=a", "invalid_client"),
            (None, "grant_type=client_credentials&client_id=a&x=1&x=1", "invalid_request"),
            (None, "grant_type=%zz", "invalid_request"),
            (Some(&basic), "grant_type=client_credentials&client_secret=b", "invalid_request"),
            (Some(&basic), "grant_type=client_credentials&client_id=b", "invalid_request"),
            (Some("Bearer x"), "grant_type=client_credentials&client_id=b", "invalid_client"),
            (Some("Basic ###"), "grant_type=client_credentials", "invalid_client"),
            (Some("Basic YQ=="), "grant_type=client_credentials", "invalid_client"),
            (Some("Basic"), "grant_type=client_credentials", "invalid_client"),
        ];
        for (header, body, code) in cases {
            assert_eq!(parse(header, body).map_err(Error::code), Err(code), "{header:?} {body}");
        }
        // Whether a client that does not name itself will do is for the server to say.
        assert_eq!(parse(None, "grant_type=refresh_token&refresh_token=A").unwrap().client.id, "");
        let same = parse(Some(&basic), "grant_type=client_credentials&client_id=app");
        assert_eq!(same.unwrap().grant, Grant::ClientCredentials);
        let json = TokenRequest::parse(None, Some(b"application/json"), b"{}");
        assert_eq!(json.map_err(Error::code), Err("invalid_request"));
    }
}
