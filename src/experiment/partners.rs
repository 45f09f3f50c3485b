//! Islands of partners: played in parallel, all arms of one after another.
//!
//! Arms that differ only from an instant on share the island up to there, which is then cloned.

use super::gathering::Gathering;
use super::lineage::Lineage;
use super::recording::LedgerSection;
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
        let lineages = [Lineage::of(self.stages, |_| false), self.recorded_lineages()];
        let gathering = Gathering::new(partners, self.stages.len(), self.dimensions.cohorts);
        let begin = || Tally::new(self.dimensions, &self.layout.grid);
        let play = |unit, tally: &mut Tally| {
            #[expect(clippy::cast_possible_truncation, reason = "replications are 32 bits")]
            let replication = (unit / partners) as u32;
            let mut section = self.recording.map(|recording| recording.sink.section(unit));
            let orgs = self.swarm.numbers(unit % partners);
            let is_recorded = self.recording.is_some_and(|it| it.selection.has(replication, &orgs));
            let island = Island {
                replication,
                partner: unit % partners,
                lineages: &lineages[usize::from(is_recorded)],
                section: section.as_deref_mut().filter(|_| is_recorded),
                gathering: &gathering,
                options,
            };
            self.run_partner(island, tally);
            if let Some(section) = section {
                section.close();
            }
        };
        self.run_units(units, options, begin, play, |tally| tally)
    }

    /// The arms whose rows are wanted, each alone, and the others as ever.
    pub(super) fn recorded_lineages(&self) -> Vec<Lineage> {
        let selection = self.recording.map(|recording| recording.selection);
        Lineage::of(self.stages, |arm| selection.is_some_and(|selection| selection.has_arm(arm)))
    }

    /// Plays all arms of one partner.
    fn run_partner(&self, island: Island<'_, '_>, tally: &mut Tally) {
        let Island { replication, partner, lineages, mut section, gathering, options } = island;
        let begin = |stage: &Stage| {
            let orgs = self.swarm.partner(partner);
            Crowd::new(stage, orgs, (self.seed, replication), self.sheet())
        };
        let mut all: Vec<Vec<OrgEnd>> = vec![Vec::new(); self.stages.len()];
        let mut steps = Vec::with_capacity(self.stages.len());
        let mut enter = |CrowdEnd { ends, sheet, .. }: CrowdEnd, arm: usize| {
            tally.absorb(arm, replication, &sheet);
            all[arm] = ends;
            steps.push((arm, sheet.steps));
        };
        for Lineage { leader, others } in lineages {
            let stage = &self.stages[*leader];
            let mut crowd = begin(stage);
            for &(at, arm) in others {
                crowd.play(stage, at);
                enter(self.play_out(crowd.part(&self.stages[arm], at), arm, None, options), arm);
            }
            let section = section.as_mut();
            let section = section.map(|it| (&mut **it as &mut dyn LedgerSection, replication));
            enter(self.play_out(crowd, *leader, section, options), *leader);
        }
        let found = steps.iter().map(|(arm, steps)| (*arm, steps.as_slice()));
        gathering.bring(replication, 1, found, (tally, &self.layout.grid));
        tally.compare_all(replication, self.swarm.partner(partner), &all);
        if let (0, Some(calm)) = (replication, &self.calm) {
            let mut crowd = begin(calm);
            crowd.play(calm, calm.end());
            tally.count_calm_sheet(&crowd.finish(calm).sheet);
        }
    }

    /// Plays an island in an arm to its end, or until the run is to end; its rows go to the section of a
    /// replication if they are wanted.
    fn play_out(
        &self,
        mut crowd: Crowd,
        arm: usize,
        section: Option<(&mut dyn LedgerSection, u32)>,
        options: &Options<'_>,
    ) -> CrowdEnd {
        let stage = &self.stages[arm];
        let selection = self.recording.map(|recording| recording.selection);
        let selection = selection.filter(|selection| selection.has_arm(arm));
        if let Some((selection, (section, replication))) = selection.zip(section) {
            let mut witness = selection.witness(section, (replication, arm));
            self.play_on(&mut crowd, stage, stage.end(), (options, &mut witness));
            crowd.finish_before(stage, &mut witness)
        } else {
            crowd.play(stage, stage.end());
            crowd.finish(stage)
        }
    }
}

/// One partner in one replication.
struct Island<'a, 's> {
    replication: u32,
    partner: u64,
    lineages: &'a [Lineage],
    /// Where the rows go, if there are any.
    section: Option<&'a mut (dyn LedgerSection + 's)>,
    gathering: &'a Gathering,
    options: &'a Options<'a>,
}
