//! Floor 2: the authorization server's mind.

pub mod policy;
pub mod preset;

pub use policy::{
    Amnesty, AmnestyReply, CommitOnUse, ConfirmBy, Grace, GraceReply, NonRevoking, OldAccessToken,
    OnReuse, Policy, Rules, Siblings, Static, Strict,
};
