//! Rates: how many in what time.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::{Form, Reader, number_text, parse_number};
use crate::scenario::finding::Finding;
use crate::scenario::tree::Node;

/// A rate, written `200/s`, `60/min`, `5000/h` or `100000/day`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rate {
    count: f64,
    unit: &'static str,
    seconds: f64,
}

const UNITS: [(&str, f64); 4] = [("s", 1.0), ("min", 60.0), ("h", 3_600.0), ("day", 86_400.0)];

impl Rate {
    /// How many a second.
    pub(crate) fn per_second(self) -> f64 {
        self.count / self.seconds
    }

    fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once('/')?;
        let (unit, seconds) = UNITS.into_iter().find(|(known, _)| *known == unit.trim())?;
        let count = parse_number(count.trim()).filter(|count| *count >= 0.0)?;
        Some(Self { count, unit, seconds })
    }
}

impl Form for Rate {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let rate = node.text().and_then(Self::parse);
        if rate.is_none() {
            let message = format!("expected a rate, found {}", node.found());
            let help = "a rate is a number and a time: `200/s`, `60/min`, `5000/h` or `100000/day`";
            reader.report(Finding::at(node.span, message).help(help));
        }
        rate
    }

    fn write(&self) -> Json {
        format!("{}/{}", number_text(self.count), self.unit).into()
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "How many in what time: `200/s`, `60/min`, `5000/h`, `100000/day`.",
            "pattern": r"^\s*\d+(\.\d*)?\s*/\s*(s|min|h|day)\s*$",
            "examples": ["200/s", "60/min"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_a_unit_of_time() {
        for (text, per_second) in
            [("200/s", 200.0), ("60/min", 1.0), ("1.5 / h", 1.5 / 3600.0), ("86400/day", 1.0)]
        {
            let rate = Rate::parse(text).map(Rate::per_second);
            assert!(rate.is_some_and(|rate| (rate - per_second).abs() < 1e-12), "{text}");
        }
        for text in ["", "5", "5/", "/s", "5/week", "-1/s", "five/s"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }
}
