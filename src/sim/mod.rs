//! Floor 4: the virtual engine.
//!
//! An *island* is a set of orgs that can influence each other. With an unlimited station it is one org,
//! and [`play`] runs one org from the clock's start to its end, in exact order of events. Where orgs
//! share something it is a partner's orgs or all of them: a [`Crowd`], whose turns a [`Calendar`] keeps
//! in order. Absent on purpose: wall clocks, threads, ambient randomness; whoever calls decides what
//! runs in parallel.

mod calendar;
mod crowd;
mod island;
mod life;
mod packed;
mod pending;
mod residents;

pub use calendar::Calendar;
pub use crowd::{Crowd, CrowdEnd};
pub use island::play;
pub use life::Life;
