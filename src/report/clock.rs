//! Instants of a run in UTC.

use jiff::{SignedDuration, Timestamp};

/// The scenario's clock: turns seconds since its start into UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Option<Timestamp>);

impl Clock {
    /// The clock that starts at an RFC 3339 instant. Where the text is none, instants are unknown.
    pub(crate) fn starting(rfc3339: &str) -> Self {
        Self(rfc3339.parse().ok())
    }

    /// The instant `seconds` after the start, to the millisecond.
    pub(crate) fn at(self, seconds: f64) -> Option<Timestamp> {
        #[expect(clippy::cast_possible_truncation, reason = "a saturating cast is what is meant")]
        let millis = (seconds * 1e3).round() as i64;
        self.0?.checked_add(SignedDuration::from_millis(millis)).ok()
    }

    /// The instant as RFC 3339, empty where it is unknown.
    pub(crate) fn rfc3339(self, seconds: f64) -> String {
        self.at(seconds).map(|instant| instant.to_string()).unwrap_or_default()
    }

    /// Seconds from the last midnight UTC to the start; zero where that is unknown.
    pub(crate) fn seconds_past_midnight(self) -> f64 {
        self.0.map_or(0.0, |start| start.as_second().rem_euclid(86_400) as f64)
    }
}
