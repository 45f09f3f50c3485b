//! The answer in one sentence: how many orgs needed a person, arm against arm.

use crate::experiment::results::{ArmSummary, Contrast, Estimate, Summary};
use crate::report::rank;
use crate::report::words::{amount, capital, count, interval, label, place, share_of};

/// One sentence that answers the question of the scenario. It heads every report.
pub fn sentence(summary: &Summary) -> String {
    let arms = summary.arms.as_slice();
    let ever = worst(arms, |arm| arm.total.ever_disconnected);
    let needed = worst(arms, |arm| arm.total.needed_person);
    match (arms, ever, needed) {
        (_, Some((_, ever)), _) if ever <= 0.0 => nobody_was_disconnected(summary),
        (_, Some((arm, ever)), Some((_, needed))) if needed <= 0.0 => {
            nobody_needed_a_person(arm, ever, arms.len())
        }
        ([only], ..) => alone(only),
        ([first, second], ..) => pair(first, second, contrast(summary, &second.name)),
        ([first, others @ ..], ..) if others.len() <= 3 => several(first, others, summary),
        ([first, ..], ..) => many(first, summary),
        ([], ..) => "No arm was run.".to_owned(),
    }
}

/// The contrast of `arm` against the arm it is compared with.
pub(crate) fn contrast<'a>(summary: &'a Summary, arm: &str) -> Option<&'a Contrast> {
    summary.contrasts.iter().find(|contrast| contrast.arm == arm)
}

/// The arm with the largest mean of a quantity, and that mean; the first one of equals.
pub(crate) fn worst(
    arms: &[ArmSummary],
    quantity: impl Fn(&ArmSummary) -> Estimate,
) -> Option<(&ArmSummary, f64)> {
    arms.iter()
        .map(|arm| (arm, quantity(arm).mean))
        .reduce(|worst, next| if next.1 > worst.1 { next } else { worst })
}

/// The second of two arms, where the first has just been named: "with it".
pub(crate) fn beside(first: &ArmSummary, second: &ArmSummary) -> String {
    match (label(&first.name), label(&second.name)) {
        ("without the amnesty", "with the amnesty") => "with it".to_owned(),
        _ => place(&second.name),
    }
}

/// The arms with the most and the least of a quantity; the first ones of equals.
pub(crate) fn extremes<'a>(
    arms: impl Iterator<Item = &'a ArmSummary> + Clone,
    of: impl Fn(&ArmSummary) -> f64,
) -> Vec<&'a ArmSummary> {
    let most = arms.clone().reduce(|best, arm| if of(arm) > of(best) { arm } else { best });
    let least = arms.reduce(|best, arm| if of(arm) < of(best) { arm } else { best });
    [most, least].into_iter().flatten().collect()
}

/// The arm whose orgs were longest without access, with the org-hours and their share of all, where that
/// tells something: a hundredth of the time, and as many attempts that failed. Apps that refresh when they
/// next call are without access between their calls, and nobody feels that.
pub(crate) fn without_access(summary: &Summary) -> Option<(&ArmSummary, f64, f64)> {
    const TELLING: f64 = 0.01;
    let absence = |arm: &ArmSummary| arm.total.org_hours_without_access.unwrap_or_default();
    let failing = summary.arms.iter().filter(|arm| {
        let attempts = &arm.total.attempts;
        let succeeded = attempts.stored.mean + attempts.unfinished.mean;
        attempts.stored.mean <= 0.0 || attempts.total.mean * (1.0 - TELLING) >= succeeded
    });
    let worst = failing.max_by(|a, b| absence(a).mean.total_cmp(&absence(b).mean))?;
    let hours = absence(worst).mean;
    let share = hours / (summary.orgs as f64 * summary.duration_seconds / 3_600.0);
    (share >= TELLING).then_some((worst, hours, share))
}

fn nobody_was_disconnected(summary: &Summary) -> String {
    let Some((arm, hours, share)) = without_access(summary) else {
        return "Nobody was ever disconnected.".to_owned();
    };
    let (hours, share) = (amount(hours), share_of(share, 1.0));
    if summary.arms.len() == 1 {
        return format!(
            "Nobody lost credentials, but orgs were without access for {hours} org-hours, {share} of the time."
        );
    }
    format!(
        "Nobody lost credentials in any arm, but orgs were without access for up to {hours} org-hours, {share} of the time ({}).",
        place(&arm.name)
    )
}

fn nobody_needed_a_person(arm: &ArmSummary, ever: f64, arms: usize) -> String {
    let (ever, orgs) = (count(ever), count(arm.total.orgs as f64));
    if arms == 1 {
        return format!(
            "Nobody needed a person: {ever} of {orgs} orgs were disconnected for a time, and all came back."
        );
    }
    format!(
        "Nobody needed a person in any arm: at most {ever} of {orgs} orgs ({}) were disconnected for a time.",
        place(&arm.name)
    )
}

fn alone(arm: &ArmSummary) -> String {
    let (needed, orgs) = (arm.total.needed_person, arm.total.orgs as f64);
    let share = share_of(needed.mean, orgs);
    let range =
        interval(needed).map(|range| format!("; 95 % interval {range}")).unwrap_or_default();
    format!(
        "{} of {} orgs needed a person ({share}{range}).",
        capital(&some(needed.mean)),
        count(orgs)
    )
}

fn pair(first: &ArmSummary, second: &ArmSummary, contrast: Option<&Contrast>) -> String {
    let there = capital(&place(&first.name));
    let here = beside(first, second);
    let range = interval(second.total.needed_person)
        .map(|range| format!(" (95 % interval {range})"))
        .unwrap_or_default();
    let effect = contrast.map(|contrast| format!(": {}", effect(contrast))).unwrap_or_default();
    format!(
        "{there} {} of {} orgs needed a person; {here} {}{range}{effect}.",
        some(first.total.needed_person.mean),
        count(first.total.orgs as f64),
        some(second.total.needed_person.mean),
    )
}

fn several(first: &ArmSummary, others: &[ArmSummary], summary: &Summary) -> String {
    let clause = |arm: &ArmSummary| {
        let effect = contrast(summary, &arm.name)
            .map(|contrast| format!(" ({})", effect(contrast)))
            .unwrap_or_default();
        let needed = some(arm.total.needed_person.mean);
        format!("; {needed} {}{effect}", place(&arm.name))
    };
    let clauses: String = others.iter().map(clause).collect();
    format!("{}{clauses}.", opening(first))
}

fn many(first: &ArmSummary, summary: &Summary) -> String {
    let ranked: Vec<&ArmSummary> = rank::order(summary)
        .into_iter()
        .filter(|place| *place > 0)
        .map(|place| &summary.arms[place])
        .collect();
    let clause = |(which, arm): (&str, Option<&&ArmSummary>)| {
        let arm = arm?;
        let needed = some(arm.total.needed_person.mean);
        Some(format!("{which} {} ({needed})", place(&arm.name)))
    };
    let clauses: Vec<String> = [("fewest", ranked.first()), ("most", ranked.last())]
        .into_iter()
        .filter_map(clause)
        .collect();
    format!("{}; of the {} other arms, {}.", opening(first), ranked.len(), clauses.join(" and "))
}

fn opening(first: &ArmSummary) -> String {
    format!(
        "Of {} orgs {} needed a person {}",
        count(first.total.orgs as f64),
        some(first.total.needed_person.mean),
        place(&first.name)
    )
}

fn effect(contrast: &Contrast) -> String {
    format!("{} saved, {} harmed", count(contrast.saved.mean), count(contrast.harmed.mean))
}

/// A count inside a sentence: "none" rather than "0".
fn some(number: f64) -> String {
    if number == 0.0 { "none".to_owned() } else { count(number) }
}
