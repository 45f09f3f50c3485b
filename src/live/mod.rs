//! Floor 4: the same worlds over real HTTP. The one module that reads the wall clock.

mod clock;
pub mod grants;

pub use clock::{Clock, NotATimeScale, TimeScale};
