//! A person authorises an org anew, the way it is done in a browser.
//!
//! ```text
//!   OAuth 2.0    authorize, which org ──► redirect with a code ──► token: code for tokens
//!   OAuth 1.0a   RequestToken ──► Authorize, which org ──► redirect with a verifier ──► AccessToken
//! ```
//!
//! The swarm is the browser: it reads the redirect and does not follow it.

use hyper::header::LOCATION;

use super::connect::Connect;
use super::connection::Reply;
use super::hearing::Heard;
use super::shared::{Busy, News, Shared};
use super::texts::Texts;
use super::watch::Watch;
use crate::base::SimDuration;
use crate::protocol::Protocol;
use crate::protocol::oauth1::RequestAnswer;

/// How often a person tries.
const TRIES: u32 = 3;

/// How long a person waits before trying again.
const PAUSE: SimDuration = SimDuration::from_mins(1);

/// Has a person authorise `org`, and tells the loop what came of it.
pub(super) async fn authorise<C: Connect, W: Watch>(busy: Busy<C, W>, org: u32) {
    let shared = &*busy.0;
    let mut texts = None;
    for tried in 0..TRIES {
        if tried > 0 {
            shared.clock.sleep_until(shared.clock.now() + PAUSE).await;
        }
        texts = match shared.requests.target().protocol {
            Protocol::Oauth1a => shared.authorise1(org).await,
            Protocol::Oauth2 => shared.authorise2(org).await,
        };
        if texts.is_some() {
            break;
        }
    }
    shared.tell(News::Authorised { org, at: shared.clock.now(), texts });
}

impl<C: Connect, W: Watch> Shared<C, W> {
    async fn authorise2(&self, org: u32) -> Option<Texts> {
        let redirect = self.patiently(self.requests.authorize2(org)?).await.ok()?;
        let code = in_redirect(&redirect, "code")?;
        let reply = self.patiently(self.requests.code(&code)).await.ok()?;
        self.tokens(org, &reply)
    }

    async fn authorise1(&self, org: u32) -> Option<Texts> {
        let elapsed = || self.elapsed(self.clock.now());
        let reply = self.patiently(self.requests.request_token(elapsed())?).await.ok()?;
        let answer = RequestAnswer::read(&reply.body).filter(|_| reply.status == 200)?;
        let redirect = self.patiently(self.requests.authorize1(&answer.token, org)?).await.ok()?;
        let verifier = in_redirect(&redirect, "oauth_verifier")?;
        let credentials = (&*answer.token, &*answer.secret);
        let swap = self.requests.swap(credentials, &verifier, elapsed())?;
        let reply = self.patiently(swap).await.ok()?;
        self.tokens(org, &reply)
    }

    fn tokens(&self, org: u32, reply: &Reply) -> Option<Texts> {
        match self.hear(org, reply, None) {
            Heard::Token { texts, .. } => Some(texts),
            Heard::Other(_) | Heard::Odd(..) => None,
        }
    }
}

/// A parameter of the URL that a reply redirects to.
fn in_redirect(reply: &Reply, name: &str) -> Option<String> {
    let location = reply.headers.get(LOCATION)?.to_str().ok()?;
    let (_, query) = location.split_once('?')?;
    let query = query.split('#').next()?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::header::{HeaderMap, HeaderValue};

    use super::*;

    #[test]
    fn a_redirect_hands_over_what_it_names() {
        for (location, code) in [
            ("http://back/?code=K%2B&state=7", Some("K+")),
            ("http://back/?a=b&code=K#x", Some("K")),
            ("http://back/?error=access_denied", None),
            ("http://back/", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, HeaderValue::from_static(location));
            let reply = Reply { status: 302, headers, body: Bytes::new() };
            assert_eq!(in_redirect(&reply, "code").as_deref(), code, "{location}");
        }
    }
}
