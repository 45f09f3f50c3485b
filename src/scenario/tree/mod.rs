//! Pass 1: bytes to a tree in which every key and value knows where it was written.
//!
//! Absent on purpose: types. A scalar is its text; what it means is decided by who reads it.

mod file;
mod parse;

pub(crate) use file::{BYTES_MAX, text_of};
pub use file::{FileError, read_any, read_text};
pub(crate) use parse::{parse, parse_part, parse_range};

use super::source::{Sources, Span};

/// How deep maps and lists may be nested.
pub(crate) const DEPTH_MAX: usize = 64;
/// How many keys and values a scenario may have, copies by alias included.
pub(crate) const NODES_MAX: usize = 100_000;

/// How many bytes of text a scenario may hold, copies by alias included.
pub(crate) const COPIES_MAX: usize = 8 << 20;

/// How large a tree is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    /// Keys and values.
    pub(crate) nodes: usize,
    /// Bytes of text.
    pub(crate) bytes: usize,
}

impl std::ops::Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}

/// A value and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Where. For a map or a list this is its first line.
    pub(crate) span: Span,
    /// What.
    pub(crate) value: Value,
}

/// The three kinds of YAML values.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Anything that is neither a list nor a map.
    Scalar {
        /// Its text, unquoted.
        text: String,
        /// Whether it was written without quotes.
        plain: bool,
    },
    /// A list.
    Seq(Vec<Node>),
    /// A map, in the order in which it was written. Keys are unique.
    Map(Vec<Entry>),
}

/// A key of a map and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// Where the key was written.
    pub(crate) key_span: Span,
    /// The value.
    pub(crate) node: Node,
}

impl Node {
    /// An unquoted scalar.
    pub(crate) fn plain(span: Span, text: impl Into<String>) -> Self {
        Self { span, value: Value::Scalar { text: text.into(), plain: true } }
    }

    /// A map without keys.
    pub(crate) fn empty_map(span: Span) -> Self {
        Self { span, value: Value::Map(Vec::new()) }
    }

    /// The tree that `value` is, all of it written at `span`.
    pub(crate) fn from_json(span: Span, value: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let value = match value {
            Json::Null => return Self::plain(span, "null"),
            Json::Bool(_) | Json::Number(_) => return Self::plain(span, value.to_string()),
            Json::String(text) => return Self::plain(span, text.as_str()),
            Json::Array(items) => {
                Value::Seq(items.iter().map(|item| Self::from_json(span, item)).collect())
            }
            Json::Object(map) => Value::Map(
                map.iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        key_span: span,
                        node: Self::from_json(span, value),
                    })
                    .collect(),
            ),
        };
        Self { span, value }
    }

    /// This tree as JSON: numbers where the text is exactly a number's, texts elsewhere.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Scalar { .. } if self.is_null() => Json::Null,
            Value::Scalar { text, plain } => scalar_to_json(text, *plain),
            Value::Seq(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Map(entries) => Json::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect(),
            ),
        }
    }

    /// The text, if this is a scalar and not null.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            Value::Scalar { .. } | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// Whether this is YAML's null: nothing, `null` or `~`.
    pub(crate) fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar { text, plain: true } => matches!(text.as_str(), "" | "null" | "~"),
            Value::Scalar { plain: false, .. } | Value::Seq(_) | Value::Map(_) => false,
        }
    }

    /// The entries, if this is a map.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar { .. } | Value::Seq(_) => None,
        }
    }

    /// The value of `key`, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The value of `key` to be changed, if this is a map that has it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
            }
            Value::Scalar { .. } | Value::Seq(_) => None,
        }
    }

    /// Takes `key` out, if this is a map that has it.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        match &mut self.value {
            Value::Map(entries) => {
                let at = entries.iter().position(|entry| entry.key == key)?;
                Some(entries.remove(at))
            }
            Value::Scalar { .. } | Value::Seq(_) => None,
        }
    }

    /// What this is, for a message: `a list`, `a map`, or the text itself.
    pub(crate) fn found(&self) -> String {
        const LONGEST: usize = 80;
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing".to_owned(),
            Value::Scalar { text, .. } => match text.char_indices().nth(LONGEST) {
                Some((at, _)) => format!("`{}…`", &text[..at]),
                None => format!("`{text}`"),
            },
            Value::Seq(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    /// How large this tree is.
    pub(crate) fn size(&self) -> Size {
        let one = |bytes| Size { nodes: 1, bytes };
        match &self.value {
            Value::Scalar { text, .. } => one(text.len()),
            Value::Seq(items) => items.iter().fold(one(0), |sum, item| sum + item.size()),
            Value::Map(entries) => entries
                .iter()
                .fold(one(0), |sum, entry| sum + one(entry.key.len()) + entry.node.size()),
        }
    }

    /// How many levels of lists and maps this tree has.
    pub(crate) fn depth(&self) -> usize {
        match &self.value {
            Value::Scalar { .. } => 0,
            Value::Seq(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Value::Map(entries) => {
                let inner = entries.iter().map(|entry| entry.node.depth()).max();
                1 + inner.unwrap_or(0)
            }
        }
    }

    /// The span of the bytes `range` of a scalar's text: exact where the scalar stands in the source
    /// as it reads, else the whole scalar.
    pub(crate) fn part(&self, sources: &Sources, range: std::ops::Range<usize>) -> Span {
        let Some(text) = self.text() else {
            return self.span;
        };
        let slice = sources.slice(self.span);
        if slice == text {
            self.span.part(range)
        } else if slice.len() == text.len() + 2 && &slice[1..=text.len()] == text {
            self.span.part(range.start + 1..range.end + 1)
        } else {
            self.span
        }
    }
}

fn scalar_to_json(text: &str, plain: bool) -> serde_json::Value {
    if plain {
        if let Ok(number) = text.parse::<i64>()
            && number.to_string() == text
        {
            return number.into();
        }
        if let Ok(number) = text.parse::<f64>()
            && let Some(json) = serde_json::Number::from_f64(number)
            && json.to_string() == text
        {
            return json.into();
        }
        match text {
            "true" => return true.into(),
            "false" => return false.into(),
            _ => {}
        }
    }
    text.into()
}
