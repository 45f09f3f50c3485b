//! Refresh policies: the rules by which servers treat a superseded credential.
//!
//! One policy a file; each file holds its knobs, its rule and its truth table as a test. The
//! amnesty is an overlay on any of them.

mod amnesty;
mod commit_on_use;
mod grace;
mod non_revoking;
mod r#static;
mod strict;
#[cfg(test)]
mod table;

pub use amnesty::{Amnesty, AmnestyReply};
pub use commit_on_use::{CommitOnUse, ConfirmBy, Siblings};
pub use grace::{Grace, GraceReply};
pub use non_revoking::NonRevoking;
pub use r#static::Static;
pub use strict::Strict;

use crate::base::SimDuration;

/// Everything that decides how a server answers a refresh.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// How superseded credentials are treated.
    pub policy: Policy,
    /// A time in which any generation is accepted, if there is one.
    pub amnesty: Option<Amnesty>,
    /// Life of an access token (`expires_in`).
    pub access_token_ttl: SimDuration,
    /// Life of the session handle, from the authorisation by a person. Ten years at Xero in 2018.
    pub session_lifetime: SimDuration,
    /// What a rotation does to the access token issued before.
    pub old_access_token: OldAccessToken,
}

/// How a server treats the credentials that a rotation superseded.
#[derive(Debug, Clone, PartialEq)]
pub enum Policy {
    /// No rotation.
    Static(Static),
    /// Rotation; old generations stay valid.
    NonRevoking(NonRevoking),
    /// Single use.
    Strict(Strict),
    /// The previous generation is honoured for a while.
    Grace(Grace),
    /// The previous generation dies when its successor is first used.
    CommitOnUse(CommitOnUse),
}

impl Policy {
    /// Whether the use of an access token changes what is honoured.
    pub const fn heeds_access_use(&self) -> bool {
        match self {
            Self::Static(_) | Self::NonRevoking(_) | Self::Strict(_) => false,
            Self::Grace(policy) => policy.close_on_use.is_some(),
            Self::CommitOnUse(policy) => !matches!(policy.confirm_by, ConfirmBy::RefreshUse),
        }
    }
}

/// What follows when a superseded credential is presented outside every leniency (reuse detection,
/// RFC 9700 §4.14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnReuse {
    /// It is refused, and that is all.
    #[default]
    None,
    /// The whole token family is revoked.
    RevokeFamily,
}

/// What a rotation does to the access token issued before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OldAccessToken {
    /// It dies at once (Xero's OAuth 1.0a, GitHub).
    KilledAtRotation,
    /// It lives to its expiry (self-contained JWTs).
    #[default]
    LivesToExpiry,
}
