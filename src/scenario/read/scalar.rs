//! Texts, names, lists and maps of named things; and values that remember their place.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::{Form, Reader};
use crate::scenario::finding::Finding;
use crate::scenario::source::Span;
use crate::scenario::tree::{Node, Value};

/// A value and where it was written, for checks that come after reading.
#[derive(Debug, Clone)]
pub(crate) struct Spanned<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it was written; for a default, the section that lacks it.
    pub(crate) span: Span,
}

impl<T: Form> Form for Spanned<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        T::read(node, reader).map(|value| Self { value, span: node.span })
    }

    fn write(&self) -> Json {
        self.value.write()
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl Form for String {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = node.text().map(str::to_owned);
        if text.is_none() {
            reader.expected(node, "a text", "");
        }
        text
    }

    fn write(&self) -> Json {
        self.as_str().into()
    }
}

/// A name: letters, digits, `_` and `-`. It can stand in a path, in an expectation and in a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(pub(crate) String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// There is nothing.
    #[error("a name cannot be empty")]
    Empty,
    /// There is too much.
    #[error("a name has at most 64 characters")]
    TooLong,
    /// A character does not belong.
    #[error("a name cannot contain {0:?}")]
    Character(char),
}

impl Name {
    /// Checks that `text` is a name.
    pub(crate) fn check(text: &str) -> Result<(), NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > 64 {
            return Err(NameError::TooLong);
        }
        match text.chars().find(|&c| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')) {
            Some(wrong) => Err(NameError::Character(wrong)),
            None => Ok(()),
        }
    }
}

impl Form for Name {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            reader.expected(node, "a name", "");
            return None;
        };
        match Self::check(text) {
            Ok(()) => Some(Self(text.to_owned())),
            Err(error) => {
                reader.report(
                    Finding::at(node.span, error.to_string())
                        .help("names consist of letters, digits, `_` and `-`"),
                );
                None
            }
        }
    }

    fn write(&self) -> Json {
        self.0.as_str().into()
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A name: letters, digits, `_` and `-`.",
            "anyOf": [
                { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" },
                { "type": "integer", "minimum": 0 },
            ],
        })
    }
}

/// A list.
#[derive(Debug, Clone)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Form> Form for List<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Seq(items) = &node.value else {
            let help = "a list is written `[a, b]`, or with one `- item` a line";
            let message = format!("expected a list, found {}", node.found());
            reader.report(Finding::at(node.span, message).help(help));
            return None;
        };
        // All items are read, so that all their errors are found.
        let read: Vec<Option<T>> = items.iter().map(|item| reader.under(item.span, item)).collect();
        read.into_iter().collect::<Option<Vec<T>>>().map(Self)
    }

    fn write(&self) -> Json {
        Json::Array(self.0.iter().map(T::write).collect())
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}List", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": items })
    }
}

/// A map whose keys are names of things of one kind, in the order of the file.
#[derive(Debug, Clone)]
pub(crate) struct Named<T>(pub(crate) Vec<(Spanned<String>, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Form> Form for Named<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.is_null() {
            return Some(Self::default());
        }
        let Some(entries) = node.entries() else {
            reader.expected(node, "a map of names", "");
            return None;
        };
        let read: Vec<Option<(Spanned<String>, T)>> = entries
            .iter()
            .map(|entry| {
                let name = Spanned { value: entry.key.clone(), span: entry.key_span };
                reader.under(entry.key_span, &entry.node).map(|value| (name, value))
            })
            .collect();
        read.into_iter().collect::<Option<Vec<_>>>().map(Self)
    }

    fn write(&self) -> Json {
        Json::Object(
            self.0.iter().map(|(name, value)| (name.value.clone(), value.write())).collect(),
        )
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}Map", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let values = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": values })
    }
}

/// A value that is read later, when it is known what it is merged with.
#[derive(Debug, Clone)]
pub(crate) struct Raw(pub(crate) Node);

impl Form for Raw {
    fn read(node: &Node, _: &mut Reader<'_>) -> Option<Self> {
        Some(Self(node.clone()))
    }

    fn write(&self) -> Json {
        self.0.to_json()
    }
}

impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Any".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}
