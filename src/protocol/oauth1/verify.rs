//! Who signed a request (RFC 5849 §3.2).

use crate::protocol::oauth1::signature::{Secrets, verify_hmac, verify_plaintext, verify_rsa};
use crate::protocol::oauth1::{Parameters, Problem, RequestLine, RsaKey, SignatureMethod};

/// A consumer as it registered itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// `oauth_consumer_key`.
    pub key: String,
    /// The secret it signs with by HMAC-SHA1 and PLAINTEXT, if it may.
    pub secret: Option<String>,
    /// The key it signs with by RSA-SHA1, if it may.
    pub rsa: Option<RsaKey>,
}

/// Verifies a request of this consumer, all but its nonce. `token_secret` is the one of the token it
/// presents, empty if it presents none; RSA-SHA1 does not use it.
///
/// # Errors
/// The first of the problems that RFC 5849 §3.2 names: of the consumer, of a missing or malformed
/// parameter, of the signature.
pub fn verify(
    parameters: &Parameters<'_>,
    line: &RequestLine<'_>,
    registration: &Registration,
    token_secret: &str,
) -> Result<(), Problem> {
    parameters.version()?;
    let key = parameters.consumer_key().ok_or(Problem::ParameterAbsent("oauth_consumer_key"))?;
    if key != registration.key {
        return Err(Problem::ConsumerKeyUnknown);
    }
    let method = parameters.signature_method()?;
    let signature = parameters.signature().ok_or(Problem::ParameterAbsent("oauth_signature"))?;
    let timestamp = parameters.timestamp()?;
    // §3.1: both may be absent beside a plain secret, which they would not protect.
    if method != SignatureMethod::Plaintext {
        timestamp.ok_or(Problem::ParameterAbsent("oauth_timestamp"))?;
        parameters.nonce().ok_or(Problem::ParameterAbsent("oauth_nonce"))?;
    }
    let secrets = || {
        let consumer = registration.secret.as_deref().ok_or(Problem::SignatureMethodRejected)?;
        Ok::<_, Problem>(Secrets { consumer, token: token_secret })
    };
    let valid = match method {
        SignatureMethod::HmacSha1 => {
            verify_hmac(&parameters.base_string(line), secrets()?, signature)
        }
        SignatureMethod::RsaSha1 => {
            let key = registration.rsa.as_ref().ok_or(Problem::SignatureMethodRejected)?;
            verify_rsa(&parameters.base_string(line), key, signature)
        }
        SignatureMethod::Plaintext => verify_plaintext(secrets()?, signature),
    };
    valid.then_some(()).ok_or(Problem::SignatureInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration() -> Registration {
        Registration {
            key: "dpf43f3p2l4k3l03".to_owned(),
            secret: Some("kd94hf93k423kf44".to_owned()),
            rsa: None,
        }
    }

    fn check(line: &RequestLine<'_>, header: &str, secret: &str) -> Result<(), Problem> {
        let parameters = Parameters::parse(line, Some(header.as_bytes()), None, b"")?;
        verify(&parameters, line, &registration(), secret)
    }

    /// The three requests of RFC 5849 §1.2.
    #[test]
    fn the_example_of_rfc_5849_section_1_2_verifies() {
        let cases = [
            (
                ("POST", "https", "/initiate"),
                r#"oauth_timestamp="137131200", oauth_nonce="wIjqoS",
                   oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready",
                   oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D""#,
                "",
            ),
            (
                ("POST", "https", "/token"),
                r#"oauth_token="hh5s93j4hdidpola", oauth_timestamp="137131201",
                   oauth_nonce="walatlh", oauth_verifier="hfdp7dh39dks9884",
                   oauth_signature="gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D""#,
                "hdhd0244k9j7ao03",
            ),
            (
                ("GET", "http", "/photos?file=vacation.jpg&size=original"),
                r#"oauth_token="nnch734d00sl2jdk", oauth_timestamp="137131202",
                   oauth_nonce="chapoH",
                   oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D""#,
                "pfkkdhi9sl3r4s00",
            ),
        ];
        for ((method, scheme, target), own, secret) in cases {
            let header = format!(
                r#"OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03",
                   oauth_signature_method="HMAC-SHA1", {own}"#
            );
            let line = RequestLine { method, scheme, host: "photos.example.net", target };
            assert_eq!(check(&line, &header, secret), Ok(()), "{target}");
            let other = RequestLine { method: "PUT", ..line };
            assert_eq!(check(&other, &header, secret), Err(Problem::SignatureInvalid));
            assert_eq!(check(&line, &header, "other"), Err(Problem::SignatureInvalid));
        }
    }

    #[test]
    fn what_is_missing_is_named_before_the_signature_is_computed() {
        let line = RequestLine { method: "POST", scheme: "https", host: "h", target: "/token" };
        let absent = |name| Err(Problem::ParameterAbsent(name));
        let key = r#"oauth_consumer_key="dpf43f3p2l4k3l03""#;
        let hmac = r#"oauth_signature_method="HMAC-SHA1",oauth_signature="x""#;
        let cases = [
            (String::new(), absent("oauth_consumer_key")),
            (r#"oauth_version="2.0""#.to_owned(), Err(Problem::VersionRejected)),
            (r#"oauth_consumer_key="other""#.to_owned(), Err(Problem::ConsumerKeyUnknown)),
            (key.to_owned(), absent("oauth_signature_method")),
            (format!("{key},oauth_signature_method=\"HMAC-SHA1\""), absent("oauth_signature")),
            (format!("{key},{hmac}"), absent("oauth_timestamp")),
            (format!("{key},{hmac},oauth_timestamp=\"1\""), absent("oauth_nonce")),
            (
                format!("{key},{hmac},oauth_timestamp=\"1\",oauth_nonce=\"n\""),
                Err(Problem::SignatureInvalid),
            ),
            (
                format!("{key},{hmac},oauth_timestamp=\"1\",oauth_nonce=\"n\"")
                    .replace("HMAC", "RSA"),
                Err(Problem::SignatureMethodRejected),
            ),
            (
                format!(
                    "{key},oauth_signature_method=\"PLAINTEXT\",\
                     oauth_signature=\"kd94hf93k423kf44%26secret\""
                ),
                Ok(()),
            ),
        ];
        for (header, expected) in cases {
            assert_eq!(check(&line, &format!("OAuth {header}"), "secret"), expected, "{header}");
        }
    }
}
