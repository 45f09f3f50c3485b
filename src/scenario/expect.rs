//! Expectations: `needed_person(with_amnesty) - needed_person(without) < 0 at 95%`.
//!
//! ```text
//! expectation = term [ "-" term ] comparison quantity [ ("±" | "+/-") quantity ] [ "at" share ]
//! term        = metric "(" arm [ "," cohort ] ")"
//! comparison  = "<" | "<=" | ">" | ">=" | "="
//! quantity    = number | share | "closed_form(loss: 20%, period: 30m, window: 70m)"
//! ```

use std::ops::Range;

use super::finding::{Finding, nearest};
use super::plan::{Comparison, Expectation, Metric, Quantity, Term};
use super::read::{Reader, parse_duration, parse_number, parse_share};
use super::tree::{Node, Value};
use crate::base::SimDuration;

/// Metrics by name. Those marked count orgs, so they can be given as a share of all orgs.
const METRICS: [(&str, Metric, bool); 16] = [
    ("needed_person", Metric::NeededPerson, true),
    ("ever_disconnected", Metric::EverDisconnected, true),
    ("peak_disconnected", Metric::PeakDisconnected, true),
    ("disconnected_at_end", Metric::DisconnectedAtEnd, true),
    ("lost_answer", Metric::LostAnswer, true),
    ("saved", Metric::Saved, true),
    ("harmed", Metric::Harmed, true),
    ("revoked_at_end", Metric::RevokedAtEnd, true),
    ("recovered_by_retry", Metric::RecoveredByRetry, true),
    ("recovered_by_grace", Metric::RecoveredByGrace, true),
    ("recovered_by_amnesty", Metric::RecoveredByAmnesty, true),
    ("recovered_by_person", Metric::RecoveredByPerson, true),
    (
        "org_hours_disconnected",
        Metric::OrgHoursDisconnected,
        false,
    ),
    (
        "replay_exposure_org_hours",
        Metric::ReplayExposureOrgHours,
        false,
    ),
    ("attempts", Metric::Attempts, false),
    ("amplification", Metric::Amplification, false),
];

/// What is wrong with a line, and which bytes of it.
#[derive(Debug, Clone, PartialEq)]
struct Wrong {
    range: Range<usize>,
    message: String,
    help: String,
}

/// The names that a line can use.
struct Names<'a> {
    arms: Vec<&'a str>,
    cohorts: Vec<&'a str>,
}

/// All expectations of the scenario that speak only of arms that are run. `all_arms` are its arms before
/// some were selected.
pub(super) fn expectations(
    tree: &Node,
    all_arms: &[String],
    reader: &mut Reader<'_>,
) -> Option<Vec<Expectation>> {
    let Some(Value::Seq(lines)) = tree.get("expect").map(|node| &node.value) else {
        return Some(Vec::new());
    };
    let names = Names {
        arms: all_arms.iter().map(String::as_str).collect(),
        cohorts: cohort_names(tree),
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
        if terms
            .clone()
            .any(|term| matches!(term.metric, Metric::Saved | Metric::Harmed))
        {
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
        Some(Value::Seq(items)) => items
            .iter()
            .filter_map(|item| item.get("name").and_then(Node::text))
            .collect(),
        Some(Value::Scalar { .. } | Value::Map(_)) | None => Vec::new(),
    }
}

fn expectation(line: &Node, names: &Names<'_>, reader: &mut Reader<'_>) -> Option<Expectation> {
    let Some(text) = line.text() else {
        let finding = Finding::at(
            line.span,
            format!("expected an expectation, found {}", line.found()),
        );
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
        Ok(parsed) => Some(Expectation {
            text: text.to_owned(),
            file,
            line: number,
            ..parsed
        }),
        Err(wrong) => {
            let span = line.part(reader.sources, wrong.range);
            let finding = Finding::at(span, wrong.message);
            reader.report(if wrong.help.is_empty() {
                finding
            } else {
                finding.help(wrong.help)
            });
            None
        }
    }
}

/// A place in a line.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn expectation(mut self, names: &Names<'_>) -> Result<Expectation, Wrong> {
        let (left, counts_orgs) = self.term(names)?;
        let minus = if self.eats("-") {
            self.blank();
            let start = self.at;
            let (term, _) = self.term(names)?;
            if term.metric != left.metric {
                let message = "a difference is taken between two arms, of one metric";
                return Err(self.wrong(start..self.at, message, ""));
            }
            Some(term)
        } else {
            None
        };
        let comparison_at = self.at;
        let comparison = self.comparison()?;
        let right = self.quantity(counts_orgs)?;
        let tolerance_at = self.at;
        let tolerance = if self.eats("±") || self.eats("+/-") || self.eats("+-") {
            if comparison != Comparison::Equal {
                let help = format!("it goes with `=`: {}", &self.text[..comparison_at]);
                let range = tolerance_at..self.at;
                return Err(self.wrong(range, "a tolerance goes only with `=`", help.trim_end()));
            }
            Some(self.quantity(counts_orgs)?)
        } else {
            None
        };
        let confidence = self.confidence()?;
        self.blank();
        if self.at < self.text.len() {
            let help = "a line is `metric(arm) <= 20%`, with `at 95%` or `± 1%` at its end";
            return Err(self.wrong(self.at..self.text.len(), "more than an expectation", help));
        }
        Ok(Expectation {
            text: String::new(),
            file: String::new(),
            line: 0,
            left,
            minus,
            comparison,
            right,
            tolerance,
            confidence,
        })
    }

    /// A metric of an arm, and whether it counts orgs.
    fn term(&mut self, names: &Names<'_>) -> Result<(Term, bool), Wrong> {
        let (range, word) = self.word();
        let Some(&(_, metric, counts_orgs)) = METRICS.iter().find(|(name, _, _)| *name == word)
        else {
            let known: Vec<&str> = METRICS.iter().map(|(name, _, _)| *name).collect();
            let message = if word.is_empty() {
                "expected a metric".to_owned()
            } else {
                format!("there is no metric `{word}`")
            };
            return Err(self.unknown(range, &message, word, &known));
        };
        if !self.eats("(") {
            let help = format!("write `{word}(ARM)` or `{word}(ARM, COHORT)`");
            return Err(self.wrong(range, "a metric is of an arm", &help));
        }
        let arm = self.one_of("arm", &names.arms)?;
        let cohort = if self.eats(",") {
            Some(self.one_of("cohort", &names.cohorts)?)
        } else {
            None
        };
        if !self.eats(")") {
            return Err(self.wrong(self.at..self.at, "expected `)`", ""));
        }
        let term = Term {
            metric,
            arm,
            cohort,
        };
        Ok((term, counts_orgs))
    }

    fn one_of(&mut self, kind: &str, known: &[&str]) -> Result<String, Wrong> {
        let (range, word) = self.word();
        if known.contains(&word) {
            return Ok(word.to_owned());
        }
        let message = if word.is_empty() {
            format!("expected the name of an {kind}").replace("an c", "a c")
        } else {
            format!("there is no {kind} `{word}`")
        };
        Err(self.unknown(range, &message, word, known))
    }

    fn comparison(&mut self) -> Result<Comparison, Wrong> {
        let signs = [
            ("<=", Comparison::AtMost),
            ("≤", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("≥", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::More),
            ("==", Comparison::Equal),
            ("=", Comparison::Equal),
        ];
        for (sign, comparison) in signs {
            if self.eats(sign) {
                return Ok(comparison);
            }
        }
        self.blank();
        let message = "expected a comparison";
        Err(self.wrong(
            self.at..self.at,
            message,
            "one of `<`, `<=`, `>`, `>=` and `=`",
        ))
    }

    fn quantity(&mut self, counts_orgs: bool) -> Result<Quantity, Wrong> {
        self.blank();
        let start = self.at;
        let quantity = if self.text[start..].starts_with("closed_form") {
            self.closed_form()?
        } else {
            let number =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '%' | '_');
            let length = self.text[start..]
                .find(|c: char| !number(c))
                .unwrap_or(self.text.len() - start);
            self.at += length;
            let word = &self.text[start..self.at];
            let read = match word.strip_suffix('%') {
                Some(percent) => parse_number(percent).map(|value| Quantity::Share(value / 100.0)),
                None => parse_number(word).map(Quantity::Number),
            };
            read.ok_or_else(|| {
                let message = if word.is_empty() {
                    "expected a value".to_owned()
                } else {
                    format!("expected a value, found `{word}`")
                };
                self.wrong(start..self.at, &message, "for example `20%` or `1500`")
            })?
        };
        match quantity {
            Quantity::Share(_) if !counts_orgs => {
                let message = "this metric does not count orgs: it has no share";
                Err(self.wrong(start..self.at, message, "write a plain number"))
            }
            Quantity::Share(_) | Quantity::Number(_) => Ok(quantity),
        }
    }

    /// `closed_form(loss: 20%, period: 30m, window: 70m)`.
    fn closed_form(&mut self) -> Result<Quantity, Wrong> {
        const FORM: &str = "write `closed_form(loss: 20%, period: 30m, window: 70m)`";
        let start = self.at;
        self.at += "closed_form".len();
        let (mut loss, mut period, mut window) = (None, None, None);
        let mut more = self.eats("(");
        while more {
            let (key_range, key) = self.word();
            if !(self.eats(":") || self.eats("=")) {
                return Err(self.wrong(key_range, "expected `key: value`", FORM));
            }
            self.blank();
            let from = self.at;
            let length = self.text[from..]
                .find([',', ')'])
                .unwrap_or(self.text.len() - from);
            self.at += length;
            let (value, range) = (self.text[from..self.at].trim(), from..self.at);
            let seconds = || parse_duration(value).map(SimDuration::as_secs_f64);
            let (place, read) = match key {
                "loss" => (&mut loss, parse_share(value).map(|share| share.0)),
                "period" => (&mut period, seconds()),
                "window" => (&mut window, seconds()),
                _ => {
                    let known = ["loss", "period", "window"];
                    let message = format!("`closed_form` has no `{key}`");
                    return Err(self.unknown(key_range, &message, key, &known));
                }
            };
            match read {
                Ok(value) => *place = Some(value),
                Err(message) => return Err(self.wrong(range, &message, FORM)),
            }
            more = self.eats(",");
        }
        let (true, Some(loss), Some(period), Some(window)) = (self.eats(")"), loss, period, window)
        else {
            return Err(self.wrong(start..self.at, "`closed_form` is not complete", FORM));
        };
        if period <= 0.0 {
            return Err(self.wrong(start..self.at, "a period of no time", FORM));
        }
        Ok(Quantity::Share(stale_share(loss, window / period)))
    }

    fn confidence(&mut self) -> Result<Option<f64>, Wrong> {
        if !self.eats("at") {
            return Ok(None);
        }
        self.blank();
        let start = self.at;
        let length = self.text[start..]
            .find(char::is_whitespace)
            .unwrap_or(self.text.len() - start);
        self.at += length;
        match parse_share(&self.text[start..self.at]) {
            Ok(share) if share.0 > 0.0 && share.0 < 1.0 => Ok(Some(share.0)),
            Ok(_) | Err(_) => {
                let message = "expected a confidence between 0% and 100%";
                Err(self.wrong(start..self.at, message, "for example `at 95%`"))
            }
        }
    }

    /// The name that stands here; empty if none does.
    fn word(&mut self) -> (Range<usize>, &'t str) {
        self.blank();
        let start = self.at;
        let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let length = self.text[start..]
            .find(|c: char| !belongs(c))
            .unwrap_or(self.text.len() - start);
        self.at += length;
        (start..self.at, &self.text[start..self.at])
    }

    fn blank(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eats(&mut self, sign: &str) -> bool {
        self.blank();
        let eaten = self.text[self.at..].starts_with(sign);
        if eaten {
            self.at += sign.len();
        }
        eaten
    }

    #[expect(clippy::unused_self, reason = "reads as part of the parser")]
    fn wrong(&self, range: Range<usize>, message: &str, help: &str) -> Wrong {
        Wrong {
            range,
            message: message.to_owned(),
            help: help.to_owned(),
        }
    }

    fn unknown(&self, range: Range<usize>, message: &str, found: &str, known: &[&str]) -> Wrong {
        let list = super::finding::listed(known);
        let help = match nearest(found, known) {
            Some(near) if !found.is_empty() => {
                format!("did you mean `{near}`? It is one of {list}")
            }
            Some(_) | None => format!("it is one of {list}"),
        };
        self.wrong(range, message, &help)
    }
}

/// Share of orgs that are stale after `refreshes` per org, each lost with probability `loss`: under a strict
/// policy without retries, `1 - (1 - p)^k`, linear between whole `k` because phases are uniform.
fn stale_share(loss: f64, refreshes: f64) -> f64 {
    let stale = |k: f64| 1.0 - (1.0 - loss).powf(k);
    let below = refreshes.floor();
    let share = refreshes - below;
    (1.0 - share) * stale(below) + share * stale(below + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Expectation, Wrong> {
        let names = Names {
            arms: vec!["with", "without-it"],
            cohorts: vec!["xero-net", "30m"],
        };
        Cursor::new(text).expectation(&names)
    }

    #[test]
    fn lines_read_as_they_are_meant() {
        let line = parse("needed_person(without-it) >= 20%").unwrap();
        assert_eq!(line.left.metric, Metric::NeededPerson);
        assert_eq!(line.left.arm, "without-it");
        assert_eq!(line.comparison, Comparison::AtLeast);
        assert_eq!(line.right, Quantity::Share(0.2));

        let line = parse("needed_person(with)-needed_person( without-it )<0 at 95%").unwrap();
        assert_eq!(
            line.minus.map(|term| term.arm),
            Some("without-it".to_owned())
        );
        assert_eq!(line.right, Quantity::Number(0.0));
        assert_eq!(line.confidence, Some(0.95));

        let line = parse("ever_disconnected(with, 30m) = 40.5% +/- 1.5% at 99%").unwrap();
        assert_eq!(line.left.cohort, Some("30m".to_owned()));
        assert_eq!(line.right, Quantity::Share(0.405));
        assert_eq!(line.tolerance, Some(Quantity::Share(0.015)));

        let line = parse("attempts(with) <= 1.5e6").unwrap();
        assert_eq!(line.right, Quantity::Number(1.5e6));
    }

    #[test]
    fn errors_point_at_what_is_wrong() {
        for (text, range, message) in [
            ("", 0..0, "expected a metric"),
            (
                "need_person(with) < 1",
                0..11,
                "there is no metric `need_person`",
            ),
            ("needed_person < 1", 0..13, "a metric is of an arm"),
            ("needed_person(wiht) < 1", 14..18, "there is no arm `wiht`"),
            ("needed_person() < 1", 14..14, "expected the name of an arm"),
            (
                "needed_person(with, ) < 1",
                20..20,
                "expected the name of a cohort",
            ),
            (
                "needed_person(with, pyxero) < 1",
                20..26,
                "there is no cohort `pyxero`",
            ),
            ("needed_person(with < 1", 19..19, "expected `)`"),
            ("needed_person(with) 5%", 20..20, "expected a comparison"),
            (
                "needed_person(with) < many",
                22..26,
                "expected a value, found `many`",
            ),
            ("needed_person(with) <", 21..21, "expected a value"),
            (
                "attempts(with) < 5%",
                17..19,
                "this metric does not count orgs: it has no share",
            ),
            (
                "needed_person(with) < 5% ± 1%",
                24..27,
                "a tolerance goes only with `=`",
            ),
            (
                "needed_person(with) < 5% at 100%",
                28..32,
                "expected a confidence between 0% and 100%",
            ),
            (
                "needed_person(with) < 5% maybe",
                25..30,
                "more than an expectation",
            ),
            (
                "saved(with) - harmed(with) < 0",
                14..26,
                "a difference is taken between two arms, of one metric",
            ),
            (
                "saved(with) = closed_form(loss: 20%)",
                14..36,
                "`closed_form` is not complete",
            ),
            (
                "saved(with) = closed_form(lost: 20%)",
                26..30,
                "`closed_form` has no `lost`",
            ),
            (
                "saved(with) = closed_form(loss: 20, period: 5m)",
                32..34,
                "the share `20` is not between 0% and 100%",
            ),
        ] {
            let wrong = parse(text).unwrap_err();
            assert_eq!(
                (wrong.range, wrong.message.as_str()),
                (range, message),
                "{text}"
            );
        }
    }

    /// The table of the closed form that the simulator is checked against.
    #[test]
    fn the_closed_form_is_the_published_table() {
        for (period, loss, percent) in [
            ("15m", "5%", 21.3),
            ("20m", "20%", 53.9),
            ("30m", "20%", 40.3),
            ("1h", "50%", 54.2),
            ("3h", "80%", 31.1),
            ("24h", "20%", 1.0),
            ("30m", "80%", 97.1),
            ("20m", "80%", 99.5),
        ] {
            let text =
                format!("saved(with) = closed_form(loss: {loss}, period={period}, window: 70m)");
            match parse(&text).map(|line| line.right) {
                Ok(Quantity::Share(share)) => {
                    assert!((share * 100.0 - percent).abs() < 0.06, "{text}: {share}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
