//! Distributions of durations as they are written: how presets become text.

use serde_json::{Map, Value as Json, json};

use crate::base::{Distribution, Law};
use crate::scenario::file::distribution::{Time, Unit};
use crate::scenario::read::{Form, number_text, percent_text};

/// A distribution of durations, in microseconds, as it is written.
pub(super) fn law_json(distribution: &Distribution) -> Json {
    let time = |micros: f64| Time::value(micros).write();
    let number = |number: f64| number.write();
    let mut map = Map::new();
    let (word, parameters) = match distribution.law() {
        Law::Constant { value } => ("constant", time(*value)),
        Law::Uniform { min, max } => ("uniform", json!({ "min": time(*min), "max": time(*max) })),
        Law::Exponential { mean } => ("exponential", json!({ "mean": time(*mean) })),
        Law::Normal { mean, sd } => ("normal", json!({ "mean": time(*mean), "sd": time(*sd) })),
        Law::Lognormal { median, sigma } => {
            ("lognormal", json!({ "median": time(*median), "sigma": number(*sigma) }))
        }
        Law::Pareto { min, shape } => {
            ("pareto", json!({ "min": time(*min), "shape": number(*shape) }))
        }
        Law::Weibull { scale, shape } => {
            ("weibull", json!({ "scale": time(*scale), "shape": number(*shape) }))
        }
        Law::Gamma { shape, scale } => {
            ("gamma", json!({ "shape": number(*shape), "scale": time(*scale) }))
        }
        Law::Mixture { parts } => ("mixture", parts.iter().map(part_json).collect()),
        Law::Empirical { points } => {
            let table: Map<String, Json> = points
                .iter()
                .map(|(p, value)| (format!("{}%", number_text(p * 100.0)), time(*value)))
                .collect();
            ("empirical", json!({ "quantiles": table }))
        }
    };
    map.insert(word.to_owned(), parameters);
    if distribution.min() > 0.0 {
        map.insert("min".to_owned(), time(distribution.min()));
    }
    if distribution.max() < f64::INFINITY {
        map.insert("max".to_owned(), time(distribution.max()));
    }
    map.into()
}

/// A part of a mixture.
fn part_json((weight, law): &(f64, Distribution)) -> Json {
    let mut map = Map::new();
    map.insert("weight".to_owned(), percent_text(*weight).into());
    if let Json::Object(written) = law_json(law) {
        map.extend(written);
    }
    map.into()
}
