//! Instants: absolute in UTC, or relative to something else in the scenario.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::base::{SimDuration, parse_duration};
use crate::scenario::finding::Finding;
use crate::scenario::read::{Form, Name, Reader};
use crate::scenario::tree::Node;

/// When something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Moment {
    /// At this instant.
    At(Timestamp),
    /// So much before or after an end of something.
    Relative {
        /// Of what.
        anchor: Anchor,
        /// Which end of it.
        edge: Edge,
        /// How far away.
        offset: Offset,
    },
}

/// What a relative instant refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// The run.
    Clock,
    /// All phases together: from the first beginning to the last end.
    Incident,
    /// The amnesty.
    Amnesty,
    /// One phase of the incident.
    Phase(String),
}

/// Which end of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Where it begins.
    Start,
    /// Where it ends.
    End,
}

/// A distance in time, forward or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offset {
    /// Whether it goes back.
    pub(crate) back: bool,
    /// How far.
    pub(crate) length: SimDuration,
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clock => "clock",
            Self::Incident => "incident",
            Self::Amnesty => "amnesty",
            Self::Phase(name) => name,
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(instant) => write!(f, "{instant}"),
            Self::Relative { anchor, edge, offset } => {
                let edge = match edge {
                    Edge::Start => "start",
                    Edge::End => "end",
                };
                write!(f, "{anchor}.{edge}")?;
                if offset.length.is_zero() {
                    return Ok(());
                }
                let sign = if offset.back { '-' } else { '+' };
                write!(f, " {sign} {}", offset.length)
            }
        }
    }
}

/// Why a text is no instant: what is wrong, and how to mend it.
type Refusal = (String, String);

const FORMS: &str =
    "an instant is `2018-03-11T23:30:00Z`, or relative: `incident.start + 25m`, `degraded.end`";

/// The year 2300 in seconds since 1970.
const YEAR_2300: i64 = 10_413_792_000;

/// The instant that `text` names.
pub(crate) fn parse_moment(text: &str) -> Result<Moment, Refusal> {
    let text = text.trim();
    let looks_absolute = text.len() >= 5
        && text.as_bytes()[..4].iter().all(u8::is_ascii_digit)
        && text.as_bytes()[4] == b'-';
    if looks_absolute { absolute(text).map(Moment::At) } else { relative(text) }
}

fn absolute(text: &str) -> Result<Timestamp, Refusal> {
    let refused = format!("expected an instant, found `{text}`");
    if !text.ends_with('Z') {
        return Err(match text.parse::<Timestamp>() {
            Ok(instant) => (
                format!("the instant `{text}` is not written in UTC"),
                format!("write `{instant}`"),
            ),
            Err(_) if text.parse::<jiff::civil::DateTime>().is_ok() && text.contains('T') => (
                format!("the instant `{text}` has no time zone"),
                format!("if it is UTC, write `{text}Z`"),
            ),
            Err(_) if text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok() => (
                format!("the instant `{text}` has no time of day"),
                format!("write `{text}T00:00:00Z`"),
            ),
            Err(_) => (refused, FORMS.to_owned()),
        });
    }
    let instant: Timestamp = text.parse().map_err(|_| (refused.clone(), FORMS.to_owned()))?;
    if (0..YEAR_2300).contains(&instant.as_second()) {
        Ok(instant)
    } else {
        Err((refused, "the year must lie between 1970 and 2299".to_owned()))
    }
}

fn relative(text: &str) -> Result<Moment, Refusal> {
    let refused = |help: &str| (format!("expected an instant, found `{text}`"), help.to_owned());
    let (reference, offset) = match text.find(['+', ' ']) {
        None => (text, ""),
        Some(at) => (&text[..at], text[at..].trim_start()),
    };
    let Some((name, edge)) = reference.split_once('.') else {
        let is_name = Name::check(reference).is_ok() && offset.is_empty();
        return Err(if is_name && !reference.starts_with(|c: char| c.is_ascii_digit()) {
            refused(&format!("write `{reference}.start` or `{reference}.end`"))
        } else {
            refused(FORMS)
        });
    };
    if Name::check(name).is_err() {
        return Err(refused(FORMS));
    }
    let anchor = match name {
        "clock" => Anchor::Clock,
        "incident" => Anchor::Incident,
        "amnesty" => Anchor::Amnesty,
        phase => Anchor::Phase(phase.to_owned()),
    };
    let edge = match edge {
        "start" | "from" => Edge::Start,
        "end" | "until" => Edge::End,
        _ => return Err(refused(&format!("write `{name}.start` or `{name}.end`"))),
    };
    let (back, length) = match (offset.strip_prefix('+'), offset.strip_prefix('-')) {
        (Some(length), _) => (false, length),
        (None, Some(length)) => (true, length),
        (None, None) if offset.is_empty() => (false, "0s"),
        (None, None) => return Err(refused(FORMS)),
    };
    let length = parse_duration(length).map_err(|message| refused(&message))?;
    Ok(Moment::Relative {
        anchor,
        edge,
        offset: Offset { back: back && !length.is_zero(), length },
    })
}

impl Form for Moment {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            reader.expected(node, "an instant", "2018-03-11T23:30:00Z");
            return None;
        };
        match parse_moment(text) {
            Ok(moment) => Some(moment),
            Err((message, help)) => {
                reader.report(Finding::at(node.span, message).help(help));
                None
            }
        }
    }

    fn write(&self) -> serde_json::Value {
        self.to_string().into()
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An instant: RFC 3339 in UTC, or relative to `clock`, `incident`, `amnesty` or a phase.",
            "type": "string",
            "examples": ["2018-03-11T23:30:00Z", "incident.start + 25m", "degraded.end"],
        })
    }
}

/// An absolute instant in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant(pub(crate) Timestamp);

impl Form for Instant {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match Moment::read(node, reader)? {
            Moment::At(instant) => Some(Self(instant)),
            Moment::Relative { .. } => {
                let help = "write it in UTC: `2018-03-11T22:00:00Z`";
                let message = "the clock's start cannot be relative";
                reader.report(Finding::at(node.span, message).help(help));
                None
            }
        }
    }

    fn write(&self) -> serde_json::Value {
        self.0.to_string().into()
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An instant, RFC 3339 in UTC.",
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z$",
            "examples": ["2018-03-11T22:00:00Z"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_they_are_read() {
        for (text, canonical) in [
            ("2018-03-11T23:30:00Z", "2018-03-11T23:30:00Z"),
            ("2018-03-12T11:40Z", "2018-03-12T11:40:00Z"),
            ("incident.start + 25m", "incident.start + 25m"),
            ("degraded.end", "degraded.end"),
            ("degraded.end+90m", "degraded.end + 1h30m"),
            ("clock.start + 0s", "clock.start"),
            ("amnesty.from - 1h 30m", "amnesty.start - 1h30m"),
            ("slow-database.until", "slow-database.end"),
        ] {
            match parse_moment(text) {
                Ok(moment) => assert_eq!(moment.to_string(), canonical, "{text}"),
                Err(refusal) => panic!("{text}: {refusal:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_instant_is_refused_with_a_way_out() {
        for (text, help) in [
            ("2018-03-11T23:30:00+13:00", "write `2018-03-11T10:30:00Z`"),
            ("2018-03-11T23:30:00", "if it is UTC, write `2018-03-11T23:30:00Z`"),
            ("2018-03-11", "write `2018-03-11T00:00:00Z`"),
            ("degraded", "write `degraded.start` or `degraded.end`"),
            ("degraded.begin", "write `degraded.start` or `degraded.end`"),
            ("incident.start + 25", "the duration `25` has no unit"),
            ("2018-13-45T99:00:00Z", FORMS),
            ("2018-03-11 22:00", FORMS),
            ("25m", FORMS),
            ("", FORMS),
            ("+ 5m", FORMS),
            ("incident.start 5m", FORMS),
            ("9999-01-01T00:00:00Z", "the year must lie between 1970 and 2299"),
        ] {
            assert_eq!(
                parse_moment(text).map_err(|(_, help)| help),
                Err(help.to_owned()),
                "{text}"
            );
        }
    }
}
