//! What goes back: a status, a content type, bytes.

use std::borrow::Cow;

use bytes::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::problem::Problem;

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

    /// The answer that holds it, with this status of success.
    fn reply(self, status: u16) -> Reply;
}

/// An answer with content of a kind.
pub(super) fn whole<C: Content>(status: u16, body: impl Into<Bytes>) -> Reply {
    Reply { status, content_type: C::TYPE, allow: None, body: body.into() }
}

/// What may fail is described by what it is when it does not.
impl<C: Content> Content for Result<C, Problem> {
    const TYPE: &'static str = C::TYPE;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        C::schema(generator)
    }

    fn reply(self, status: u16) -> Reply {
        match self {
            Ok(content) => content.reply(status),
            Err(problem) => problem.reply(),
        }
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

    fn reply(self, status: u16) -> Reply {
        // The types of this module have string keys and no failing serialisers.
        let mut bytes = serde_json::to_vec(&self.0).unwrap_or_default();
        bytes.push(b'\n');
        whole::<Self>(status, bytes)
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

    fn reply(self, status: u16) -> Reply {
        Json(self.0).reply(status)
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

    fn reply(self, status: u16) -> Reply {
        whole::<Self>(status, self.0)
    }
}

/// Metrics in the text format of `OpenMetrics` 1.0.
#[derive(Debug)]
pub(super) struct OpenMetrics(pub(super) String);

impl Content for OpenMetrics {
    const TYPE: &'static str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }

    fn reply(self, status: u16) -> Reply {
        whole::<Self>(status, self.0)
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

/// Whatever is asked for, it does not matter.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
pub(super) struct Anything {}

impl JsonSchema for Anything {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}
