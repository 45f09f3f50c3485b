//! `strict`: a credential is used once. The rule that made the incident of March 2018.

use super::OnReuse;

/// Single use (Xero's OAuth 1.0a, Zitadel, GitHub; with `RevokeFamily`: Hydra, node-oidc-provider).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strict {
    /// What a presented superseded credential sets off.
    pub on_reuse: OnReuse,
}
