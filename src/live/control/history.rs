//! How the orgs stood lately, for the chart of the page.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::desk::Desk;
use super::moment::Instant;
use super::operation::Plain;
use super::reply::Json;
use super::status::Census;

/// Between two samples, on the wall clock: time for the eye is not the scenario's.
pub(super) const EVERY: Duration = Duration::from_secs(1);

/// Samples that are kept: ten minutes of them.
const KEPT: usize = 600;

/// The last samples, oldest first.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Sample>);

/// How the orgs stood at one time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Sample {
    /// When.
    at: Instant,
    /// Orgs by state.
    orgs: Census,
}

/// How the orgs stood lately.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "History")]
pub(super) struct Samples {
    /// The last ten minutes, oldest first: one sample for each second of the wall clock.
    samples: Vec<Sample>,
}

impl History {
    pub(super) fn push(&mut self, at: Instant, orgs: Census) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Sample { at, orgs });
    }
}

pub(super) fn show(desk: &Desk, _: &Plain) -> Json<Samples> {
    let history = desk.history.lock().unwrap_or_else(PoisonError::into_inner);
    Json(Samples { samples: history.0.iter().cloned().collect() })
}
