//! What goes back: a status, a content type, bytes.

use std::borrow::Cow;

use bytes::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// An answer of the control port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// What `Allow` says: the methods of a path that was asked with another one.
    pub allow: Option<String>,
    /// The content.
    pub body: Bytes,
}

/// Something that an answer can hold, and how it is described.
pub(super) trait Content: Sized {
    /// `Content-Type`.
    const TYPE: &'static str;

    /// Its schema.
    fn schema(generator: &mut SchemaGenerator) -> Schema;

    /// Its bytes.
    fn bytes(self) -> Bytes;

    /// The answer that holds it.
    fn reply(self, status: u16) -> Reply {
        Reply { status, content_type: Self::TYPE, allow: None, body: self.bytes() }
    }
}

/// A value as JSON.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize + JsonSchema> Content for Json<T> {
    const TYPE: &'static str = "application/json";

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }

    fn bytes(self) -> Bytes {
        // The types of this module have string keys and no failing serialisers.
        let mut bytes = serde_json::to_vec(&self.0).unwrap_or_default();
        bytes.push(b'\n');
        bytes.into()
    }
}

/// A JSON document without a schema.
#[derive(Debug)]
pub(super) struct Document(pub(super) serde_json::Value);

impl Content for Document {
    const TYPE: &'static str = "application/json";

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }

    fn bytes(self) -> Bytes {
        Json(self.0).bytes()
    }
}

/// What the ledger's CSV is served as (RFC 4180).
#[derive(Debug)]
pub(super) struct Csv(pub(super) String);

impl Content for Csv {
    const TYPE: &'static str = "text/csv; charset=utf-8; header=present";

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }

    fn bytes(self) -> Bytes {
        self.0.into()
    }
}

/// Metrics in the text format of OpenMetrics 1.0.
#[derive(Debug)]
pub(super) struct OpenMetrics(pub(super) String);

impl Content for OpenMetrics {
    const TYPE: &'static str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }

    fn bytes(self) -> Bytes {
        self.0.into()
    }
}

/// Nothing is asked for: no parameters, no members.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

impl JsonSchema for Nothing {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Nothing".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": false })
    }
}
