//! Floor 2: what goes wrong, and when.
//!
//! A [`Phase`] is a window of the incident with the faults that act in it; a [`Schedule`] holds them
//! all. What happens to one attempt is its [`Fate`], drawn before it is known to matter.

mod fate;
mod phase;
mod schedule;

pub use fate::{Fate, RequestFate, ResponseFate};
pub use phase::{ErrorFault, Latency, Phase, Reach, ResponseLost, SeenAs, Throttle};
pub use schedule::{Hits, MAX_PHASES, Schedule};
