//! `commit_on_use`: the predecessor dies only when the successor proves that it arrived.

use super::OnReuse;

/// The old credential lives until the new one is used (Doorkeeper, SuperTokens).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitOnUse {
    /// Which use of the successor confirms it.
    pub confirm_by: ConfirmBy,
    /// What happens to unconfirmed siblings when one successor is confirmed.
    pub siblings: Siblings,
    /// What a superseded credential sets off.
    pub on_reuse: OnReuse,
}

/// Which use of a successor confirms that it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConfirmBy {
    /// The first API call with its access token (Doorkeeper).
    AccessUse,
    /// The first refresh with it (Keycloak with `refreshTokenMaxReuse`).
    RefreshUse,
    /// Whichever comes first (SuperTokens).
    #[default]
    Either,
}

/// What happens to the other unconfirmed successors when one is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Siblings {
    /// They stay valid.
    Keep,
    /// They are revoked.
    #[default]
    Revoke,
}
