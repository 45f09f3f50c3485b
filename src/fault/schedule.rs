//! All phases of an incident.

use super::Phase;

/// All phases of an incident.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    phases: Vec<Phase>,
}

impl Schedule {
    /// A schedule of phases, in the order of the scenario; they may overlap.
    pub fn new(phases: Vec<Phase>) -> Self {
        Self { phases }
    }

    /// The phases, in the order of the scenario.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }
}
