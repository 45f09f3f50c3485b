//! The server that the swarm refreshes at: where its endpoints are, and who the swarm says it is.

use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};

use crate::protocol::Protocol;

/// An authorization server, as its clients know it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The protocol of its token endpoint.
    pub protocol: Protocol,
    authority: Authority,
    /// Its endpoints: a path each, with a query if it has one.
    pub paths: Paths,
    /// The application of all partners: the consumer of OAuth 1.0a, the client of OAuth 2.0.
    pub client: Registered,
}

/// The endpoints of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Where tokens are refreshed, and codes and request tokens exchanged.
    pub token: String,
    /// Where a person authorises.
    pub authorize: String,
    /// Where OAuth 1.0a hands out request tokens.
    pub request_token: String,
    /// Some resource that an access token opens.
    pub resource: String,
}

/// What an application registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// `client_id`, or the consumer key.
    pub id: String,
    /// `client_secret`, or the consumer secret.
    pub secret: String,
    /// Where a person is sent back to. Nobody listens there: the swarm reads the redirect itself.
    pub redirect_uri: String,
}

/// What is no URL of a token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// TLS is not spoken.
    #[error(
        "`{0}` is an https URL and the swarm speaks plain http: put a proxy before the server that \
         takes http and speaks TLS to it"
    )]
    Https(String),
    /// It is not an absolute URL with a host.
    #[error("`{0}` is no URL such as http://127.0.0.1:8080/connect/token")]
    NotAnUrl(String),
    /// Its port is none.
    #[error("`{url}`: a port lies between 1 and 65535, found `{port}`")]
    Port {
        /// The URL.
        url: String,
        /// What stands for the port.
        port: String,
    },
    /// It names a user, whom the swarm would have nowhere to say.
    #[error("`{0}` names a user: give the client's id and secret by themselves")]
    User(String),
}

impl Paths {
    /// The endpoints of our own server, which are Xero's: of 2018 in OAuth 1.0a, of today in OAuth 2.0.
    pub fn usual(protocol: Protocol) -> Self {
        let (token, authorize) = match protocol {
            Protocol::Oauth1a => ("/oauth/AccessToken", "/oauth/Authorize"),
            Protocol::Oauth2 => ("/connect/token", "/connect/authorize"),
        };
        Self {
            token: token.to_owned(),
            authorize: authorize.to_owned(),
            request_token: "/oauth/RequestToken".to_owned(),
            resource: "/api.xro/2.0/Organisation".to_owned(),
        }
    }
}

impl Target {
    /// The server with this token endpoint. The other endpoints are those of our own server until
    /// they are set.
    ///
    /// # Errors
    /// [`TargetError`] for anything but an absolute `http` URL.
    pub fn new(
        protocol: Protocol,
        token_url: &str,
        client: Registered,
    ) -> Result<Self, TargetError> {
        let wrong = || TargetError::NotAnUrl(token_url.to_owned());
        let uri: Uri = token_url.parse().map_err(|_| wrong())?;
        if uri.scheme() == Some(&Scheme::HTTPS) {
            return Err(TargetError::Https(token_url.to_owned()));
        }
        let authority = uri.authority().ok_or_else(wrong)?.clone();
        if uri.scheme() != Some(&Scheme::HTTP) || authority.host().is_empty() {
            return Err(wrong());
        }
        if authority.as_str().contains('@') {
            return Err(TargetError::User(token_url.to_owned()));
        }
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
            let port = port.trim_start_matches(':').to_owned();
            return Err(TargetError::Port { url: token_url.to_owned(), port });
        }
        let token = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { protocol, authority, paths: Paths { token, ..Paths::usual(protocol) }, client })
    }

    /// `host:port` as it stands in the `Host` header; without the port if the URL had none.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The host, without the brackets of an IPv6 address, and the port.
    pub fn host_and_port(&self) -> (&str, u16) {
        let host = self.authority.host();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        (bare.unwrap_or(host), self.authority.port_u16().unwrap_or(80))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, TargetError> {
        let client = Registered {
            id: "app".to_owned(),
            secret: "secret".to_owned(),
            redirect_uri: "http://localhost/back".to_owned(),
        };
        Target::new(Protocol::Oauth2, url, client)
    }

    #[test]
    fn a_token_url_says_where_the_server_is() {
        for (url, authority, host_and_port, token) in [
            (
                "http://127.0.0.1:8080/connect/token",
                "127.0.0.1:8080",
                ("127.0.0.1", 8080),
                "/connect/token",
            ),
            ("http://auth.example/t?x=1", "auth.example", ("auth.example", 80), "/t?x=1"),
            ("http://[::1]:9", "[::1]:9", ("::1", 9), "/"),
        ] {
            let target = target(url).unwrap();
            assert_eq!(target.authority(), authority);
            assert_eq!(target.host_and_port(), host_and_port);
            assert_eq!(target.paths.token, token);
        }
    }

    #[test]
    fn wrong_urls_say_what_is_wrong_with_them() {
        let https = target("https://identity.xero.com/connect/token").unwrap_err();
        assert!(https.to_string().contains("speaks plain http"));
        assert!(matches!(target("http://a:b@host/t"), Err(TargetError::User(_))));
        for (url, port) in [
            ("http://127.0.0.1:99999/", "99999"),
            ("http://127.0.0.1:0/t", "0"),
            ("http://127.0.0.1:/t", ""),
            ("http://[::1]:65536", "65536"),
        ] {
            let error = target(url).unwrap_err().to_string();
            assert!(error.ends_with(&format!("between 1 and 65535, found `{port}`")), "{error}");
        }
        for url in ["", "/connect/token", "127.0.0.1:8080", "ftp://host/t", "http://", "http:///t"]
        {
            assert!(matches!(target(url), Err(TargetError::NotAnUrl(_))), "{url}");
        }
    }
}
