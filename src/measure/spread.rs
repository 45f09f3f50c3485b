//! Distributions over the orgs of one cohort of one arm, over all replications.

use hdrhistogram::Histogram;

use super::latencies::Latencies;
use super::survival::KaplanMeier;
use crate::base::SimDuration;

/// Latency, and how long disconnections last.
#[derive(Debug, Clone)]
pub struct Spread {
    /// Latencies that the server and the client saw alike: one increment in place of two, and most
    /// attempts end so.
    alike: Latencies,
    server: Latencies,
    client: Latencies,
    /// What the server saw of the last attempt, until it is known whether the client sees the same.
    unpaired: Option<SimDuration>,
    /// How long disconnections lasted; those that had not ended when the clock stopped are censored.
    pub disconnection: KaplanMeier,
}

impl Spread {
    /// Nothing yet, for a run of `duration`.
    pub fn new(duration: SimDuration) -> Self {
        Self {
            alike: Latencies::default(),
            server: Latencies::default(),
            client: Latencies::default(),
            unpaired: None,
            disconnection: KaplanMeier::new(disconnection_edges(duration)),
        }
    }

    /// The server worked on a request for so long.
    #[inline]
    pub(super) fn served(&mut self, sojourn: SimDuration) {
        if let Some(before) = self.unpaired.replace(sojourn) {
            self.server.record(before);
        }
    }

    /// A client got its answer, or gave up, so long after the intended time.
    #[inline]
    pub(super) fn waited(&mut self, waited: SimDuration) {
        if self.unpaired == Some(waited) {
            self.unpaired = None;
            self.alike.record(waited);
        } else {
            self.client.record(waited);
        }
    }

    /// Where latencies go that the server and the client see alike.
    #[inline]
    pub(super) fn alike(&mut self) -> &mut Latencies {
        if let Some(before) = self.unpaired.take() {
            self.server.record(before);
        }
        &mut self.alike
    }

    /// Microseconds from arrival to the end of service, as the server sees it.
    pub fn server(&self) -> Histogram<u64> {
        let mut server = self.server.clone();
        self.unpaired.iter().for_each(|sojourn| server.record(*sojourn));
        server.merge(&self.alike);
        server.histogram()
    }

    /// Microseconds from the intended time to the answer or the timeout, as the client sees it.
    pub fn client(&self) -> Histogram<u64> {
        let mut client = self.client.clone();
        client.merge(&self.alike);
        client.histogram()
    }

    /// Adds another cohort or part of the swarm.
    ///
    /// # Panics
    /// If the other one comes from a run of another duration.
    pub fn merge(&mut self, other: &Self) {
        self.alike.merge(&other.alike);
        self.server.merge(&other.server);
        other.unpaired.iter().for_each(|sojourn| self.server.record(*sojourn));
        self.client.merge(&other.client);
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
