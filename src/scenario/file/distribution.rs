//! Distributions as they are written: a law with the parameters one has, or a value alone.
//!
//! ```yaml
//! 90ms                                             # constant
//! { lognormal: { p50: 90ms, p99: 700ms } }         # from quantiles
//! { gamma: { mean: 2h, sd: 1h }, max: 1d }         # from moments, clamped
//! { mixture: [ { weight: 90%, constant: 1s }, { weight: 10%, exponential: { mean: 1m } } ] }
//! ```

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::{empirical, parameters};
use crate::base::{Distribution, DistributionError, Law, SimDuration};
use crate::scenario::finding::Finding;
use crate::scenario::read::{Form, Picked, Reader, Share, number_text};
use crate::scenario::source::Span;
use crate::scenario::tree::{Node, Value};

/// The unit of a distribution's values.
pub(crate) trait Unit: std::fmt::Debug + Clone + 'static {
    /// The form of one value.
    type Form: Form;
    /// Name of the distribution in the schema.
    const NAME: &'static str;
    /// What such a distribution is of.
    const WHAT: &'static str;
    /// An example.
    const EXAMPLE: &'static str;
    /// A value as a number in the Plan's unit.
    fn number(value: &Self::Form) -> f64;
    /// The value that a number stands for.
    fn value(number: f64) -> Self::Form;
    /// The value as text, for messages.
    fn text(number: f64) -> String;
}

/// Durations, in microseconds.
#[derive(Debug, Clone)]
pub(crate) struct Time;

/// Numbers of things.
#[derive(Debug, Clone)]
pub(crate) struct Count;

impl Unit for Time {
    type Form = SimDuration;
    const NAME: &'static str = "DurationDistribution";
    const WHAT: &'static str = "a distribution of durations";
    const EXAMPLE: &'static str = "{ lognormal: { p50: 90ms, p99: 700ms } }";

    fn number(value: &SimDuration) -> f64 {
        value.as_micros() as f64
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float's cast to an integer saturates"
    )]
    fn value(number: f64) -> SimDuration {
        SimDuration::from_micros(number.round() as u64)
    }

    fn text(number: f64) -> String {
        Self::value(number).to_string()
    }
}

impl Unit for Count {
    type Form = f64;
    const NAME: &'static str = "CountDistribution";
    const WHAT: &'static str = "a distribution of counts";
    const EXAMPLE: &'static str = "{ lognormal: { p50: 60, p99: 3000 }, max: 10000 }";

    fn number(value: &f64) -> f64 {
        *value
    }

    fn value(number: f64) -> f64 {
        number
    }

    fn text(number: f64) -> String {
        number_text(number)
    }
}

/// A distribution as it is written, and what it means.
#[derive(Debug, Clone)]
pub(crate) struct Dist<U> {
    /// The law that it means, clamped.
    pub(crate) meaning: Distribution,
    /// Where it was written.
    pub(crate) span: Span,
    /// How it is written.
    canonical: Json,
    unit: PhantomData<U>,
}

/// The words that begin a law.
pub(crate) const LAWS: &[&str] = &[
    "constant",
    "uniform",
    "exponential",
    "normal",
    "lognormal",
    "pareto",
    "weibull",
    "gamma",
    "mixture",
    "empirical",
];

/// A law and its canonical form; the law may turn out to be impossible.
pub(crate) type Reading = (Result<Law, DistributionError>, Json);

impl<U: Unit> Dist<U> {
    /// Reads a law; keys in `beside` may stand next to it, besides its clamps `min` and `max`.
    fn read_law(node: &Node, beside: &[&str], reader: &mut Reader<'_>) -> Option<Self> {
        let beside: Vec<&str> = ["min", "max"].iter().chain(beside).copied().collect();
        let picked = Picked::of(node, U::WHAT, LAWS, &beside, reader)?;
        let inner = picked.node?;
        let (law, inner) = match picked.word {
            "constant" => {
                let value = U::Form::read(inner, reader)?;
                let number = U::number(&value);
                (Ok(Law::Constant { value: number }), value.write())
            }
            "mixture" => read_mixture::<U>(inner, reader)?,
            "empirical" => empirical::read::<U>(inner, reader)?,
            word => parameters::read::<U>(word, inner, reader)?,
        };
        let mut canonical = Map::new();
        canonical.insert(picked.word.to_owned(), inner);
        let mut clamps = [None, None];
        for (key, clamp) in ["min", "max"].into_iter().zip(&mut clamps) {
            if let Some(written) = node.get(key) {
                let value = U::Form::read(written, reader)?;
                *clamp = Some(U::number(&value));
                canonical.insert(key.to_owned(), value.write());
            }
        }
        let [min, max] = clamps;
        let meaning = law.and_then(Distribution::new).and_then(|meaning| meaning.clamped(min, max));
        match meaning {
            Ok(meaning) => Some(Self {
                meaning,
                span: node.span,
                canonical: canonical.into(),
                unit: PhantomData,
            }),
            Err(error) => {
                reader.report(Finding::at(node.span, error.describe(U::text)));
                None
            }
        }
    }
}

/// One of several laws, by weight.
fn read_mixture<U: Unit>(node: &Node, reader: &mut Reader<'_>) -> Option<Reading> {
    let Value::Seq(items) = &node.value else {
        reader.expected(node, "a list of laws", "[{ weight: 90%, constant: 1s }, …]");
        return None;
    };
    let mut parts = Vec::new();
    let mut canonical = Vec::new();
    for item in items {
        let law = Dist::<U>::read_law(item, &["weight"], reader);
        let weight = if let Some(weight) = item.get("weight") {
            Share::read(weight, reader)
        } else {
            let message = "the key `weight` is missing";
            let help = "each law of a mixture has a weight: `{ weight: 90%, constant: 1s }`";
            reader.report(Finding::at(item.span, message).help(help));
            None
        };
        let (Some(law), Some(weight)) = (law, weight) else {
            continue;
        };
        let mut map = Map::new();
        map.insert("weight".to_owned(), weight.write());
        if let Json::Object(written) = law.canonical {
            map.extend(written);
        }
        canonical.push(Json::Object(map));
        parts.push((weight.0, law.meaning));
    }
    if parts.len() < items.len() {
        return None;
    }
    Some((Ok(Law::Mixture { parts }), canonical.into()))
}

impl<U: Unit> Form for Dist<U> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match (&node.value, node.text()) {
            (Value::Map(_), _) => Self::read_law(node, &[], reader),
            (Value::Scalar { .. }, Some(word)) if LAWS.contains(&word) => {
                let message = format!("`{word}` needs its parameters");
                let help = format!("for example `{}`", U::EXAMPLE);
                reader.report(Finding::at(node.span, message).help(help));
                None
            }
            (Value::Scalar { .. }, Some(_)) => {
                let value = U::Form::read(node, reader)?;
                let law = Law::Constant { value: U::number(&value) };
                match Distribution::new(law) {
                    Ok(meaning) => Some(Self {
                        meaning,
                        span: node.span,
                        canonical: value.write(),
                        unit: PhantomData,
                    }),
                    Err(error) => {
                        reader.report(Finding::at(node.span, error.describe(U::text)));
                        None
                    }
                }
            }
            (Value::Scalar { .. } | Value::Seq(_), _) => {
                reader.expected(node, U::WHAT, U::EXAMPLE);
                None
            }
        }
    }

    fn write(&self) -> Json {
        self.canonical.clone()
    }
}

impl<U: Unit> JsonSchema for Dist<U> {
    fn schema_name() -> Cow<'static, str> {
        U::NAME.into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<U::Form>();
        let law = generator.subschema_for::<LawOf<U>>();
        json_schema!({
            "description": format!("{}: a law, or a value alone for a constant.", U::WHAT),
            "anyOf": [value, law],
        })
    }
}

/// Only a schema: the laws as a map.
struct LawOf<U>(PhantomData<U>);

impl<U: Unit> JsonSchema for LawOf<U> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Law", U::NAME).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<U::Form>();
        let part = json!({
            "allOf": [{ "$ref": format!("#/definitions/{}", Self::schema_name()) }],
        });
        let share = generator.subschema_for::<Share>();
        let mut properties = parameters::schemas(&value);
        let mut add = |key: &str, mut schema: Json, about: &str| {
            schema["description"] = about.into();
            properties.insert(key.to_owned(), schema);
        };
        add("constant", value.clone().to_value(), "Always the same value.");
        add(
            "mixture",
            json!({ "type": "array", "items": part }),
            "One of several laws, each with its `weight`; weights sum to 100%.",
        );
        add(
            "empirical",
            empirical::schema(&value),
            "Measured values: a quantile table, a column of a CSV file or an HdrHistogram log.",
        );
        add("min", value.clone().to_value(), "Smaller values are raised to this one.");
        add("max", value.to_value(), "Larger values are lowered to this one.");
        add("weight", share.to_value(), "In a mixture: how often this law is drawn.");
        json_schema!({
            "description": "A law with its parameters.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        })
    }
}
