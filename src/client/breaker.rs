//! When an app leaves an ill server alone.
//!
//! ```text
//!            failures ≥ share of the last N           open_for has passed
//!   closed ────────────────────────────────► open ◄──────────────────────┐ the probe failed
//!     ▲                                        │ first attempt after that │
//!     └──────────── the probe was answered ◄── half-open: one probe ──────┘
//! ```
//!
//! The circuit breaker of Nygard, "Release It!" (2007), over a window of attempts as Resilience4j has
//! it: nothing is judged before the window is full. Attempts that were sent before it opened tell it
//! nothing while it is open: only the probe does.

use std::collections::VecDeque;

use super::restraint::CircuitBreaker;
use crate::base::{SimDuration, SimTime};

/// A breaker and what it has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    /// Attempts of the window.
    over: usize,
    /// Failures among them that open it.
    opens_at: u64,
    open_for: SimDuration,
    state: State,
    /// Whether each of the last attempts failed.
    window: VecDeque<bool>,
    failures: u64,
}

/// The right to one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pass {
    /// As always.
    Ordinary,
    /// The breaker waits for how this one ends.
    Probe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: SimTime },
    HalfOpen,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(terms: CircuitBreaker) -> Self {
        let over = terms.over.max(1);
        let share = terms.failures.millionths();
        Self {
            over: usize::from(over),
            opens_at: (share * u64::from(over)).div_ceil(1_000_000).max(1),
            open_for: terms.open_for,
            state: State::Closed,
            window: VecDeque::new(),
            failures: 0,
        }
    }

    /// Whether an attempt may be made at `now`.
    pub fn admit(&mut self, now: SimTime) -> Option<Pass> {
        match self.state {
            State::Closed => Some(Pass::Ordinary),
            State::Open { until } if until <= now => {
                self.state = State::HalfOpen;
                Some(Pass::Probe)
            }
            State::Open { .. } | State::HalfOpen => None,
        }
    }

    /// An attempt with this pass ended at `now`, and the server `failed` it or not.
    pub fn concluded(&mut self, now: SimTime, pass: Pass, failed: bool) {
        match (self.state, pass) {
            (State::Closed, _) => {
                self.see(failed);
                if self.window.len() == self.over && self.failures >= self.opens_at {
                    self.open(now);
                }
            }
            (State::HalfOpen, Pass::Probe) if failed => self.open(now),
            (State::HalfOpen, Pass::Probe) => self.state = State::Closed,
            (State::HalfOpen, Pass::Ordinary) | (State::Open { .. }, _) => {}
        }
    }

    /// An attempt with this pass was broken off at `now`: that says nothing. The next one is the probe.
    pub fn broken_off(&mut self, now: SimTime, pass: Pass) {
        if (self.state, pass) == (State::HalfOpen, Pass::Probe) {
            self.state = State::Open { until: now };
        }
    }

    fn see(&mut self, failed: bool) {
        if self.window.len() == self.over {
            self.failures -= u64::from(self.window.pop_front() == Some(true));
        }
        self.window.push_back(failed);
        self.failures += u64::from(failed);
    }

    fn open(&mut self, now: SimTime) {
        self.state = State::Open { until: now + self.open_for };
        self.window.clear();
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Probability;
    use crate::client::Per;

    /// Opens at two failures among the last four, for ten seconds.
    fn breaker() -> Breaker {
        breaker_of(0.5, 4)
    }

    fn breaker_of(failures: f64, over: u16) -> Breaker {
        let failures = Probability::new(failures).unwrap();
        let open_for = SimDuration::from_secs(10);
        Breaker::new(CircuitBreaker { failures, over, open_for, per: Per::Partner })
    }

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    /// Plays `+` an answered attempt, `-` a failed one, one a second; how many were admitted.
    fn play(breaker: &mut Breaker, from: u64, script: &str) -> usize {
        let attempts = (from..).zip(script.chars());
        let admitted = attempts.filter(|(second, ends)| {
            let pass = breaker.admit(at(*second));
            pass.is_some_and(|pass| {
                breaker.concluded(at(*second), pass, *ends == '-');
                true
            })
        });
        admitted.count()
    }

    #[test]
    fn it_opens_when_enough_of_a_full_window_failed() {
        for (script, admitted) in [
            ("----+", 4),
            ("---+-", 4),
            ("++--+", 4),
            ("+-+++-+", 7),
            ("+-++--+", 5),
            ("-+++-+++-+++", 12),
        ] {
            assert_eq!(play(&mut breaker(), 0, script), admitted, "{script}");
        }
    }

    #[test]
    fn the_share_is_exact() {
        // 7 % of 100 is 7, though 0.07 × 100 is a little more in floating point.
        let (below, enough) = ("-".repeat(6) + &"+".repeat(94), "-".repeat(7) + &"+".repeat(93));
        assert_eq!(play(&mut breaker_of(0.07, 100), 0, &(below + "+")), 101);
        assert_eq!(play(&mut breaker_of(0.07, 100), 0, &(enough + "+")), 100);
    }

    #[test]
    fn one_probe_decides() {
        let mut it = breaker();
        assert_eq!(play(&mut it, 0, "----"), 4);
        assert_eq!(it.admit(at(12)), None, "open until 3 + 10");
        assert_eq!(it.admit(at(13)), Some(Pass::Probe));
        assert_eq!(it.admit(at(14)), None, "the probe is under way");
        it.concluded(at(15), Pass::Ordinary, false);
        assert_eq!(it.admit(at(15)), None, "an answer to another attempt decides nothing");
        it.concluded(at(16), Pass::Probe, true);
        assert_eq!(it.admit(at(25)), None);
        assert_eq!(it.admit(at(26)), Some(Pass::Probe));
        it.concluded(at(27), Pass::Probe, false);
        assert_eq!(play(&mut it, 28, "---+-"), 4, "closed, with an empty window");
    }

    #[test]
    fn a_probe_that_is_broken_off_leaves_its_place_to_the_next() {
        let mut it = breaker();
        play(&mut it, 0, "----");
        assert_eq!(it.admit(at(13)), Some(Pass::Probe));
        it.broken_off(at(14), Pass::Probe);
        assert_eq!(it.admit(at(14)), Some(Pass::Probe));
    }
}
