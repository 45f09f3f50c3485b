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

use self::line::{Cursor, Names};
use self::metric::Lacks;
use super::finding::Finding;
use super::plan::{Arm, Expectation, Metric};
use super::read::Reader;
use super::tree::{Node, Value};

/// All expectations of the scenario that speak only of arms that are run. `all_arms` are its arms before
/// some were selected, `arms` those that are run, if they are right.
pub(super) fn expectations(
    tree: &Node,
    all_arms: &[String],
    arms: Option<&[Arm]>,
    reader: &mut Reader<'_>,
) -> Option<Vec<Expectation>> {
    let Some(Value::Seq(lines)) = tree.get("expect").map(|node| &node.value) else {
        return Some(Vec::new());
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
    let mut expectations = Vec::new();
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
        if needed.iter().all(|arm| selected.contains(arm)) {
            expectations.push(expectation);
        }
    }
    complete.then_some(expectations)
}

fn cohort_names(tree: &Node) -> Vec<&str> {
    match tree.get("swarm").map(|node| &node.value) {
        Some(Value::Seq(items)) => {
            items.iter().filter_map(|item| item.get("name").and_then(Node::text)).collect()
        }
        Some(Value::Scalar { .. } | Value::Map(_)) | None => Vec::new(),
    }
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
            let span = line.part(reader.sources, wrong.range);
            let finding = Finding::at(span, wrong.message);
            reader.report(if wrong.help.is_empty() { finding } else { finding.help(wrong.help) });
            None
        }
    }
}
