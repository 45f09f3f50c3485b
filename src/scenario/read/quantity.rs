//! Shares and plain numbers, and the word `none` in place of a value.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::{Form, Reader};
use crate::scenario::finding::Finding;
use crate::scenario::tree::Node;

/// A share between 0 and 1, written `35%` or `0.35`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share(pub(crate) f64);

/// The share that `text` is. The error says what is wrong.
pub(crate) fn parse_share(text: &str) -> Result<Share, String> {
    let text = text.trim();
    let (number, scale) = match text.strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (text, 1.0),
    };
    match parse_number(number) {
        None => Err(format!("expected a share, found `{text}`")),
        Some(value) if (0.0..=scale).contains(&value) => Ok(Share(value / scale)),
        Some(_) => Err(format!("the share `{text}` is not between 0% and 100%")),
    }
}

/// A finite decimal number; no `inf`, no `nan`.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    let decimal = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    if text.is_empty() || text.len() > 40 || !text.chars().all(decimal) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

impl Form for Share {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            reader.expected(node, "a share", "35%");
            return None;
        };
        match parse_share(text) {
            Ok(share) => Some(share),
            Err(message) => {
                let help = match parse_number(text) {
                    Some(number) if (1.0..=100.0).contains(&number) => {
                        format!("write `{text}%` or `{}`", number / 100.0)
                    }
                    _ => "a share is written `35%` or `0.35`".to_owned(),
                };
                reader.report(Finding::at(node.span, message).help(help));
                None
            }
        }
    }

    fn write(&self) -> Json {
        percent_text(self.0).into()
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A share or a probability between 0 and 1: `35%` or `0.35`.",
            "anyOf": [
                { "type": "string", "pattern": r"^\s*\d+(\.\d*)?\s*%$" },
                { "type": "number", "minimum": 0, "maximum": 1 },
            ],
            "examples": ["35%", 0.35],
        })
    }
}

/// A share in per cent, in the shortest form that reads as exactly the same number.
pub(crate) fn percent_text(share: f64) -> String {
    for digits in 0..=12 {
        let percent = format!("{:.digits$}", share * 100.0);
        let exact = |value: f64| (value / 100.0).to_bits() == share.to_bits();
        if percent.parse::<f64>().is_ok_and(exact) {
            return format!("{percent}%");
        }
    }
    number_text(share)
}

/// A number in the shortest form that reads as exactly the same number.
pub(crate) fn number_text(number: f64) -> String {
    number.to_string()
}

impl Form for f64 {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let number = node.text().and_then(parse_number);
        if number.is_none() {
            reader.expected(node, "a number", "2.5");
        }
        number
    }

    fn write(&self) -> Json {
        // A whole number is written without its `.0`, as people write it.
        number_text(*self).parse::<i64>().map_or_else(|_| Json::from(*self), Json::from)
    }
}

/// Reads and writes whole numbers within the bounds of their type.
macro_rules! whole_number {
    ($($ty:ty)+) => { $(
        impl Form for $ty {
            fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
                let number = node.text().and_then(|text| text.parse::<$ty>().ok());
                if number.is_none() {
                    let what = format!("a whole number from 0 to {}", <$ty>::MAX);
                    reader.expected(node, &what, "");
                }
                number
            }

            fn write(&self) -> Json {
                (*self).into()
            }
        }
    )+ };
}

whole_number! { u16 u32 u64 }

impl Form for bool {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.text() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => {
                reader.expected(node, "`true` or `false`", "");
                None
            }
        }
    }

    fn write(&self) -> Json {
        (*self).into()
    }
}

/// A value, or the word `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OrNone<T>(pub(crate) Option<T>);

impl<T: Form> Form for OrNone<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.text() == Some("none") {
            return Some(Self(None));
        }
        T::read(node, reader).map(|value| Self(Some(value)))
    }

    fn write(&self) -> Json {
        self.0.as_ref().map_or_else(|| "none".into(), T::write)
    }
}

impl<T: JsonSchema> JsonSchema for OrNone<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}OrNone", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "const": "none", "description": "There is none." }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_between_nothing_and_all() {
        for (text, share) in
            [("35%", 0.35), ("0.35", 0.35), ("0", 0.0), ("100 %", 1.0), ("12.5%", 0.125)]
        {
            assert_eq!(parse_share(text), Ok(Share(share)), "{text}");
        }
        for text in ["", "%", "35", "101%", "-1%", "nan", "1e999", "35%%", "a%"] {
            assert!(parse_share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_are_written_as_they_are_read() {
        for text in ["35%", "7%", "0.1%", "33.3%", "100%", "0%", "12.345678%"] {
            let Ok(Share(share)) = parse_share(text) else { panic!("{text}") };
            assert_eq!(percent_text(share), text);
        }
        for step in 0..1000 {
            let share = f64::from(step) / 997.0;
            let text = percent_text(share.min(1.0));
            assert_eq!(parse_share(&text), Ok(Share(share.min(1.0))), "{text}");
        }
    }
}
