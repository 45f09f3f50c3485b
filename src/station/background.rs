//! Traffic besides refreshes: a stream of open arrivals, named one by one.
//!
//! A Poisson process whose rate follows the hour of the day, by thinning (Lewis and Shedler, 1979):
//! arrivals come at the highest rate, and each is kept with the share that its hour has of it.

use super::spec::BackgroundSpec;
use crate::base::{
    Distribution, Law, OrgKey, Probability, Purpose, QuantileTable, SimDuration, SimTime,
};

/// The stream. Its draws are named by the ordinal of the arrival, so all arms see the same one.
#[derive(Debug, Clone)]
pub struct Background {
    key: OrgKey,
    gap: QuantileTable,
    service: QuantileTable,
    keep: [Probability; 24],
    start_of_day: SimDuration,
    ordinal: u64,
    /// When the last arrival before thinning came, in nanoseconds.
    nanos: u64,
    next_at: SimTime,
}

impl Background {
    /// The stream of a replication; `key` names its draws. `None` if nothing ever comes.
    pub fn new(spec: &BackgroundSpec, key: OrgKey, start_of_day: SimDuration) -> Option<Self> {
        let highest = spec.by_hour.iter().copied().fold(0.0, f64::max);
        let rate = spec.per_second * highest;
        if rate <= 0.0 {
            return None;
        }
        // Nanoseconds: at 10,000 a second a microsecond would be a coarse unit.
        let gap = Distribution::new(Law::Exponential { mean: 1e9 / rate }).ok()?;
        let mut stream = Self {
            key,
            gap: QuantileTable::compile(&gap),
            service: QuantileTable::compile(&spec.service_time),
            keep: spec
                .by_hour
                .map(|factor| Probability::new(factor / highest).unwrap_or(Probability::ALWAYS)),
            start_of_day,
            ordinal: 0,
            nanos: 0,
            next_at: SimTime::ZERO,
        };
        stream.advance();
        Some(stream)
    }

    /// When the next one arrives.
    #[inline]
    pub const fn next_at(&self) -> SimTime {
        self.next_at
    }

    /// Which one that is.
    pub const fn ordinal(&self) -> u64 {
        self.ordinal
    }

    /// The next arrival: when it comes and what it takes.
    #[inline]
    pub fn pop(&mut self) -> (SimTime, SimDuration) {
        let at = self.next_at;
        let service = self.service.at(self.draw(Purpose::BackgroundService));
        self.advance();
        (at, SimDuration::from_micros(service))
    }

    /// Goes on to the next arrival that is kept.
    fn advance(&mut self) {
        loop {
            self.ordinal += 1;
            self.nanos += self.gap.at(self.draw(Purpose::BackgroundGap));
            let at = SimTime::from_micros(self.nanos / 1_000);
            if self.keep[self.hour(at)].says_yes(self.draw(Purpose::BackgroundKept)) {
                self.next_at = at;
                return;
            }
        }
    }

    /// The hour of the day at `at`.
    fn hour(&self, at: SimTime) -> usize {
        const HOUR: u64 = SimDuration::from_hours(1).as_micros();
        ((self.start_of_day.as_micros() + at.as_micros()) / HOUR % 24) as usize
    }

    #[expect(clippy::cast_possible_truncation, reason = "the ordinal is named in two parts")]
    fn draw(&self, purpose: Purpose) -> u64 {
        self.key.draw(self.ordinal as u32, (self.ordinal >> 32) as u16, purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;

    fn stream(per_second: f64, by_hour: [f64; 24]) -> Option<Background> {
        let service_time = Distribution::exponential(SimDuration::from_millis(5));
        let spec = BackgroundSpec { per_second, by_hour, service_time };
        Background::new(&spec, OrgKey::new(Seed(1), 0, 7), SimDuration::from_hours(23))
    }

    #[test]
    fn arrivals_follow_the_hour_of_the_day() {
        let mut by_hour = [0.0; 24];
        (by_hour[23], by_hour[1]) = (1.0, 0.25);
        let mut stream = stream(20.0, by_hour).unwrap();
        let mut counts = [0_u64; 24];
        let mut service = 0;
        while stream.next_at() < SimTime::ZERO + SimDuration::from_hours(24) {
            let (at, takes) = stream.pop();
            counts[stream.hour(at)] += 1;
            service += takes.as_micros();
        }
        // Poisson with means 72,000 and 18,000: five standard deviations, risk below 1e-6 each.
        assert!((70_658..73_342).contains(&counts[23]), "{}", counts[23]);
        assert!((17_329..18_671).contains(&counts[1]), "{}", counts[1]);
        assert_eq!(counts.iter().sum::<u64>(), counts[23] + counts[1]);
        let mean = service as f64 / (counts[23] + counts[1]) as f64;
        assert!((mean / 5_000.0 - 1.0).abs() < 0.017, "exponential, five standard errors: {mean}");
    }

    #[test]
    fn no_rate_is_no_stream() {
        assert!(stream(0.0, [1.0; 24]).is_none());
        assert!(stream(9.0, [0.0; 24]).is_none());
    }
}
