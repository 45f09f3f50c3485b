//! Which arms have a part of their orgs' lives in common, and for how long.
//!
//! ```text
//!   A, B, C ──────────┬─ A, B ──────────┬─ A ────►       a family: the first arm leads, and the others
//!                     └─ C ────►        └─ B ────►       leave it in the order of their partings
//! ```
//!
//! What is played once for several arms is counted once, on a sheet of its own, and added to each.

use crate::base::SimTime;
use crate::world::{Parting, Stage};

/// An arm of a family.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// Which arm.
    pub(super) arm: usize,
    /// How it parts from the first one of the family.
    pub(super) parting: Parting,
}

/// Arms whose orgs begin alike. The last one leaves first.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) members: Vec<Member>,
    /// The sheet of the first member, of the first two, and so on.
    pub(super) sheets: Vec<usize>,
}

/// The families of all cohorts, and the sheets that they fill.
#[derive(Debug, Default)]
pub(super) struct Families {
    by_cohort: Vec<Vec<Family>>,
    /// To which arms each sheet counts.
    sheets: Vec<Vec<usize>>,
}

impl Families {
    /// The families of these arms, which have as many cohorts each.
    pub(super) fn of(stages: &[&Stage], cohorts: usize) -> Self {
        let mut families =
            Self { sheets: (0..stages.len()).map(|arm| vec![arm]).collect(), ..Self::default() };
        for cohort in 0..cohorts {
            let parted = part(stages, cohort);
            let found = parted.into_iter().map(|members| families.with_sheets(members)).collect();
            families.by_cohort.push(found);
        }
        families
    }

    /// The families of a cohort: each arm is in one of them.
    pub(super) fn in_cohort(&self, cohort: usize) -> &[Family] {
        &self.by_cohort[cohort]
    }

    /// To which arms each sheet counts; those of single arms come first.
    pub(super) fn sheets(&self) -> &[Vec<usize>] {
        &self.sheets
    }

    fn with_sheets(&mut self, members: Vec<Member>) -> Family {
        let sheets = (1..=members.len()).map(|count| {
            let arms: Vec<_> = members[..count].iter().map(|member| member.arm).collect();
            let known = self.sheets.iter().position(|sheet| *sheet == arms);
            known.unwrap_or_else(|| {
                self.sheets.push(arms);
                self.sheets.len() - 1
            })
        });
        let sheets = sheets.collect();
        Family { members, sheets }
    }
}

/// Puts each arm to the first family with whose leader it has something in common.
fn part(stages: &[&Stage], cohort: usize) -> Vec<Vec<Member>> {
    let mut families: Vec<Vec<Member>> = Vec::new();
    for (arm, stage) in stages.iter().enumerate() {
        let parting = |leader: usize| Parting::of(stages[leader].world(), stage.world(), cohort);
        let kin = families.iter_mut().find_map(|family| {
            let parting = parting(family[0].arm);
            (parting.calm_until > SimTime::ZERO).then_some((family, parting))
        });
        match kin {
            Some((family, parting)) => family.push(Member { arm, parting }),
            None => families.push(vec![Member { arm, parting: parting(arm) }]),
        }
    }
    for family in &mut families {
        family[1..].sort_by_key(|member| std::cmp::Reverse(member.parting.at));
    }
    families
}
