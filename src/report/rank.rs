//! Many arms: their order, and the few of them that pictures draw.
//!
//! Up to [`FEW`] arms every report shows all of them side by side. Of more, tables rank them, one
//! picture ranks them, and the pictures with a line or a panel for each arm draw a few and name the rest.

use std::borrow::Cow;

use crate::experiment::results::{ArmSummary, Results, Summary};
use crate::experiment::sweep::Sweep;
use crate::report::words::{count, heading, list};

/// So many arms are shown side by side; of more, so many are drawn.
pub(crate) const FEW: usize = 6;

/// Whether so many arms are ranked instead of shown side by side.
pub const fn are_many(arms: usize) -> bool {
    arms > FEW
}

/// Places of the arms in `summary`, best first: by orgs that needed a person, then by orgs harmed, then
/// by replay exposure, then as the scenario has them.
pub(crate) fn order(summary: &Summary) -> Vec<usize> {
    let harmed = |arm: &ArmSummary| {
        let contrast = summary.contrasts.iter().find(|contrast| contrast.arm == arm.name);
        contrast.map_or(0.0, |contrast| contrast.harmed.mean)
    };
    let key = |place: &usize| {
        let (arm, total) = (&summary.arms[*place], &summary.arms[*place].total);
        [total.needed_person.mean, harmed(arm), total.replay_exposure_org_hours.mean]
    };
    let mut places: Vec<usize> = (0..summary.arms.len()).collect();
    places.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        let keys = a.iter().zip(&b).map(|(a, b)| a.total_cmp(b));
        keys.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    places
}

/// Of a value for each arm, the places of a few that stand for all, ascending: the first arm, the least,
/// the most, and then whichever lies farthest from those already chosen.
pub(crate) fn few(values: &[f64]) -> Vec<usize> {
    let all = 0..values.len();
    if values.len() <= FEW {
        return all.collect();
    }
    let by_value = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
    let least = all.clone().min_by(by_value);
    // Of equals the earliest, as everywhere.
    let most = all.clone().rev().max_by(by_value);
    let mut chosen: Vec<usize> = Vec::with_capacity(FEW);
    for place in [Some(0), least, most].into_iter().flatten() {
        if !chosen.contains(&place) {
            chosen.push(place);
        }
    }
    while chosen.len() < FEW {
        let apart = |place: &usize| {
            let gaps = chosen.iter().map(|other| (values[*place] - values[*other]).abs());
            gaps.fold(f64::INFINITY, f64::min)
        };
        let others = all.clone().filter(|place| !chosen.contains(place));
        let Some(next) = others.rev().max_by(|a, b| apart(a).total_cmp(&apart(b))) else { break };
        chosen.push(next);
    }
    chosen.sort_unstable();
    chosen
}

/// What pictures with a line or a panel for each arm draw.
#[derive(Debug, Clone)]
pub(crate) struct Drawn<'r> {
    /// The results of the arms that are drawn, and of no others.
    pub(crate) results: Cow<'r, Results>,
    /// The arms that are not drawn, in order.
    left_out: Vec<String>,
}

impl<'r> Drawn<'r> {
    /// All arms of `results`, or a few of many: those that differ most in orgs that needed a person.
    pub(crate) fn of(results: &'r Results) -> Self {
        let arms = &results.summary.arms;
        if !are_many(arms.len()) {
            return Self { results: Cow::Borrowed(results), left_out: Vec::new() };
        }
        let needed: Vec<f64> = arms.iter().map(|arm| arm.total.needed_person.mean).collect();
        let chosen = few(&needed);
        let is_left = |place: &usize| !chosen.contains(place);
        let left = (0..arms.len()).filter(is_left);
        let left_out = left.map(|place| heading(&arms[place].name)).collect();
        Self { results: Cow::Owned(only(results, &chosen)), left_out }
    }

    /// For the end of a subtitle: how many of the arms are drawn; empty where all are.
    pub(crate) fn note(&self) -> String {
        note(self.results.summary.arms.len(), self.left_out.len())
    }

    /// Whether no arm is left out.
    pub(crate) fn are_all(&self) -> bool {
        self.left_out.is_empty()
    }

    /// [`Self::left_out`] with a space before it, to follow other sentences.
    pub(crate) fn further(&self) -> String {
        further(self.left_out())
    }

    /// A sentence that names the arms left to the tables and the data; empty where all are drawn.
    pub(crate) fn left_out(&self) -> String {
        left_out(self.results.summary.arms.len(), &self.left_out)
    }
}

/// How many arms a picture draws, and the names of those that it leaves to the tables and the data; empty
/// without any.
pub(crate) fn left_out(drawn: usize, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let all = count((drawn + names.len()) as f64);
    let names = list(names);
    format!("It draws {drawn} of {all} arms; in the tables and the data only: {names}.")
}

/// A sentence that follows others, unless it is empty.
fn further(sentence: String) -> String {
    if sentence.is_empty() { sentence } else { format!(" {sentence}") }
}

/// What the picture of a sweep draws.
#[derive(Debug, Clone)]
pub(crate) struct DrawnSweep<'s> {
    /// The arms that are drawn, and no others.
    pub(crate) sweep: Cow<'s, Sweep>,
    /// The arms that are not drawn, in order.
    left_out: Vec<String>,
}

impl<'s> DrawnSweep<'s> {
    /// All arms of a sweep, or a few of many: the first and that of the target, and those that differ
    /// most on the average over all cells.
    pub(crate) fn of(sweep: &'s Sweep) -> Self {
        if !are_many(sweep.arms.len()) {
            return Self { sweep: Cow::Borrowed(sweep), left_out: Vec::new() };
        }
        let cells = sweep.cells.len().max(1) as f64;
        let mean = |arm| sweep.shown_of(arm).map(|shown| shown.mean).sum::<f64>() / cells;
        let mut chosen = few(&(0..sweep.arms.len()).map(mean).collect::<Vec<_>>());
        let target = sweep.target.as_ref();
        let target = target.and_then(|target| sweep.arms.iter().position(|arm| *arm == target.arm));
        if let Some(place) = target.filter(|place| !chosen.contains(place)) {
            chosen.pop();
            chosen.push(place);
        }
        let is_left = |place: &usize| !chosen.contains(place);
        let left = (0..sweep.arms.len()).filter(is_left);
        let left_out = left.map(|place| heading(&sweep.arms[place])).collect();
        let mut drawn = sweep.clone();
        drawn.arms = kept(&sweep.arms, &chosen);
        for cell in &mut drawn.cells {
            cell.arms = kept(&cell.arms, &chosen);
        }
        Self { sweep: Cow::Owned(drawn), left_out }
    }

    /// As [`Drawn::note`].
    pub(crate) fn note(&self) -> String {
        note(self.sweep.arms.len(), self.left_out.len())
    }

    /// As [`Drawn::left_out`].
    pub(crate) fn left_out(&self) -> String {
        left_out(self.sweep.arms.len(), &self.left_out)
    }

    /// As [`Drawn::further`].
    pub(crate) fn further(&self) -> String {
        further(self.left_out())
    }
}

/// The items at some places.
fn kept<T: Clone>(items: &[T], places: &[usize]) -> Vec<T> {
    let chosen = items.iter().enumerate().filter(|(place, _)| places.contains(place));
    chosen.map(|(_, item)| item.clone()).collect()
}

fn note(drawn: usize, left_out: usize) -> String {
    if left_out == 0 {
        return String::new();
    }
    let all = count((drawn + left_out) as f64);
    format!("; {drawn} of {all} arms, the first and those that differ most")
}

/// The results of the arms at some places, and of no others.
fn only(results: &Results, places: &[usize]) -> Results {
    let names: Vec<&str> =
        places.iter().map(|place| results.summary.arms[*place].name.as_str()).collect();
    let has = |name: &str| names.contains(&name);
    let mut summary = results.summary.clone();
    summary.arms.retain(|arm| has(&arm.name));
    summary.contrasts.retain(|contrast| has(&contrast.arm));
    summary.windows.retain_mut(|window| {
        let of_all = window.arms.is_empty();
        window.arms.retain(|arm| has(arm));
        of_all || !window.arms.is_empty()
    });
    Results {
        summary,
        timeline: results.timeline.iter().filter(|row| has(&row.arm)).cloned().collect(),
        load: results.load.iter().filter(|row| has(&row.arm)).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_the_first_the_ends_and_those_between() {
        assert_eq!(few(&[5.0, 1.0]), [0, 1], "few arms are all shown");
        let values = [50.0, 52.0, 0.0, 1.0, 100.0, 99.0, 75.0, 25.0, 51.0];
        assert_eq!(few(&values), [0, 1, 2, 4, 6, 7]);
        assert_eq!(few(&[7.0; 9]), [0, 1, 2, 3, 4, 5], "of equals the earliest");
    }

    #[test]
    fn what_is_left_out_is_named() {
        assert_eq!(left_out(6, &[]), "");
        let names = ["a".to_owned(), "b".to_owned()];
        let told = "It draws 6 of 8 arms; in the tables and the data only: a and b.";
        assert_eq!(left_out(6, &names), told);
    }
}
