//! Islands of partners: played in parallel, all arms of one after another.

use super::run::{Experiment, Options, RunError};
use super::tally::Tally;
use crate::sim::Crowd;
use crate::world::Stage;

impl Experiment<'_> {
    /// Plays all islands, each of them a partner.
    pub(super) fn run_partners(&self, options: &Options<'_>) -> Result<Tally, RunError> {
        let partners = self.swarm.partners();
        let units = partners * u64::from(self.replications);
        let begin = || Tally::new(self.dimensions, &self.layout.grid);
        let play = |unit, tally: &mut Tally| {
            #[expect(clippy::cast_possible_truncation, reason = "replications are 32 bits")]
            let replication = (unit / partners) as u32;
            self.run_partner(replication, unit % partners, tally);
        };
        self.run_units(units, options, begin, play, |tally| tally)
    }

    /// Plays all arms of one partner.
    fn run_partner(&self, replication: u32, partner: u64, tally: &mut Tally) {
        let play = |stage: &Stage| {
            let orgs = self.swarm.partner(partner);
            let mut crowd = Crowd::new(stage, orgs, (self.seed, replication), self.sheet());
            crowd.play(stage, stage.end());
            crowd.finish(stage)
        };
        let mut all = Vec::with_capacity(self.stages.len());
        for (arm, stage) in self.stages.iter().enumerate() {
            let end = play(stage);
            tally.absorb(arm, replication, &end.sheet);
            all.push(end.ends);
        }
        tally.compare_all(replication, self.swarm.partner(partner), &all);
        if let (0, Some(calm)) = (replication, &self.calm) {
            tally.count_calm_sheet(&play(calm).sheet);
        }
    }
}
