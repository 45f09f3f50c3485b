//! Floor 2: where requests wait and are served.
//!
//! ```text
//!   request ──► admission ──► queue ──► workers ──► done
//!                 │429 503     │503        ▲ service time, longer the more of them are busy
//!                 ▼            ▼           │ background load takes its share
//!              turned away   full     capacity: fewer of them in a phase
//! ```
//!
//! Two machines serve: [`Foreseen`] knows when a request will be done the moment it arrives, which
//! first-in first-out allows; [`Stepwise`] finds out when it happens, which everything else needs. A
//! test holds them against each other. Sans-IO: `now` is a parameter, and answers are times.

mod admission;
mod background;
mod capacity;
mod foreseen;
mod spec;
mod stepwise;

pub use admission::{Admission, Caller, TurnedAway};
pub use background::Background;
pub use capacity::Capacity;
pub use foreseen::{Foreseen, Span};
pub use spec::{
    AdmissionSpec, BackgroundSpec, Discipline, Overflow, RateLimit, RateScope, SlowDown,
    StationSpec,
};
pub use stepwise::{Arrival, Stepwise};
