//! Floor 2: what goes wrong, and when.

mod phase;
mod schedule;

pub use phase::{ErrorFault, Latency, Phase, Reach, ResponseLost, SeenAs, Throttle};
pub use schedule::Schedule;
