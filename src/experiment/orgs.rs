//! Islands of one org: a range of them at a time, all arms of an org one after another.
//!
//! ```text
//!   org ──► each family of arms: in common as far as it goes ──► each arm by itself ──► compared
//! ```
//!
//! The run without an incident, against which amplification is measured, is one more arm of the first
//! replication.

use super::gathering::Gathering;
use super::kin::{Families, Family};
use super::recording::{LedgerSection, Selection};
use super::run::Experiment;
use super::tally::Tally;
use crate::measure::{OrgEnd, Recorder, Sheet};
use crate::sim::{self, Life};
use crate::world::{Exposure, Org, Stage};

/// How islands of one org are played.
pub(super) struct Orgs<'a> {
    experiment: &'a Experiment<'a>,
    /// The arms, and behind them the calm run if there is one.
    stages: Vec<&'a Stage>,
    /// What they have in common in the first replication.
    first: Families,
    /// What the arms have in common in all others.
    others: Families,
    gathering: Gathering,
}

/// What one thread has found.
pub(super) struct Findings {
    tally: Tally,
    /// What it has found in the replication that it is in; not yet in the tally.
    sheets: Vec<Sheet>,
    replication: u32,
    /// Units that it has played of that.
    units: u64,
    /// How many arms there are, without the calm run.
    arms: usize,
    /// How an org ended, arm by arm.
    ends: Vec<Option<OrgEnd>>,
}

impl<'a> Orgs<'a> {
    /// For replications of so many `units` each.
    pub(super) fn new(experiment: &'a Experiment<'a>, units: u64) -> Self {
        let arms = experiment.stages.iter();
        let stages: Vec<_> = arms.chain(&experiment.calm).collect();
        let cohorts = experiment.dimensions.cohorts;
        let first = Families::of(&stages, cohorts);
        let others = Families::of(&stages[..experiment.stages.len()], cohorts);
        let gathering = Gathering::new(units, experiment.stages.len(), cohorts);
        Self { experiment, stages, first, others, gathering }
    }

    pub(super) fn findings(&self) -> Findings {
        let Experiment { dimensions, layout, .. } = *self.experiment;
        Findings {
            tally: Tally::new(dimensions, &layout.grid),
            sheets: self.sheets(0),
            replication: 0,
            units: 0,
            arms: dimensions.arms,
            ends: Vec::new(),
        }
    }

    /// Plays the orgs with numbers in `range` in one replication, as a unit of work with this number;
    /// replications come in order.
    pub(super) fn play(
        &self,
        (unit, replication): (u64, u32),
        range: std::ops::Range<u64>,
        findings: &mut Findings,
    ) {
        if findings.replication != replication {
            self.enter(findings);
            findings.replication = replication;
            findings.units = 0;
            findings.sheets = self.sheets(replication);
        }
        findings.units += 1;
        let families = self.families(replication);
        let recording = self.experiment.recording;
        let mut section = recording.map(|recording| recording.sink.section(unit));
        for org in self.experiment.swarm.range(range) {
            findings.ends.clear();
            findings.ends.resize(self.stages.len(), None);
            match recording.map(|recording| recording.selection).zip(section.as_deref_mut()) {
                Some((selection, section))
                    if selection.has(replication, &(org.number..org.number + 1)) =>
                {
                    self.play_recorded(&org, selection, section, findings);
                }
                Some(_) | None => {
                    for family in families.in_cohort(org.cohort) {
                        self.play_family(family, &org, findings);
                    }
                }
            }
            let arms = findings.ends[..self.experiment.stages.len()].iter();
            let ends: smallvec::SmallVec<[OrgEnd; 4]> = arms.copied().flatten().collect();
            findings.tally.compare(replication, &org, &ends);
        }
        if let Some(section) = section {
            section.close();
        }
    }

    /// Plays an org in each arm by itself. Where its rows are wanted the machines play it, of whom alone a
    /// witness is told: what they find is what the shortcuts find.
    fn play_recorded(
        &self,
        org: &Org,
        selection: &Selection,
        section: &mut dyn LedgerSection,
        findings: &mut Findings,
    ) {
        let (seed, replication) = (self.experiment.seed, findings.replication);
        for arm in 0..self.families(replication).sheets().iter().filter(|to| to.len() == 1).count()
        {
            let stage = self.stages[arm];
            if selection.has_arm(arm) {
                let mut witness = selection.witness(section, (replication, arm));
                let mut recorder = findings.recorder(arm, org);
                let end = sim::play(stage, org, seed, replication, &mut recorder, &mut witness);
                findings.ends[arm] = Some(end);
            } else {
                findings.play_out(Life::new(stage, org, seed, replication), stage, arm, org);
            }
        }
    }

    /// All that a thread has found.
    pub(super) fn close(&self, mut findings: Findings) -> Tally {
        self.enter(&mut findings);
        findings.tally
    }

    fn families(&self, replication: u32) -> &Families {
        if replication == 0 { &self.first } else { &self.others }
    }

    fn sheets(&self, replication: u32) -> Vec<Sheet> {
        let Experiment { dimensions, layout, .. } = *self.experiment;
        let sheet = |_| Sheet::new(layout.grid.clone(), dimensions.cohorts, dimensions.duration);
        self.families(replication).sheets().iter().map(sheet).collect()
    }

    /// Adds the sheets to the tally, each to all arms that it counts for.
    fn enter(&self, findings: &mut Findings) {
        let Findings { tally, sheets, replication, units, .. } = findings;
        let counted = || sheets.iter().zip(self.families(*replication).sheets());
        for (sheet, arms) in counted() {
            for &arm in arms {
                if arm < self.experiment.stages.len() {
                    tally.absorb(arm, *replication, sheet);
                } else {
                    let counts = sheet.counts.iter().enumerate();
                    counts.for_each(|(cohort, counts)| tally.count_calm(cohort, counts.sent));
                }
            }
        }
        let is_arm = |arm: &&usize| **arm < self.experiment.stages.len();
        let found = counted().flat_map(|(sheet, arms)| {
            arms.iter().filter(is_arm).map(|arm| (*arm, sheet.steps.as_slice()))
        });
        let grid = &self.experiment.layout.grid;
        self.gathering.bring(*replication, *units, found, (tally, grid));
    }

    fn play_family(&self, family: &Family, org: &Org, findings: &mut Findings) {
        let Family { members, sheets } = family;
        let (seed, replication) = (self.experiment.seed, findings.replication);
        let leader = self.stages[members[0].arm];
        let mut life = Life::new(leader, org, seed, replication);
        for last in (1..members.len()).rev() {
            let together = &members[..=last];
            let parting = members[last].parting;
            let mut recorder = findings.recorder(sheets[last], org);
            life = life.play(leader, parting.at.min(leader.end()), &mut recorder);
            if parting.at >= leader.end() {
                let end = life.finish(leader, &mut recorder);
                for member in together {
                    findings.ends[member.arm] = Some(end);
                }
                return;
            }
            let rules = together.iter().map(|member| self.stages[member.arm].rules(org.cohort));
            let mut exposures: smallvec::SmallVec<[_; 4]> = rules.map(Exposure::under).collect();
            let until = together.iter().map(|member| member.parting.calm_until).min();
            let until = until.unwrap_or(parting.calm_until);
            let end;
            (life, end) = life.play_calm(leader, until, &mut exposures, &mut recorder);
            for (member, exposure) in together.iter().zip(&exposures) {
                findings.recorder(member.arm, org).exposed(exposure.span);
                findings.ends[member.arm] = end;
            }
            if end.is_some() {
                return;
            }
            let own = life.part(self.stages[members[last].arm], parting.at);
            findings.play_out(own, self.stages[members[last].arm], members[last].arm, org);
        }
        findings.play_out(life, leader, members[0].arm, org);
    }
}

impl Findings {
    fn recorder(&mut self, sheet: usize, org: &Org) -> Recorder<'_> {
        self.sheets[sheet].recorder(org.cohort)
    }

    /// Plays the rest of a life in one arm.
    fn play_out(&mut self, life: Life, stage: &Stage, arm: usize, org: &Org) {
        let is_arm = arm < self.arms;
        let mut recorder = self.recorder(arm, org);
        // Of the calm run only the number of attempts is asked for.
        let life = if is_arm {
            life.play(stage, stage.end(), &mut recorder)
        } else {
            life.count(stage, stage.end(), &mut recorder)
        };
        self.ends[arm] = Some(life.finish(stage, &mut recorder));
    }
}
