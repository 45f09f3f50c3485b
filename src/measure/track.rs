//! One org, followed through one run.
#![expect(clippy::inline_always, reason = "an attempt in a row is little else")]

use super::at_once::Steps;
use super::counts::{Became, Counts, Ending};
use super::grid::TimeGrid;
use super::latencies::Latencies;
use super::series::{Outcome, Series};
use super::spread::Spread;
use super::state::{Means, OrgState};
use crate::base::{SimDuration, SimTime};
use crate::protocol::Conclusion;

/// Where the findings about one org go.
#[derive(Debug)]
pub struct Recorder<'a> {
    /// The time bins.
    pub grid: &'a TimeGrid,
    /// Totals of the org's cohort in this replication.
    pub counts: &'a mut Counts,
    /// Distributions of the org's cohort.
    pub spread: &'a mut Spread,
    /// Attempts over time.
    pub series: &'a mut Series,
    /// When orgs of the cohort were disconnected and reconnected.
    pub steps: &'a mut Steps,
}

impl Recorder<'_> {
    /// An attempt was sent.
    #[inline]
    pub fn sent(&mut self) {
        self.counts.sent += 1;
    }

    /// The server worked on a request for so long.
    #[inline]
    pub fn served(&mut self, sojourn: SimDuration) {
        self.spread.served(sojourn);
    }

    /// An attempt ended for the client at `now`, so long after its intended time.
    #[inline]
    pub fn concluded(&mut self, now: SimTime, conclusion: Conclusion, waited: SimDuration) {
        self.counts.ended[Ending::from(conclusion) as usize] += 1;
        self.spread.waited(waited);
        self.series.record(self.grid.bin(now), conclusion.into(), waited);
    }

    /// An attempt was not made, because the app leaves the server alone for now.
    pub fn short_circuited(&mut self) {
        self.counts.short_circuited += 1;
    }

    /// Attempts follow each other that all end like this, as soon as the server is done with them.
    #[inline]
    pub fn row(&mut self, conclusion: Conclusion, keep: Keep) -> Row<'_> {
        Row {
            grid: self.grid,
            alike: self.spread.alike(),
            series: self.series,
            counts: self.counts,
            ending: conclusion.into(),
            outcome: conclusion.into(),
            keep,
            attempts: 0,
            bin: 0,
        }
    }

    /// So many attempts were under way when the clock stopped.
    pub fn unfinished(&mut self, attempts: u64) {
        self.counts.ended[Ending::Unfinished as usize] += attempts;
    }

    /// An org held no access token that the server would honour, from one instant to the other.
    #[inline]
    pub fn without_access(&mut self, from: SimTime, until: SimTime) {
        self.counts.without_access.add(self.grid, from, until);
    }

    /// A superseded credential would have been honoured for so long.
    #[inline]
    pub fn exposed(&mut self, span: SimDuration) {
        self.counts.exposed_micros += u128::from(span.as_micros());
    }
}

/// What is kept of a row of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All that is kept of others.
    All,
    /// How many there were; neither their latencies, nor when they ended, nor who was without access.
    Counts,
}

/// Attempts that all end alike, as soon as the server is done with them.
#[derive(Debug)]
pub struct Row<'a> {
    grid: &'a TimeGrid,
    alike: &'a mut Latencies,
    series: &'a mut Series,
    counts: &'a mut Counts,
    ending: Ending,
    outcome: Outcome,
    keep: Keep,
    attempts: u64,
    /// In which the last of them ended, if that is kept.
    bin: usize,
}

impl Row<'_> {
    /// An attempt was sent, served and answered by `now`, after so long.
    #[inline(always)]
    pub fn ended(&mut self, now: SimTime, latency: SimDuration) {
        self.attempts += 1;
        if self.keep == Keep::All {
            self.alike.record(latency);
            self.bin = self.grid.bin(now);
            self.series.record(self.bin, self.outcome, latency);
        }
    }

    /// Before the last of them ended, its org held no access token that the server would honour.
    #[inline]
    pub fn without_access(&mut self, from: SimTime, until: SimTime) {
        if self.keep == Keep::All {
            self.counts.without_access.add_within(self.grid, self.bin, (from, until));
        }
    }

    /// The last of them is over.
    pub fn close(self) {
        self.counts.sent += self.attempts;
        self.counts.ended[self.ending as usize] += self.attempts;
    }
}

/// What is remembered of one org while its run goes on.
#[derive(Debug, Clone)]
pub struct Track {
    state: OrgState,
    disconnected_at: SimTime,
    /// An answer was lost, or the org was disconnected, and no token was stored since.
    open: bool,
    lost_answer: bool,
    ever_disconnected: bool,
    recovered: [bool; 4],
}

/// What a track comes down to: its state, and flags in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackBits {
    /// The lowest ten bits: state (3), open, lost answer, ever disconnected, recovered by each of four means.
    pub bits: u16,
    /// Since when it is disconnected, if it is.
    pub disconnected_at: SimTime,
}

/// How one org's run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrgEnd {
    /// Whether a person re-authorised it, or it is disconnected.
    pub needed_person: bool,
    /// What became of it.
    pub became: Became,
    /// Its state.
    pub state: OrgState,
}

impl Default for Track {
    fn default() -> Self {
        Self::new()
    }
}

impl Track {
    /// A connected org.
    pub const fn new() -> Self {
        Self {
            state: OrgState::Connected,
            disconnected_at: SimTime::NEVER,
            open: false,
            lost_answer: false,
            ever_disconnected: false,
            recovered: [false; 4],
        }
    }

    /// What it comes down to.
    #[inline]
    pub fn bits(&self) -> TrackBits {
        let flags = [self.open, self.lost_answer, self.ever_disconnected];
        let flags = flags.iter().chain(&self.recovered);
        let bits = flags
            .zip(3..)
            .fold(self.state as u16, |bits, (flag, place)| bits | u16::from(*flag) << place);
        TrackBits { bits, disconnected_at: self.disconnected_at }
    }

    /// The track that came down to `bits`.
    #[inline]
    pub fn from_bits(TrackBits { bits, disconnected_at }: TrackBits) -> Self {
        let flag = |place: u32| bits >> place & 1 == 1;
        Self {
            state: OrgState::of(bits & 7),
            disconnected_at,
            open: flag(3),
            lost_answer: flag(4),
            ever_disconnected: flag(5),
            recovered: [flag(6), flag(7), flag(8), flag(9)],
        }
    }

    /// Whether an answer was lost, or the org was disconnected, and no token was stored since.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// The org's state.
    pub const fn state(&self) -> OrgState {
        self.state
    }

    /// The org is in `state` from `now` on.
    #[inline]
    pub fn enter(&mut self, state: OrgState, now: SimTime, recorder: &mut Recorder<'_>) {
        if state != self.state {
            self.change(state, now, recorder);
        }
    }

    #[cold]
    fn change(&mut self, state: OrgState, now: SimTime, recorder: &mut Recorder<'_>) {
        let bin = recorder.grid.bin(now);
        if let Some(left) = self.state.index().checked_sub(1) {
            recorder.counts.entered[left][bin] -= 1;
        }
        if let Some(entered) = state.index().checked_sub(1) {
            recorder.counts.entered[entered][bin] += 1;
        }
        match (self.state.is_disconnected(), state.is_disconnected()) {
            (false, true) => {
                self.disconnected_at = now;
                self.open = true;
                self.ever_disconnected = true;
                recorder.steps.down(now);
            }
            (true, false) => {
                let lasted = now.since(self.disconnected_at);
                recorder.counts.disconnected_micros += u128::from(lasted.as_micros());
                recorder.spread.disconnection.event(lasted);
                recorder.steps.up(now);
            }
            (false, false) | (true, true) => {}
        }
        self.state = state;
    }

    /// The server committed a refresh, and the client did not store the answer.
    pub fn lost_answer(&mut self, recorder: &mut Recorder<'_>) {
        recorder.counts.committed_and_lost += 1;
        self.lost_answer = true;
        self.open = true;
    }

    /// The client stored a token, by these means if it had been hit.
    #[inline]
    pub fn stored(&mut self, means: Means) {
        if self.open {
            self.open = false;
            self.recovered[means as usize] = true;
        }
    }

    /// The clock stopped.
    pub fn finish(mut self, end: SimTime, recorder: &mut Recorder<'_>) -> OrgEnd {
        if self.state.is_disconnected() {
            let lasted = end.since(self.disconnected_at);
            recorder.counts.disconnected_micros += u128::from(lasted.as_micros());
            recorder.spread.disconnection.censored(lasted);
        }
        let became = self.became();
        let needed_person = self.state.is_disconnected() || self.recovered[Means::Person as usize];
        let counts = &mut *recorder.counts;
        counts.orgs += 1;
        counts.lost_answer += u64::from(self.lost_answer);
        counts.ever_disconnected += u64::from(self.ever_disconnected);
        counts.needed_person += u64::from(needed_person);
        counts.at_end[self.state.index()] += 1;
        counts.became[became as usize] += 1;
        for (count, recovered) in counts.recovered.iter_mut().zip(&mut self.recovered) {
            *count += u64::from(*recovered);
        }
        OrgEnd { needed_person, became, state: self.state }
    }

    fn became(&self) -> Became {
        let by = |means: Means| self.recovered[means as usize];
        if self.state.is_disconnected() {
            Became::Never
        } else if by(Means::Person) {
            Became::Person
        } else if by(Means::Amnesty) {
            Became::Amnesty
        } else if by(Means::Grace) {
            Became::Grace
        } else if by(Means::Retry) {
            Became::Retry
        } else if self.open {
            Became::Pending
        } else {
            Became::Unaffected
        }
    }
}
