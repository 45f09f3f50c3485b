//! Distributions over the orgs of one cohort of one arm, over all replications.

use hdrhistogram::Histogram;

use super::survival::KaplanMeier;
use crate::base::SimDuration;

/// Two days, in microseconds: longer than any attempt; what is longer counts as this.
const LONGEST_MICROS: u64 = 2 * 86_400 * 1_000_000;

/// Latency, and how long disconnections last.
#[derive(Debug, Clone)]
pub struct Spread {
    /// Microseconds from arrival to the end of service, as the server sees it.
    pub server: Histogram<u64>,
    /// Microseconds from the intended time to the answer or the timeout, as the client sees it.
    pub client: Histogram<u64>,
    /// How long disconnections lasted; those that had not ended when the clock stopped are censored.
    pub disconnection: KaplanMeier,
}

impl Spread {
    /// Nothing yet, for a run of `duration`.
    pub fn new(duration: SimDuration) -> Self {
        Self {
            server: histogram(),
            client: histogram(),
            disconnection: KaplanMeier::new(disconnection_edges(duration)),
        }
    }

    /// Adds another cohort or part of the swarm.
    ///
    /// # Panics
    /// If the other one comes from a run of another duration.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [(&mut self.server, &other.server), (&mut self.client, &other.client)]
        {
            let merged = mine.add(theirs);
            assert!(merged.is_ok(), "both histograms have the same bounds");
        }
        self.disconnection.merge(&other.disconnection);
    }
}

/// Minutes for three hours, ten minutes for a day, then hours, up to the length of the run.
fn disconnection_edges(duration: SimDuration) -> Vec<SimDuration> {
    let mut edges = Vec::new();
    let mut edge = SimDuration::ZERO;
    while edge < duration {
        let step = match edge {
            _ if edge < SimDuration::from_hours(3) => SimDuration::from_mins(1),
            _ if edge < SimDuration::from_hours(24) => SimDuration::from_mins(10),
            _ => SimDuration::from_hours(1),
        };
        edge = edge + step;
        edges.push(edge);
    }
    edges
}

#[expect(clippy::expect_used, reason = "the bounds are constants")]
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_MICROS, 3).expect("1 ≤ high / 2 and 3 ≤ 5 digits")
}
