//! The reports of a sweep: sentence, tables, `sweep.json` and `sweep.csv`. The picture is drawn by
//! [`chart`](crate::report::chart).

pub mod csv;
pub(crate) mod words;

use crate::experiment::results::Estimate;
use crate::experiment::sweep::{Met, Sweep, SweepAxis, Target, Unit};
use crate::report::json;
use crate::report::table::{Row, Table};
use crate::report::text::{push_lines, push_table};
use crate::report::words::{capital, heading, label, list, plural};
use words::{Quantity, estimate, figure, place, range};

/// The sweep as it is once written and read again: what charts are drawn from.
pub fn as_written(sweep: &Sweep) -> Sweep {
    json::read_sweep(&json::write_sweep(sweep)).unwrap_or_else(|_| sweep.clone())
}

/// The findings as text for a terminal: the answer, then a table.
pub fn text(sweep: &Sweep) -> String {
    let mut out = String::new();
    let answer = match &sweep.target {
        Some(target) => format!("{} {}.", judged(sweep, target), finding(sweep)),
        None if sweep.axes.len() > 1 => format!("{}{}.", finding(sweep), highest(sweep)),
        None => format!("{}.", finding(sweep)),
    };
    push_lines(&mut out, "", &answer);
    out.push('\n');
    match sweep.axes.as_slice() {
        [rows, columns] => {
            for (arm, name) in sweep.arms.iter().enumerate() {
                let quantity = capital(&Quantity::of(&sweep.shown).words);
                let what = format!(
                    "{quantity}, {}: down the {}, across the {}",
                    label(name),
                    words::axis(rows),
                    words::axis(columns)
                );
                push_lines(&mut out, "", &what);
                out.push('\n');
                push_table(&mut out, &grid(sweep, rows, columns, arm));
                out.push('\n');
            }
        }
        [axis] => {
            push_lines(&mut out, "", &capital(&Quantity::of(&sweep.shown).words));
            out.push('\n');
            push_table(&mut out, &doses(sweep, axis));
            out.push('\n');
        }
        _ => {}
    }
    if sweep.replications < 2 {
        push_lines(
            &mut out,
            "! ",
            "With one replication there is no interval: any figure may be chance.",
        );
        out.push('\n');
    }
    push_lines(&mut out, "", &provenance(sweep));
    out
}

/// Where the figures come from.
fn provenance(sweep: &Sweep) -> String {
    let digest: String = sweep.digest.chars().take(12).collect();
    format!(
        "{} · {} · engine {} · seed {} · {} each · sweep {digest} · amnesty {}",
        sweep.scenario,
        plural(sweep.cells.len() as f64, "cell", "cells"),
        sweep.engine,
        sweep.seed,
        plural(f64::from(sweep.replications), "replication", "replications"),
        sweep.made_by
    )
}

/// Values as rows, arms as columns.
fn doses(sweep: &Sweep, axis: &SweepAxis) -> Table {
    let labels = words::values(axis);
    let rows = labels.into_iter().zip(&sweep.cells).map(|(label, cell)| {
        let cells = cell.arms.iter().map(|arm| estimate(arm.shown, sweep.shown.as_share));
        Row { label, cells: cells.collect() }
    });
    Table {
        corner: words::axis(axis),
        columns: sweep.arms.iter().map(|arm| heading(arm)).collect(),
        rows: rows.collect(),
    }
}

/// The first dimension as rows, the second as columns.
fn grid(sweep: &Sweep, rows: &SweepAxis, columns: &SweepAxis, arm: usize) -> Table {
    let shown: Vec<Estimate> = sweep.shown_of(arm).collect();
    let columns = words::values(columns);
    let rows = words::values(rows).into_iter().zip(shown.chunks(columns.len().max(1)));
    let rows = rows.map(|(label, row)| Row {
        label,
        cells: row.iter().map(|cell| figure(cell.mean, sweep.shown.as_share)).collect(),
    });
    Table { corner: String::new(), rows: rows.collect(), columns }
}

/// What the sweep shows, in a sentence without its full stop.
pub(crate) fn finding(sweep: &Sweep) -> String {
    match sweep.axes.as_slice() {
        [axis] => dose(sweep, axis),
        _ => phase(sweep),
    }
}

/// How the shown arm answers to one dimension.
fn dose(sweep: &Sweep, axis: &SweepAxis) -> String {
    let (quantity, arm) = (Quantity::of(&sweep.shown), spoken_of(sweep));
    let means: Vec<f64> = sweep.shown_of(arm).map(|shown| shown.mean).collect();
    let say = |number: f64| figure(number, sweep.shown.as_share);
    let (noun, place) = (&quantity.words, place(sweep, &sweep.arms[arm]));
    let (what, labels) = (words::axis(axis), words::values(axis));
    let (Some(low), Some(high)) = (least(&means), most(&means)) else {
        return "Nothing was run".to_owned();
    };
    if let ([only], [label]) = (means.as_slice(), labels.as_slice()) {
        let is = quantity.verb("is", "are");
        return format!("The {noun} {is} {}{place} at {} {label}", say(*only), article(&what));
    }
    if say(means[low]) == say(means[high]) {
        let is = quantity.verb("is", "are");
        return format!("The {noun} {is} {}{place}, whatever the {what}", say(means[0]));
    }
    let last = means.len() - 1;
    let steady = means.is_sorted() || means.iter().rev().is_sorted();
    if axis.unit == Unit::Words || !steady {
        let is = quantity.verb("is", "are");
        return format!(
            "The {noun} {is} lowest{place} at {} {} ({}) and highest at {} ({})",
            article(&what),
            labels[low],
            say(means[low]),
            labels[high],
            say(means[high]),
        );
    }
    let moves = if means[0] > means[last] {
        quantity.verb("falls", "fall")
    } else {
        quantity.verb("rises", "rise")
    };
    let grows = if axis.unit == Unit::Instant { "moves" } else { "grows" };
    format!(
        "The {noun} {moves} from {} to {}{place} as the {what} {grows} from {} to {}",
        say(means[0]),
        say(means[last]),
        labels[0],
        labels[last],
    )
}

/// `length of the amnesty` as `a length of the amnesty of`.
fn article(what: &str) -> String {
    let vowel = what.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {what} of", if vowel { "an" } else { "a" })
}

/// How high the figures of two dimensions get, and how high in the arm that differs most.
fn phase(sweep: &Sweep) -> String {
    let (quantity, arm) = (Quantity::of(&sweep.shown), spoken_of(sweep));
    let say = |number: f64| figure(number, sweep.shown.as_share);
    let peak =
        |arm: usize| sweep.shown_of(arm).map(|shown| shown.mean).fold(f64::NEG_INFINITY, f64::max);
    let distance = |other: &usize| (peak(*other) - peak(arm)).abs();
    if sweep.arms.len() == 1 {
        let low = sweep.shown_of(arm).map(|shown| shown.mean).fold(f64::INFINITY, f64::min);
        let lies = quantity.verb("lies", "lie");
        return format!(
            "The {} {lies} between {} and {}",
            quantity.words,
            say(low),
            say(peak(arm))
        );
    }
    let others = (0..sweep.arms.len()).filter(|other| *other != arm);
    let farthest = others.max_by(|a, b| distance(a).total_cmp(&distance(b)));
    let against = farthest.map_or_else(String::new, |other| {
        format!(", {}{}", say(peak(other)), place(sweep, &sweep.arms[other]))
    });
    format!(
        "The {} {} at most {}{}{against}",
        quantity.words,
        quantity.verb("is", "are"),
        say(peak(arm)),
        place(sweep, &sweep.arms[arm])
    )
}

/// Where the shown arm of two dimensions is at its highest.
fn highest(sweep: &Sweep) -> String {
    let arm = spoken_of(sweep);
    let means: Vec<f64> = sweep.shown_of(arm).map(|shown| shown.mean).collect();
    let Some(cell) = most(&means).and_then(|cell| sweep.cells.get(cell)) else {
        return String::new();
    };
    let at = cell.at.iter().zip(&sweep.axes);
    let at =
        at.map(|(at, axis)| format!("the {} is {}", words::axis(axis), words::values(axis)[*at]));
    let it = Quantity::of(&sweep.shown).verb("it is", "they are");
    let place = place(sweep, &sweep.arms[arm]);
    let opening = capital(format!("{place} {it}").trim_start());
    format!(". {opening} highest where {}", list(&at.collect::<Vec<_>>()))
}

/// The arm that sentences are about.
pub(crate) fn spoken_of(sweep: &Sweep) -> usize {
    sweep.arms.iter().position(|arm| *arm == sweep.shown.arm).unwrap_or(0)
}

/// The smallest; the first one of equals.
fn least(numbers: &[f64]) -> Option<usize> {
    (0..numbers.len()).min_by(|&a, &b| numbers[a].total_cmp(&numbers[b]))
}

/// The largest; the first one of equals.
fn most(numbers: &[f64]) -> Option<usize> {
    (0..numbers.len()).min_by(|&a, &b| numbers[b].total_cmp(&numbers[a]))
}

/// Whether and where the target is met, in sentences.
fn judged(sweep: &Sweep, target: &Target) -> String {
    let Some(axis) = sweep.axes.first() else {
        return String::new();
    };
    let labels = words::values(axis);
    let named = format!("the target `{}`", target.text);
    let sentence = verdict(sweep, target).replacen("the target", &named, 1);
    let first = sweep.first_met().unwrap_or(labels.len());
    let missed = (first..labels.len()).filter(|&at| !target.values[at].met);
    let missed: Vec<String> = missed.map(|at| labels[at].clone()).collect();
    if missed.is_empty() || axis.unit == Unit::Words || only_first(target) {
        return format!("{sentence}.");
    }
    format!("{sentence}. It is missed again at {}.", list(&missed))
}

/// Whether and where the target is met, in a sentence without its full stop.
pub(crate) fn verdict(sweep: &Sweep, target: &Target) -> String {
    let Some(axis) = sweep.axes.first() else {
        return String::new();
    };
    let labels = words::values(axis);
    let say = |at: usize| format!("{} ({})", labels[at], found(target, &target.values[at]));
    let met: Vec<usize> = (0..target.values.len()).filter(|&at| target.values[at].met).collect();
    match (met.first(), axis.unit) {
        (None, _) => {
            let found: Vec<f64> = target.values.iter().map(|value| value.found.mean).collect();
            let ends = [least(&found), most(&found)].into_iter().flatten();
            let ends: Vec<String> = ends.map(|at| figure(found[at], target.as_share)).collect();
            let values = plural(labels.len() as f64, "value", "values");
            format!("None of {values} meets the target: found {}", ends.join(" to "))
        }
        (Some(_), Unit::Words) => {
            let met: Vec<String> = met.into_iter().map(say).collect();
            format!("{} {} the target", list(&met), if met.len() == 1 { "meets" } else { "meet" })
        }
        // Met at first and then no more: what counts is how far.
        (Some(&only), _) if only_first(target) && met.len() == 1 => {
            let (what, only) = (words::axis(axis), say(only));
            format!("Only the least {what} of those tried meets the target: {only}")
        }
        (Some(_), _) if only_first(target) => {
            let (what, first, last) = (words::axis(axis), &labels[0], say(met.len() - 1));
            format!("The {what} meets the target from the least one tried, {first}, up to {last}")
        }
        (Some(&first), _) => {
            let least = if axis.unit == Unit::Instant { "earliest" } else { "smallest" };
            let what = words::axis(axis);
            format!("The {least} {what} of those tried that meets the target is {}", say(first))
        }
    }
}

/// Whether some values from the first one on meet the target, and then none does.
fn only_first(target: &Target) -> bool {
    let met = target.values.iter().take_while(|value| value.met).count();
    met > 0 && met < target.values.len() && target.values[met..].iter().all(|value| !value.met)
}

/// `3.1 %, 95 % interval 2.9–3.3 %`.
fn found(target: &Target, value: &Met) -> String {
    let level = figure(target.confidence.unwrap_or(0.95), true);
    let mean = figure(value.found.mean, target.as_share);
    let range = range(value.found, target.as_share);
    range.map_or_else(|| mean.clone(), |range| format!("{mean}, {level} interval {range}"))
}
