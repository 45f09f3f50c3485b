//! Measured distributions: a quantile table in the scenario, a column of a CSV file, or a log of
//! `HdrHistogram`.
//!
//! Files are turned into quantile tables before anything else is read, so the resolved scenario
//! needs none of them.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::distribution::{Reading, Unit};
use super::hlog;
use crate::base::Law;
use crate::base::rows::Rows;
use crate::scenario::finding::{Finding, Sink, nearest};
use crate::scenario::read::{Form, Reader, number_text, parse_number, parse_share};
use crate::scenario::source::Sources;
use crate::scenario::tree::{Node, Value, read_text, text_of};

/// The largest file of measured values in bytes.
const BYTES_MAX: u64 = 16 << 20;

/// The quantiles, in per cent, that a file is reduced to: fine in the tail, where timeouts decide.
fn kept_percents() -> impl Iterator<Item = f64> {
    let body = (0..=98).map(f64::from);
    let tail = (0..10).map(|step| 99.0 + f64::from(step) / 10.0);
    let far = [99.91, 99.92, 99.93, 99.94, 99.95, 99.96, 99.97, 99.98, 99.99, 99.995, 99.999];
    body.chain(tail).chain(far).chain([100.0])
}

/// The probability of a quantile's name: `p50` is 0.5, `p99.9` and `p999` are 0.999.
pub(super) fn quantile_key(key: &str) -> Option<f64> {
    let digits = key.strip_prefix('p')?;
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || digits.len() > 10 {
        return None;
    }
    let percent = match digits.split_once('.') {
        None if digits.len() > 2 && digits.starts_with("99") => {
            parse_number(&format!("{}.{}", &digits[..2], &digits[2..]))?
        }
        _ => parse_number(digits)?,
    };
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

/// Reads `{ quantiles: { 0%: …, 50%: …, 100%: … } }`.
pub(super) fn read<U: Unit>(node: &Node, reader: &mut Reader<'_>) -> Option<Reading> {
    let Some(table) = node.get("quantiles") else {
        let message = format!("expected `quantiles`, `csv` or `hlog`, found {}", node.found());
        let help = "for example `empirical: { quantiles: { 0%: 1ms, 50%: 90ms, 100%: 3s } }`";
        reader.report(Finding::at(node.span, message).help(help));
        return None;
    };
    for entry in node.entries().unwrap_or(&[]) {
        if entry.key != "quantiles" {
            let message = format!("unknown key `{}` beside `quantiles`", entry.key);
            reader.report(Finding::at(entry.key_span, message));
            return None;
        }
    }
    let Some(entries) = table.entries() else {
        reader.expected(table, "a quantile table", "{ 0%: 1ms, 50%: 90ms, 100%: 3s }");
        return None;
    };
    let mut points = Vec::new();
    let mut canonical = Map::new();
    for entry in entries {
        let p =
            quantile_key(&entry.key).or_else(|| parse_share(&entry.key).ok().map(|share| share.0));
        let Some(p) = p else {
            let message = format!("expected a quantile, found `{}`", entry.key);
            reader.report(Finding::at(entry.key_span, message).help("write `99%` or `p99`"));
            continue;
        };
        if let Some(value) = U::Form::read(&entry.node, reader) {
            points.push((p, U::number(&value)));
            canonical.insert(entry.key.clone(), value.write());
        }
    }
    if points.len() < entries.len() {
        return None;
    }
    let ends = (points.first().map(|point| point.0), points.last().map(|point| point.0));
    if ends != (Some(0.0), Some(1.0)) {
        let message = "a quantile table begins with 0% and ends with 100%";
        let help = "add the smallest and the largest value: `0%: …` first, `100%: …` last";
        reader.report(Finding::at(table.span, message).help(help));
        return None;
    }
    Some((Ok(Law::Empirical { points }), json!({ "quantiles": canonical })))
}

/// The schema of measured values.
pub(super) fn schema(value: &schemars::Schema) -> Json {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "quantiles": {
                "description": "Values by quantile, from `0%` to `100%`; linear in between.",
                "type": "object",
                "additionalProperties": value,
            },
            "csv": {
                "description": "A CSV file with a header line, relative to the scenario file.",
                "type": "string",
            },
            "column": {
                "description": "The column of the CSV file that holds the measured values.",
                "type": "string",
            },
            "hlog": {
                "description": "An HdrHistogram log file, relative to the scenario file.",
                "type": "string",
            },
            "unit": {
                "description": "The unit of the numbers in the file: `us`, `ms`, `s`, or `1` for counts.",
                "type": "string",
            },
        },
    })
}

/// How many files of measured values a scenario may name.
const FILES_MAX: usize = 32;

/// Replaces every `empirical` that names a file by the file's quantile table.
pub(crate) fn inline_files(tree: &mut Node, sources: &Sources, sink: &mut Sink) {
    inline_below(tree, sources, sink, &mut 0);
}

fn inline_below(tree: &mut Node, sources: &Sources, sink: &mut Sink, files: &mut usize) {
    match &mut tree.value {
        Value::Scalar { .. } => {}
        Value::Seq(items) => {
            for item in items {
                inline_below(item, sources, sink, files);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                let node = &mut entry.node;
                let names_file = node.get("csv").is_some() || node.get("hlog").is_some();
                if entry.key == "empirical" && names_file {
                    *files += 1;
                    inline_one(node, sources, sink, *files);
                } else {
                    inline_below(node, sources, sink, files);
                }
            }
        }
    }
}

/// Replaces `node`, which names the `number`-th file, by that file's quantile table.
fn inline_one(node: &mut Node, sources: &Sources, sink: &mut Sink, number: usize) {
    let table = if number > FILES_MAX {
        let message = format!("more than {FILES_MAX} files of measured values");
        Err(Finding::at(node.span, message))
    } else {
        table_of(node, sources)
    };
    let table = table.unwrap_or_else(|finding| {
        sink.add(finding);
        // A table that reads, so that the file is the only error.
        let counts = node.get("unit").and_then(Node::text) == Some("1");
        let [low, high] = if counts { ["0", "1"] } else { ["0s", "1s"] };
        json!({ "quantiles": { "0%": low, "100%": high } })
    });
    *node = Node::from_json(node.span, &table);
}

/// The quantile table of the file that `node` names.
fn table_of(node: &Node, sources: &Sources) -> Result<Json, Finding> {
    let text_of = |key: &str| node.get(key).and_then(Node::text);
    let is_csv = node.get("csv").is_some();
    let allowed: &[&str] = if is_csv { &["csv", "column", "unit"] } else { &["hlog", "unit"] };
    for entry in node.entries().unwrap_or(&[]) {
        if !allowed.contains(&entry.key.as_str()) {
            let message = format!("unknown key `{}` in `empirical`", entry.key);
            let allowed = allowed.iter().copied();
            return Err(Finding::at(entry.key_span, message).suggest(&entry.key, allowed));
        }
    }
    let key = if is_csv { "csv" } else { "hlog" };
    let named = node.get(key).unwrap_or(node);
    let name =
        named.text().ok_or_else(|| Finding::at(named.span, format!("`{key}` names a file")))?;
    let unit = unit_suffix(node)?;
    let path = folder_of(named, sources).join(name);
    sources.confines().check(&path, named.span)?;
    let text =
        read_text(&path, BYTES_MAX).map_err(|error| Finding::at(named.span, error.to_string()))?;
    let values = if is_csv {
        let column = text_of("column").ok_or_else(|| {
            Finding::at(named.span, "the key `column` is missing")
                .help("name the column that holds the measured values: `column: duration_ms`")
        })?;
        csv_quantiles(&text, column)
            .map_err(|why| Finding::at(named.span, format!("{name}: {why}")))?
    } else {
        log_quantiles(&text).map_err(|why| Finding::at(named.span, format!("{name}: {why}")))?
    };
    let quantiles: Map<String, Json> = kept_percents()
        .zip(values)
        .map(|(percent, value)| {
            let value = if unit.is_empty() { value } else { value.max(0.0) };
            (format!("{}%", number_text(percent)), written(value, unit))
        })
        .collect();
    Ok(json!({ "quantiles": quantiles }))
}

/// The unit of a file's numbers as a duration's suffix; empty for counts.
fn unit_suffix(node: &Node) -> Result<&'static str, Finding> {
    let unit = node.get("unit");
    match unit.and_then(Node::text) {
        Some("us") => Ok("us"),
        Some("ms") => Ok("ms"),
        Some("s") => Ok("s"),
        Some("1") => Ok(""),
        _ => {
            let span = unit.unwrap_or(node).span;
            Err(Finding::at(span, "the unit of the file's numbers is not given")
                .help("write `unit: us`, `unit: ms`, `unit: s`, or `unit: 1` for counts"))
        }
    }
}

/// A number with its unit, cut to what the unit can hold.
fn written(value: f64, unit: &str) -> Json {
    match unit {
        "" => number_text(value).into(),
        "us" => format!("{value:.0}us").into(),
        "ms" => format!("{value:.3}ms").into(),
        _ => format!("{value:.6}s").into(),
    }
}

fn folder_of(node: &Node, sources: &Sources) -> PathBuf {
    let folder: &Path = &sources.text(node.span.source()).folder;
    folder.to_owned()
}

/// The kept quantiles of one column of a CSV text. Messages do not quote the text: whoever names a file
/// in a scenario need not be somebody who may read it.
fn csv_quantiles(text: &str, column: &str) -> Result<Vec<f64>, String> {
    let rows = Rows::of(text);
    let Some(at) = rows.heading().column(column) else {
        let names: Vec<&str> = rows.heading().fields().map(str::trim).collect();
        return Err(match nearest(column, &names) {
            Some(name) => format!("there is no column `{column}`; did you mean `{name}`?"),
            None => format!("none of its {} columns is named `{column}`", names.len()),
        });
    };
    let mut values = Vec::new();
    for row in rows {
        let field = row.get(at).map(str::trim);
        let value = field.and_then(parse_number).filter(|value| *value >= 0.0);
        let Some(value) = value else {
            let found = match field.map(|field| field.chars().count()) {
                None => format!("{} fields", row.len()),
                Some(0) => "an empty field".to_owned(),
                Some(letters) => format!("{letters} characters that are none"),
            };
            let line = row.line();
            return Err(format!("line {line}: expected a number of at least 0, found {found}"));
        };
        values.push(value);
    }
    if values.is_empty() {
        return Err("the file has no values".to_owned());
    }
    values.sort_by(f64::total_cmp);
    Ok(kept_percents().map(|percent| sample_quantile(&values, percent)).collect())
}

/// The quantile of ascending samples, linear between them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the place lies between 0 and the number of samples"
)]
fn sample_quantile(values: &[f64], percent: f64) -> f64 {
    let place = percent / 100.0 * (values.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(values.len() - 1);
    let share = place - place.floor();
    values[below] + share * (values[above] - values[below])
}

/// The kept quantiles of all histograms of a log, added together.
fn log_quantiles(text: &str) -> Result<Vec<f64>, String> {
    let sum = hlog::sum(text.as_bytes())?;
    if sum.is_empty() {
        return Err("the file has no values".to_owned());
    }
    Ok(kept_percents().map(|percent| sum.value_at_quantile(percent / 100.0) as f64).collect())
}

/// The quantiles that a scenario would take from a file of measured values: from the column `column` of a
/// CSV file, or from a log of `HdrHistogram`.
///
/// # Errors
/// What is wrong with the file, in a sentence that does not quote it.
pub fn measured_quantiles(bytes: &[u8], column: Option<&str>) -> Result<Vec<f64>, String> {
    let text = text_of("the file", bytes.to_vec()).map_err(|error| error.to_string())?;
    match column {
        Some(column) => csv_quantiles(&text, column),
        None => log_quantiles(&text),
    }
}
