//! Floor 4: the same worlds over real HTTP. The one module that reads the wall clock.

pub mod door;
