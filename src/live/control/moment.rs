//! Times as the control port writes and reads them: always the scenario's, never the wall clock's.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::base::{SimDuration, SimTime, parse_duration};

/// A length of the scenario's time: `30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length(pub(super) SimDuration);

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let help = "write a number with a unit, such as `250ms`, `30s` or `1h30m`";
        let wrong = |wrong| de::Error::custom(format_args!("{wrong}: {help}"));
        parse_duration(&text).map(Self).map_err(wrong)
    }
}

impl JsonSchema for Length {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A length of time with its unit, as in scenarios: us, ms, s, m (or min), h, d, w. \
                Parts add up: `1h30m`. It is the scenario's time: at a time scale of 60 a `1m` lasts a second.",
            "type": "string",
            "pattern": r"^\s*(\d+(\.\d*)?(us|µs|ms|s|min|m|h|d|w)\s*)+$",
            "examples": ["250ms", "30s", "1h30m"],
        })
    }
}

/// An instant of the scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Instant {
    /// How long after the start of the scenario's clock.
    pub(super) after: Length,
    /// The same in UTC on the scenario's calendar (RFC 3339); absent where no calendar is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) utc: Option<String>,
}

/// Turns the scenario's time into dates.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Calendar {
    start: Option<Timestamp>,
}

impl Calendar {
    pub(super) const fn starting(start: Option<Timestamp>) -> Self {
        Self { start }
    }

    /// An instant; `None` for what never comes.
    pub(super) fn at(self, at: SimTime) -> Option<Instant> {
        if at.is_never() {
            return None;
        }
        let passed = i64::try_from(at.as_micros()).ok().map(SignedDuration::from_micros);
        let utc = self.start.zip(passed).and_then(|(start, passed)| start.checked_add(passed).ok());
        let after = Length(at.since(SimTime::ZERO));
        Some(Instant { after, utc: utc.map(|utc| utc.to_string()) })
    }

    /// An instant that has come.
    pub(super) fn past(self, at: SimTime) -> Instant {
        self.at(at).unwrap_or(Instant { after: Length(SimDuration::FOREVER), utc: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_in_scenarios() {
        let read = |text: &str| serde_json::from_str::<Length>(text);
        assert_eq!(read("\"1h30m\"").unwrap(), Length(SimDuration::from_mins(90)));
        assert_eq!(
            serde_json::to_string(&Length(SimDuration::from_millis(1500))).unwrap(),
            "\"1s500ms\""
        );
        let wrong = read("\"30\"").unwrap_err().to_string();
        assert!(wrong.contains("the duration `30` has no unit: write a number"), "{wrong}");
        assert!(read("30").is_err());
    }

    #[test]
    fn instants_have_a_date_where_there_is_a_calendar() {
        let calendar = Calendar::starting(Some("2018-03-11T22:00:00Z".parse().unwrap()));
        let at = SimTime::ZERO + SimDuration::from_millis(90_500);
        let instant = calendar.past(at);
        assert_eq!(instant.after.0.to_string(), "1m30s500ms");
        assert_eq!(instant.utc.as_deref(), Some("2018-03-11T22:01:30.5Z"));
        assert_eq!(Calendar::default().past(at).utc, None);
        assert_eq!(calendar.at(SimTime::NEVER), None);
        // Beyond the calendar's end there is time, but no date.
        let late = SimTime::from_micros(u64::MAX - 1);
        assert_eq!(calendar.past(late).utc, None);
    }
}
