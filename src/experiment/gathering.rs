//! The parts of a replication, until they are all there: then it is known how many orgs were
//! disconnected at once.
//!
//! ```text
//!   threads ──parts of a replication──► Gathering ──the last part──► AtOnce of each arm ──► Tally
//! ```
//!
//! Units of work are handed out in order, so as many replications are open as there are threads, and
//! one more: memory does not grow with replications.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::tally::Tally;
use crate::measure::{AtOnce, Steps, TimeGrid};

/// What is gathered of all replications that are not complete.
pub(super) struct Gathering {
    /// Parts of a replication.
    parts: u64,
    arms: usize,
    cohorts: usize,
    open: Mutex<BTreeMap<u32, Open>>,
}

/// A replication that is not complete.
struct Open {
    missing: u64,
    /// By arm, then by cohort.
    steps: Vec<Vec<Steps>>,
}

impl Gathering {
    /// Nothing yet, of replications of so many parts, in so many arms of so many cohorts.
    pub(super) const fn new(parts: u64, arms: usize, cohorts: usize) -> Self {
        Self { parts, arms, cohorts, open: Mutex::new(BTreeMap::new()) }
    }

    /// So many `parts` of a replication have been played; `found` says of each arm what the orgs of each
    /// cohort did there, an arm perhaps in several pieces. Whoever brings the last part writes down what it
    /// all comes to.
    pub(super) fn bring<'a>(
        &self,
        replication: u32,
        parts: u64,
        found: impl Iterator<Item = (usize, &'a [Steps])>,
        (tally, grid): (&mut Tally, &TimeGrid),
    ) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let here = open.entry(replication).or_insert_with(|| Open {
            missing: self.parts,
            steps: vec![vec![Steps::default(); self.cohorts]; self.arms],
        });
        for (arm, cohorts) in found {
            let all = here.steps[arm].iter_mut().zip(cohorts);
            all.for_each(|(mine, theirs)| mine.append(theirs));
        }
        here.missing -= parts;
        let complete = if here.missing == 0 { open.remove(&replication) } else { None };
        drop(open);
        for (arm, steps) in complete.into_iter().flat_map(|all| all.steps).enumerate() {
            tally.keep_at_once(arm, replication, AtOnce::of(steps, grid));
        }
    }
}
