//! What a client of an org holds, spelt in both protocols: the server takes either.

use schemars::JsonSchema;
use serde::Serialize;

use crate::live::grants::{Grants, Presented};
use crate::protocol::{Named, TokenKind};

/// The credentials of an org. Both spellings stand for the same token, and either protocol may be used.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Credentials {
    /// Which token of its family it is, as `T0`.
    generation: String,
    /// For clients of OAuth 2.0 (RFC 6749).
    oauth2: Oauth2,
    /// For clients of OAuth 1.0a with sessions.
    oauth1: Oauth1,
}

/// What a client of OAuth 2.0 holds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Oauth2Credentials")]
struct Oauth2 {
    /// Always `Bearer`.
    token_type: &'static str,
    /// For API calls.
    access_token: String,
    /// For the next refresh.
    refresh_token: String,
}

/// What a client of OAuth 1.0a with sessions holds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Oauth1Credentials")]
#[expect(clippy::struct_field_names, reason = "the names of the protocol")]
struct Oauth1 {
    /// For API calls, and for the next renewal.
    oauth_token: String,
    /// What requests with that token are signed with.
    oauth_token_secret: String,
    /// For renewals; it stays the same.
    oauth_session_handle: String,
}

impl Credentials {
    pub(super) fn of(grants: &Grants, held: Presented) -> Self {
        let Presented { org, family, generation } = held;
        let codec = grants.codec();
        let named = |kind| Named { kind, org, family, generation };
        let access = named(TokenKind::Access);
        Self {
            generation: generation.to_string(),
            oauth2: Oauth2 {
                token_type: "Bearer",
                access_token: codec.token(access),
                refresh_token: codec.token(named(TokenKind::Refresh)),
            },
            oauth1: Oauth1 {
                oauth_token: codec.token(access),
                oauth_token_secret: codec.secret(access),
                oauth_session_handle: codec.handle(org, family),
            },
        }
    }
}
