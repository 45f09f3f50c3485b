//! Ticks: round counts, decades, instants in UTC, lengths of time.

use crate::report::clock::Clock;
use crate::report::words::{count, duration};

/// A tick: where it stands, and what is written at it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Its place in the unit of the axis.
    pub(super) at: f64,
    /// What is written at it.
    pub(super) label: String,
    /// A second line: the date, at the first tick and at midnight.
    pub(super) below: Option<String>,
}

impl Tick {
    fn plain(at: f64, label: String) -> Self {
        Self { at, label, below: None }
    }
}

/// Round numbers from 0 to the first one at or above `max`, about `steps` of them.
pub(super) fn counts(max: f64, steps: f64) -> Vec<Tick> {
    let max = if max > 0.0 { max } else { 1.0 };
    let step = round_step(max / steps);
    multiples(step, 0.0, round_up(max, step)).map(|at| Tick::plain(at, count(at))).collect()
}

/// Round percentages of a share, from 0.
pub(super) fn shares(max: f64, steps: f64) -> Vec<Tick> {
    let step = round_step(max.max(0.01) / steps);
    multiples(step, 0.0, round_up(max.max(0.01), step))
        .map(|at| Tick::plain(at, format!("{} %", count(at * 100.0))))
        .collect()
}

/// Powers of ten seconds within `[min, max]`.
pub(super) fn decades(min: f64, max: f64) -> Vec<Tick> {
    (-6..=7)
        .map(|power| 10_f64.powi(power))
        .filter(|at| (min..=max).contains(at))
        .map(|at| Tick::plain(at, duration(at)))
        .collect()
}

/// Lengths of time in hours, from 0 to `until`, in hours or days, at most `most` of them.
pub(super) fn lengths(until: f64, most: f64) -> Vec<Tick> {
    const STEPS: [f64; 17] = [
        0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0, 120.0, 168.0, 336.0,
        720.0, 2_160.0,
    ];
    let step = STEPS.into_iter().find(|step| until / step <= most).unwrap_or(until);
    let days = step >= 24.0;
    multiples(step, 0.0, until)
        .map(|at| {
            let label = match at {
                0.0 => "0".to_owned(),
                at if days => format!("{} d", count(at / 24.0)),
                at if step < 1.0 => duration(at * 3_600.0),
                at => format!("{} h", count(at)),
            };
            Tick::plain(at, label)
        })
        .collect()
}

/// Instants between two times (seconds since the clock's start), at most `most` of them.
pub(super) fn instants(clock: Clock, from: f64, until: f64, most: f64) -> Vec<Tick> {
    const STEPS: [f64; 20] = [
        1.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0,
        10_800.0, 21_600.0, 43_200.0, 86_400.0, 172_800.0, 432_000.0, 864_000.0,
    ];
    let step = STEPS
        .into_iter()
        .find(|step| (until - from) / step <= most)
        .unwrap_or_else(|| round_step((until - from) / most));
    // Multiples of the step since midnight, so that ticks fall on full hours and midnights.
    let offset = clock.seconds_past_midnight();
    let mut first = true;
    multiples(step, from + offset, until + offset)
        .map(|at| {
            let shows_date = first || at.rem_euclid(86_400.0) < 0.5;
            first = false;
            instant(clock, at - offset, step, shows_date)
        })
        .collect()
}

fn instant(clock: Clock, at: f64, step: f64, shows_date: bool) -> Tick {
    let Some(utc) = clock.at(at) else {
        return Tick::plain(at, format!("+{}", duration(at)));
    };
    if step >= 86_400.0 {
        return Tick::plain(at, utc.strftime("%-d %b").to_string());
    }
    let time = if step < 60.0 { "%H:%M:%S" } else { "%H:%M" };
    Tick {
        at,
        label: utc.strftime(time).to_string(),
        below: shows_date.then(|| utc.strftime("%-d %b").to_string()),
    }
}

/// 1, 2 or 5 times a power of ten: the smallest at or above `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let factor =
        [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= rough * 0.999_999);
    factor.unwrap_or(10.0) * power
}

fn round_up(value: f64, step: f64) -> f64 {
    (value / step - 1e-9).ceil().max(1.0) * step
}

/// Multiples of `step` in `[from, until]`.
fn multiples(step: f64, from: f64, until: f64) -> impl Iterator<Item = f64> {
    let first = (from / step - 1e-9).ceil();
    let last = (until / step + 1e-9).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a handful of ticks; the cast saturates"
    )]
    let ticks = (last - first + 1.0).clamp(0.0, 1_000.0) as u32;
    (0..ticks).map(move |tick| (first + f64::from(tick)) * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn counts_are_round_and_reach_the_largest() {
        assert_eq!(labels(&counts(14_893.0, 4.0)), ["0", "5,000", "10,000", "15,000"]);
        assert_eq!(labels(&counts(1.0, 4.0)), ["0", "0.5", "1"]);
        assert_eq!(labels(&shares(0.38, 2.0)), ["0 %", "20 %", "40 %"]);
    }

    #[test]
    fn instants_fall_on_full_hours_and_midnights() {
        let clock = Clock::starting("2018-03-11T22:00:00Z");
        let hours = instants(clock, 3_600.0, 5.0 * 3_600.0, 5.0);
        assert_eq!(labels(&hours), ["23:00", "00:00", "01:00", "02:00", "03:00"]);
        let dates: Vec<_> = hours.iter().map(|tick| tick.below.as_deref()).collect();
        assert_eq!(dates, [Some("11 Mar"), Some("12 Mar"), None, None, None]);
        let days = instants(clock, 0.0, 9.0 * 86_400.0, 5.0);
        assert_eq!(labels(&days), ["13 Mar", "15 Mar", "17 Mar", "19 Mar"]);
    }

    #[test]
    fn lengths_and_decades_name_their_unit() {
        assert_eq!(labels(&lengths(212.0, 6.0)), ["0", "2 d", "4 d", "6 d", "8 d"]);
        assert_eq!(labels(&lengths(5.0, 6.0)), ["0", "1 h", "2 h", "3 h", "4 h", "5 h"]);
        assert_eq!(labels(&decades(0.02, 150.0)), ["100 ms", "1 s", "10 s", "100 s"]);
    }
}
