//! What a run of the swarm came to, and whether its generator can be trusted.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::failed::{self, Failed};
use super::gauge::Gauge;
use crate::base::{SimDuration, SimTime};
use crate::live::TimeScale;

/// Two days, in microseconds: longer than any attempt; what is longer counts as this.
const LONGEST_MICROS: u64 = 2 * 86_400 * 1_000_000;

/// Lag on the wall clock beyond which an attempt is late. Timers have a resolution of a millisecond, and
/// a machine with time to spare needs less than that to act upon one: ten is neither.
const LATE_WALL: Duration = Duration::from_millis(10);

/// Lag in the scenario's time beyond which an attempt is late: a second is seen in any chart of latency.
/// It binds where time runs a hundred times too fast or more.
const LATE: SimDuration = SimDuration::from_secs(1);

/// The share of late attempts beyond which the generator fell behind: one in a hundred, so that the 99th
/// percentile of what was measured is not its own.
const LATE_SHARE: f64 = 0.01;

/// A run of the swarm.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Attempts that were sent.
    pub sent: u64,
    /// Attempts that ended for their clients.
    pub concluded: u64,
    /// Attempts under way when the swarm ended.
    pub unfinished: u64,
    /// Attempts that were never begun, because no connection was free before their client gave up or
    /// the run ended.
    pub unsent: u64,
    /// Attempts that were never begun, because their app's own pool was full until it gave up.
    pub kept_waiting: u64,
    /// Attempts that apps did not make, because they left the server alone.
    pub short_circuited: u64,
    /// From the time at which an attempt was sent to its end, in microseconds of the scenario.
    pub raw: Histogram<u64>,
    /// From the time at which it was *meant* to be sent: what a client waits. A generator that falls
    /// behind does not hide the waiting that it causes (no coordinated omission).
    pub corrected: Histogram<u64>,
    /// From the intended time to the sending: the generator's lag. Microseconds of the scenario.
    pub lag: Histogram<u64>,
    /// Attempts whose lag was beyond [`Finished::late_after`].
    pub late: u64,
    /// What counts as late: 10 ms on the wall clock, and at most 1 s of the scenario.
    pub late_after: SimDuration,
    /// How connections were used.
    pub connections: Connections,
    /// Answers that fit no token endpoint; the token URL may be wrong.
    pub odd: u64,
    /// The status of the first of them.
    pub first_odd: Option<u16>,
    /// How attempts failed, as clients saw it, and how many.
    pub failures: Vec<(Failed, u64)>,
    /// Access tokens that were used for one call of the API.
    pub uses: u64,
    /// Orgs that a person authorised anew.
    pub authorised: u64,
    /// Orgs that a person tried to authorise anew, in vain.
    pub gave_up: u64,
    /// When it ended.
    pub ended_at: SimTime,
    /// Whether it was told to end before its time.
    pub interrupted: bool,
}

/// How connections were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connections {
    /// Open at once, at most.
    pub peak: usize,
    /// How many were opened.
    pub opened: u64,
    /// Attempts for which none could be opened.
    pub failed: u64,
    /// How often the system had no descriptor left, which ends the run.
    pub starved: u64,
    /// Requests that were written to a connection used before, and met its end instead of an answer.
    /// Servers close idle connections, and such a request may have crossed the close.
    pub crossed: u64,
}

/// The generator sent attempts so late that what it measured is in part its own doing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeneratorFellBehind {
    /// The 99th percentile of the lag, in the scenario's time.
    pub p99_lag: SimDuration,
    /// The share of attempts that were late, or never sent.
    pub late_share: f64,
    /// What counts as late.
    pub late_after: SimDuration,
}

impl fmt::Display for GeneratorFellBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p99_lag, late_share, late_after } = self;
        write!(
            f,
            "the generator fell behind: {:.1} % of the attempts were sent more than {} ms late, and \
             the 99th percentile of the lag is {} ms (of the scenario's time)",
            late_share * 100.0,
            late_after.as_micros() as f64 / 1e3,
            p99_lag.as_micros() as f64 / 1e3,
        )
    }
}

impl Finished {
    /// A doubt about what was measured, if more than 1 % of the attempts were late.
    pub fn fell_behind(&self) -> Option<GeneratorFellBehind> {
        let all = self.sent + self.unsent;
        let late_share = (self.late + self.unsent) as f64 / all.max(1) as f64;
        (late_share > LATE_SHARE).then(|| GeneratorFellBehind {
            p99_lag: SimDuration::from_micros(self.lag.value_at_quantile(0.99)),
            late_share,
            late_after: self.late_after,
        })
    }
}

/// What is counted while a run goes on.
#[derive(Debug)]
pub(super) struct Stats {
    pub(super) sent: u64,
    pub(super) concluded: u64,
    pub(super) unsent: u64,
    pub(super) kept_waiting: u64,
    pub(super) short_circuited: u64,
    pub(super) connect_failures: u64,
    pub(super) odd: u64,
    pub(super) first_odd: Option<u16>,
    pub(super) failures: failed::Tally,
    pub(super) uses: u64,
    pub(super) authorised: u64,
    pub(super) gave_up: u64,
    raw: Histogram<u64>,
    corrected: Histogram<u64>,
    lag: Histogram<u64>,
    late: u64,
    late_after: SimDuration,
}

impl Stats {
    pub(super) fn new(scale: TimeScale) -> Self {
        Self {
            sent: 0,
            concluded: 0,
            unsent: 0,
            kept_waiting: 0,
            short_circuited: 0,
            connect_failures: 0,
            odd: 0,
            first_odd: None,
            failures: failed::Tally::default(),
            uses: 0,
            authorised: 0,
            gave_up: 0,
            raw: histogram(),
            corrected: histogram(),
            lag: histogram(),
            late: 0,
            late_after: scale.compress(LATE_WALL).min(LATE),
        }
    }

    /// An attempt is sent, so late.
    pub(super) fn sent(&mut self, lag: SimDuration) {
        self.sent += 1;
        self.lag.saturating_record(lag.as_micros());
        self.late += u64::from(lag > self.late_after);
    }

    /// An attempt that was sent has ended.
    pub(super) fn concluded(&mut self, intended_at: SimTime, sent_at: SimTime, now: SimTime) {
        self.concluded += 1;
        self.raw.saturating_record(now.since(sent_at).as_micros());
        self.corrected.saturating_record(now.since(intended_at).as_micros());
    }

    /// An answer fitted no token endpoint.
    pub(super) fn odd(&mut self, status: u16) {
        self.odd += 1;
        self.first_odd.get_or_insert(status);
    }

    pub(super) fn finish(
        self,
        (gauge, crossed): (&Gauge, u64),
        unfinished: u64,
        (ended_at, interrupted): (SimTime, bool),
    ) -> Finished {
        Finished {
            sent: self.sent,
            concluded: self.concluded,
            unfinished,
            unsent: self.unsent,
            kept_waiting: self.kept_waiting,
            short_circuited: self.short_circuited,
            raw: self.raw,
            corrected: self.corrected,
            lag: self.lag,
            late: self.late,
            late_after: self.late_after,
            connections: Connections {
                peak: gauge.peak(),
                opened: gauge.opened(),
                failed: self.connect_failures,
                starved: gauge.starved(),
                crossed,
            },
            odd: self.odd,
            first_odd: self.first_odd,
            failures: self.failures.into_counts(),
            uses: self.uses,
            authorised: self.authorised,
            gave_up: self.gave_up,
            ended_at,
            interrupted,
        }
    }
}

/// Microseconds, three significant digits.
#[expect(clippy::expect_used, reason = "the bounds are constants")]
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_MICROS, 3).expect("1 ≤ high / 2 and 3 ≤ 5 digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(scale: TimeScale, lags_micros: &[u64]) -> Finished {
        let mut stats = Stats::new(scale);
        for lag in lags_micros {
            stats.sent(SimDuration::from_micros(*lag));
        }
        stats.finish((&Gauge::new(1), 0), 0, (SimTime::ZERO, false))
    }

    #[test]
    fn one_late_attempt_in_a_hundred_is_tolerated() {
        let mut lags = vec![9_000; 99];
        lags.push(50_000);
        assert_eq!(finished(TimeScale::REAL, &lags).fell_behind(), None);
        lags.push(50_000);
        let doubt = finished(TimeScale::REAL, &lags).fell_behind().unwrap();
        assert!(doubt.late_share > 0.019 && doubt.late_share < 0.02);
        assert_eq!(doubt.late_after, SimDuration::from_millis(10));
        assert!(doubt.to_string().contains("2.0 % of the attempts were sent more than 10 ms late"));
    }

    #[test]
    fn what_is_late_grows_with_the_time_scale_up_to_a_second() {
        for (scale, millis) in [("1", 10), ("60", 600), ("3600", 1_000)] {
            let late_after = finished(scale.parse().unwrap(), &[]).late_after;
            assert_eq!(late_after, SimDuration::from_millis(millis));
        }
        assert_eq!(finished(TimeScale::EXACT, &[]).late_after, SimDuration::from_micros(10));
    }

    #[test]
    fn an_attempt_that_is_never_sent_is_late() {
        let mut finished = finished(TimeScale::REAL, &[0; 10]);
        assert_eq!(finished.fell_behind(), None);
        finished.unsent = 1;
        assert!(finished.fell_behind().is_some());
    }
}
