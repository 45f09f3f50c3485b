//! What can be played.

use super::spec::World;
use crate::base::Seed;

/// A scenario as an engine sees it: the world of one arm, and the seed of its draws.
pub trait Scene {
    /// The world of the first arm.
    fn world(&self) -> &World;
    /// The seed of all draws.
    fn seed(&self) -> Seed;
}
