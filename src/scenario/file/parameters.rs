//! The parameters of the two-parameter laws: quantiles, moments, or the law's own.

use serde_json::{Map, Value as Json, json};

use super::distribution::{Reading, Unit};
use super::empirical::quantile_key;
use crate::base::{DistributionError, Law};
use crate::scenario::finding::{Finding, listed};
use crate::scenario::read::{Form, Reader};
use crate::scenario::tree::{Entry, Node};

/// A law, the sets of parameters that define it, and how many quantiles do.
struct Family {
    word: &'static str,
    sets: &'static [&'static [&'static str]],
    quantiles: usize,
    about: &'static str,
}

const FAMILIES: &[Family] = &[
    Family {
        word: "uniform",
        sets: &[&["min", "max"]],
        quantiles: 0,
        about: "Uniform between `min` and `max`.",
    },
    Family {
        word: "exponential",
        sets: &[&["mean"]],
        quantiles: 1,
        about: "Exponential, from its `mean` or one quantile (`p50`).",
    },
    Family {
        word: "normal",
        sets: &[&["mean", "sd"]],
        quantiles: 2,
        about: "Normal, cut off at zero, from `mean` and `sd` or two quantiles.",
    },
    Family {
        word: "lognormal",
        sets: &[&["mean", "sd"], &["median", "sigma"]],
        quantiles: 2,
        about: "Lognormal, from two quantiles (`p50`, `p99`), `mean` and `sd`, or `median` and `sigma`.",
    },
    Family {
        word: "pareto",
        sets: &[&["min", "shape"]],
        quantiles: 2,
        about: "Pareto (type I), from `min` and `shape` or two quantiles.",
    },
    Family {
        word: "weibull",
        sets: &[&["mean", "sd"], &["scale", "shape"]],
        quantiles: 2,
        about: "Weibull, from two quantiles, `mean` and `sd`, or `scale` and `shape`.",
    },
    Family {
        word: "gamma",
        sets: &[&["mean", "sd"], &["shape", "scale"]],
        quantiles: 2,
        about: "Gamma, from two quantiles, `mean` and `sd`, or `shape` and `scale`.",
    },
];

/// Parameters without a unit.
const NUMBERS: &[&str] = &["sigma", "shape"];

/// The parameters that were written.
#[derive(Default)]
struct Given {
    named: Vec<(String, f64)>,
    quantiles: Vec<(f64, f64)>,
}

impl Given {
    fn one(&self, name: &str) -> f64 {
        let found = self.named.iter().find(|(known, _)| known == name);
        found.map_or(f64::NAN, |(_, value)| *value)
    }

    fn has_exactly(&self, set: &[&str]) -> bool {
        self.quantiles.is_empty()
            && self.named.len() == set.len()
            && set.iter().all(|name| self.named.iter().any(|(known, _)| known == name))
    }
}

/// Reads the parameters of the law `word`.
pub(super) fn read<U: Unit>(word: &str, node: &Node, reader: &mut Reader<'_>) -> Option<Reading> {
    let family = FAMILIES.iter().find(|family| family.word == word)?;
    let Some(entries) = node.entries() else {
        reader.report(
            Finding::at(
                node.span,
                format!("expected the parameters of `{word}`, found {}", node.found()),
            )
            .help(family.expected()),
        );
        return None;
    };
    let mut given = Given::default();
    let mut canonical = Map::new();
    for entry in entries {
        if let Some(written) = family.read_one::<U>(entry, &mut given, reader) {
            canonical.insert(entry.key.clone(), written);
        }
    }
    if canonical.len() < entries.len() {
        return None;
    }
    let Some(law) = family.law(&given) else {
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let message = if keys.is_empty() {
            format!("`{word}` has no parameters")
        } else {
            format!("{} do not define a `{word}` law", listed(&keys).replace(" or ", " and "))
        };
        let place = reader.section.filter(|_| keys.is_empty()).unwrap_or(node.span);
        reader.report(Finding::at(place, message).help(family.expected()));
        return None;
    };
    Some((law, canonical.into()))
}

impl Family {
    /// Adds one parameter to `given` and returns it as it is written.
    fn read_one<U: Unit>(
        &self,
        entry: &Entry,
        given: &mut Given,
        reader: &mut Reader<'_>,
    ) -> Option<Json> {
        let key = entry.key.as_str();
        if let Some(quantile) = quantile_key(key).filter(|_| self.quantiles > 0) {
            let value = U::Form::read(&entry.node, reader)?;
            given.quantiles.push((quantile, U::number(&value)));
            Some(value.write())
        } else if !self.knows(key) {
            let known = self.sets.iter().flat_map(|set| set.iter().copied());
            let message = format!("unknown parameter `{key}` of `{}`", self.word);
            reader.report(
                Finding::at(entry.key_span, message).suggest(key, known).help(self.expected()),
            );
            None
        } else if NUMBERS.contains(&key) {
            let value = f64::read(&entry.node, reader)?;
            given.named.push((key.to_owned(), value));
            Some(value.write())
        } else {
            let value = U::Form::read(&entry.node, reader)?;
            given.named.push((key.to_owned(), U::number(&value)));
            Some(value.write())
        }
    }

    fn knows(&self, key: &str) -> bool {
        self.sets.iter().any(|set| set.contains(&key))
    }

    /// What defines this law.
    fn expected(&self) -> String {
        let mut ways: Vec<String> = match self.quantiles {
            0 => Vec::new(),
            1 => vec!["`{ p50: … }`".to_owned()],
            _ => vec!["`{ p50: …, p99: … }`".to_owned()],
        };
        ways.extend(self.sets.iter().map(|set| format!("`{{ {}: … }}`", set.join(": …, "))));
        format!("`{}` takes {}", self.word, ways.join(" or "))
    }

    /// The law of `given`; `None` if `given` is no set of parameters that defines it.
    fn law(&self, given: &Given) -> Option<Result<Law, DistributionError>> {
        if given.named.is_empty() && self.quantiles > 0 {
            return self.from_quantiles(&given.quantiles);
        }
        let set = self.sets.iter().find(|set| given.has_exactly(set))?;
        let (first, second) = (given.one(set[0]), set.get(1).map_or(0.0, |name| given.one(name)));
        Some(match (self.word, set[0]) {
            ("uniform", _) => Ok(Law::Uniform { min: first, max: second }),
            ("exponential", _) => Ok(Law::Exponential { mean: first }),
            ("normal", _) => Ok(Law::Normal { mean: first, sd: second }),
            ("lognormal", "mean") => Law::lognormal_from_moments(first, second),
            ("lognormal", _) => Ok(Law::Lognormal { median: first, sigma: second }),
            ("pareto", _) => Ok(Law::Pareto { min: first, shape: second }),
            ("weibull", "mean") => Law::weibull_from_moments(first, second),
            ("weibull", _) => Ok(Law::Weibull { scale: first, shape: second }),
            ("gamma", "mean") => Law::gamma_from_moments(first, second),
            ("gamma", _) => Ok(Law::Gamma { shape: first, scale: second }),
            _ => return None,
        })
    }

    #[expect(
        clippy::wrong_self_convention,
        reason = "the law from quantiles, as the family has it"
    )]
    fn from_quantiles(&self, quantiles: &[(f64, f64)]) -> Option<Result<Law, DistributionError>> {
        match (self.word, quantiles) {
            ("exponential", &[one]) => Some(Law::exponential_from_quantile(one)),
            ("normal", &[one, two]) => Some(Law::normal_from_quantiles(one, two)),
            ("lognormal", &[one, two]) => Some(Law::lognormal_from_quantiles(one, two)),
            ("pareto", &[one, two]) => Some(Law::pareto_from_quantiles(one, two)),
            ("weibull", &[one, two]) => Some(Law::weibull_from_quantiles(one, two)),
            ("gamma", &[one, two]) => Some(Law::gamma_from_quantiles(one, two)),
            _ => None,
        }
    }
}

/// The schema of each law's parameters.
pub(super) fn schemas(value: &schemars::Schema) -> Map<String, Json> {
    let number = json!({ "type": "number", "exclusiveMinimum": 0 });
    let mut schemas = Map::new();
    for family in FAMILIES {
        let mut properties = Map::new();
        for name in family.sets.iter().flat_map(|set| set.iter()) {
            let mut schema =
                if NUMBERS.contains(name) { number.clone() } else { value.clone().to_value() };
            schema["description"] = about(name).into();
            properties.insert((*name).to_owned(), schema);
        }
        let mut schema = json!({
            "type": "object",
            "description": family.about,
            "properties": properties,
            "additionalProperties": false,
        });
        if family.quantiles > 0 {
            schema["patternProperties"] = json!({ r"^p\d+(\.\d+)?$": value });
        }
        schemas.insert(family.word.to_owned(), schema);
    }
    schemas
}

fn about(parameter: &str) -> &'static str {
    match parameter {
        "min" => "The smallest value.",
        "max" => "The largest value.",
        "mean" => "The mean.",
        "sd" => "The standard deviation.",
        "median" => "The median.",
        "sigma" => "The standard deviation of the logarithm.",
        "scale" => "The scale.",
        _ => "The shape, a number above zero.",
    }
}
