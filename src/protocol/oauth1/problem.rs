//! Problems as the Problem Reporting extension names them, in the bytes that Xero wrote.
//!
//! The body is a form, percent-encoded as by RFC 3986: spaces are `%20`, never plus signs, and quotes
//! are `%22`. Statuses follow RFC 5849 §3.2, and Xero where it was recorded.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::protocol::form;

/// What Xero reports, with 503, when a limit is exceeded; no value of the extension.
pub(in crate::protocol) const RATE_LIMIT_EXCEEDED: &str = "rate limit exceeded";

/// Why a request of OAuth 1.0a is refused: every value of `oauth_problem`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// `oauth_version` is not 1.0.
    #[error("the version is not 1.0")]
    VersionRejected,
    /// This parameter is missing.
    #[error("{0} is missing")]
    ParameterAbsent(&'static str),
    /// This parameter, or something that has no name, is malformed or repeated.
    #[error("a parameter is malformed or repeated")]
    ParameterRejected(Option<&'static str>),
    /// `oauth_timestamp` lies outside what the server remembers nonces for.
    #[error("the timestamp is refused")]
    TimestampRefused {
        /// The timestamps that the server accepts now.
        acceptable: RangeInclusive<u64>,
    },
    /// The nonce came before, with the same timestamp and consumer key.
    #[error("the nonce was used before")]
    NonceUsed {
        /// The nonce.
        nonce: String,
    },
    /// The consumer may not sign like this, or nobody can.
    #[error("the signature method is rejected")]
    SignatureMethodRejected,
    /// The signature is not that of the request.
    #[error("the signature is not valid")]
    SignatureInvalid,
    /// Nobody registered this consumer key.
    #[error("the consumer key is unknown")]
    ConsumerKeyUnknown,
    /// The consumer key is permanently unacceptable.
    #[error("the consumer key is rejected")]
    ConsumerKeyRejected,
    /// The consumer key is temporarily unacceptable, when it is throttled, say.
    #[error("the consumer key is refused for now")]
    ConsumerKeyRefused,
    /// The request token was exchanged before.
    #[error("the token was used before")]
    TokenUsed,
    /// The access token is too old: renew it.
    #[error("the token has expired")]
    TokenExpired,
    /// The person withdrew the authorisation.
    #[error("the token is revoked")]
    TokenRevoked,
    /// The token is not acceptable, for one of Xero's reasons.
    #[error("the token is rejected")]
    TokenRejected(Rejection),
    /// The session does not permit a renewal without the person.
    #[error("a person has to authorise again")]
    AdditionalAuthorizationRequired,
    /// The person has not said whether this is permitted.
    #[error("the permission is unknown")]
    PermissionUnknown,
    /// The person does not permit this.
    #[error("the permission is denied")]
    PermissionDenied,
    /// The person refused the authorisation.
    #[error("the person refused")]
    UserRefused,
    /// A limit is exceeded (Xero, with 503 and the header `X-Rate-Limit-Problem`).
    #[error("a rate limit is exceeded")]
    RateLimitExceeded,
    /// The organisation is offline (Xero, with 503).
    #[error("the organisation is offline")]
    OrganisationOffline,
}

/// Why Xero rejected a token, as its advice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// A renewal with a token that is not the expected one.
    Unexpected {
        /// The token that was presented.
        token: String,
    },
    /// A token that is stale or unknown.
    NotValid,
    /// A token that was revoked, or replaced by another authorisation.
    NotAuthorized,
    /// A consumer that nobody registered, as Xero also reported it.
    UnknownConsumer,
}

impl Problem {
    /// The value of `oauth_problem`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::VersionRejected => "version_rejected",
            Self::ParameterAbsent(_) => "parameter_absent",
            Self::ParameterRejected(_) => "parameter_rejected",
            Self::TimestampRefused { .. } => "timestamp_refused",
            Self::NonceUsed { .. } => "nonce_used",
            Self::SignatureMethodRejected => "signature_method_rejected",
            Self::SignatureInvalid => "signature_invalid",
            Self::ConsumerKeyUnknown => "consumer_key_unknown",
            Self::ConsumerKeyRejected => "consumer_key_rejected",
            Self::ConsumerKeyRefused => "consumer_key_refused",
            Self::TokenUsed => "token_used",
            Self::TokenExpired => "token_expired",
            Self::TokenRevoked => "token_revoked",
            Self::TokenRejected(_) => "token_rejected",
            Self::AdditionalAuthorizationRequired => "additional_authorization_required",
            Self::PermissionUnknown => "permission_unknown",
            Self::PermissionDenied => "permission_denied",
            Self::UserRefused => "user_refused",
            Self::RateLimitExceeded => RATE_LIMIT_EXCEEDED,
            Self::OrganisationOffline => "organisation offline",
        }
    }

    /// The HTTP status: 400 for what the request spells wrongly, 401 for who asks (RFC 5849 §3.2),
    /// and Xero's 503.
    pub const fn status(&self) -> u16 {
        match self {
            Self::VersionRejected
            | Self::ParameterAbsent(_)
            | Self::ParameterRejected(_)
            | Self::SignatureMethodRejected => 400,
            Self::RateLimitExceeded | Self::OrganisationOffline => 503,
            Self::TimestampRefused { .. }
            | Self::NonceUsed { .. }
            | Self::SignatureInvalid
            | Self::ConsumerKeyUnknown
            | Self::ConsumerKeyRejected
            | Self::ConsumerKeyRefused
            | Self::TokenUsed
            | Self::TokenExpired
            | Self::TokenRevoked
            | Self::TokenRejected(_)
            | Self::AdditionalAuthorizationRequired
            | Self::PermissionUnknown
            | Self::PermissionDenied
            | Self::UserRefused => 401,
        }
    }

    /// The value of `oauth_problem_advice`: Xero's words where they are known (the status page of
    /// March 2018, its page of OAuth issues, the fixtures of Xeroizer and pyxero).
    pub fn advice(&self) -> Cow<'static, str> {
        let advice = match self {
            Self::TokenRejected(rejection) => return rejection.advice(),
            Self::NonceUsed { nonce } => {
                // The space at the end is Xero's.
                return format!("The nonce value \"{nonce}\" has already been used ").into();
            }
            Self::VersionRejected => "The version has to be 1.0",
            Self::ParameterAbsent(_) => "A required parameter is missing",
            Self::ParameterRejected(_) => "A parameter is malformed or repeated",
            Self::TimestampRefused { .. } => "The timestamp is too far from the time of the server",
            Self::SignatureMethodRejected => "The consumer cannot sign with this method",
            Self::SignatureInvalid => "Failed to validate signature",
            Self::ConsumerKeyUnknown => "Consumer key was not recognised",
            Self::ConsumerKeyRejected => "The consumer key is not acceptable",
            Self::ConsumerKeyRefused => "The consumer key is not acceptable for now",
            Self::TokenUsed => "The request token has already been used",
            Self::TokenExpired => "The access token has expired",
            Self::TokenRevoked => "The access token has been revoked",
            Self::AdditionalAuthorizationRequired => "A person has to authorize the access again",
            Self::PermissionUnknown => "The person has not decided about the access",
            Self::PermissionDenied => "The person does not permit the access",
            Self::UserRefused => "The person refused the authorization",
            Self::RateLimitExceeded => "please wait before retrying the xero api",
            Self::OrganisationOffline => "The organisation is offline",
        };
        advice.into()
    }

    /// The body: `oauth_problem`, `oauth_problem_advice`, and what the extension adds for some.
    pub fn body(&self) -> String {
        let mut body = String::with_capacity(160);
        for (name, value) in self.parameters() {
            form::push_pair(&mut body, name, &value);
        }
        body
    }

    /// The value of `WWW-Authenticate` (RFC 5849 §3.5.1), which the extension wants to hold the same
    /// parameters.
    pub fn www_authenticate(&self, realm: &str) -> String {
        let mut header = String::with_capacity(192);
        header.push_str("OAuth realm=\"");
        // A quoted-string (RFC 9110 §5.6.4), without what a header cannot hold.
        for letter in realm.chars().filter(|letter| matches!(letter, ' '..='~')) {
            if matches!(letter, '"' | '\\') {
                header.push('\\');
            }
            header.push(letter);
        }
        header.push('"');
        for (name, value) in self.parameters() {
            header.push_str(", ");
            header.push_str(name);
            header.push_str("=\"");
            header.extend(form::encode(&value));
            header.push('"');
        }
        header
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "few problems have a third parameter")]
    fn parameters(&self) -> impl Iterator<Item = (&'static str, Cow<'static, str>)> {
        let third = match self {
            Self::ParameterAbsent(name) => Some(("oauth_parameters_absent", (*name).into())),
            Self::ParameterRejected(Some(name)) => {
                Some(("oauth_parameters_rejected", (*name).into()))
            }
            Self::VersionRejected => Some(("oauth_acceptable_versions", "1.0-1.0".into())),
            Self::TimestampRefused { acceptable } => Some((
                "oauth_acceptable_timestamps",
                format!("{}-{}", acceptable.start(), acceptable.end()).into(),
            )),
            _ => None,
        };
        let first =
            [("oauth_problem", self.name().into()), ("oauth_problem_advice", self.advice())];
        first.into_iter().chain(third)
    }
}

impl Rejection {
    fn advice(&self) -> Cow<'static, str> {
        match self {
            Self::Unexpected { token } => {
                format!("Token {token} does not match an expected REQUEST token").into()
            }
            Self::NotValid => "The access token is not valid".into(),
            Self::NotAuthorized => {
                "The access token has not been authorized, or has been revoked by the user".into()
            }
            Self::UnknownConsumer => "Unknown consumer".into(),
        }
    }
}

/// A problem as a client reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported<'a> {
    /// The value of `oauth_problem`.
    pub problem: Cow<'a, str>,
    /// The value of `oauth_problem_advice`.
    pub advice: Option<Cow<'a, str>>,
}

/// Reads the body of a failed request; `None` if it reports no problem.
pub fn read_problem(body: &[u8]) -> Option<Reported<'_>> {
    let mut pairs = Vec::with_capacity(4);
    form::read_pairs(body.trim_ascii_end(), &mut pairs).ok()?;
    let mut take = |name: &str| {
        pairs.iter_mut().find(|(n, _)| n == name).map(|(_, value)| std::mem::take(value))
    };
    Some(Reported { problem: take("oauth_problem")?, advice: take("oauth_problem_advice") })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded bodies: the status page and the page of OAuth issues (whose markup shows them decoded),
    /// Xeroizer's `invalid_consumer_key`, `nonce_used` and `rate_limit_exceeded`, and pyxero's tests.
    #[test]
    fn bodies_are_those_that_xero_wrote() {
        let rejected = Problem::TokenRejected;
        let cases = [
            (
                rejected(Rejection::Unexpected { token: "AB12".to_owned() }),
                401,
                "token_rejected&oauth_problem_advice=Token%20AB12%20does%20not%20match%20an%20\
                 expected%20REQUEST%20token",
            ),
            (
                rejected(Rejection::NotValid),
                401,
                "token_rejected&oauth_problem_advice=The%20access%20token%20is%20not%20valid",
            ),
            (
                rejected(Rejection::NotAuthorized),
                401,
                "token_rejected&oauth_problem_advice=The%20access%20token%20has%20not%20been%20\
                 authorized%2C%20or%20has%20been%20revoked%20by%20the%20user",
            ),
            (
                rejected(Rejection::UnknownConsumer),
                401,
                "token_rejected&oauth_problem_advice=Unknown%20consumer",
            ),
            (
                Problem::NonceUsed { nonce: "potatocakes".to_owned() },
                401,
                "nonce_used&oauth_problem_advice=The%20nonce%20value%20%22potatocakes%22%20has%20\
                 already%20been%20used%20",
            ),
            (
                Problem::RateLimitExceeded,
                503,
                "rate%20limit%20exceeded&oauth_problem_advice=please%20wait%20before%20retrying%20\
                 the%20xero%20api",
            ),
            (
                Problem::ConsumerKeyUnknown,
                401,
                "consumer_key_unknown&oauth_problem_advice=Consumer%20key%20was%20not%20recognised",
            ),
        ];
        for (problem, status, body) in cases {
            assert_eq!(problem.body(), format!("oauth_problem={body}"));
            assert_eq!(problem.status(), status, "{problem}");
            let read = problem.body();
            let read = read_problem(read.as_bytes()).unwrap();
            assert_eq!(read.problem, problem.name());
            assert_eq!(read.advice, Some(problem.advice()));
        }
    }

    #[test]
    fn some_problems_say_what_would_do() {
        let cases = [
            (
                Problem::TimestampRefused { acceptable: 100..=700 },
                401,
                "&oauth_acceptable_timestamps=100-700",
            ),
            (Problem::ParameterAbsent("oauth_nonce"), 400, "&oauth_parameters_absent=oauth_nonce"),
            (
                Problem::ParameterRejected(Some("oauth_token")),
                400,
                "&oauth_parameters_rejected=oauth_token",
            ),
            (Problem::VersionRejected, 400, "&oauth_acceptable_versions=1.0-1.0"),
            (Problem::ParameterRejected(None), 400, "repeated"),
            (Problem::SignatureMethodRejected, 400, "method"),
        ];
        for (problem, status, end) in cases {
            assert!(problem.body().ends_with(end), "{}", problem.body());
            assert_eq!(problem.status(), status);
        }
    }

    #[test]
    fn the_challenge_holds_the_problem_and_no_control_characters() {
        assert_eq!(
            Problem::TokenRejected(Rejection::NotValid).www_authenticate("a \"b\"\r\n"),
            "OAuth realm=\"a \\\"b\\\"\", oauth_problem=\"token_rejected\", \
             oauth_problem_advice=\"The%20access%20token%20is%20not%20valid\""
        );
    }

    #[test]
    fn decoded_bodies_are_read_too() {
        let read = read_problem(b"oauth_problem_advice=some advice&oauth_problem=token_rejected\n");
        let expected =
            Reported { problem: "token_rejected".into(), advice: Some("some advice".into()) };
        assert_eq!(read, Some(expected));
        assert_eq!(read_problem(b"<html>"), None);
    }
}
