//! Quantities with units: durations, shares and counts.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::{Form, Reader};
use crate::base::SimDuration;
use crate::scenario::finding::Finding;
use crate::scenario::tree::Node;

/// Units of time and their microseconds, longest names first where one begins with another.
const UNITS: [(&str, u64); 9] = [
    ("min", 60_000_000),
    ("ms", 1_000),
    ("us", 1),
    ("µs", 1),
    ("w", 7 * 86_400_000_000),
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
];

/// The longest duration that can be written: a thousand years.
const LONGEST_MICROS: u64 = 365_250 * 86_400_000_000;

/// A duration as `1h30m`, `250ms`, `1.5s`: numbers with units. The error says what is wrong.
pub(crate) fn parse_duration(text: &str) -> Result<SimDuration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("expected a duration, found nothing".to_owned());
    }
    let mut micros: u64 = 0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        if number.is_empty() {
            return Err(format!("expected a duration, found `{text}`"));
        }
        let Some(&(unit, scale)) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit)) else {
            return Err(if tail.is_empty() {
                format!("the duration `{text}` has no unit")
            } else {
                format!("expected a duration, found `{text}`")
            });
        };
        micros = part(number, scale)
            .and_then(|part| micros.checked_add(part))
            .filter(|&sum| sum <= LONGEST_MICROS)
            .ok_or_else(|| {
                format!("the duration `{text}` is not a whole number of microseconds below a thousand years")
            })?;
        rest = tail[unit.len()..].trim_start();
    }
    Ok(SimDuration::from_micros(micros))
}

/// `number` × `scale`, exactly.
fn part(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 12 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let digits = |text: &str| {
        if text.is_empty() {
            Some(0)
        } else {
            text.parse::<u64>().ok()
        }
    };
    let power = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let scaled = u128::from(digits(fraction)?) * u128::from(scale);
    if !scaled.is_multiple_of(u128::from(power)) {
        return None;
    }
    let below = u64::try_from(scaled / u128::from(power)).ok()?;
    digits(whole)?.checked_mul(scale)?.checked_add(below)
}

impl Form for SimDuration {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            reader.expected(node, "a duration", "30m");
            return None;
        };
        match parse_duration(text) {
            Ok(duration) => Some(duration),
            Err(message) => {
                let finding = Finding::at(node.span, message);
                reader.report(match text.parse::<f64>() {
                    Ok(_) => finding.help(format!("write `{text}s` or `{text}m`")),
                    Err(_) => finding
                        .help("a duration is a number with a unit: `250ms`, `30s`, `1h30m`, `9d`"),
                });
                None
            }
        }
    }

    fn write(&self) -> Json {
        self.to_string().into()
    }
}

/// `SimDuration`'s schema. The type lives on a lower floor, its written form here.
impl JsonSchema for SimDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A length of time with its unit: us, ms, s, m (or min), h, d, w. Parts add up: `1h30m`.",
            "type": "string",
            "pattern": r"^\s*(\d+(\.\d*)?(us|µs|ms|s|min|m|h|d|w)\s*)+$",
            "examples": ["250ms", "30s", "1h30m", "9d"],
        })
    }
}

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
        number_text(*self)
            .parse::<i64>()
            .map_or_else(|_| Json::from(*self), Json::from)
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

/// A duration, or the word `forever`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lasting(pub(crate) SimDuration);

impl Form for Lasting {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.text() == Some("forever") {
            return Some(Self(SimDuration::FOREVER));
        }
        SimDuration::read(node, reader).map(Self)
    }

    fn write(&self) -> Json {
        if self.0 == SimDuration::FOREVER {
            return "forever".into();
        }
        self.0.write()
    }
}

impl JsonSchema for Lasting {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Lasting".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<SimDuration>();
        json_schema!({ "anyOf": [value, { "const": "forever", "description": "Without an end." }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, micros) in [
            ("250ms", 250_000),
            ("30s", 30_000_000),
            ("1h30m", 5_400_000_000),
            ("1h 30min", 5_400_000_000),
            ("9d", 777_600_000_000),
            ("1.5s", 1_500_000),
            ("0s", 0),
            ("2w", 1_209_600_000_000),
            ("7us", 7),
            ("0.5ms", 500),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(SimDuration::from_micros(micros)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            " ",
            "30",
            "m",
            "-5m",
            "1e3s",
            "30 minutes",
            "5m30",
            "0.5us",
            "99999999999999999999d",
            "400000000d",
            "1..5s",
            ".s",
            "1h-5m",
            "inf",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_are_between_nothing_and_all() {
        for (text, share) in [
            ("35%", 0.35),
            ("0.35", 0.35),
            ("0", 0.0),
            ("100 %", 1.0),
            ("12.5%", 0.125),
        ] {
            assert_eq!(parse_share(text), Ok(Share(share)), "{text}");
        }
        for text in ["", "%", "35", "101%", "-1%", "nan", "1e999", "35%%", "a%"] {
            assert!(parse_share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_are_written_as_they_are_read() {
        for text in ["35%", "7%", "0.1%", "33.3%", "100%", "0%", "12.345678%"] {
            let Ok(Share(share)) = parse_share(text) else {
                panic!("{text}")
            };
            assert_eq!(percent_text(share), text);
        }
        for step in 0..1000 {
            let share = f64::from(step) / 997.0;
            let text = percent_text(share.min(1.0));
            assert_eq!(parse_share(&text), Ok(Share(share.min(1.0))), "{text}");
        }
    }
}
