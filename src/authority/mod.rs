//! Floor 2: the authorization server's mind.
//!
//! One pure function, [`decide`], says what happens to a presented generation under a policy; a
//! [`Grant`] is what the server remembers of one org. Absent on purpose: time sources, sockets,
//! random numbers. `now` is a parameter.
//!
//! ```text
//!   (Rules, Grant, presented generation, now) ──decide──► Decision ──Grant::commit──► generation
//! ```

mod current;
mod decide;
mod grant;
pub mod policy;
pub mod preset;
mod renewal;

pub use decide::{Decision, Ground, Issue, Refusal, Standing, accepts, decide, replay_exposure};
pub use grant::{Grant, GrantStatus, PlainGrant};
pub use policy::{
    Amnesty, AmnestyReply, CommitOnUse, ConfirmBy, Grace, GraceReply, NonRevoking, OldAccessToken,
    OnReuse, Policy, Rules, Siblings, Static, Strict,
};
