//! The parser of one line under `expect`.

use std::ops::Range;

use super::metric::{Lacks, METRICS, Unit};
use crate::base::{SimDuration, parse_duration};
use crate::scenario::finding::{listed, nearest};
use crate::scenario::plan::{Comparison, Expectation, Metric, Quantity, Term};
use crate::scenario::read::{parse_number, parse_share};
use crate::scenario::sweep::Shown;

/// What is wrong with a line, and which bytes of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wrong {
    /// The bytes.
    pub(super) range: Range<usize>,
    /// What is wrong.
    pub(super) message: String,
    /// How to mend it; may be empty.
    pub(super) help: String,
}

/// The names that a line can use.
pub(super) struct Names<'a> {
    /// Of arms.
    pub(super) arms: Vec<&'a str>,
    /// Of cohorts.
    pub(super) cohorts: Vec<&'a str>,
    /// What those of the arms that are run do not have.
    pub(super) lacks: Lacks<'a>,
}

/// A place in a line.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The beginning of `text`.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The expectation that the line is. Its text and its place are left to the caller.
    pub(super) fn expectation(mut self, names: &Names<'_>) -> Result<Expectation, Wrong> {
        let (left, unit) = self.term(names)?;
        let minus = if self.eats("-") {
            self.blank();
            let start = self.at;
            let (term, _) = self.term(names)?;
            if term.metric != left.metric {
                let message = "a difference is taken between two arms, of one metric";
                return Err(self.wrong(start..self.at, message, ""));
            }
            if unit == Unit::Time {
                let message = "what never ends cannot be taken from what never ends";
                let help = "write a line for each arm";
                return Err(self.wrong(start..self.at, message, help));
            }
            Some(term)
        } else {
            None
        };
        let comparison_at = self.at;
        let comparison = self.comparison()?;
        let right = self.quantity(unit)?;
        let tolerance_at = self.at;
        let tolerance = if self.eats("±") || self.eats("+/-") || self.eats("+-") {
            if comparison != Comparison::Equal {
                let help = format!("it goes with `=`: {}", &self.text[..comparison_at]);
                let range = tolerance_at..self.at;
                return Err(self.wrong(range, "a tolerance goes only with `=`", help.trim_end()));
            }
            Some(self.quantity(unit)?)
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

    /// The metric that the line names, alone or of an arm.
    pub(super) fn shown(mut self, names: &Names<'_>) -> Result<Shown, Wrong> {
        let start = self.at;
        let (word, metric, unit) = self.metric()?;
        if unit == Unit::Time {
            let message = format!("`{word}` can be never, which no chart shows");
            return Err(self.wrong(start..self.at, &message, "`goodput_after` tells the same"));
        }
        let (arm, cohort) = if self.eats("(") {
            self.at = start;
            let (term, _) = self.term(names)?;
            (Some(term.arm), term.cohort)
        } else {
            (None, None)
        };
        self.blank();
        if self.at < self.text.len() {
            let help = "what is shown is `metric`, `metric(arm)` or `metric(arm, cohort)`";
            return Err(self.wrong(self.at..self.text.len(), "more than a metric", help));
        }
        Ok(Shown { metric, arm, cohort })
    }

    /// The name of a metric, the metric, and what it is a number of.
    fn metric(&mut self) -> Result<(&'t str, Metric, Unit), Wrong> {
        let (range, word) = self.word();
        if let Some(&(_, metric, unit)) = METRICS.iter().find(|(name, _, _)| *name == word) {
            return Ok((word, metric, unit));
        }
        let known: Vec<&str> = METRICS.iter().map(|(name, _, _)| *name).collect();
        let message = if word.is_empty() {
            "expected a metric".to_owned()
        } else {
            format!("there is no metric `{word}`")
        };
        Err(self.unknown(range, &message, word, &known))
    }

    /// A metric of an arm, and what it is a number of.
    fn term(&mut self, names: &Names<'_>) -> Result<(Term, Unit), Wrong> {
        self.blank();
        let start = self.at;
        let (word, metric, unit) = self.metric()?;
        let range = start..self.at;
        if !self.eats("(") {
            let help = format!("write `{word}(ARM)` or `{word}(ARM, COHORT)`");
            return Err(self.wrong(range, "a metric is of an arm", &help));
        }
        let arm = self.one_of("arm", &names.arms)?;
        if let Some((message, help)) = names.lacks.what(metric, &arm) {
            return Err(self.wrong(range, &format!("there is no `{word}`: {message}"), help));
        }
        if matches!(metric, Metric::Server(_)) && self.eats(",") {
            let message = format!("`{word}` has no cohorts: all share one server");
            return Err(self.wrong(
                self.at - 1..self.at,
                &message,
                &format!("write `{word}({arm})`"),
            ));
        }
        let cohort =
            if self.eats(",") { Some(self.one_of("cohort", &names.cohorts)?) } else { None };
        if !self.eats(")") {
            return Err(self.wrong(self.at..self.at, "expected `)`", ""));
        }
        let term = Term { metric, arm, cohort };
        Ok((term, unit))
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
        Err(self.wrong(self.at..self.at, message, "one of `<`, `<=`, `>`, `>=` and `=`"))
    }

    fn quantity(&mut self, unit: Unit) -> Result<Quantity, Wrong> {
        self.blank();
        let start = self.at;
        let quantity = if self.text[start..].starts_with("closed_form") {
            let quantity = self.closed_form()?;
            if unit != Unit::Orgs {
                let message = "a closed form is a share of orgs: this metric does not count them";
                return Err(self.wrong(start..self.at, message, "write a plain number"));
            }
            quantity
        } else {
            let number =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '%' | '_');
            let length =
                self.text[start..].find(|c: char| !number(c)).unwrap_or(self.text.len() - start);
            self.at += length;
            let word = &self.text[start..self.at];
            let read = match word.strip_suffix('%') {
                _ if unit == Unit::Time => return self.time(start),
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
        match (quantity, unit) {
            (Quantity::Share(_), Unit::Number | Unit::Time) => {
                let message = "this metric does not count orgs: it has no share";
                Err(self.wrong(start..self.at, message, "write a plain number"))
            }
            (quantity, _) => Ok(quantity),
        }
    }

    /// The length of time between `start` and here.
    fn time(&self, start: usize) -> Result<Quantity, Wrong> {
        let range = start..self.at;
        match parse_duration(&self.text[range.clone()]) {
            Ok(length) => Ok(Quantity::Seconds(length.as_secs_f64())),
            Err(message) => Err(self.wrong(range, &message, "for example `30m`")),
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
            let length = self.text[from..].find([',', ')']).unwrap_or(self.text.len() - from);
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
        let length =
            self.text[start..].find(char::is_whitespace).unwrap_or(self.text.len() - start);
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
        let length =
            self.text[start..].find(|c: char| !belongs(c)).unwrap_or(self.text.len() - start);
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
        Wrong { range, message: message.to_owned(), help: help.to_owned() }
    }

    fn unknown(&self, range: Range<usize>, message: &str, found: &str, known: &[&str]) -> Wrong {
        let list = listed(known);
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
mod tests;
