//! One dimension of a sweep: a path, its values, and the order that the values have.

use std::path::Path as FilePath;

use jiff::Timestamp;

use super::values::{expanded, split};
use super::{SWEEPABLE, VALUES_MAX};
use crate::base::{SimDuration, parse_duration};
use crate::scenario::change::Path;
use crate::scenario::finding::Finding;
use crate::scenario::read::{Reader, parse_number, parse_share};
use crate::scenario::resolve::flow_text;
use crate::scenario::source::{SourceId, Sources, Span};
use crate::scenario::tree::{Entry, Node, Value, parse_range};

/// What is varied along one dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The path that is set.
    pub path: String,
    /// What the values are.
    pub kind: AxisKind,
    /// The values: ascending where they have an order, else as they were given.
    pub values: Vec<AxisValue>,
}

/// What the values of a dimension are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AxisKind {
    /// Lengths of time, in seconds.
    Duration,
    /// Shares, between 0 and 1.
    Share,
    /// Plain numbers.
    Number,
    /// Instants, in seconds since 1970.
    Instant,
    /// Lengths of time after an instant that is known by name, in seconds.
    After(String),
    /// Anything else, without an order.
    Words,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisValue {
    /// As it is written after `PATH=`.
    pub text: String,
    /// The number that it is in the unit of its kind; `None` for words.
    pub number: Option<f64>,
}

/// A dimension before its values are known to fit.
pub(super) struct Written {
    pub(super) path: Path,
    pub(super) name: String,
    pub(super) values: Vec<Node>,
}

impl Written {
    /// The dimension that an argument `PATH=V1,V2` describes.
    pub(super) fn argument(sources: &mut Sources, argument: &str) -> Result<Self, Finding> {
        let folder = sources.first_folder();
        let id = sources.add("--over", argument.to_owned(), &folder);
        let Some((path, values)) = argument.split_once('=') else {
            let whole = id.span(0..argument.len());
            return Err(Finding::at(whole, "expected `path=value,value,…`")
                .help("for example `--over server.amnesty.for=1h,6h,1d`"));
        };
        let values = split(values).into_iter().map(|range| {
            let start = path.len() + 1;
            value(sources, id, range.start + start..range.end + start)
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        Self::new(path, id.span(0..path.len()), values)
    }

    /// The dimension that an entry of `over` describes.
    pub(super) fn entry(entry: &Entry) -> Result<Self, Finding> {
        let values = match &entry.node.value {
            Value::Seq(items) => items.clone(),
            Value::Scalar { .. } if !entry.node.is_null() => vec![entry.node.clone()],
            Value::Scalar { .. } | Value::Map(_) => {
                let message = format!("expected a list of values, found {}", entry.node.found());
                let help = "for example `[1h, 6h, 1d]`, or the range `30s..5m step 30s`";
                return Err(Finding::at(entry.node.span, message).help(help));
            }
        };
        Self::new(&entry.key, entry.key_span, values)
    }

    fn new(path: &str, span: Span, written: Vec<Node>) -> Result<Self, Finding> {
        let name = path.trim().to_owned();
        let path = Path::parse(path, span)?;
        allowed(&path)?;
        let mut values = Vec::new();
        for value in written {
            values.extend(expanded(value)?);
            if values.len() > VALUES_MAX {
                return Err(Finding::at(span, format!("more than {VALUES_MAX} values")));
            }
        }
        if values.is_empty() {
            return Err(Finding::at(span, format!("`{name}` has no value to sweep over")));
        }
        Ok(Self { path, name, values })
    }

    /// The dimension with its values in order. Reports values that are there twice.
    pub(super) fn sorted(mut self, reader: &mut Reader<'_>) -> (Self, Axis) {
        let texts: Vec<String> = self.values.iter().map(text).collect();
        let (kind, numbers) = classified(&texts);
        let mut order: Vec<usize> = (0..texts.len()).collect();
        let number = |at: usize| numbers.get(at).copied();
        order.sort_by(|&a, &b| match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (_, _) => a.cmp(&b),
        });
        for (place, &again) in order.iter().enumerate() {
            let same = |&first: &usize| match (number(first), number(again)) {
                (Some(first), Some(again)) => first.total_cmp(&again).is_eq(),
                (_, _) => texts[first] == texts[again],
            };
            if let Some(&first) = order[..place].iter().find(|first| same(first)) {
                let message = format!("the value `{}` is there twice", texts[again]);
                let finding = Finding::at(self.values[again].span, message).label("again here");
                reader.report(finding.also(self.values[first].span, "first here"));
            }
        }
        let value = |at: usize| AxisValue { text: texts[at].clone(), number: number(at) };
        let values = order.iter().map(|&at| value(at)).collect();
        self.values = order.iter().map(|&at| self.values[at].clone()).collect();
        let axis = Axis { path: self.name.clone(), kind, values };
        (self, axis)
    }
}

/// The value that stands at `range`.
fn value(sources: &Sources, id: SourceId, range: std::ops::Range<usize>) -> Result<Node, Finding> {
    if range.is_empty() {
        return Err(Finding::at(id.span(range), "a value is missing here")
            .help("values are separated by commas; `null` removes what is there"));
    }
    parse_range(sources, id, range)
}

/// Refuses paths to what does not change a run.
fn allowed(path: &Path) -> Result<(), Finding> {
    let first = path.parts().first().copied().unwrap_or_default();
    if SWEEPABLE.contains(&first) {
        return Ok(());
    }
    let message = format!("there is no `{first}` to sweep over");
    Err(Finding::at(path.span(), message).suggest(first, SWEEPABLE))
}

/// A value as it would be written after `PATH=`.
fn text(value: &Node) -> String {
    flow_text(&value.to_json())
}

/// What values are, and the number that each is; no numbers if they have no order.
fn classified(texts: &[String]) -> (AxisKind, Vec<f64>) {
    let all = |read: &dyn Fn(&str) -> Option<f64>| {
        texts.iter().map(|text| read(text)).collect::<Option<Vec<f64>>>()
    };
    let seconds = |text: &str| parse_duration(text).ok().map(SimDuration::as_secs_f64);
    let instant = |text: &str| {
        let instant: Timestamp = text.parse().ok()?;
        Some(instant.as_microsecond() as f64 / 1e6)
    };
    if let Some(numbers) = all(&seconds) {
        return (AxisKind::Duration, numbers);
    }
    if let Some(numbers) = all(&parse_number) {
        return (AxisKind::Number, numbers);
    }
    if let Some(numbers) = all(&|text| parse_share(text).ok().map(|share| share.0)) {
        return (AxisKind::Share, numbers);
    }
    if let Some(numbers) = all(&instant) {
        return (AxisKind::Instant, numbers);
    }
    let anchor = texts.first().map_or("", |text| anchor(text).0);
    let after = |text: &str| match self::anchor(text) {
        (name, None) => (name == anchor).then_some(0.0),
        (name, Some(offset)) => seconds(offset).filter(|_| name == anchor),
    };
    match all(&after) {
        // One word alone is no instant.
        Some(numbers) if anchor.contains('.') && texts.len() > 1 => {
            (AxisKind::After(anchor.to_owned()), numbers)
        }
        Some(_) | None => (AxisKind::Words, Vec::new()),
    }
}

/// `degraded.end + 3h` as its name and what is added.
fn anchor(text: &str) -> (&str, Option<&str>) {
    text.split_once('+')
        .map_or((text.trim(), None), |(name, offset)| (name.trim(), Some(offset.trim())))
}

/// A node that stands for an argument of the command line as a whole.
pub(super) fn argument(sources: &mut Sources, name: &str, text: &str) -> Node {
    let id = sources.add(name, text.to_owned(), FilePath::new(""));
    Node::plain(id.span(0..text.len()), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_all_of_them_are() {
        let day = 86_400.0;
        for (texts, kind, numbers) in [
            (vec!["90m", "1d"], AxisKind::Duration, vec![5_400.0, day]),
            (vec!["1", "2.5"], AxisKind::Number, vec![1.0, 2.5]),
            (vec!["10%", "0.5"], AxisKind::Share, vec![0.1, 0.5]),
            (vec!["1970-01-02T00:00:00Z"], AxisKind::Instant, vec![day]),
            (
                vec!["degraded.end", "degraded.end + 1d"],
                AxisKind::After("degraded.end".into()),
                vec![0.0, day],
            ),
            (vec!["degraded.end + 1h", "degraded.start + 1h"], AxisKind::Words, vec![]),
            (vec!["none", "1h"], AxisKind::Words, vec![]),
            (vec!["strict"], AxisKind::Words, vec![]),
        ] {
            let texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
            assert_eq!(classified(&texts), (kind, numbers), "{texts:?}");
        }
    }
}
