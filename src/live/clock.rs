//! The wall clock as the scenario's time: the one place that reads it.
//!
//! ```text
//!   wall   ──┬────────────┬────────────►   tokio's clock, so tests can pause it
//!            │ opened     │ 1 s later
//!   scenario └ 0          └ 60 s            at a time scale of 60
//! ```

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::base::{SimDuration, SimTime};

/// How much faster the scenario's time runs than the wall clock: 60 plays an hour in a minute.
///
/// Kept in thousandths, so that times are turned into each other exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeScale(u64);

/// What is no time scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a time scale is a number from 0.001 to 1000000 with at most three decimals, such as 1, 60 or 0.5"
)]
pub struct NotATimeScale;

/// A thousand thousandths.
const ONE: u64 = 1_000;

impl TimeScale {
    /// As fast as the wall clock.
    pub const REAL: Self = Self(ONE);
    /// A thousand times slower: a microsecond of the scenario lasts a millisecond, the resolution of
    /// tokio's timers. With tokio's clock paused, a run is then exact.
    pub const EXACT: Self = Self(1);

    /// The scenario's time within so much of the wall clock's.
    pub fn compress(self, wall: Duration) -> SimDuration {
        let micros = wall.as_nanos() * u128::from(self.0) / (1_000 * u128::from(ONE));
        SimDuration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// How long the scenario's time lasts on the wall clock.
    pub fn stretch(self, span: SimDuration) -> Duration {
        let nanos = u128::from(span.as_micros()) * 1_000 * u128::from(ONE);
        let nanos = nanos.div_ceil(u128::from(self.0));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl FromStr for TimeScale {
    type Err = NotATimeScale;

    fn from_str(text: &str) -> Result<Self, NotATimeScale> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if decimals.len() > 3 || whole.len() > 7 {
            return Err(NotATimeScale);
        }
        let digits = format!("{whole}{decimals:0<3}");
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NotATimeScale);
        }
        match digits.parse() {
            Ok(thousandths) if (1..=1_000_000 * ONE).contains(&thousandths) => {
                Ok(Self(thousandths))
            }
            Ok(_) | Err(_) => Err(NotATimeScale),
        }
    }
}

impl fmt::Display for TimeScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 as f64 / ONE as f64)
    }
}

/// What tokio's clock says: for bounds on sockets, which keep the wall clock's time.
#[expect(clippy::disallowed_methods, reason = "the one reader of the wall clock")]
pub(super) fn wall() -> Instant {
    Instant::now()
}

/// Tells the scenario's time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    opened: Instant,
    scale: TimeScale,
}

impl Clock {
    /// A clock that stands at the scenario's start now.
    pub fn start(scale: TimeScale) -> Self {
        Self { opened: wall(), scale }
    }

    /// What the calendar says now: real clients sign their requests with it.
    #[expect(clippy::disallowed_methods, reason = "the one reader of the wall clock")]
    pub fn calendar() -> Timestamp {
        Timestamp::now()
    }

    /// How fast it runs.
    pub const fn scale(&self) -> TimeScale {
        self.scale
    }

    /// The scenario's time.
    pub fn now(&self) -> SimTime {
        SimTime::ZERO + self.scale.compress(self.opened.elapsed())
    }

    /// Sleeps until `at`; for ever, if that is never.
    pub async fn sleep_until(&self, at: SimTime) {
        match self.instant(at) {
            Some(instant) => tokio::time::sleep_until(instant).await,
            None => std::future::pending().await,
        }
    }

    /// When `at` comes on tokio's clock; `None` if that is never.
    pub fn instant(&self, at: SimTime) -> Option<Instant> {
        if at.is_never() {
            return None;
        }
        self.opened.checked_add(self.scale.stretch(at.since(SimTime::ZERO)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_scale_is_written_as_a_plain_number() {
        for (text, thousandths) in [
            ("1", 1_000),
            ("60", 60_000),
            ("0.5", 500),
            ("0.001", 1),
            ("1000000", 1_000_000_000),
            ("2.50", 2_500),
        ] {
            assert_eq!(text.parse(), Ok(TimeScale(thousandths)), "{text}");
        }
        for text in ["0", "", "-1", "1e3", "0.0001", "1000001", "1.2.3", "x", "∞"] {
            assert_eq!(text.parse::<TimeScale>(), Err(NotATimeScale), "{text}");
        }
        assert_eq!(TimeScale(12_960_000).to_string(), "12960");
        assert_eq!(TimeScale(500).to_string(), "0.5");
    }

    #[test]
    fn times_are_turned_into_each_other_exactly() {
        for scale in ["0.001", "0.5", "1", "7", "60", "1000"] {
            let scale: TimeScale = scale.parse().unwrap();
            for micros in [0, 1, 999, 1_000_003, 777_600_000_000] {
                let span = SimDuration::from_micros(micros);
                assert_eq!(scale.compress(scale.stretch(span)), span, "{scale} {micros}");
            }
        }
    }
}
