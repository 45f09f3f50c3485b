//! Who may speak to the server: everybody, or those who are registered.
//!
//! With registrations, requests of OAuth 1.0a must be signed (RFC 5849 §3.2) and clients of OAuth 2.0
//! must authenticate themselves (RFC 6749 §2.3); without any, both are taken at their word. A
//! registration serves both protocols: a consumer key is a client id.

use crate::protocol::oauth1::{
    NonceBook, Parameters, Problem, Registration, Rejection, RequestLine, verify,
};
use crate::protocol::oauth2::{self, ClientAuthentication};

/// How far a timestamp may lie from the server's time: five minutes, as Xero and others allow.
const WINDOW_S: u64 = 300;

/// Nonces that are remembered: 330 signed requests a second for the window.
const NONCES: usize = 100_000;

/// The registered clients, and the nonces they used.
#[derive(Debug)]
pub(super) struct Clients {
    registrations: Vec<Registration>,
    nonces: NonceBook,
}

impl Clients {
    pub(super) const fn new(registrations: Vec<Registration>) -> Self {
        Self { registrations, nonces: NonceBook::new(WINDOW_S, NONCES) }
    }

    fn find(&self, key: &str) -> Option<&Registration> {
        self.registrations.iter().find(|registration| registration.key == key)
    }

    /// Whether a client of this name may ask for anything.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.registrations.is_empty() || self.find(key).is_some()
    }

    /// Verifies a request of OAuth 1.0a. `now` is Unix time; without it timestamps are believed.
    pub(super) fn verify(
        &mut self,
        parameters: &Parameters<'_>,
        line: &RequestLine<'_>,
        token_secret: &str,
        now: Option<u64>,
    ) -> Result<(), Problem> {
        if self.registrations.is_empty() {
            return Ok(());
        }
        let absent = Problem::ParameterAbsent("oauth_consumer_key");
        let key = parameters.consumer_key().ok_or(absent)?;
        let unknown = Problem::TokenRejected(Rejection::UnknownConsumer);
        let registration = self.find(key).ok_or(unknown)?;
        verify(parameters, line, registration, token_secret)?;
        // PLAINTEXT may do without both (RFC 5849 §3.1).
        if let (Some(timestamp), Some(nonce)) = (parameters.timestamp()?, parameters.nonce()) {
            self.nonces.enter(key, timestamp, nonce, now.unwrap_or(timestamp))?;
        }
        Ok(())
    }

    /// Whether a client of OAuth 2.0 is who it says it is.
    pub(super) fn authenticate(
        &self,
        client: &ClientAuthentication<'_>,
    ) -> Result<(), oauth2::Error> {
        if self.registrations.is_empty() {
            return Ok(());
        }
        let registration = self.find(&client.id).ok_or_else(|| client.error())?;
        match (&registration.secret, &client.secret) {
            // A public client has no secret (RFC 6749 §2.1); some send an empty one.
            (None, given) if given.as_ref().is_none_or(|secret| secret.is_empty()) => Ok(()),
            (Some(secret), Some(given)) if same(secret.as_bytes(), given.as_bytes()) => Ok(()),
            (None | Some(_), _) => Err(client.error()),
        }
    }
}

/// Compares without telling by its time how much is the same.
fn same(left: &[u8], right: &[u8]) -> bool {
    let differences = left.iter().zip(right).fold(0, |all, (left, right)| all | (left ^ right));
    left.len() == right.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::oauth2::AuthenticatedBy;

    fn registration(key: &str, secret: Option<&str>) -> Registration {
        Registration { key: key.to_owned(), secret: secret.map(str::to_owned), rsa: None }
    }

    #[test]
    fn clients_of_oauth2_authenticate_themselves() {
        let some = Clients::new(vec![registration("app", Some("s")), registration("open", None)]);
        let none = Clients::new(Vec::new());
        for (id, secret, known) in [
            ("app", Some("s"), true),
            ("app", Some("t"), false),
            ("app", Some("ss"), false),
            ("app", None, false),
            ("open", None, true),
            ("open", Some(""), true),
            ("open", Some("s"), false),
            ("other", Some("s"), false),
        ] {
            let client = ClientAuthentication {
                id: id.into(),
                secret: secret.map(Into::into),
                by: AuthenticatedBy::Header,
            };
            assert_eq!(some.authenticate(&client).is_ok(), known, "{id} {secret:?}");
            assert_eq!(none.authenticate(&client), Ok(()));
        }
        assert!(some.knows("open") && !some.knows("other") && none.knows("other"));
    }

    #[test]
    fn a_nonce_counts_once_its_signature_holds() {
        let line = RequestLine { method: "GET", scheme: "http", host: "h", target: "/" };
        let mut clients = Clients::new(vec![registration("app", Some("s"))]);
        let mut check = |signature: &str, timestamp: u64, now: Option<u64>| {
            let header = format!(
                "OAuth oauth_consumer_key=\"app\",oauth_signature_method=\"PLAINTEXT\",\
                 oauth_signature=\"{signature}\",oauth_nonce=\"n\",oauth_timestamp=\"{timestamp}\""
            );
            let parameters = Parameters::parse(&line, Some(header.as_bytes()), None, b"").unwrap();
            clients.verify(&parameters, &line, "", now).map_err(|problem| problem.name())
        };
        for (signature, timestamp, now, expected) in [
            ("wrong", 1_000, Some(1_000), Err("signature_invalid")),
            ("s%26", 1_000, Some(1_000), Ok(())),
            ("s%26", 1_000, Some(1_000), Err("nonce_used")),
            ("s%26", 1_001, Some(2_000), Err("timestamp_refused")),
            ("s%26", 5_000, None, Ok(())),
        ] {
            assert_eq!(check(signature, timestamp, now), expected, "{signature} {timestamp}");
        }
    }
}
