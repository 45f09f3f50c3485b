//! The endpoints of OAuth 1.0a with the session extension, as Xero's partner API had them.
//!
//! ```text
//!   /oauth/RequestToken ──► a slip ──► request token
//!   /oauth/Authorize    ──► the slip says whom ──► 302 callback?oauth_token&oauth_verifier
//!   /oauth/AccessToken  request token + verifier ──► slip spent, org authorised ──► 200 T0
//!                       access token + session handle ──► a refresh: fates, policy, amnesty
//! ```

use std::cell::RefCell;

use hyper::Method;

use super::answer::{self, Content, Whole, whole, wrong_method};
use super::desk::{Desk, authorization, content_type};
use super::oauth2::Asked;
use super::refresh::{Decided, Refresh, issued};
use super::slips::{KEPT, Slip, Slips};
use super::target::Target;
use crate::base::SimTime;
use crate::live::door::Request;
use crate::live::grants::Presented;
use crate::protocol::oauth1::{
    AccessAnswer, Parameters, Problem, Rejection, RequestAnswer, RequestLine,
};
use crate::protocol::{Generation, Named, Protocol, TokenKind};

/// Letters of a callback or of a consumer key.
const TEXT_MAX: usize = 2_048;

/// Where there is no callback: the person types the verifier (RFC 5849 §2.1).
const OUT_OF_BAND: &str = "oob";

/// What the endpoints of OAuth 1.0a remember.
#[derive(Debug)]
pub(super) struct Oauth1 {
    requests: RefCell<Slips<Requested>>,
}

/// What a request token is good for.
#[derive(Debug)]
struct Requested {
    /// Who asked; nobody in particular where nobody is registered.
    consumer: Option<String>,
    callback: String,
    /// Whom the person authorises, once there has been one.
    target: Option<Target>,
}

impl Oauth1 {
    pub(super) fn new() -> Self {
        Self { requests: RefCell::new(Slips::new(KEPT)) }
    }

    /// Temporary credentials (RFC 5849 §2.1).
    pub(super) fn request_token(&self, desk: &Desk, request: &Request) -> Whole {
        let line = desk.line(request);
        let asked = parameters(request, &line).and_then(|parameters| {
            desk.verify(&parameters, &line, "")?;
            let callback = parameters.callback().unwrap_or(OUT_OF_BAND);
            let consumer = parameters.consumer_key();
            let long = |text: &str| text.len() > TEXT_MAX;
            if long(callback) || !(callback == OUT_OF_BAND || is_absolute(callback)) {
                return Err(Problem::ParameterRejected(Some("oauth_callback")));
            }
            if consumer.is_some_and(long) {
                return Err(Problem::ParameterRejected(Some("oauth_consumer_key")));
            }
            Ok(Requested {
                consumer: consumer.map(str::to_owned),
                callback: callback.to_owned(),
                target: None,
            })
        });
        let requested = match asked {
            Ok(requested) => requested,
            Err(problem) => return answer::problem(&problem),
        };
        let named = request_token(self.requests.borrow_mut().put(requested));
        let (token, secret) = (desk.codec.token_ascii(named), desk.codec.secret_ascii(named));
        let body = RequestAnswer { token: (&*token).into(), secret: (&*secret).into() }.body();
        whole(200, Content::Html, body)
    }

    /// A person is asked, and agrees (RFC 5849 §2.2). Who comes twice changes their mind.
    pub(super) fn authorize(&self, desk: &Desk, request: &Request) -> Whole {
        if request.method != Method::GET {
            return wrong_method("GET");
        }
        let query = request.uri.query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let token = pairs.find(|(name, _)| name == "oauth_token").map(|(_, value)| value);
        let named = token.and_then(|token| desk.codec.read(&token));
        let Some(named) = named.filter(is_request) else {
            return answer::page(400, "this request token was never issued");
        };
        let mut requests = self.requests.borrow_mut();
        let Slip::Outstanding(requested) = requests.look(named.org) else {
            return answer::page(400, "this request token was used, or is forgotten");
        };
        match Target::read(query, &desk.site.grants()) {
            Ok(target) => requested.target = Some(target),
            Err(error) => return answer::page(400, &error.to_string()),
        }
        let proof = desk.codec.token_ascii(verifier(named.org));
        if requested.callback == OUT_OF_BAND {
            return answer::page(200, &format!("oauth_verifier={proof}"));
        }
        let joint = if requested.callback.contains('?') { '&' } else { '?' };
        let token = desk.codec.token_ascii(named);
        answer::redirect(&format!(
            "{}{joint}oauth_token={token}&oauth_verifier={proof}",
            requested.callback
        ))
    }

    /// Token credentials: the first ones (RFC 5849 §2.3), or renewed ones (OAuth Session 1.0 Draft 1,
    /// §5.3).
    pub(super) fn access_token(&self, desk: &Desk, request: &Request, now: SimTime) -> Asked {
        let line = desk.line(request);
        let asked = parameters(request, &line)
            .and_then(|parameters| self.asked(desk, &parameters, &line, now));
        asked.unwrap_or_else(|problem| Asked::Answered(answer::problem(&problem)))
    }

    fn asked(
        &self,
        desk: &Desk,
        parameters: &Parameters<'_>,
        line: &RequestLine<'_>,
        now: SimTime,
    ) -> Result<Asked, Problem> {
        let token = parameters.token().ok_or(Problem::ParameterAbsent("oauth_token"))?;
        let Some(named) = desk.codec.read(token) else {
            desk.meters.unknown_token();
            return Err(Problem::TokenRejected(Rejection::NotValid));
        };
        // A stale token has a secret as any other has: its signature holds, and policy decides.
        desk.verify(parameters, line, &desk.codec.secret_ascii(named))?;
        if let Some(handle) = parameters.session_handle() {
            return match desk.codec.read_handle(handle) {
                Some(of) if named.kind == TokenKind::Access && of == (named.org, named.family) => {
                    Ok(Asked::Refresh(Refresh {
                        presented: Presented {
                            org: named.org,
                            family: named.family,
                            generation: named.generation,
                        },
                        protocol: Protocol::Oauth1a,
                        renewable: true,
                    }))
                }
                Some(_) | None => {
                    desk.meters.unknown_token();
                    Err(unexpected(token))
                }
            };
        }
        if !is_request(&named) {
            return Err(Problem::ParameterAbsent("oauth_session_handle"));
        }
        self.swap(desk, parameters, named, now).map(Asked::Answered)
    }

    /// Swaps a request token. A wrong verifier does not spend it.
    fn swap(
        &self,
        desk: &Desk,
        parameters: &Parameters<'_>,
        named: Named,
        now: SimTime,
    ) -> Result<Whole, Problem> {
        let proof = parameters.verifier().ok_or(Problem::ParameterAbsent("oauth_verifier"))?;
        let mut requests = self.requests.borrow_mut();
        let requested = match requests.look(named.org) {
            Slip::Outstanding(requested) => requested,
            Slip::Used => return Err(Problem::TokenUsed),
            Slip::Unknown => return Err(Problem::TokenRejected(Rejection::NotValid)),
        };
        let target = requested.target.ok_or(Problem::PermissionUnknown)?;
        let own = requested.consumer.as_deref() == parameters.consumer_key();
        if !own || proof != &*desk.codec.token_ascii(verifier(named.org)) {
            return Err(Problem::ParameterRejected(Some("oauth_verifier")));
        }
        let mut grants = desk.site.grants();
        let authorised = target.authorise(&mut grants, now);
        let authorised = authorised.map_err(|_| Problem::PermissionDenied)?;
        requests.spend(named.org);
        let presented = authorised.presented();
        let decided = issued(&grants, presented.org, presented.generation, now);
        drop(grants);
        let refresh = Refresh { presented, protocol: Protocol::Oauth1a, renewable: true };
        Ok(spell(desk, refresh, decided))
    }
}

impl Desk {
    /// Verifies the signature of a request, if anybody is registered.
    pub(super) fn verify(
        &self,
        parameters: &Parameters<'_>,
        line: &RequestLine<'_>,
        token_secret: &str,
    ) -> Result<(), Problem> {
        let now = self.unix_s(self.site.now());
        let verified = self.clients.borrow_mut().verify(parameters, line, token_secret, now);
        verified.inspect_err(|_| self.meters.signature_failure())
    }
}

/// The parameters of a request (RFC 5849 §3.4.1.3.1).
pub(super) fn parameters<'a>(
    request: &'a Request,
    line: &RequestLine<'a>,
) -> Result<Parameters<'a>, Problem> {
    Parameters::parse(line, authorization(request), content_type(request), &request.body)
}

/// Whether a callback may stand in a `Location`.
fn is_absolute(callback: &str) -> bool {
    let scheme = callback.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        && callback.bytes().all(|b| b.is_ascii_graphic() && b != b'#')
}

fn unexpected(token: &str) -> Problem {
    Problem::TokenRejected(Rejection::Unexpected { token: token.to_owned() })
}

/// The answer to a renewal: a form, or the reason that Xero gave (its page of OAuth issues, and its
/// status page of March 2018).
pub(super) fn spell(desk: &Desk, refresh: Refresh, decided: Decided) -> Whole {
    let Presented { org, family, generation: presented } = refresh.presented;
    let access = |generation| Named { kind: TokenKind::Access, org, family, generation };
    let (generation, life, session) = match decided {
        Decided::Token { generation, life, session } => (generation, life, session),
        Decided::Superseded => {
            return answer::problem(&unexpected(&desk.codec.token_ascii(access(presented))));
        }
        Decided::Dead => {
            return answer::problem(&Problem::TokenRejected(Rejection::NotAuthorized));
        }
        Decided::Unknown => return answer::problem(&Problem::TokenRejected(Rejection::NotValid)),
    };
    let named = access(generation);
    let (token, secret) = (desk.codec.token_ascii(named), desk.codec.secret_ascii(named));
    let (handle, muid) = (desk.codec.handle_ascii(org, family), desk.codec.muid_ascii(org));
    let body = AccessAnswer {
        token: (&*token).into(),
        secret: (&*secret).into(),
        expires_in: desk.wall_s(life).max(1),
        handle: (&*handle).into(),
        authorization_expires_in: desk.wall_s(session),
        muid: Some((&*muid).into()),
    }
    .body();
    whole(200, Content::Html, body)
}

/// A request token, by the number of its slip.
const fn request_token(number: u32) -> Named {
    Named { kind: TokenKind::Request, org: number, family: 0, generation: Generation(0) }
}

/// The verifier of that request token.
const fn verifier(number: u32) -> Named {
    Named { kind: TokenKind::Code, org: number, family: 0, generation: Generation(1) }
}

fn is_request(named: &Named) -> bool {
    *named == request_token(named.org)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_are_absolute_and_printable() {
        for (callback, absolute) in [
            ("https://app.example/cb?x=1", true),
            ("my-app:cb", true),
            ("/cb", false),
            ("", false),
            ("1x://h", false),
            ("https://h/#f", false),
            ("https://h/\r\nX: y", false),
            ("https://h/ä", false),
        ] {
            assert_eq!(is_absolute(callback), absolute, "{callback}");
        }
    }
}
