//! The life of an org that shares nothing with others, played stretch by stretch.
//!
//! ```text
//!   Life::new ──► play until ──► play_calm ──► play until ──► finish
//!                     └── part ──► play … (in another arm)
//! ```

use super::island::{Island, Place, Resident, Shore};
use crate::base::{Seed, SimTime};
use crate::client::{Per, Restraint};
use crate::measure::{Keep, OrgEnd, Recorder};
use crate::world::{Exposure, Open, Org, Stage};

/// An org on its way through the run.
#[derive(Debug, Clone)]
pub struct Life {
    org: Org,
    draws: (Seed, u32),
    place: Place,
    resident: Resident,
    /// What the orgs of its partner share: here, those of a partner with one org.
    shared: Restraint,
}

impl Life {
    /// An org at the clock's start.
    pub fn new(stage: &Stage, org: &Org, seed: Seed, replication: u32) -> Self {
        let place = Place::of(stage, org, (seed, replication), (0, 0));
        Self {
            org: *org,
            draws: (seed, replication),
            place,
            resident: Resident::new(stage, &place),
            shared: Restraint::new(stage.app(org.cohort).profile(), Per::Partner),
        }
    }

    /// Plays all that happens before `until`.
    #[must_use]
    pub fn play(self, stage: &Stage, until: SimTime, recorder: &mut Recorder<'_>) -> Self {
        self.visit(stage, recorder, |island| island.run_swiftly(until, Keep::All))
    }

    /// Plays all that happens before `until`, and counts it. Latencies and the course of time are kept of
    /// a part of the attempts only.
    #[must_use]
    pub fn count(self, stage: &Stage, until: SimTime, recorder: &mut Recorder<'_>) -> Self {
        self.visit(stage, recorder, |island| island.run_swiftly(until, Keep::Counts))
    }

    /// Plays refreshes that nothing can go wrong with, up to `until` at most, for several arms at once;
    /// replay exposure is counted under the rules of each. How the org ends in all of them, if nothing
    /// more happens to it.
    #[must_use]
    pub fn play_calm(
        self,
        stage: &Stage,
        until: SimTime,
        exposures: &mut [Exposure<'_>],
        recorder: &mut Recorder<'_>,
    ) -> (Self, Option<OrgEnd>) {
        let mut is_over = false;
        let life = self.visit(stage, recorder, |island| {
            island.run_calmly(until.min(stage.end()), Keep::All, exposures);
            is_over = island.is_over();
        });
        let end = is_over
            .then(|| life.resident.account.clone().finish_alike(exposures, stage.end(), recorder));
        (life, end)
    }

    /// The same org in another arm, which differs in nothing that happens to it before `at`, nor in
    /// what has happened to it since.
    #[must_use]
    pub fn part(&self, stage: &Stage, at: SimTime) -> Self {
        let now = at.max(self.resident.account.counted_until());
        let mut other = self.clone();
        other.place = Place::of(stage, &self.org, self.draws, (0, 0));
        let app = stage.app(self.org.cohort);
        other.resident.client.hear(app, (other.place.key, other.place.partner_key), now);
        // The windows of the other arm begin and end at other times.
        other.resident.recheck_at = now;
        other
    }

    /// The clock stops.
    pub fn finish(mut self, stage: &Stage, recorder: &mut Recorder<'_>) -> OrgEnd {
        let shore = Shore { reception: &mut Open, shared: &mut self.shared };
        Island::new(stage, self.place, self.resident, recorder, &mut (), shore).finish()
    }

    fn visit(
        mut self,
        stage: &Stage,
        recorder: &mut Recorder<'_>,
        visit: impl FnOnce(&mut Island<'_, '_, (), Open>),
    ) -> Self {
        let (mut open, mut nobody) = (Open, ());
        let shore = Shore { reception: &mut open, shared: &mut self.shared };
        let mut island =
            Island::new(stage, self.place, self.resident, recorder, &mut nobody, shore);
        visit(&mut island);
        let resident = island.rest();
        Self { resident, ..self }
    }
}
