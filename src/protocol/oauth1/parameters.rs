//! Requests of OAuth 1.0a, read (RFC 5849 §3.1, §3.4.1.3, §3.5).

use std::borrow::Cow;

use crate::protocol::form::{self, FormError, Pair, Plus};
use crate::protocol::oauth1::Problem;

/// Where a request goes, as its signature sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLine<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// `http` or `https`: what the client connected to, in any case.
    pub scheme: &'a str,
    /// The `Host` header, with its port if it has one.
    pub host: &'a str,
    /// Path and query, as they stand in the request.
    pub target: &'a str,
}

impl<'a> RequestLine<'a> {
    /// The path, as it stands in the request.
    pub fn path(&self) -> &'a str {
        let path = self.target.split(['?', '#']).next().unwrap_or_default();
        if path.is_empty() { "/" } else { path }
    }

    /// The query, encoded; empty if there is none.
    pub fn query(&self) -> &'a str {
        let target = self.target.split('#').next().unwrap_or_default();
        target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// How a request is signed (RFC 5849 §3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureMethod {
    /// HMAC with SHA-1 under both secrets (§3.4.2).
    HmacSha1,
    /// RSASSA-PKCS1-v1_5 with SHA-1 under the consumer's private key (§3.4.3).
    RsaSha1,
    /// The secrets themselves (§3.4.4).
    Plaintext,
}

impl SignatureMethod {
    /// The value of `oauth_signature_method`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::RsaSha1 => "RSA-SHA1",
            Self::Plaintext => "PLAINTEXT",
        }
    }
}

/// The parameters of a request, from header, query and body, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters<'a> {
    pairs: Vec<Pair<'a>>,
}

impl<'a> Parameters<'a> {
    /// Collects the parameters of a request (RFC 5849 §3.4.1.3.1): those of the query, of an
    /// `Authorization: OAuth` header but for `realm`, and of a body that is a form.
    ///
    /// # Errors
    /// [`Problem::ParameterRejected`] if there are too many, if one is malformed, or if one whose name
    /// starts with `oauth_` is repeated (§3.2).
    pub fn parse(
        line: &RequestLine<'a>,
        authorization: Option<&'a [u8]>,
        content_type: Option<&[u8]>,
        body: &'a [u8],
    ) -> Result<Self, Problem> {
        let rejected = |_: FormError| Problem::ParameterRejected(None);
        let mut pairs = Vec::with_capacity(12);
        form::read_pairs(line.query().as_bytes(), &mut pairs).map_err(rejected)?;
        if let Some(header) = authorization.and_then(|header| form::after_scheme(header, "OAuth")) {
            read_header(header, &mut pairs)?;
        }
        if content_type.is_some_and(form::is_form) {
            form::read_pairs(body, &mut pairs).map_err(rejected)?;
        }
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_ref()).collect();
        names.retain(|name| name.starts_with("oauth_"));
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let known = NAMES.into_iter().find(|name| *name == twice[0]);
            return Err(Problem::ParameterRejected(known));
        }
        Ok(Self { pairs })
    }

    /// Parameters that a client is about to send.
    pub(super) const fn new(pairs: Vec<Pair<'a>>) -> Self {
        Self { pairs }
    }

    /// All names and values, in the order of query, header and body.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// `oauth_consumer_key`.
    pub fn consumer_key(&self) -> Option<&str> {
        self.text("oauth_consumer_key")
    }

    /// `oauth_token`: a request or an access token. Some clients send it empty, which is none.
    pub fn token(&self) -> Option<&str> {
        self.text("oauth_token")
    }

    /// `oauth_session_handle`, of a renewal (OAuth Session 1.0 Draft 1, §5.3).
    pub fn session_handle(&self) -> Option<&str> {
        self.text("oauth_session_handle")
    }

    /// `oauth_verifier`, of a swap.
    pub fn verifier(&self) -> Option<&str> {
        self.text("oauth_verifier")
    }

    /// `oauth_callback`, of a request for a request token: a URI, or `oob`.
    pub fn callback(&self) -> Option<&str> {
        self.text("oauth_callback")
    }

    /// `oauth_nonce`.
    pub fn nonce(&self) -> Option<&str> {
        self.text("oauth_nonce")
    }

    /// `oauth_signature`, in Base64 except for PLAINTEXT.
    pub fn signature(&self) -> Option<&str> {
        self.text("oauth_signature")
    }

    /// `oauth_timestamp`, in seconds of Unix time.
    ///
    /// # Errors
    /// [`Problem::ParameterRejected`] if it is no positive whole number.
    pub fn timestamp(&self) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text("oauth_timestamp") else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = text.parse().ok().filter(|seconds| digits && *seconds > 0);
        seconds.map(Some).ok_or(Problem::ParameterRejected(Some("oauth_timestamp")))
    }

    /// `oauth_signature_method`.
    ///
    /// # Errors
    /// [`Problem::ParameterAbsent`], or [`Problem::SignatureMethodRejected`] if nobody knows it.
    pub fn signature_method(&self) -> Result<SignatureMethod, Problem> {
        use SignatureMethod::{HmacSha1, Plaintext, RsaSha1};
        let name = self.text("oauth_signature_method");
        let name = name.ok_or(Problem::ParameterAbsent("oauth_signature_method"))?;
        let known = [HmacSha1, RsaSha1, Plaintext].into_iter().find(|method| method.name() == name);
        known.ok_or(Problem::SignatureMethodRejected)
    }

    /// Checks `oauth_version`, which may be absent (RFC 5849 §3.1).
    ///
    /// # Errors
    /// [`Problem::VersionRejected`] if it is not 1.0.
    pub fn version(&self) -> Result<(), Problem> {
        let version = self.text("oauth_version");
        version.is_none_or(|version| version == "1.0").then_some(()).ok_or(Problem::VersionRejected)
    }

    fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().find(|(n, _)| n == name)?;
        Some(value.as_ref()).filter(|value| !value.is_empty())
    }
}

/// The protocol parameters, to be named in a report.
const NAMES: [&str; 10] = [
    "oauth_callback",
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_session_handle",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
    "oauth_verifier",
    "oauth_version",
];

/// Reads `name="value"` pairs, separated by commas (RFC 5849 §3.5.1).
fn read_header<'a>(mut rest: &'a [u8], pairs: &mut Vec<Pair<'a>>) -> Result<(), Problem> {
    let rejected = Problem::ParameterRejected(None);
    loop {
        rest = rest.trim_ascii_start();
        if let Some(more) = rest.strip_prefix(b",") {
            rest = more;
            continue;
        }
        if rest.is_empty() {
            return Ok(());
        }
        let Some((name, value)) = form::split_once(rest, b'=') else { return Err(rejected) };
        let Some(quoted) = value.trim_ascii_start().strip_prefix(b"\"") else {
            return Err(rejected);
        };
        let Some(length) = quoted_length(quoted) else { return Err(rejected) };
        rest = quoted[length + 1..].trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b",") {
            return Err(rejected);
        }
        let name = decode(name.trim_ascii_end())?;
        if name.eq_ignore_ascii_case("realm") {
            continue;
        }
        if pairs.len() >= form::PARAMETERS_MAX {
            return Err(rejected);
        }
        pairs.push((name, decode(&quoted[..length])?));
    }
}

fn decode(text: &[u8]) -> Result<Cow<'_, str>, Problem> {
    form::decode(text, Plus::Plus).map_err(|_| Problem::ParameterRejected(None))
}

/// Bytes up to the closing quote of a quoted-string (RFC 9110 §5.6.4).
fn quoted_length(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Option<&[u8]> = Some(b"application/x-www-form-urlencoded");

    fn line(target: &str) -> RequestLine<'_> {
        RequestLine { method: "POST", scheme: "http", host: "example.com", target }
    }

    #[test]
    fn parameters_come_from_all_three_places() {
        let line = line("/oauth/AccessToken?oauth_session_handle=H&a=1%202+3#x?y=z");
        let header = br#"oauth realm="a, \"b\"", oauth_token="T%2B+" ,oauth_version="1.0""#;
        let parameters = Parameters::parse(&line, Some(header), FORM, b"oauth_nonce=n+m").unwrap();
        let all: Vec<_> = parameters.iter().collect();
        assert_eq!(
            all,
            [
                ("oauth_session_handle", "H"),
                ("a", "1 2 3"),
                ("oauth_token", "T++"),
                ("oauth_version", "1.0"),
                ("oauth_nonce", "n m"),
            ]
        );
        assert_eq!(parameters.session_handle(), Some("H"));
        assert_eq!(parameters.token(), Some("T++"));
        assert_eq!(parameters.version(), Ok(()));
        assert_eq!(line.path(), "/oauth/AccessToken");
    }

    #[test]
    fn a_body_that_is_no_form_and_a_header_of_another_scheme_are_nothing() {
        let json: Option<&[u8]> = Some(b"application/json");
        let bearer: Option<&[u8]> = Some(b"Bearer oauth_token=\"a\"");
        let parameters = Parameters::parse(&line(""), bearer, json, b"oauth_token=T").unwrap();
        assert_eq!(parameters.iter().count(), 0);
        assert_eq!(line("").path(), "/");
    }

    #[test]
    fn malformed_requests_are_rejected() {
        let many = "a=1&".repeat(form::PARAMETERS_MAX + 1);
        let cases: [(&str, &str, &str, Option<&str>); 12] = [
            ("/?oauth_token=a", "oauth_token=\"a\"", "", Some("oauth_token")),
            ("/?oauth_other=a", "", "oauth_other=b", None),
            ("/?a=%", "", "", None),
            ("/", "", "a=%ff", None),
            ("/", "", &many, None),
            ("/", "a", "", None),
            ("/", "a=b", "", None),
            ("/", "a=\"b", "", None),
            ("/", "a=\"b\\\"", "", None),
            ("/", "a=\"b\" c=\"d\"", "", None),
            ("/", "a=\"%\"", "", None),
            ("/", "%=\"\"", "", None),
        ];
        for (target, header, body, name) in cases {
            let header = format!("OAuth {header}");
            let read =
                Parameters::parse(&line(target), Some(header.as_bytes()), FORM, body.as_bytes());
            assert_eq!(read, Err(Problem::ParameterRejected(name)), "{target} {header}");
        }
        let repeated = Parameters::parse(&line("/?a=1&a=2"), Some(b"OAuth ,"), None, b"");
        assert_eq!(repeated.unwrap().iter().count(), 2);
    }

    #[test]
    fn values_are_checked_when_they_are_asked_for() {
        let parse = |query: &'static str| Parameters::parse(&line(query), None, None, b"").unwrap();
        let timestamp = Err(Problem::ParameterRejected(Some("oauth_timestamp")));
        let cases = [
            ("/?oauth_timestamp=137131200", Ok(Some(137_131_200))),
            ("/", Ok(None)),
            ("/?oauth_timestamp=", Ok(None)),
            ("/?oauth_timestamp=0", timestamp.clone()),
            ("/?oauth_timestamp=%2B1", timestamp.clone()),
            ("/?oauth_timestamp=99999999999999999999", timestamp),
        ];
        for (query, expected) in cases {
            assert_eq!(parse(query).timestamp(), expected, "{query}");
        }
        let method = |name| parse(name).signature_method();
        assert_eq!(method("/?oauth_signature_method=RSA-SHA1"), Ok(SignatureMethod::RsaSha1));
        assert_eq!(method("/?oauth_signature_method=x"), Err(Problem::SignatureMethodRejected));
        assert_eq!(method("/"), Err(Problem::ParameterAbsent("oauth_signature_method")));
        assert_eq!(parse("/?oauth_version=2.0").version(), Err(Problem::VersionRejected));
    }
}
