//! All phases of an incident, and the fate they draw for an attempt.
//!
//! ```text
//!   time ─────────┬────────┬─────────────┬───────┬──────►
//!   phases        │   A    │    A + B    │   B   │            cut into segments, each with its phases
//! ```
//!
//! Phases act in the order of the scenario; the first one that says *lost*, *throttled* or *fails*
//! wins. Every phase has draws of its own, so adding one leaves the draws of the others alone.

use super::fate::{Fate, RequestFate, ResponseFate};
use super::phase::{Latency, Phase, SeenAs};
use crate::base::{Lane, OrgKey, Probability, Purpose, QuantileTable, SimDuration, SimTime};

/// The most phases a schedule can hold: membership of an org is one bit each.
pub const MAX_PHASES: usize = 64;

/// In how many steps a ramp takes workers away.
const RAMP_STEPS: u64 = 64;

/// A ramp's full height, in fixed point.
const FULL: u64 = 1 << 32;

/// All phases of an incident, ready to draw fates.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    phases: Vec<Phase>,
    compiled: Vec<Compiled>,
    /// When the set of active phases changes, ascending; segment `i` ends at `edges[i]`.
    edges: Vec<SimTime>,
    /// Indices of the phases active in each segment; one more than there are edges.
    active: Vec<Vec<u8>>,
}

#[derive(Debug, Clone)]
struct Compiled {
    latency: Option<CompiledLatency>,
    /// Cumulative shares of what a lost answer is seen as.
    seen_as: Vec<(Probability, SeenAs)>,
}

#[derive(Debug, Clone)]
enum CompiledLatency {
    Replace(QuantileTable),
    /// Fixed point with 16 fractional bits.
    Multiply(u64),
    Add(QuantileTable),
}

/// The phases that hit one org: one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hits(u64);

impl Schedule {
    /// A schedule of phases, in the order of the scenario; they may overlap.
    ///
    /// # Panics
    /// With more than [`MAX_PHASES`] phases.
    pub fn new(phases: Vec<Phase>) -> Self {
        assert!(phases.len() <= MAX_PHASES, "the scenario admits at most {MAX_PHASES} phases");
        let mut edges: Vec<_> = phases.iter().flat_map(|phase| [phase.from, phase.until]).collect();
        edges.sort_unstable();
        edges.dedup();
        let starts = std::iter::once(SimTime::ZERO).chain(edges.iter().copied());
        let active = starts
            .map(|start| {
                let covers = |phase: &Phase| (phase.from..phase.until).contains(&start);
                (0_u8..).zip(&phases).filter(|(_, phase)| covers(phase)).map(|(n, _)| n).collect()
            })
            .collect();
        let compiled = phases.iter().map(Compiled::new).collect();
        Self { phases, compiled, edges, active }
    }

    /// The phases, in the order of the scenario.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// The share of workers that is lost at `at`, and the instants at which that is looked at anew: the
    /// ends of phases, and 64 steps of every ramp.
    pub fn capacity_lost(&self) -> (Vec<SimTime>, impl Fn(SimTime) -> f64) {
        let cutting = || self.phases.iter().filter(|phase| !phase.capacity_lost.is_never());
        let edges = cutting().flat_map(Phase::capacity_edges).collect();
        let lost = move |at| {
            let left = cutting()
                .filter(|phase| (phase.from..phase.until).contains(&at))
                .fold(1.0, |left, phase| {
                    left * (1.0 - phase.capacity_lost.scaled(phase.height(at)).as_f64())
                });
            1.0 - left
        };
        (edges, lost)
    }

    /// Which phases hit an org of `cohort`; `org` and `partner` are the keys of the two.
    pub fn hits(&self, cohort: usize, org: OrgKey, partner: OrgKey) -> Hits {
        // Nearly all phases hit everybody, and need not be drawn for.
        let hit = |share: Probability, draw: &dyn Fn() -> u64| {
            share == Probability::ALWAYS || share.says_yes(draw())
        };
        let mut bits = 0;
        for (index, phase) in (0_u8..).zip(&self.phases) {
            let reach = &phase.reach;
            let lane = Lane::of(Purpose::PhaseMember, index);
            let in_cohort = reach.cohorts.as_ref().is_none_or(|cohorts| cohorts.contains(&cohort));
            if in_cohort
                && hit(reach.partners, &|| partner.draw(0, 0, lane))
                && hit(reach.orgs, &|| org.draw(0, 1, lane))
            {
                bits |= 1 << index;
            }
        }
        Hits(bits)
    }

    /// The fate of an attempt that reaches the server at `now`.
    #[inline]
    pub fn fate(
        &self,
        service: &QuantileTable,
        hits: Hits,
        key: OrgKey,
        (refresh, attempt): (u32, u16),
        now: SimTime,
    ) -> Fate {
        let calm = Fate::calm(service, key, (refresh, attempt));
        match self.active_at(now) {
            [] => calm,
            active => self.strike(calm, active, service, hits, key, (refresh, attempt), now),
        }
    }

    /// Up to when no phase acts on an org from `now` on, if it is hit by these: attempts sent before
    /// that have a calm fate. `now` itself if one is active.
    pub fn calm_until(&self, hits: Hits, now: SimTime) -> SimTime {
        let phases = (0_u32..).zip(&self.phases);
        let ahead = phases.filter(|(index, phase)| {
            hits.0 >> index & 1 == 1 && phase.from < phase.until && now < phase.until
        });
        ahead.map(|(_, phase)| phase.from.max(now)).min().unwrap_or(SimTime::NEVER)
    }

    /// Whether no phase is active at `now`.
    #[inline]
    pub fn is_calm_at(&self, now: SimTime) -> bool {
        self.active_at(now).is_empty()
    }

    /// The phases active at `now`.
    #[inline]
    fn active_at(&self, now: SimTime) -> &[u8] {
        // Most of a run lies before or after the incident.
        if self.edges.first().is_none_or(|first| now < *first)
            || self.edges.last().is_none_or(|last| now >= *last)
        {
            return &[];
        }
        let segment = self.edges.partition_point(|edge| *edge <= now);
        &self.active[segment]
    }

    /// Lets the active phases act on a calm fate.
    #[expect(clippy::too_many_arguments, reason = "the out-of-line half of `fate`")]
    #[cold]
    fn strike(
        &self,
        mut fate: Fate,
        active: &[u8],
        service: &QuantileTable,
        hits: Hits,
        key: OrgKey,
        (refresh, attempt): (u32, u16),
        now: SimTime,
    ) -> Fate {
        let draw = |purpose, index| key.draw(refresh, attempt, Lane::of(purpose, index));
        let mut second =
            SimDuration::from_micros(service.at(draw(Purpose::DuplicateServiceTime, 0)));
        for &index in active.iter().filter(|&&index| hits.0 >> index & 1 == 1) {
            let phase = &self.phases[usize::from(index)];
            let compiled = &self.compiled[usize::from(index)];
            let height = phase.height(now);
            if let Some(latency) = &compiled.latency {
                let service_draw = draw(Purpose::ServiceTime, 0);
                fate.service_time = latency.act(fate.service_time, service_draw, height);
                let second_draw = draw(Purpose::DuplicateServiceTime, 0);
                second = latency.act(second, second_draw, height);
            }
            let happens = |probability: Probability, purpose| {
                !probability.is_never() && probability.scaled(height).says_yes(draw(purpose, index))
            };
            if fate.request == RequestFate::Arrives {
                fate.request = phase.request_fate(happens);
            }
            if let Some(lost) = &phase.response_lost
                && fate.response == ResponseFate::Arrives
                && happens(lost.probability, Purpose::ResponseLost)
            {
                fate.response = ResponseFate::Lost(compiled.seen_as(draw(Purpose::SeenAs, index)));
            }
            if fate.repeated.is_none() && happens(phase.duplicate, Purpose::Duplicated) {
                fate.repeated = Some(SimDuration::ZERO);
            }
        }
        fate.repeated = fate.repeated.map(|_| second);
        fate
    }
}

impl Phase {
    /// The first of this phase's faults that strikes the request.
    fn request_fate(&self, happens: impl Fn(Probability, Purpose) -> bool) -> RequestFate {
        if happens(self.request_lost, Purpose::RequestLost) {
            return RequestFate::Lost;
        }
        if let Some(throttle) = &self.throttle
            && happens(throttle.probability, Purpose::Throttled)
        {
            return RequestFate::Throttled { retry_after: throttle.retry_after };
        }
        if let Some(error) = &self.error
            && happens(error.probability, Purpose::ErrorBeforeCommit)
        {
            return RequestFate::Fails { status: error.status };
        }
        RequestFate::Arrives
    }

    /// When the number of lost workers changes.
    fn capacity_edges(&self) -> impl Iterator<Item = SimTime> {
        let step =
            |ramp: SimDuration, n: u64| SimDuration::from_micros(ramp.as_micros() / RAMP_STEPS * n);
        let Self { from, until, ramp_up, ramp_down, .. } = *self;
        let ups = (0..=RAMP_STEPS).map(move |n| from + step(ramp_up, n));
        let downs = (0..=RAMP_STEPS).map(move |n| until - step(ramp_down, n));
        ups.chain(downs)
    }

    /// How strong the phase is at `now`, of [`FULL`].
    fn height(&self, now: SimTime) -> u64 {
        let climbed = share(now.since(self.from), self.ramp_up);
        let left = share(self.until.since(now), self.ramp_down);
        climbed.min(left)
    }
}

/// `part / whole` in fixed point, at most [`FULL`]; full where there is no ramp.
fn share(part: SimDuration, whole: SimDuration) -> u64 {
    if part >= whole {
        return FULL;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a quotient below one, times 2^32")]
    let share =
        (u128::from(part.as_micros()) * u128::from(FULL) / u128::from(whole.as_micros())) as u64;
    share
}

impl Compiled {
    fn new(phase: &Phase) -> Self {
        let latency = phase.latency.as_ref().map(|latency| match latency {
            Latency::Replace(law) => CompiledLatency::Replace(QuantileTable::compile(law)),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the scenario admits factors between 0 and 10^6"
            )]
            Latency::Multiply(factor) => {
                CompiledLatency::Multiply((factor * 65_536.0).round() as u64)
            }
            Latency::Add(law) => CompiledLatency::Add(QuantileTable::compile(law)),
        });
        let mut sum = 0.0;
        let seen_as =
            phase.response_lost.iter().flat_map(|lost| &lost.seen_as).map(|(seen, weight)| {
                sum += weight;
                (Probability::new(f64::min(sum, 1.0)).unwrap_or(Probability::ALWAYS), *seen)
            });
        Self { latency, seen_as: seen_as.collect() }
    }

    fn seen_as(&self, draw: u64) -> SeenAs {
        let hit = self.seen_as.iter().find(|(up_to, _)| up_to.says_yes(draw));
        hit.or(self.seen_as.last()).map_or(SeenAs::Silence, |(_, seen)| *seen)
    }
}

impl CompiledLatency {
    /// The service time under this fault, at a ramp's height.
    fn act(&self, calm: SimDuration, draw: u64, height: u64) -> SimDuration {
        let struck = match self {
            Self::Replace(table) => SimDuration::from_micros(table.at(draw)),
            Self::Multiply(factor) => scale(calm, *factor, 16),
            Self::Add(table) => calm + SimDuration::from_micros(table.at(draw)),
        };
        if height == FULL {
            struck
        } else if struck >= calm {
            calm + scale(struck.saturating_sub(calm), height, 32)
        } else {
            calm.saturating_sub(scale(calm.saturating_sub(struck), height, 32))
        }
    }
}

/// `span · factor / 2^bits`, saturating.
fn scale(span: SimDuration, factor: u64, bits: u32) -> SimDuration {
    let product = (u128::from(span.as_micros()) * u128::from(factor)) >> bits;
    SimDuration::from_micros(u64::try_from(product).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
