//! Durations, which always have a unit.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::{Form, Reader};
use crate::base::{SimDuration, parse_duration};
use crate::scenario::finding::Finding;
use crate::scenario::tree::Node;

impl Form for SimDuration {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            reader.expected(node, "a duration", "30m");
            return None;
        };
        match parse_duration(text) {
            Ok(duration) => Some(duration),
            Err(message) => {
                let finding = Finding::at(node.span, message);
                reader.report(match text.parse::<f64>() {
                    Ok(_) => finding.help(format!("write `{text}s` or `{text}m`")),
                    Err(_) => finding
                        .help("a duration is a number with a unit: `250ms`, `30s`, `1h30m`, `9d`"),
                });
                None
            }
        }
    }

    fn write(&self) -> Json {
        self.to_string().into()
    }
}

/// `SimDuration`'s schema. The type lives on a lower floor, its written form here.
impl JsonSchema for SimDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A length of time with its unit: us, ms, s, m (or min), h, d, w. Parts add up: `1h30m`.",
            "type": "string",
            "pattern": r"^\s*(\d+(\.\d*)?(us|µs|ms|s|min|m|h|d|w)\s*)+$",
            "examples": ["250ms", "30s", "1h30m", "9d"],
        })
    }
}

/// A duration, or the word `forever`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lasting(pub(crate) SimDuration);

impl Form for Lasting {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.text() == Some("forever") {
            return Some(Self(SimDuration::FOREVER));
        }
        SimDuration::read(node, reader).map(Self)
    }

    fn write(&self) -> Json {
        if self.0 == SimDuration::FOREVER {
            return "forever".into();
        }
        self.0.write()
    }
}

impl JsonSchema for Lasting {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Lasting".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<SimDuration>();
        json_schema!({ "anyOf": [value, { "const": "forever", "description": "Without an end." }] })
    }
}
