//! The values of one `--over`: `1h, 6h, { lognormal: { p50: 1s, p99: 4s } }`, `30s..5m step 30s`.

use std::ops::Range;

use super::VALUES_MAX;
use crate::base::{SimDuration, parse_duration};
use crate::scenario::finding::Finding;
use crate::scenario::read::{number_text, parse_number, parse_share, percent_text};
use crate::scenario::tree::{Node, Value};

/// The parts of `text` between the commas that stand in no bracket and in no quotes, without the
/// blanks around them.
pub(super) fn split(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_usize, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            // An apostrophe within a word opens nothing.
            (None, '\'' | '"')
                if text[start..at].trim_end().ends_with(['{', '[', ',', ':'])
                    || text[start..at].trim().is_empty() =>
            {
                quote = Some(letter);
            }
            (None, '{' | '[' | '(') => depth += 1,
            (None, '}' | ']' | ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(trimmed(text, start..at));
                start = at + 1;
            }
            (Some(_) | None, _) => {}
        }
    }
    parts.push(trimmed(text, start..text.len()));
    parts
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// What a value stands for: itself, or the steps of a range.
pub(super) fn expanded(value: Node) -> Result<Vec<Node>, Finding> {
    let Value::Scalar { text, plain: true } = &value.value else {
        return Ok(vec![value]);
    };
    let Some((from, until, step)) = range(text) else {
        return Ok(vec![value]);
    };
    let help = "a range is written `1..10 step 2`, `10%..90% step 20%` or `30s..5m step 30s`";
    let wrong = |message: &str| Finding::at(value.span, message).help(help);
    let parts = [from, until, step];
    let (parts, write): (_, fn(f64) -> String) = if let Some(parts) = all(parts, micros) {
        (parts, duration_text)
    } else if let Some(parts) = all(parts, parse_number) {
        (parts, number_text)
    } else if let Some(parts) = all(parts, millionths) {
        (parts, |value| percent_text(value / 1e8))
    } else {
        return Err(wrong("the ends and the step of a range are all numbers, shares or durations"));
    };
    let [from, until, step] = parts;
    if step <= 0.0 {
        return Err(wrong("the step of a range is more than nothing"));
    }
    if until < from {
        return Err(wrong("the range ends before it starts"));
    }
    // A hair more, so that 0.1..0.3 has its end.
    let steps = ((until - from) / step + 1e-9).floor();
    if steps >= VALUES_MAX as f64 {
        return Err(wrong(&format!("more than {VALUES_MAX} values")));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie between 0 and VALUES_MAX"
    )]
    let steps = steps as u32;
    let texts = (0..=steps).map(|number| write(tidy(f64::from(number).mul_add(step, from))));
    Ok(texts.map(|text| Node::plain(value.span, text)).collect())
}

/// The parts of `A..B step C`.
fn range(text: &str) -> Option<(&str, &str, &str)> {
    let (ends, step) = text.split_once(" step ")?;
    let (from, until) = ends.split_once("..")?;
    Some((from.trim(), until.trim(), step.trim()))
}

fn all(parts: [&str; 3], read: impl Fn(&str) -> Option<f64>) -> Option<[f64; 3]> {
    let [from, until, step] = parts.map(read);
    Some([from?, until?, step?])
}

fn micros(text: &str) -> Option<f64> {
    parse_duration(text).ok().map(|span| span.as_micros() as f64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of durations")]
fn duration_text(micros: f64) -> String {
    SimDuration::from_micros(micros.round() as u64).to_string()
}

/// A share in millionths of a per cent, in which usual steps are whole.
fn millionths(text: &str) -> Option<f64> {
    parse_share(text).ok().map(|share| (share.0 * 1e8).round())
}

/// `number` without the dust of adding up tenths.
fn tidy(number: f64) -> f64 {
    format!("{number:.12e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::source::Sources;

    #[test]
    fn values_are_split_at_commas_that_stand_alone() {
        for (text, parts) in [
            ("1h,6h, 1d ", vec!["1h", "6h", "1d"]),
            ("strict", vec!["strict"]),
            ("{ a: 1, b: 2 },[3,4],5", vec!["{ a: 1, b: 2 }", "[3,4]", "5"]),
            ("'a,b',\"c,d\",e's,f", vec!["'a,b'", "\"c,d\"", "e's", "f"]),
            ("{ a: 'x}', b: 2 },3", vec!["{ a: 'x}', b: 2 }", "3"]),
            ("a,,b", vec!["a", "", "b"]),
            ("}a,b", vec!["}a", "b"]),
            ("", vec![""]),
            ("ä, ö", vec!["ä", "ö"]),
        ] {
            let found: Vec<&str> = split(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, parts, "{text}");
        }
    }

    fn texts(value: &str) -> Result<Vec<String>, String> {
        let mut sources = Sources::default();
        let id = sources.add("--over", value.to_owned(), std::path::Path::new(""));
        let node = Node::plain(id.span(0..value.len()), value);
        let nodes = expanded(node).map_err(|finding| finding.message)?;
        Ok(nodes.iter().map(|node| node.text().unwrap_or_default().to_owned()).collect())
    }

    #[test]
    fn a_range_stands_for_its_steps() {
        for (text, steps) in [
            ("1..10 step 3", vec!["1", "4", "7", "10"]),
            ("1..9 step 3", vec!["1", "4", "7"]),
            ("0.1..0.3 step 0.1", vec!["0.1", "0.2", "0.3"]),
            ("10%..30% step 10%", vec!["10%", "20%", "30%"]),
            ("0%..1% step 0.5%", vec!["0%", "0.5%", "1%"]),
            ("30s..2m step 30s", vec!["30s", "1m", "1m30s", "2m"]),
            ("5m..5m step 1m", vec!["5m"]),
            ("degraded.end + 3h", vec!["degraded.end + 3h"]),
            ("a..b", vec!["a..b"]),
        ] {
            assert_eq!(texts(text).unwrap(), steps, "{text}");
        }
        for (text, why) in [
            ("1..10 step 0", "more than nothing"),
            ("10..1 step 1", "ends before it starts"),
            ("1..10m step 1m", "all numbers, shares or durations"),
            ("1..1000 step 1", "more than 100 values"),
        ] {
            assert!(texts(text).unwrap_err().contains(why), "{text}");
        }
    }
}
