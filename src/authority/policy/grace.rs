//! `grace`: the previous generation is honoured within a window of its first use.

use super::OnReuse;
use crate::base::SimDuration;

/// A grace window (Xero's OAuth 2.0, Okta, Auth0, Hydra, Dex and others).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grace {
    /// How long the previous generation is honoured, counted from its first use.
    pub window: SimDuration,
    /// How often it is honoured within the window; `None` for any number of times.
    pub max_reuse: Option<u32>,
    /// What it is answered with.
    pub reply: GraceReply,
    /// The first use of the successor's access token closes the window, after this delay.
    pub close_on_use: Option<SimDuration>,
    /// What a superseded credential sets off outside the window.
    pub on_reuse: OnReuse,
}

/// What a server answers to the previous generation within its grace window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GraceReply {
    /// The successor issued the first time (django-oauth-toolkit, WorkOS).
    #[default]
    SamePair,
    /// A further successor; the first one stays valid too (Hydra, Auth0).
    NewBranch,
    /// A further successor; the first one dies (WSO2).
    ReplaceSuccessor,
}
