//! The decoders of the wire.
//!
//! What a decoder accepts must be bounded by its input and mean the same when it is written and read
//! again. A request is framed as lines: target, `Authorization`, `Content-Type`, and the rest is the body.

use amnesty::protocol::oauth1::{
    self, AccessAnswer, Parameters, Registration, Renewal, RequestAnswer, RequestLine, RsaKey,
    Signing,
};
use amnesty::protocol::oauth2::{
    self, AuthenticatedBy, AuthorizeError, AuthorizeRequest, ClientAuthentication, Reading,
    TokenRequest,
};
use amnesty::protocol::{PARAMETERS_MAX, Protocol, TokenCodec, hear};

/// The key under which the seeds were written.
const CODEC: TokenCodec = TokenCodec::new(20_180_312);

/// Whatever is read as a token is written as the same text.
pub fn token(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.trim_ascii_end();
    let (token, handle) = (CODEC.read(text), CODEC.read_handle(text));
    if let Some(named) = token {
        assert_eq!(CODEC.token(named), text);
    }
    if let Some((org, family)) = handle {
        assert_eq!(CODEC.handle(org, family), text);
    }
    token.is_some() || handle.is_some()
}

/// A request of OAuth 1.0a, read, verified, and its base string bounded.
pub fn oauth1_request(bytes: &[u8]) -> bool {
    let [target, authorization, content_type, body] = lines(bytes);
    let Ok(target) = std::str::from_utf8(target) else { return false };
    let line = RequestLine { method: "POST", scheme: "https", host: "example.com", target };
    let Ok(parameters) = Parameters::parse(&line, Some(authorization), Some(content_type), body)
    else {
        return false;
    };
    assert!(parameters.iter().count() <= PARAMETERS_MAX);
    let base = parameters.base_string(&line);
    assert!(base.len() <= 5 * bytes.len() + 8 * PARAMETERS_MAX + 64, "{}", base.len());
    let consumer = Registration {
        key: parameters.consumer_key().unwrap_or_default().to_owned(),
        secret: Some("secret".to_owned()),
        rsa: None,
    };
    if let Err(problem) = oauth1::verify(&parameters, &line, &consumer, "token secret") {
        readable(&problem);
    }
    let renewal = Renewal {
        consumer_key: &consumer.key,
        token: parameters.token().unwrap_or("token"),
        token_secret: "token secret",
        handle: parameters.session_handle().unwrap_or("handle"),
        timestamp: 1,
        nonce: parameters.nonce().unwrap_or("nonce"),
        signature: Signing::HmacSha1 { consumer_secret: "secret" },
    };
    // The query may hold protocol parameters of its own, which are then repeated.
    let Ok(header) = renewal.authorization(&line) else { return true };
    if let Ok(again) = Parameters::parse(&line, Some(header.as_bytes()), None, b"") {
        let verified = oauth1::verify(&again, &line, &consumer, "token secret");
        assert!(consumer.key.is_empty() || verified.is_ok(), "{verified:?}");
    }
    true
}

/// Answers of OAuth 1.0a, as a client reads them.
pub fn oauth1_answer(bytes: &[u8]) -> bool {
    let (access, request) = (AccessAnswer::read(bytes), RequestAnswer::read(bytes));
    let accepted = access.is_some() || request.is_some();
    if let Some(answer) = access {
        let body = answer.body();
        assert!(body.len() <= 3 * bytes.len() + 256);
        assert_eq!(AccessAnswer::read(body.as_bytes()), Some(answer));
    }
    if let Some(answer) = request {
        assert_eq!(RequestAnswer::read(answer.body().as_bytes()), Some(answer));
    }
    if let Some(reported) = oauth1::read_problem(bytes) {
        assert!(reported.problem.len() <= bytes.len());
    }
    for status in STATUSES {
        let _ = hear(Protocol::Oauth1a, status, std::str::from_utf8(bytes).ok(), bytes);
    }
    accepted
}

/// A client is the same where it authenticates itself in a header.
fn is_read_in_a_header(client: ClientAuthentication<'_>) {
    let secret = client.secret.unwrap_or_default();
    let header = oauth2::basic(&client.id, &secret);
    let form = b"application/x-www-form-urlencoded";
    let body = b"grant_type=client_credentials";
    let again = TokenRequest::parse(Some(header.as_bytes()), Some(form), body);
    let again = again.map(|request| (request.client.id, request.client.secret));
    assert_eq!(again, Ok((client.id, Some(secret))));
}

/// Requests to the token and authorization endpoints of OAuth 2.0.
pub fn oauth2_request(bytes: &[u8]) -> bool {
    let [_, authorization, content_type, body] = lines(bytes);
    let authorization = (!authorization.is_empty()).then_some(authorization);
    let token = TokenRequest::parse(authorization, Some(content_type), body);
    let mut accepted = token.is_ok();
    match token {
        Ok(TokenRequest { client, .. }) => {
            assert!(client.id.len() <= bytes.len());
            // A public client need not name itself, but in a header it has a name.
            assert!(!client.id.is_empty() || client.by == AuthenticatedBy::Body);
            if !client.id.is_empty() {
                is_read_in_a_header(client);
            }
        }
        Err(error) => {
            let body = error.body();
            let reading = oauth2::read_answer(error.status(), body.as_bytes());
            assert_eq!(reading, Reading::Failed(error.code().into()));
        }
    }
    if let Ok(request) = AuthorizeRequest::parse(body) {
        accepted = true;
        let refused = request.error_location(AuthorizeError::AccessDenied);
        for location in [request.location("a b"), refused] {
            assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location}");
            assert!(location.len() <= 3 * bytes.len() + 64);
        }
    }
    accepted
}

/// Answers of OAuth 2.0, as a client reads them.
pub fn oauth2_answer(bytes: &[u8]) -> bool {
    let mut accepted = false;
    for status in STATUSES {
        if let Reading::Token(answer) = oauth2::read_answer(status, bytes) {
            accepted = true;
            assert_eq!(status, 200);
            let body = answer.body();
            assert!(body.len() <= 6 * bytes.len() + 128);
            assert_eq!(oauth2::read_answer(200, body.as_bytes()), Reading::Token(answer));
        }
        let _ = hear(Protocol::Oauth2, status, std::str::from_utf8(bytes).ok(), bytes);
    }
    accepted
}

/// Public keys in PEM.
pub fn rsa_pem(bytes: &[u8]) -> bool {
    let key = RsaKey::from_pem(bytes);
    if let Ok(key) = &key {
        assert!(!key.verifies(b"message", bytes));
    }
    key.is_ok()
}

const STATUSES: [u16; 6] = [200, 400, 401, 429, 500, 503];

fn readable(problem: &oauth1::Problem) {
    let body = problem.body();
    let reported = oauth1::read_problem(body.as_bytes()).map(|reported| reported.problem);
    assert_eq!(reported.as_deref(), Some(problem.name()));
    let header = problem.www_authenticate("realm");
    assert!(header.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{header}");
}

/// Three lines, and what follows them.
fn lines(bytes: &[u8]) -> [&[u8]; 4] {
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
    [(); 4].map(|()| parts.next().unwrap_or_default())
}
