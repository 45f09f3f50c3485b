//! The endpoints of OAuth 2.0 (RFC 6749).
//!
//! ```text
//!   GET  authorize ──► a slip ──► 302 redirect_uri?code&state          (a person always agrees)
//!   POST token     authorization_code ──► slip spent, org authorised ──► 200 T0
//!                  refresh_token ───────► a refresh: fates, policy, amnesty
//!                  client_credentials ──► a refresh of the client's own org with its newest token
//! ```
//!
//! A client that asks for itself never holds a refresh token (§4.4.3), so nothing of it can become stale;
//! still its requests meet the incident as any other's do.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::Method;
use sha2::{Digest as _, Sha256};

use super::answer::{self, Content, Whole, whole, wrong_method};
use super::desk::{Desk, authorization, content_type, host};
use super::refresh::{Decided, Refresh, issued};
use super::slips::{KEPT, Slip, Slips};
use super::target::Target;
use crate::base::SimTime;
use crate::live::door::Request;
use crate::live::grants::Presented;
use crate::protocol::oauth2::{
    AuthorizeError, AuthorizeRequest, CodeChallenge, Error, Grant, Metadata, TokenAnswer,
    TokenRequest,
};
use crate::protocol::{Generation, Named, Protocol, TokenKind};

/// Letters of a redirection URI, or of a client's name.
const TEXT_MAX: usize = 2_048;

/// The length of a PKCE verifier and of its challenge (RFC 7636 §4.1, §4.2).
const CHALLENGE_LETTERS: std::ops::RangeInclusive<usize> = 43..=128;

/// Clients whose own orgs are remembered; the oldest are forgotten, and get another.
const OWN_ORGS: usize = 1_024;

/// What the endpoints of OAuth 2.0 remember.
#[derive(Debug)]
pub(super) struct Oauth2 {
    codes: RefCell<Slips<Code>>,
    own: RefCell<OwnOrgs>,
}

/// What an authorization code is good for.
#[derive(Debug)]
struct Code {
    client: String,
    redirect_uri: String,
    challenge: Option<Challenge>,
    target: Target,
}

/// The challenge of PKCE (RFC 7636 §4.2), as text.
#[derive(Debug, PartialEq, Eq)]
enum Challenge {
    Plain(String),
    S256(String),
}

/// The org of each client that asked for itself.
#[derive(Debug, Default)]
struct OwnOrgs {
    by_client: BTreeMap<String, u32>,
    oldest_first: VecDeque<String>,
}

/// What comes of a request to the token endpoint.
#[derive(Debug)]
pub(super) enum Asked {
    /// A refresh, to be decided.
    Refresh(Refresh),
    /// It is answered already.
    Answered(Whole),
}

impl Oauth2 {
    pub(super) fn new() -> Self {
        Self { codes: RefCell::new(Slips::new(KEPT)), own: RefCell::default() }
    }

    /// The token endpoint (RFC 6749 §3.2).
    pub(super) fn token(&self, desk: &Desk, request: &Request, now: SimTime) -> Asked {
        if request.method != Method::POST {
            return Asked::Answered(wrong_method("POST"));
        }
        self.asked(desk, request, now).unwrap_or_else(|error| {
            if matches!(error, Error::InvalidClient { .. }) {
                desk.meters.client_failure();
            }
            Asked::Answered(answer::error(error))
        })
    }

    fn asked(&self, desk: &Desk, request: &Request, now: SimTime) -> Result<Asked, Error> {
        let request =
            TokenRequest::parse(authorization(request), content_type(request), &request.body)?;
        let client = &request.client;
        desk.clients.borrow().authenticate(client)?;
        let (presented, renewable) = match &request.grant {
            Grant::RefreshToken { refresh_token } => {
                let Some(presented) = read(desk, refresh_token) else {
                    desk.meters.unknown_token();
                    return Err(Error::InvalidGrant);
                };
                (presented, true)
            }
            Grant::AuthorizationCode { code, redirect_uri, code_verifier } => {
                let proof = Proof {
                    client: &client.id,
                    redirect_uri: redirect_uri.as_deref(),
                    verifier: code_verifier.as_deref(),
                };
                return self.swap(desk, code, &proof, now).map(Asked::Answered);
            }
            Grant::ClientCredentials => (self.own_newest(desk, &client.id, now)?, false),
        };
        Ok(Asked::Refresh(Refresh { presented, protocol: Protocol::Oauth2, renewable }))
    }

    /// Swaps a code for tokens (RFC 6749 §4.1.3). A wrong verifier or client does not spend it.
    fn swap(
        &self,
        desk: &Desk,
        text: &str,
        proof: &Proof<'_>,
        now: SimTime,
    ) -> Result<Whole, Error> {
        let code = desk.codec.read(text).filter(|code| *code == named(code.org));
        let number = code.ok_or(Error::InvalidGrant)?.org;
        let mut codes = self.codes.borrow_mut();
        let Slip::Outstanding(code) = codes.look(number) else { return Err(Error::InvalidGrant) };
        proof.suits(code)?;
        let mut grants = desk.site.grants();
        let authorised = code.target.authorise(&mut grants, now);
        let authorised = authorised.map_err(|_| Error::InvalidGrant)?;
        codes.spend(number);
        let presented = authorised.presented();
        let decided = issued(&grants, presented.org, presented.generation, now);
        drop(grants);
        let refresh = Refresh { presented, protocol: Protocol::Oauth2, renewable: true };
        Ok(spell(desk, refresh, decided))
    }

    /// The newest credential of a client's own org, which is authorised the first time.
    fn own_newest(&self, desk: &Desk, client: &str, now: SimTime) -> Result<Presented, Error> {
        let mut own = self.own.borrow_mut();
        let mut grants = desk.site.grants();
        let org = match own.by_client.get(client) {
            Some(org) => *org,
            None if client.len() > TEXT_MAX => return Err(Error::UnauthorizedClient),
            None => {
                let org = grants.add(None, now).map_err(|_| Error::UnauthorizedClient)?.org;
                own.remember(client, org);
                org
            }
        };
        let holder = grants.holders().get(org as usize).ok_or(Error::UnauthorizedClient)?;
        let generation = holder.account().grant().newest();
        Ok(Presented { org, family: holder.family(), generation })
    }

    /// The authorization endpoint (RFC 6749 §4.1.1): a person is asked and agrees.
    pub(super) fn authorize(&self, desk: &Desk, request: &Request) -> Whole {
        if request.method != Method::GET {
            return wrong_method("GET");
        }
        let query = request.uri.query().unwrap_or_default();
        let asked = match AuthorizeRequest::parse(query.as_bytes()) {
            Ok(asked) => asked,
            Err(error) => return refused(error),
        };
        if asked.redirect_uri().len() > TEXT_MAX || asked.client_id.len() > TEXT_MAX {
            return refused(AuthorizeError::InvalidRequest);
        }
        if !desk.clients.borrow().knows(&asked.client_id) {
            desk.meters.client_failure();
            return refused(AuthorizeError::UnauthorizedClient);
        }
        let challenge = match asked.challenge.as_ref().map(Challenge::read).transpose() {
            Ok(challenge) => challenge,
            Err(error) => return answer::redirect(&asked.error_location(error)),
        };
        let target = match Target::read(query, &desk.site.grants()) {
            Ok(target) => target,
            Err(error) => return answer::page(400, &error.to_string()),
        };
        let number = self.codes.borrow_mut().put(Code {
            client: asked.client_id.clone().into_owned(),
            redirect_uri: asked.redirect_uri().to_owned(),
            challenge,
            target,
        });
        answer::redirect(&asked.location(&desk.codec.token_ascii(named(number))))
    }

    /// What the server says about itself (RFC 8414, `OpenID` Connect Discovery 1.0).
    pub(super) fn metadata(desk: &Desk, request: &Request) -> Whole {
        if request.method != Method::GET && request.method != Method::HEAD {
            return wrong_method("GET, HEAD");
        }
        let by_host = || format!("http://{}", host(request));
        let issuer = desk.issuer.clone().unwrap_or_else(by_host);
        let metadata =
            Metadata { authorization_path: AUTHORIZATION_PATH, ..Metadata::new(&issuer) };
        let document = match request.uri.path() {
            Metadata::OPENID_PATH => metadata.openid(),
            Metadata::OAUTH_PATH => metadata.oauth(),
            _ => Metadata::KEYS.to_owned(),
        };
        whole(200, Content::Json, document)
    }
}

/// Where persons are sent.
pub(super) const AUTHORIZATION_PATH: &str = "/connect/authorize";

/// What a client shows beside a code.
struct Proof<'a> {
    client: &'a str,
    redirect_uri: Option<&'a str>,
    verifier: Option<&'a str>,
}

impl Proof<'_> {
    /// RFC 6749 §4.1.3 wants the client and the redirection URI of the authorization request, RFC 7636
    /// §4.6 the verifier of its challenge. OAuth 2.1 dropped the URI, which PKCE replaces.
    fn suits(&self, code: &Code) -> Result<(), Error> {
        let uri = match self.redirect_uri {
            Some(uri) => uri == code.redirect_uri,
            None => code.challenge.is_some(),
        };
        let verified = match (&code.challenge, self.verifier) {
            (Some(challenge), Some(verifier)) => challenge.is_met_by(verifier),
            (None, None) => true,
            // A verifier without a challenge is a downgrade (RFC 9700 §4.8.2).
            (Some(_), None) | (None, Some(_)) => false,
        };
        (uri && verified && self.client == code.client).then_some(()).ok_or(Error::InvalidGrant)
    }
}

impl Challenge {
    fn read(asked: &CodeChallenge<'_>) -> Result<Self, AuthorizeError> {
        let text = asked.challenge.as_ref();
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if !CHALLENGE_LETTERS.contains(&text.len()) || !text.bytes().all(unreserved) {
            return Err(AuthorizeError::InvalidRequest);
        }
        match asked.method.as_ref() {
            "plain" => Ok(Self::Plain(text.to_owned())),
            "S256" => Ok(Self::S256(text.to_owned())),
            _ => Err(AuthorizeError::InvalidRequest),
        }
    }

    fn is_met_by(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(challenge) => challenge == verifier,
            Self::S256(challenge) => {
                *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
            }
        }
    }
}

impl OwnOrgs {
    fn remember(&mut self, client: &str, org: u32) {
        if self.oldest_first.len() >= OWN_ORGS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_client.remove(&oldest);
        }
        self.by_client.insert(client.to_owned(), org);
        self.oldest_first.push_back(client.to_owned());
    }
}

/// The credential that a refresh token is.
fn read(desk: &Desk, token: &str) -> Option<Presented> {
    let Named { kind, org, family, generation } = desk.codec.read(token)?;
    (kind == TokenKind::Refresh).then_some(Presented { org, family, generation })
}

/// An error that is shown to the person, since there is nowhere to redirect to (RFC 6749 §4.1.2.1).
fn refused(error: AuthorizeError) -> Whole {
    answer::page(400, &format!("{}: {error}", error.code()))
}

/// The answer to a refresh (RFC 6749 §5).
pub(super) fn spell(desk: &Desk, refresh: Refresh, decided: Decided) -> Whole {
    let Decided::Token { generation, life, .. } = decided else {
        return answer::error(Error::InvalidGrant);
    };
    let Presented { org, family, .. } = refresh.presented;
    let text = |kind| desk.codec.token_ascii(Named { kind, org, family, generation });
    let (access, renewal) = (text(TokenKind::Access), text(TokenKind::Refresh));
    let body = TokenAnswer {
        access_token: (&*access).into(),
        expires_in: desk.wall_s(life).max(1),
        refresh_token: refresh.renewable.then(|| (&*renewal).into()),
        scope: None,
    }
    .body();
    whole(200, Content::Json, body)
}

/// An authorization code, by the number of its slip.
const fn named(number: u32) -> Named {
    Named { kind: TokenKind::Code, org: number, family: 0, generation: Generation(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn a_challenge_is_met_by_its_verifier() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let read = |challenge: &'static str, method: &'static str| {
            Challenge::read(&CodeChallenge { challenge: challenge.into(), method: method.into() })
        };
        let hashed = read(challenge, "S256").unwrap();
        assert!(hashed.is_met_by(verifier) && !hashed.is_met_by(challenge));
        let plain = read(verifier, "plain").unwrap();
        assert!(plain.is_met_by(verifier) && !plain.is_met_by(challenge));
        for (challenge, method) in [(challenge, "S512"), ("short", "S256"), (challenge, "")] {
            assert_eq!(read(challenge, method), Err(AuthorizeError::InvalidRequest), "{method}");
        }
    }

    #[test]
    fn the_orgs_of_clients_are_bounded() {
        let mut own = OwnOrgs::default();
        for (org, client) in (0..=OWN_ORGS).enumerate() {
            own.remember(&format!("app {client}"), u32::try_from(org).unwrap());
        }
        assert_eq!((own.by_client.len(), own.oldest_first.len()), (OWN_ORGS, OWN_ORGS));
        assert_eq!(own.by_client.get("app 0"), None);
    }
}
