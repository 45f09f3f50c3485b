//! The credentials of one org as texts: what the server said, and not what we think it meant.

use smallvec::SmallVec;

use crate::protocol::{Generation, Named, Protocol, TokenCodec, TokenKind, Tokens};

/// What our own server's texts take at most: 30, 30 and 20 letters. Longer ones lie on the heap.
const IN_PLACE: usize = 80;

/// What an org presents when it refreshes, in one piece of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Access token, its secret, and what renews it, without anything between them: UTF-8.
    whole: SmallVec<[u8; IN_PLACE]>,
    access: u16,
    secret: u16,
}

impl Texts {
    /// The credentials of an OAuth 1.0a client: access token, its secret, session handle. `None` if one
    /// is longer than any token.
    pub fn oauth1(token: &str, secret: &str, handle: &str) -> Option<Self> {
        let access = u16::try_from(token.len()).ok()?;
        let secret_length = u16::try_from(secret.len()).ok()?;
        let mut whole = SmallVec::with_capacity(token.len() + secret.len() + handle.len());
        for text in [token, secret, handle] {
            whole.extend_from_slice(text.as_bytes());
        }
        Some(Self { whole, access, secret: secret_length })
    }

    /// The credential of an OAuth 2.0 client. Its access token does not renew anything, and is not
    /// kept.
    pub fn oauth2(refresh_token: &str) -> Self {
        Self { whole: SmallVec::from_slice(refresh_token.as_bytes()), access: 0, secret: 0 }
    }

    /// `T0` of a family, as our own server writes it.
    pub(super) fn first(
        protocol: Protocol,
        codec: TokenCodec,
        org: u32,
        family: u16,
    ) -> Option<Self> {
        let named = |kind| Named { kind, org, family, generation: Generation(0) };
        match protocol {
            Protocol::Oauth1a => {
                let access = named(TokenKind::Access);
                let (token, secret) = (codec.token_ascii(access), codec.secret_ascii(access));
                Self::oauth1(&token, &secret, &codec.handle_ascii(org, family))
            }
            Protocol::Oauth2 => Some(Self::oauth2(&codec.token_ascii(named(TokenKind::Refresh)))),
        }
    }

    /// What an answer handed over; a renewal credential that it does not repeat stays `before`'s.
    pub(super) fn received(tokens: &Tokens<'_>, before: Option<&Self>) -> Option<Self> {
        let renewal = tokens.renewal.as_deref().or(before.map(Self::renewal))?;
        match tokens.secret.as_deref() {
            Some(secret) => Self::oauth1(&tokens.access, secret, renewal),
            None => match before {
                Some(before) if before.renewal() == renewal => Some(before.clone()),
                Some(_) | None => Some(Self::oauth2(renewal)),
            },
        }
    }

    /// The access token; empty in OAuth 2.0.
    pub fn access(&self) -> &str {
        self.part(0, self.access.into())
    }

    /// The secret of the access token; empty in OAuth 2.0.
    pub fn secret(&self) -> &str {
        let from = usize::from(self.access);
        self.part(from, from + usize::from(self.secret))
    }

    /// What is presented for the next one: the session handle or the refresh token.
    pub fn renewal(&self) -> &str {
        let from = usize::from(self.access) + usize::from(self.secret);
        self.part(from, self.whole.len())
    }

    /// One of the three, which were texts when they were put together.
    fn part(&self, from: usize, to: usize) -> &str {
        std::str::from_utf8(&self.whole[from..to]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_apart_in_one_piece() {
        let texts = Texts::oauth1("TOKEN", "SECRET", "HANDLE").unwrap();
        assert_eq!(
            (texts.access(), texts.secret(), texts.renewal()),
            ("TOKEN", "SECRET", "HANDLE")
        );
        let texts = Texts::oauth2("REFRESH");
        assert_eq!((texts.access(), texts.secret(), texts.renewal()), ("", "", "REFRESH"));
        assert_eq!(Texts::oauth1(&"x".repeat(70_000), "", ""), None);
        assert!(size_of::<Option<Texts>>() <= 104);
        let ours = Texts::first(Protocol::Oauth1a, TokenCodec::new(7), 3, 0).unwrap();
        assert!(!ours.whole.spilled());
    }

    #[test]
    fn a_refresh_token_that_is_not_repeated_is_kept() {
        let before = Texts::oauth2("OLD");
        let tokens = |renewal: Option<&'static str>| Tokens {
            access: "A".into(),
            secret: None,
            renewal: renewal.map(Into::into),
            expires_in_s: 1,
        };
        let renewal = |tokens, before| {
            Texts::received(&tokens, before).map(|texts| texts.renewal().to_owned())
        };
        assert_eq!(renewal(tokens(None), Some(&before)).as_deref(), Some("OLD"));
        assert_eq!(renewal(tokens(Some("NEW")), Some(&before)).as_deref(), Some("NEW"));
        assert_eq!(renewal(tokens(None), None), None);
    }

    #[test]
    fn the_first_tokens_are_those_that_the_server_reads() {
        let codec = TokenCodec::new(7);
        let named = |kind| Named { kind, org: 3, family: 0, generation: Generation(0) };
        let texts = Texts::first(Protocol::Oauth1a, codec, 3, 0).unwrap();
        assert_eq!(codec.read(texts.access()), Some(named(TokenKind::Access)));
        assert_eq!(codec.read_handle(texts.renewal()), Some((3, 0)));
        let texts = Texts::first(Protocol::Oauth2, codec, 3, 0).unwrap();
        assert_eq!(codec.read(texts.renewal()), Some(named(TokenKind::Refresh)));
    }
}
