//! What a scenario sweeps over.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::scenario::Line;
use crate::scenario::read::{Form, Named, Raw, Reader, section};
use crate::scenario::sweep::SWEEPABLE;
use crate::scenario::tree::Node;

section! {
    /// A sweep: the scenario run again and again with other values at one path or two.
    struct SweepForm ("a sweep") {
        /// What is varied: values by path, for one path or two. A value is written as `--set` takes it; `1..10 step 2` and `30s..5m step 30s` stand for many.
        over: Over = required("{ server.amnesty.for: [1h, 6h, 1d] }");
        /// What charts and tables show: `metric`, `metric(arm)` or `metric(arm, cohort)`. All arms are drawn; the one named here is spoken of.
        show: Line = optional;
        /// What the sweep is about, in a sentence.
        about: String = or(String::new());
    }
}

/// Values by path. What they are is checked where they are set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Over(Named<Raw>);

impl Form for Over {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.entries().is_some() {
            return Named::read(node, reader).map(Self);
        }
        reader.expected(node, "values by path", "{ server.amnesty.for: [1h, 6h, 1d] }");
        None
    }

    fn write(&self) -> serde_json::Value {
        self.0.write()
    }
}

impl JsonSchema for Over {
    fn schema_name() -> Cow<'static, str> {
        "Over".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let paths = format!("^({})(\\.[^.]+)*$", SWEEPABLE.join("|"));
        json_schema!({
            "description": "Values by path, for one path or two.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 2,
            "propertyNames": { "pattern": paths },
            "additionalProperties": {
                "description": "A list of values, or a range: `30s..5m step 30s`.",
                "anyOf": [{ "type": "array", "minItems": 1 }, { "type": "string" }],
            },
        })
    }
}
