//! Expectations: `needed_person(with_amnesty) - needed_person(without) < 0 at 95%`.
//!
//! ```text
//! expectation = term [ "-" term ] comparison quantity [ ("±" | "+/-") quantity ] [ "at" share ]
//! term        = metric "(" arm [ "," cohort ] ")"
//! comparison  = "<" | "<=" | ">" | ">=" | "="
//! quantity    = number | share | duration | "closed_form(loss: 20%, period: 30m, window: 70m)"
//! ```

mod line;
mod metric;

use self::line::{Cursor, Names, Wrong};
use self::metric::{Lacks, METRICS, Unit};
use super::finding::Finding;
use super::plan::{Arm, Expectation, Metric, Plan, ServerMetric, Unjudged};
use super::read::Reader;
use super::source::Span;
use super::sweep::Shown;
use super::tree::{Node, Value};

impl Metric {
    /// Every metric.
    pub fn all() -> impl Iterator<Item = Self> {
        METRICS.iter().map(|(_, metric, _)| *metric)
    }

    /// Its name, as an expectation writes it.
    pub fn name(self) -> &'static str {
        METRICS.iter().find(|(_, metric, _)| *metric == self).map_or("", |(name, _, _)| name)
    }

    /// Whether it is best read as a share: of all orgs, or of something of its own.
    pub fn reads_as_share(self) -> bool {
        let is_share = |unit| matches!(unit, Unit::Orgs | Unit::Ratio);
        METRICS.iter().any(|(_, metric, unit)| *metric == self && is_share(*unit))
    }
}

/// All expectations of the scenario: those that speak only of arms that are run, and the others.
/// `all_arms` are its arms before some were selected, `arms` those that are run, if they are right.
pub(super) fn expectations(
    tree: &Node,
    all_arms: &[String],
    arms: Option<&[Arm]>,
    reader: &mut Reader<'_>,
) -> Option<(Vec<Expectation>, Vec<Unjudged>)> {
    let Some(Value::Seq(lines)) = tree.get("expect").map(|node| &node.value) else {
        return Some((Vec::new(), Vec::new()));
    };
    let names = Names {
        arms: all_arms.iter().map(String::as_str).collect(),
        cohorts: cohort_names(tree),
        lacks: arms.map(Lacks::of).unwrap_or_default(),
    };
    let selected: Vec<&str> = match tree.get("arms").and_then(Node::entries) {
        Some(entries) if !entries.is_empty() => {
            entries.iter().map(|entry| entry.key.as_str()).collect()
        }
        Some(_) | None => names.arms.clone(),
    };
    let (mut expectations, mut unjudged) = (Vec::new(), Vec::new());
    let mut complete = true;
    for line in lines {
        let Some(expectation) = expectation(line, &names, reader) else {
            complete = false;
            continue;
        };
        let terms = std::iter::once(&expectation.left).chain(&expectation.minus);
        let mut needed: Vec<&str> = terms.clone().map(|term| term.arm.as_str()).collect();
        // Saved and harmed compare with the first arm, which then must be run too.
        if terms.clone().any(|term| matches!(term.metric, Metric::Saved | Metric::Harmed)) {
            needed.extend(names.arms.first());
        }
        let mut missing: Vec<_> =
            needed.into_iter().filter(|arm| !selected.contains(arm)).collect();
        missing.dedup();
        if missing.is_empty() {
            expectations.push(expectation);
        } else {
            let missing = missing.into_iter().map(str::to_owned).collect();
            let Expectation { file, line, text, .. } = expectation;
            unjudged.push(Unjudged { file, line, text, missing });
        }
    }
    complete.then_some((expectations, unjudged))
}

fn cohort_names(tree: &Node) -> Vec<&str> {
    match tree.get("swarm").map(|node| &node.value) {
        Some(Value::Seq(items)) => {
            items.iter().filter_map(|item| item.get("name").and_then(Node::text)).collect()
        }
        Some(Value::Scalar { .. } | Value::Map(_)) | None => Vec::new(),
    }
}

/// The expectation that `line` is, of the scenario `tree` with these arms.
pub(super) fn target(
    line: &Node,
    tree: &Node,
    arms: &[String],
    reader: &mut Reader<'_>,
) -> Option<Expectation> {
    let arms = arms.iter().map(String::as_str).collect();
    let lacks = Lacks::default();
    let found = expectation(line, &Names { arms, cohorts: cohort_names(tree), lacks }, reader)?;
    if found.left.metric == Metric::Server(ServerMetric::RecoveryTime) {
        let message = "`recovery_time` can be never, which no chart shows";
        reader.report(Finding::at(line.span, message).help("`goodput_after` tells the same"));
        return None;
    }
    Some(found)
}

/// What keeps a metric from being measured in an arm of `plan`: a finding at `span`.
pub(super) fn unmeasured(metric: Metric, plan: &Plan, span: Span) -> Option<Finding> {
    let lacks = Lacks::of(&plan.arms);
    let lacking = plan.arms.iter().find_map(|arm| lacks.what(metric, &arm.name));
    lacking.map(|(message, help)| {
        Finding::at(span, format!("there is no `{}`: {message}", metric.name())).help(help)
    })
}

/// The metric, alone or of an arm, that `line` names.
pub(super) fn shown(
    line: &Node,
    tree: &Node,
    arms: &[String],
    reader: &mut Reader<'_>,
) -> Option<Shown> {
    let arms = arms.iter().map(String::as_str).collect();
    let names = Names { arms, cohorts: cohort_names(tree), lacks: Lacks::default() };
    let Some(text) = line.text() else {
        reader.expected(line, "a metric", "needed_person(with_amnesty)");
        return None;
    };
    Cursor::new(text).shown(&names).map_err(|wrong| report(line, wrong, reader)).ok()
}

fn expectation(line: &Node, names: &Names<'_>, reader: &mut Reader<'_>) -> Option<Expectation> {
    let Some(text) = line.text() else {
        let finding =
            Finding::at(line.span, format!("expected an expectation, found {}", line.found()));
        reader.report(finding.help(if line.entries().is_some() {
            "quote the line: it contains `: `"
        } else {
            "for example `needed_person(with_amnesty) <= 5%`"
        }));
        return None;
    };
    let (file, number) = (
        reader.sources.text(line.span.source()).name.clone(),
        reader.sources.line_column(line.span).0,
    );
    match Cursor::new(text).expectation(names) {
        Ok(parsed) => Some(Expectation { text: text.to_owned(), file, line: number, ..parsed }),
        Err(wrong) => {
            report(line, wrong, reader);
            None
        }
    }
}

fn report(line: &Node, wrong: Wrong, reader: &mut Reader<'_>) {
    let finding = Finding::at(line.part(reader.sources, wrong.range), wrong.message);
    reader.report(if wrong.help.is_empty() { finding } else { finding.help(wrong.help) });
}
