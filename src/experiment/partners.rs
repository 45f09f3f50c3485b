//! Islands of partners: played in parallel, all arms of one after another.
//!
//! Arms that differ only from an instant on share the island up to there, which is then cloned.

use super::gathering::Gathering;
use super::lineage::Lineage;
use super::run::{Experiment, Options, RunError};
use super::tally::Tally;
use crate::measure::OrgEnd;
use crate::sim::{Crowd, CrowdEnd};
use crate::world::Stage;

impl Experiment<'_> {
    /// Plays all islands, each of them a partner.
    pub(super) fn run_partners(&self, options: &Options<'_>) -> Result<Tally, RunError> {
        let partners = self.swarm.partners();
        let units = partners * u64::from(self.replications);
        let lineages = Lineage::of(self.stages);
        let gathering = Gathering::new(partners, self.stages.len(), self.dimensions.cohorts);
        let begin = || Tally::new(self.dimensions, &self.layout.grid);
        let play = |unit, tally: &mut Tally| {
            #[expect(clippy::cast_possible_truncation, reason = "replications are 32 bits")]
            let replication = (unit / partners) as u32;
            self.run_partner((&lineages, &gathering), (replication, unit % partners), tally);
        };
        self.run_units(units, options, begin, play, |tally| tally)
    }

    /// Plays all arms of one partner.
    fn run_partner(
        &self,
        (lineages, gathering): (&[Lineage], &Gathering),
        (replication, partner): (u32, u64),
        tally: &mut Tally,
    ) {
        let begin = |stage: &Stage| {
            let orgs = self.swarm.partner(partner);
            Crowd::new(stage, orgs, (self.seed, replication), self.sheet())
        };
        let mut all: Vec<Vec<OrgEnd>> = vec![Vec::new(); self.stages.len()];
        let mut steps = Vec::with_capacity(self.stages.len());
        let mut enter = |crowd: Crowd, arm: usize| {
            let CrowdEnd { ends, sheet, .. } = play_out(crowd, &self.stages[arm]);
            tally.absorb(arm, replication, &sheet);
            all[arm] = ends;
            steps.push((arm, sheet.steps));
        };
        for Lineage { leader, others } in lineages {
            let stage = &self.stages[*leader];
            let mut crowd = begin(stage);
            for &(at, arm) in others {
                crowd.play(stage, at);
                enter(crowd.part(&self.stages[arm], at), arm);
            }
            enter(crowd, *leader);
        }
        let found = steps.iter().map(|(arm, steps)| (*arm, steps.as_slice()));
        gathering.bring(replication, 1, found, (tally, &self.layout.grid));
        tally.compare_all(replication, self.swarm.partner(partner), &all);
        if let (0, Some(calm)) = (replication, &self.calm) {
            tally.count_calm_sheet(&play_out(begin(calm), calm).sheet);
        }
    }
}

/// Plays an island to its end.
fn play_out(mut crowd: Crowd, stage: &Stage) -> CrowdEnd {
    crowd.play(stage, stage.end());
    crowd.finish(stage)
}
