//! Arms that look alike in a chart share a panel.

use crate::experiment::results::{ArmSummary, Results, TimelineRow};
use crate::report::chart::windows::{Named, of_arm};
use crate::report::chart::{rows, within};
use crate::report::words::{heading, label, list};

/// Arms whose bins do not differ to the eye, and the bins of the first of them.
#[derive(Debug, Clone)]
pub(super) struct Group<'r> {
    /// The arms, in order; at least one.
    pub(super) arms: Vec<&'r ArmSummary>,
    /// Their bins.
    pub(super) rows: Vec<&'r TimelineRow>,
}

/// Groups the arms of a run by how they look within a stretch of time. Each group is led by its first
/// arm, and `alike` compares with that one.
pub(super) fn groups(
    results: &Results,
    x: [f64; 2],
    alike: impl Fn(&TimelineRow, &TimelineRow) -> bool,
) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for arm in &results.summary.arms {
        let rows = within(&rows(results, &arm.name), x);
        let same = groups.iter_mut().find(|group| {
            group.rows.len() == rows.len() && group.rows.iter().zip(&rows).all(|(a, b)| alike(a, b))
        });
        match same {
            Some(group) => group.arms.push(arm),
            None => groups.push(Group { arms: vec![arm], rows }),
        }
    }
    groups
}

impl Group<'_> {
    /// The names of its arms, as a heading.
    pub(super) fn heading(&self) -> String {
        match self.arms.as_slice() {
            [only] => heading(&only.name),
            many => {
                let names: Vec<String> =
                    many.iter().map(|arm| label(&arm.name).to_owned()).collect();
                list(&names)
            }
        }
    }

    /// Those windows that all of its arms have.
    pub(super) fn windows(&self, all: &[Named]) -> Vec<Named> {
        self.arms.iter().fold(all.to_vec(), |windows, arm| of_arm(&windows, &arm.name))
    }
}
