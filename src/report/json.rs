//! `summary.json` and `sweep.json`: written, read again, and described by schemas.

use std::borrow::Cow;
use std::fmt::Write as _;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::base::text::{is_hidden, shown, shown_lines};
use crate::experiment::results::{SUMMARY_VERSION, Summary};
use crate::experiment::sweep::{SWEEP_VERSION, Sweep};
use crate::report::rounding::round_json;

/// Why a `summary.json` or a `sweep.json` cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The text is no JSON.
    #[error("this is no JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// There is no version in it.
    #[error("these are no results of amnesty: the field `version` is missing or no number")]
    NoVersion,
    /// Another version of amnesty wrote it.
    #[error(
        "layout version {found}, but this amnesty reads version {expected}: run the scenario again"
    )]
    OtherVersion {
        /// The version found.
        found: u64,
        /// The version that can be read.
        expected: u32,
    },
    /// A field is missing or of the wrong kind.
    #[error("a field does not fit layout version {version}: {error}")]
    Shape {
        /// The version that can be read.
        version: u32,
        /// What does not fit.
        #[source]
        error: serde_json::Error,
    },
}

/// Widest value that is written on one line.
const LINE: usize = 100;

/// `summary.json`: indented, with small values on one line; floats of some six digits, a newline at the end.
/// The resolved scenario keeps its digits.
pub fn write(summary: &Summary) -> String {
    document(summary)
}

/// `sweep.json`, in the same style.
pub fn write_sweep(sweep: &Sweep) -> String {
    document(sweep)
}

fn document(results: &impl Serialize) -> String {
    let mut value = serde_json::to_value(results).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        for (name, field) in fields.iter_mut() {
            if name != "resolved" {
                round_json(field);
            }
        }
    }
    let mut text = String::new();
    indented(&value, 0, &mut text);
    text.push('\n');
    seen(text)
}

/// JSON with every character that cannot be seen as an escape. Outside of strings there are none but line
/// breaks of ours.
fn seen(text: String) -> String {
    let hidden = |letter: char| letter != '\n' && is_hidden(letter);
    if !text.contains(hidden) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut units = [0; 2];
    for letter in text.chars() {
        if hidden(letter) {
            for unit in letter.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(letter);
        }
    }
    out
}

/// Writes out what cannot be seen in the texts of a value: whoever wrote the file may not have been this
/// program. Lines break in what was written as prose only.
fn show_texts(value: &mut Value, prose: bool) {
    match value {
        Value::String(text) => {
            let seen = if prose { shown_lines(text) } else { shown(text) };
            if let Cow::Owned(seen) = seen {
                *text = seen;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| show_texts(item, prose)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                show_texts(field, matches!(name.as_str(), "about" | "assumptions"));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Writes a value on one line if it fits there, and its parts on lines of their own if not.
fn indented(value: &Value, depth: usize, text: &mut String) {
    let on_one_line = value.to_string();
    let (open, close) = match value {
        Value::Object(_) => ('{', '}'),
        Value::Array(_) => ('[', ']'),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&on_one_line);
            return;
        }
    };
    if depth > 0 && on_one_line.len() + 2 * depth <= LINE {
        text.push_str(&on_one_line);
        return;
    }
    text.push(open);
    let mut separator = "\n";
    let mut part = |key: Option<&String>, value: &Value| {
        text.push_str(separator);
        text.push_str(&"  ".repeat(depth + 1));
        if let Some(key) = key {
            text.push_str(&Value::from(key.as_str()).to_string());
            text.push_str(": ");
        }
        indented(value, depth + 1, text);
        separator = ",\n";
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| part(Some(key), value)),
        Value::Array(items) => items.iter().for_each(|item| part(None, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// [`ReadError`] says what is wrong with the text.
pub fn read(text: &str) -> Result<Summary, ReadError> {
    read_version(text, SUMMARY_VERSION)
}

/// Reads what [`write_sweep()`] wrote.
///
/// # Errors
/// [`ReadError`] says what is wrong with the text.
pub fn read_sweep(text: &str) -> Result<Sweep, ReadError> {
    read_version(text, SWEEP_VERSION)
}

fn read_version<T: DeserializeOwned>(text: &str, expected: u32) -> Result<T, ReadError> {
    let mut value: Value = serde_json::from_str(text).map_err(ReadError::NotJson)?;
    let found = value.get("version").and_then(Value::as_u64).ok_or(ReadError::NoVersion)?;
    if found != u64::from(expected) {
        return Err(ReadError::OtherVersion { found, expected });
    }
    if let Value::Object(fields) = &mut value {
        // The scenario in it is not shown, and its digest is that of its bytes.
        for (name, field) in fields.iter_mut().filter(|(name, _)| *name != "resolved") {
            show_texts(field, matches!(name.as_str(), "about" | "assumptions"));
        }
    }
    serde_json::from_value(value).map_err(|error| ReadError::Shape { version: expected, error })
}

/// The JSON schema (draft-07) of `summary.json`, with a newline at the end.
pub fn summary_schema() -> String {
    schema::<Summary>()
}

/// The JSON schema (draft-07) of `sweep.json`, with a newline at the end.
pub fn sweep_schema() -> String {
    schema::<Sweep>()
}

fn schema<T: JsonSchema>() -> String {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    format!("{:#}\n", schema.as_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, why) in [
            ("{", "this is no JSON"),
            ("{}", "the field `version` is missing"),
            (r#"{"version": 99}"#, "layout version 99, but this amnesty reads version 1"),
            (r#"{"version": 1}"#, "missing field `made_by`"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn the_schema_names_the_headline() {
        let schema = summary_schema();
        assert!(schema.contains("\"needed_person\""));
        assert!(schema.contains("draft-07"));
    }
}
