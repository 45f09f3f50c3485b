//! `incident`: phases in which things go wrong.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::distribution::{Dist, LAWS, Time};
use super::moment::Moment;
use crate::base::SimDuration;
use crate::scenario::finding::Finding;
use crate::scenario::read::{Form, List, Name, Reader, Share, Spanned, percent_text, section};
use crate::scenario::source::Span;
use crate::scenario::tree::{Node, Value};

section! {
    /// A window in which things go wrong. Phases may overlap. A phase acts on the requests that are sent in it:
    /// what it does to one happens although the answer is due after its end, and nothing happens to one
    /// that was sent before. Workers are lost by the clock.
    struct PhaseForm ("a phase") {
        /// Its name, unique in the scenario; instants can refer to its `start` and `end`.
        phase: Spanned<Name> = required("degraded");
        /// When it begins.
        from: Spanned<Moment> = required("2018-03-11T23:30:00Z");
        /// How long it lasts. Either `for` or `until`.
        r#for: Spanned<SimDuration> = optional;
        /// When it is over. Either `for` or `until`.
        until: Spanned<Moment> = optional;
        /// How long it takes to build up to full strength, linearly.
        ramp: Spanned<SimDuration> = optional;
        /// How long before its end it begins to fade, linearly.
        ramp_down: Spanned<SimDuration> = optional;
        /// What it does to the time the server takes: a distribution replaces it; or `multiply`, or `add`.
        latency: LatencyForm = optional;
        /// Share of requests that never reach the server: nothing is committed.
        request_lost: Share = or(Share(0.0));
        /// Failures of the server before it commits.
        error: ErrorForm = optional;
        /// Requests refused for now with 429.
        throttle: ThrottleForm = optional;
        /// Answers lost after the commit.
        response_lost: ResponseLostForm = optional;
        /// Share of requests that an intermediary delivers twice; the client sees the second answer.
        duplicate: Share = or(Share(0.0));
        /// Workers that the station loses.
        capacity: CapacityForm = optional;
        /// The cohorts it hits; all, if not given.
        cohorts: Spanned<List<Spanned<Name>>> = optional;
        /// Share of partners it hits, each with all its orgs.
        partners: Share = or(Share(1.0));
        /// Share of orgs it hits.
        orgs: Share = or(Share(1.0));
    }
}

section! {
    /// Failures of the server before it commits.
    struct ErrorForm ("an error") {
        /// How often.
        probability: Share = required("5%");
        /// With which status, 500 to 599.
        status: Spanned<u16> = optional;
    }
}

section! {
    /// Workers that the station loses; each finishes what it has first.
    struct CapacityForm ("a loss of capacity") {
        /// The share of workers that is lost, rounded to whole workers.
        lost: Share = required("75%");
    }
}

section! {
    /// Requests refused for now with 429.
    struct ThrottleForm ("a throttle") {
        /// How often.
        probability: Share = required("10%");
        /// After what time the client may come back (`Retry-After`).
        retry_after: SimDuration = required("30s");
    }
}

section! {
    /// Answers lost after the commit.
    struct ResponseLostForm ("a lost response") {
        /// How often.
        probability: Share = required("20%");
        /// What the client sees instead, with weights; silence, if not given.
        seen_as: SeenAsForm = optional;
    }
}

/// What a phase does to service times.
#[derive(Debug, Clone)]
pub(crate) enum LatencyForm {
    /// It replaces them.
    Replace(Dist<Time>),
    /// It multiplies them.
    Multiply(Spanned<f64>),
    /// It adds to them.
    Add(Dist<Time>),
}

impl Form for LatencyForm {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        const CHANGES: [&str; 3] = ["replace", "multiply", "add"];
        let entries = node.entries().unwrap_or(&[]);
        let change = entries.iter().find(|entry| CHANGES.contains(&entry.key.as_str()));
        let Some(change) = change else {
            if let [only] = entries
                && !LAWS.contains(&only.key.as_str())
            {
                let words = CHANGES.iter().chain(LAWS).copied();
                let message = format!("unknown key `{}` in `latency`", only.key);
                reader.report(Finding::at(only.key_span, message).suggest(&only.key, words));
                return None;
            }
            return Dist::read(node, reader).map(Self::Replace);
        };
        if let Some(other) = entries.iter().find(|entry| entry.key != change.key) {
            let message = format!("`{}` and `{}` exclude each other", change.key, other.key);
            let help = "a latency is a distribution, or one of `replace`, `multiply` and `add`";
            reader.report(Finding::at(other.key_span, message).help(help));
            return None;
        }
        match change.key.as_str() {
            "multiply" => Spanned::read(&change.node, reader).map(Self::Multiply),
            "add" => Dist::read(&change.node, reader).map(Self::Add),
            _ => Dist::read(&change.node, reader).map(Self::Replace),
        }
    }

    fn write(&self) -> Json {
        match self {
            Self::Replace(law) => json!({ "replace": law.write() }),
            Self::Multiply(factor) => json!({ "multiply": factor.write() }),
            Self::Add(law) => json!({ "add": law.write() }),
        }
    }
}

impl JsonSchema for LatencyForm {
    fn schema_name() -> Cow<'static, str> {
        "Latency".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let law = generator.subschema_for::<Dist<Time>>();
        let change = |key: &str, about: &str, mut value: Json| {
            value["description"] = about.into();
            json!({
                "type": "object",
                "description": about,
                "properties": { key: value },
                "required": [key],
                "additionalProperties": false,
            })
        };
        let replace = "A distribution that replaces the service time.";
        let multiply = "A factor that multiplies the service time.";
        let add = "A distribution that is added to the service time.";
        json_schema!({
            "description": "What a phase does to service times; a distribution alone replaces them.",
            "anyOf": [
                law,
                change("replace", replace, law.clone().to_value()),
                change("multiply", multiply, json!({ "type": "number", "exclusiveMinimum": 0 })),
                change("add", add, law.clone().to_value()),
            ],
        })
    }
}

/// What clients see of lost answers, with weights.
#[derive(Debug, Clone)]
pub(crate) struct SeenAsForm {
    /// Each sight and its weight; none of them twice.
    pub(crate) weights: Vec<(&'static str, f64)>,
    /// Where they were written.
    pub(crate) span: Span,
}

/// What a client can see of a lost answer, and what that is.
pub(crate) const SIGHTS: [(&str, &str); 8] = [
    ("silence", "Nothing arrives."),
    ("reset", "The connection is reset."),
    ("closed", "The connection is closed before an answer."),
    ("cut_headers", "The answer breaks off within its headers."),
    ("truncated", "The answer breaks off within its body."),
    ("status_502", "A gateway answers 502."),
    ("status_503", "A gateway answers 503."),
    ("status_504", "A gateway answers 504."),
];

impl Form for SeenAsForm {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let sight = |name: &str| SIGHTS.iter().find(|(known, _)| *known == name).map(|s| s.0);
        let names = || SIGHTS.iter().map(|(name, _)| *name);
        match (&node.value, node.text()) {
            (Value::Scalar { .. }, Some(name)) => {
                let Some(only) = sight(name) else {
                    let message = format!("a lost answer cannot be seen as `{name}`");
                    reader.report(Finding::at(node.span, message).suggest(name, names()));
                    return None;
                };
                Some(Self { weights: vec![(only, 1.0)], span: node.span })
            }
            (Value::Map(entries), _) => {
                let mut weights = Vec::new();
                for entry in entries {
                    let Some(name) = sight(&entry.key) else {
                        let message = format!("a lost answer cannot be seen as `{}`", entry.key);
                        reader.report(
                            Finding::at(entry.key_span, message).suggest(&entry.key, names()),
                        );
                        continue;
                    };
                    if let Some(share) = Share::read(&entry.node, reader) {
                        weights.push((name, share.0));
                    }
                }
                (weights.len() == entries.len()).then_some(Self { weights, span: node.span })
            }
            (Value::Scalar { .. } | Value::Seq(_), _) => {
                reader.expected(node, "what clients see", "{ silence: 70%, reset: 30% }");
                None
            }
        }
    }

    fn write(&self) -> Json {
        Json::Object(
            self.weights
                .iter()
                .map(|(name, weight)| ((*name).to_owned(), percent_text(*weight).into()))
                .collect(),
        )
    }
}

impl JsonSchema for SeenAsForm {
    fn schema_name() -> Cow<'static, str> {
        "SeenAs".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = Map::new();
        let mut words = Vec::new();
        for (name, about) in SIGHTS {
            let mut share = generator.subschema_for::<Share>();
            share.insert("description".to_owned(), about.into());
            properties.insert(name.to_owned(), share.to_value());
            words.push(json!({ "const": name, "description": about }));
        }
        words.push(json!({
            "type": "object",
            "description": "Weights that sum to 100%.",
            "properties": properties,
            "additionalProperties": false,
        }));
        json_schema!({
            "description": "What the client sees instead of the lost answer: one sight, or several with weights that sum to 100%.",
            "anyOf": words,
        })
    }
}
