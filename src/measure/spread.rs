//! Distributions over the orgs of one cohort of one arm, over all replications.

use hdrhistogram::Histogram;

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
    /// Disconnections that ended, by how long they lasted.
    pub reconnected: Vec<u64>,
    /// Disconnections that had not ended when the clock stopped, by how long they had lasted.
    pub censored: Vec<u64>,
    /// Width of one bin of the two above.
    pub step: SimDuration,
}

impl Spread {
    /// How many bins of disconnection time there are.
    pub const BINS: usize = 1_024;

    /// Nothing yet, for a run of `duration`.
    pub fn new(duration: SimDuration) -> Self {
        let step = duration.as_micros().div_ceil(Self::BINS as u64).max(1);
        Self {
            server: histogram(),
            client: histogram(),
            reconnected: vec![0; Self::BINS],
            censored: vec![0; Self::BINS],
            step: SimDuration::from_micros(step),
        }
    }

    /// Adds another cohort or part of the swarm, of a run of the same duration.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.server, &other.server),
            (&mut self.client, &other.client),
        ] {
            let merged = mine.add(theirs);
            assert!(merged.is_ok(), "both histograms have the same bounds");
        }
        for (mine, theirs) in [
            (&mut self.reconnected, &other.reconnected),
            (&mut self.censored, &other.censored),
        ] {
            mine.iter_mut()
                .zip(theirs)
                .for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// A disconnection ended after `lasted`.
    pub fn reconnected_after(&mut self, lasted: SimDuration) {
        let bin = self.bin(lasted);
        self.reconnected[bin] += 1;
    }

    /// A disconnection had lasted so long when the clock stopped.
    pub fn censored_after(&mut self, lasted: SimDuration) {
        let bin = self.bin(lasted);
        self.censored[bin] += 1;
    }

    fn bin(&self, lasted: SimDuration) -> usize {
        let bin = lasted.as_micros() / self.step.as_micros();
        usize::try_from(bin)
            .unwrap_or(usize::MAX)
            .min(Self::BINS - 1)
    }
}

#[expect(clippy::expect_used, reason = "the bounds are constants")]
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_MICROS, 3).expect("1 ≤ high / 2 and 3 ≤ 5 digits")
}
