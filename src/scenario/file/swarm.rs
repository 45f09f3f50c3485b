//! `swarm`: cohorts of partners whose apps behave alike.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::client::ClientForm;
use super::distribution::{Count, Dist};
use crate::scenario::read::{Form, Name, Reader, Spanned, section};
use crate::scenario::tree::Node;

section! {
    /// A group of partners whose apps behave alike.
    struct CohortForm ("a cohort") {
        /// Its name.
        name: Spanned<Name> = required("xero-net");
        /// How many partners.
        partners: Spanned<u32> = required("120");
        /// How many orgs each partner holds: a number, or a distribution.
        orgs_per_partner: Dist<Count> = required("{ lognormal: { p50: 60, p99: 3000 }, max: 10000 }");
        /// How its apps behave: a preset, `{ preset: …, timeout: 30s }` to amend one, or a profile of its own.
        client: ClientNode = required("xero-net");
    }
}

/// A client as written: the name of a preset, or a map that amends one or stands alone. It is read as
/// a [`ClientForm`] once it is merged with what it amends.
#[derive(Debug, Clone)]
pub(crate) struct ClientNode(pub(crate) Node);

impl Form for ClientNode {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.text().is_some() || node.entries().is_some() {
            return Some(Self(node.clone()));
        }
        reader.expected(node, "a client", "{ preset: xero-net, timeout: 30s }");
        None
    }

    fn write(&self) -> Json {
        self.0.to_json()
    }
}

impl JsonSchema for ClientNode {
    fn schema_name() -> Cow<'static, str> {
        "Client".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let profile = generator.subschema_for::<Amendments>();
        json_schema!({
            "description": "How apps behave: the name of a preset or of an entry of `clients`, or a map.",
            "anyOf": [
                { "type": "string", "description": "A preset, or an entry of `clients`." },
                profile,
            ],
        })
    }
}

/// Keys of a client, all of them optional, with the preset that they amend.
#[derive(Debug, Clone)]
pub(crate) struct Amendments(pub(crate) Node);

impl Form for Amendments {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.entries().is_some() {
            return Some(Self(node.clone()));
        }
        reader.expected(
            node,
            "a map of client keys",
            "{ person: { probability: 50% } }",
        );
        None
    }

    fn write(&self) -> Json {
        self.0.to_json()
    }
}

impl JsonSchema for Amendments {
    fn schema_name() -> Cow<'static, str> {
        "Amendments".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (mut properties, _) = ClientForm::properties(generator);
        properties.insert("preset".to_owned(), preset_schema());
        json_schema!({
            "description": "Keys of a client; those not given come from the preset, or have their default.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

fn preset_schema() -> Json {
    let names: Vec<&str> = crate::client::preset::all()
        .iter()
        .map(|preset| preset.name)
        .collect();
    serde_json::json!({
        "description": "The preset that the other keys amend.",
        "anyOf": [{ "enum": names }, { "type": "string" }],
    })
}
