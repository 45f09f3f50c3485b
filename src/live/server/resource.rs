//! The protected resource: an API call with an access token, which says whose it is.
//!
//! ```text
//!   Authorization: Bearer ...   ──► 200 JSON │ 401 JSON of Xero's API today
//!   OAuth 1.0a, signed          ──► 200 JSON │ 401 form: token_expired, token_rejected
//! ```

use hyper::Method;
use serde_json::json;

use super::answer::{self, Content, Whole, unauthorized, whole, wrong_method};
use super::desk::{Desk, authorization};
use super::oauth1::parameters;
use crate::authority::GrantStatus;
use crate::base::SimTime;
use crate::live::door::Request;
use crate::live::grants::{AccessToken, Grants, Presented};
use crate::protocol::oauth1::{Parameters, Problem, Rejection, RequestLine};
use crate::protocol::{Named, Protocol, TokenKind, oauth2};

/// Where an organisation describes itself, today and in 2018.
pub(super) const ORGANISATION: [&str; 3] =
    ["/api/organisation", "/api.xro/2.0/organisation", "/api.xro/2.0/Organisation"];

/// Where the connections of a token are listed.
pub(super) const CONNECTIONS: &str = "/connections";

/// What became of the token of a call.
enum Checked {
    Good(Presented),
    /// Its life ended then.
    Expired(SimTime),
    /// It was superseded, or never issued.
    NotValid,
    /// Its family was revoked, or replaced by a new authorisation.
    NotAuthorized,
}

/// An API call.
pub(super) fn call(desk: &Desk, request: &Request, now: SimTime) -> Whole {
    if request.method != Method::GET && request.method != Method::HEAD {
        return wrong_method("GET, HEAD");
    }
    let list = request.uri.path() == CONNECTIONS;
    if let Some(token) = authorization(request).and_then(bearer) {
        return match check(desk, token, now) {
            Checked::Good(of) => describe(desk, of.org, list),
            Checked::Expired(at) => {
                let at = desk.unix_s(at).and_then(|seconds| i64::try_from(seconds).ok());
                unauthorized(oauth2::token_expired(at.unwrap_or(0), desk.instance()))
            }
            Checked::NotValid | Checked::NotAuthorized => unsuccessful(desk),
        };
    }
    let line = desk.line(request);
    match parameters(request, &line).and_then(|parameters| signed(desk, &parameters, &line, now)) {
        Ok(org) => describe(desk, org, list),
        Err(Problem::ParameterAbsent("oauth_token")) if desk.protocol == Protocol::Oauth2 => {
            unsuccessful(desk)
        }
        Err(problem) => answer::problem(&problem),
    }
}

/// The org of a call of OAuth 1.0a.
fn signed(
    desk: &Desk,
    parameters: &Parameters<'_>,
    line: &RequestLine<'_>,
    now: SimTime,
) -> Result<u32, Problem> {
    let token = parameters.token().ok_or(Problem::ParameterAbsent("oauth_token"))?;
    let rejected = |rejection| Err(Problem::TokenRejected(rejection));
    let Some(named) = desk.codec.read(token) else {
        desk.meters.unknown_token();
        return rejected(Rejection::NotValid);
    };
    desk.verify(parameters, line, &desk.codec.secret_ascii(named))?;
    match check(desk, token, now) {
        Checked::Good(of) => Ok(of.org),
        Checked::Expired(_) => Err(Problem::TokenExpired),
        Checked::NotValid => rejected(Rejection::NotValid),
        Checked::NotAuthorized => rejected(Rejection::NotAuthorized),
    }
}

/// The token of a bearer (RFC 6750 §2.1).
fn bearer(header: &[u8]) -> Option<&str> {
    let (scheme, token) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Looks a token up, and uses it if it is good.
fn check(desk: &Desk, token: &str, now: SimTime) -> Checked {
    let named = desk.codec.read(token).filter(|named| named.kind == TokenKind::Access);
    let Some(Named { org, family, generation, .. }) = named else {
        desk.meters.unknown_token();
        return Checked::NotValid;
    };
    let presented = Presented { org, family, generation };
    let mut grants = desk.site.grants();
    match grants.use_access_token(presented, now) {
        AccessToken::Good => Checked::Good(presented),
        AccessToken::Expired(at) => Checked::Expired(at),
        AccessToken::Killed if is_over(&grants, presented) => Checked::NotAuthorized,
        AccessToken::Killed => Checked::NotValid,
        AccessToken::Unknown => {
            desk.meters.unknown_token();
            Checked::NotValid
        }
    }
}

/// Whether the family of a token is over: revoked, or replaced.
fn is_over(grants: &Grants, presented: Presented) -> bool {
    grants.holders().get(presented.org as usize).is_some_and(|holder| {
        presented.family < holder.family()
            || holder.account().grant().status() == GrantStatus::Revoked
    })
}

fn unsuccessful(desk: &Desk) -> Whole {
    unauthorized(oauth2::authentication_unsuccessful(desk.instance()))
}

/// An org in a few words.
fn describe(desk: &Desk, org: u32, list: bool) -> Whole {
    let grants = desk.site.grants();
    let cohort = grants.org(org).map(|org| desk_cohort(&grants, org.cohort));
    let organisation = json!({
        "org": org,
        "muid": &*desk.codec.muid_ascii(org),
        "name": format!("Org {org}"),
        "cohort": cohort,
    });
    drop(grants);
    let body = if list { json!([organisation]) } else { organisation };
    whole(200, Content::Json, body.to_string())
}

fn desk_cohort(grants: &Grants, cohort: usize) -> String {
    grants.stage().cohort(cohort).name.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearers_are_told_from_others() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer", None),
            ("Basic abc", None),
            ("OAuth oauth_token=\"a\"", None),
        ] {
            assert_eq!(bearer(header.as_bytes()), token, "{header}");
        }
        assert_eq!(bearer(b"Bearer \xff"), None);
    }
}
