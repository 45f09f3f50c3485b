//! Answers of the token endpoints of OAuth 1.0a: forms, written and read.

use std::borrow::Cow;

use crate::protocol::form::{push_pair, read_pairs, repeated};

/// The answer to a swap or a renewal: token credentials (RFC 5849 §2.3) with the parameters of the
/// session extension, and the organisation that Xero adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessAnswer<'a> {
    /// `oauth_token`: the access token.
    pub token: Cow<'a, str>,
    /// `oauth_token_secret`.
    pub secret: Cow<'a, str>,
    /// `oauth_expires_in`, in seconds; 1,800 at Xero.
    pub expires_in: u64,
    /// `oauth_session_handle`.
    pub handle: Cow<'a, str>,
    /// `oauth_authorization_expires_in`, in seconds; 315,360,000 at Xero.
    pub authorization_expires_in: u64,
    /// `xero_org_muid`.
    pub muid: Option<Cow<'a, str>>,
}

impl<'a> AccessAnswer<'a> {
    /// The body of the 200, with its parameters in Xero's order.
    pub fn body(&self) -> String {
        let mut form = String::with_capacity(288);
        push_pair(&mut form, "oauth_token", &self.token);
        push_pair(&mut form, "oauth_token_secret", &self.secret);
        push_pair(&mut form, "oauth_expires_in", &self.expires_in.to_string());
        push_pair(&mut form, "oauth_session_handle", &self.handle);
        let authorization = self.authorization_expires_in.to_string();
        push_pair(&mut form, "oauth_authorization_expires_in", &authorization);
        if let Some(muid) = &self.muid {
            push_pair(&mut form, "xero_org_muid", muid);
        }
        form
    }

    /// Reads the body; `None` if anything but the organisation is missing or repeated, which is how an
    /// answer looks that was cut.
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::read(body)?;
        Some(Self {
            token: fields.text("oauth_token")?,
            secret: fields.text("oauth_token_secret")?,
            expires_in: fields.seconds("oauth_expires_in")?,
            handle: fields.text("oauth_session_handle")?,
            authorization_expires_in: fields.seconds("oauth_authorization_expires_in")?,
            muid: fields.text("xero_org_muid"),
        })
    }
}

/// The answer to a request for temporary credentials (RFC 5849 §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAnswer<'a> {
    /// `oauth_token`: the request token.
    pub token: Cow<'a, str>,
    /// `oauth_token_secret`.
    pub secret: Cow<'a, str>,
}

impl<'a> RequestAnswer<'a> {
    /// The body of the 200, with `oauth_callback_confirmed=true`.
    pub fn body(&self) -> String {
        let mut form = String::with_capacity(128);
        push_pair(&mut form, "oauth_token", &self.token);
        push_pair(&mut form, "oauth_token_secret", &self.secret);
        push_pair(&mut form, "oauth_callback_confirmed", "true");
        form
    }

    /// Reads the body; `None` if anything is missing or repeated.
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::read(body)?;
        let (token, secret) = (fields.text("oauth_token")?, fields.text("oauth_token_secret")?);
        (fields.text("oauth_callback_confirmed")? == "true").then_some(Self { token, secret })
    }
}

/// The parameters of an answer, each taken out once.
struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    fn read(body: &'a [u8]) -> Option<Self> {
        let mut pairs = Vec::with_capacity(8);
        read_pairs(body.trim_ascii_end(), &mut pairs).ok()?;
        repeated(&pairs).is_none().then_some(Self(pairs))
    }

    fn text(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.0.iter_mut().find(|(n, _)| n == name)?;
        Some(std::mem::take(value)).filter(|value| !value.is_empty())
    }

    fn seconds(&mut self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> AccessAnswer<'static> {
        AccessAnswer {
            token: "TOKEN".into(),
            secret: "SECRET".into(),
            expires_in: 1_800,
            handle: "HANDLE".into(),
            authorization_expires_in: 315_360_000,
            muid: Some("wIjqoS".into()),
        }
    }

    #[test]
    fn an_answer_is_written_and_read() {
        let body = answer().body();
        assert_eq!(
            body,
            "oauth_token=TOKEN&oauth_token_secret=SECRET&oauth_expires_in=1800\
             &oauth_session_handle=HANDLE&oauth_authorization_expires_in=315360000\
             &xero_org_muid=wIjqoS"
        );
        assert_eq!(AccessAnswer::read(body.as_bytes()), Some(answer()));
        let cut = &body[..body.find("oauth_authorization").unwrap()];
        assert_eq!(AccessAnswer::read(cut.as_bytes()), None);
        let twice = format!("{body}&oauth_token=OTHER");
        assert_eq!(AccessAnswer::read(twice.as_bytes()), None);
    }

    #[test]
    fn a_request_token_is_confirmed() {
        let answer = RequestAnswer { token: "R".into(), secret: "S".into() };
        let body = answer.body();
        assert_eq!(body, "oauth_token=R&oauth_token_secret=S&oauth_callback_confirmed=true");
        assert_eq!(RequestAnswer::read(body.as_bytes()), Some(answer));
        assert_eq!(RequestAnswer::read(b"oauth_token=R&oauth_token_secret=S"), None);
    }
}
