//! Requests of OAuth 1.0a, built and signed.

use std::borrow::Cow;

use crate::protocol::form::{self, FormError, Pair};
use crate::protocol::oauth1::signature::{Secrets, sign_hmac};
use crate::protocol::oauth1::{Parameters, RequestLine, SignatureMethod};

/// How a client signs. RSA-SHA1 is absent: ring does not sign with SHA-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing<'a> {
    /// HMAC-SHA1 (RFC 5849 §3.4.2).
    HmacSha1 {
        /// The secret the consumer registered.
        consumer_secret: &'a str,
    },
    /// PLAINTEXT (RFC 5849 §3.4.4).
    Plaintext {
        /// The secret the consumer registered.
        consumer_secret: &'a str,
    },
}

/// A renewal: the old access token for a new one (OAuth Session 1.0 Draft 1, §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal<'a> {
    /// `oauth_consumer_key`.
    pub consumer_key: &'a str,
    /// `oauth_token`: the access token the client has, which may have expired.
    pub token: &'a str,
    /// Its secret.
    pub token_secret: &'a str,
    /// `oauth_session_handle`.
    pub handle: &'a str,
    /// `oauth_timestamp`, in seconds of Unix time.
    pub timestamp: u64,
    /// `oauth_nonce`.
    pub nonce: &'a str,
    /// How it is signed.
    pub signature: Signing<'a>,
}

impl Renewal<'_> {
    /// The `Authorization` header; the body is empty.
    ///
    /// # Errors
    /// [`FormError`] if the query of the target cannot be read.
    pub fn authorization(&self, line: &RequestLine<'_>) -> Result<String, FormError> {
        SignedRequest {
            consumer_key: self.consumer_key,
            token: Some(self.token),
            token_secret: self.token_secret,
            further: &[("oauth_session_handle", self.handle)],
            timestamp: self.timestamp,
            nonce: self.nonce,
            signature: self.signature,
        }
        .authorization(line)
    }
}

/// Any request of OAuth 1.0a: for a request token, for its swap, or of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedRequest<'a> {
    /// `oauth_consumer_key`.
    pub consumer_key: &'a str,
    /// `oauth_token`, if there is one.
    pub token: Option<&'a str>,
    /// Its secret; empty without a token.
    pub token_secret: &'a str,
    /// Further protocol parameters: `oauth_callback` or `oauth_verifier`, say.
    pub further: &'a [(&'static str, &'a str)],
    /// `oauth_timestamp`, in seconds of Unix time.
    pub timestamp: u64,
    /// `oauth_nonce`.
    pub nonce: &'a str,
    /// How it is signed.
    pub signature: Signing<'a>,
}

impl SignedRequest<'_> {
    /// The `Authorization` header (RFC 5849 §3.5.1) of a request without a form in its body.
    ///
    /// # Errors
    /// [`FormError`] if the query of the target cannot be read.
    pub fn authorization(&self, line: &RequestLine<'_>) -> Result<String, FormError> {
        let (method, consumer) = match self.signature {
            Signing::HmacSha1 { consumer_secret } => (SignatureMethod::HmacSha1, consumer_secret),
            Signing::Plaintext { consumer_secret } => (SignatureMethod::Plaintext, consumer_secret),
        };
        let timestamp = self.timestamp.to_string();
        let mut pairs: Vec<Pair<'_>> = Vec::with_capacity(12);
        let own = [
            ("oauth_consumer_key", self.consumer_key),
            ("oauth_signature_method", method.name()),
            ("oauth_timestamp", &timestamp),
            ("oauth_nonce", self.nonce),
            ("oauth_version", "1.0"),
        ];
        let token = self.token.map(|token| ("oauth_token", token));
        let all = own.into_iter().chain(token).chain(self.further.iter().copied());
        pairs.extend(all.map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value))));
        let mut header = String::with_capacity(448);
        header.push_str("OAuth ");
        for (name, value) in &pairs {
            push_field(&mut header, name, value);
            header.push_str(", ");
        }
        let secrets = Secrets { consumer, token: self.token_secret };
        let signature = match self.signature {
            Signing::HmacSha1 { .. } => {
                form::read_pairs(line.query().as_bytes(), &mut pairs)?;
                sign_hmac(&Parameters::new(pairs).base_string(line), secrets)
            }
            Signing::Plaintext { .. } => secrets.joined(),
        };
        push_field(&mut header, "oauth_signature", &signature);
        Ok(header)
    }
}

fn push_field(header: &mut String, name: &str, value: &str) {
    header.push_str(name);
    header.push_str("=\"");
    header.extend(form::encode(value));
    header.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::oauth1::{Problem, Registration, verify};

    const HMAC: Signing<'_> = Signing::HmacSha1 { consumer_secret: "kd94hf93k423kf44" };

    /// OAuth Core 1.0a, appendix A.5.1.
    #[test]
    fn the_example_of_oauth_core_is_signed() {
        let request = SignedRequest {
            consumer_key: "dpf43f3p2l4k3l03",
            token: Some("nnch734d00sl2jdk"),
            token_secret: "pfkkdhi9sl3r4s00",
            further: &[],
            timestamp: 1_191_242_096,
            nonce: "kllo9940pd9333jh",
            signature: HMAC,
        };
        let line = RequestLine {
            method: "GET",
            scheme: "http",
            host: "photos.example.net",
            target: "/photos?file=vacation.jpg&size=original",
        };
        assert_eq!(
            request.authorization(&line).unwrap(),
            "OAuth oauth_consumer_key=\"dpf43f3p2l4k3l03\", \
             oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1191242096\", \
             oauth_nonce=\"kllo9940pd9333jh\", oauth_version=\"1.0\", \
             oauth_token=\"nnch734d00sl2jdk\", \
             oauth_signature=\"tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D\""
        );
        let broken = RequestLine { target: "/photos?%", ..line };
        assert_eq!(request.authorization(&broken), Err(FormError::Encoding));
    }

    #[test]
    fn a_renewal_is_built_read_and_verified() {
        let registration = Registration {
            key: "A KEY".to_owned(),
            secret: Some("kd94hf93k423kf44".to_owned()),
            rsa: None,
        };
        let plain = Signing::Plaintext { consumer_secret: "kd94hf93k423kf44" };
        let lines = [("/oauth/AccessToken", "HTTP"), ("/oauth/AccessToken?a=b%20c", "https")];
        for (signature, (target, scheme)) in
            [HMAC, plain].into_iter().flat_map(|s| lines.map(|line| (s, line)))
        {
            let renewal = Renewal {
                consumer_key: "A KEY",
                token: "TOKEN",
                token_secret: "se&cret",
                handle: "HANDLE",
                timestamp: 1_520_897_400,
                nonce: "n 1",
                signature,
            };
            let line = RequestLine { method: "POST", scheme, host: "127.0.0.1:8080", target };
            let header = renewal.authorization(&line).unwrap();
            let read = Parameters::parse(&line, Some(header.as_bytes()), None, b"").unwrap();
            assert_eq!(read.token(), Some("TOKEN"));
            assert_eq!(read.session_handle(), Some("HANDLE"));
            assert_eq!(read.timestamp(), Ok(Some(1_520_897_400)));
            assert_eq!(read.nonce(), Some("n 1"));
            assert_eq!(verify(&read, &line, &registration, "se&cret"), Ok(()));
            let wrong = verify(&read, &line, &registration, "secret");
            assert_eq!(wrong, Err(Problem::SignatureInvalid));
        }
    }
}
