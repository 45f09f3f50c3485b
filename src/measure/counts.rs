//! Counters of one cohort of one arm in one replication.

use super::state::{Means, OrgState};
use super::stretches::Stretches;
use crate::protocol::Conclusion;

/// What became of an org, by the strongest means it needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Became {
    /// Neither lost an answer nor was ever disconnected.
    Unaffected = 0,
    /// A later attempt was accepted as a matter of course.
    Retry = 1,
    /// The grace window saved it.
    Grace = 2,
    /// The amnesty saved it.
    Amnesty = 3,
    /// A person re-authorised it.
    Person = 4,
    /// It is disconnected at the end.
    Never = 5,
    /// It is connected at the end, and has not refreshed since it was hit.
    Pending = 6,
}

/// How an attempt ended, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Ending {
    /// A token was stored.
    Stored = 0,
    /// A token arrived and was lost in a crash.
    Crashed = 1,
    /// The credential was refused.
    Refused = 2,
    /// The client gave up waiting.
    TimedOut = 3,
    /// The connection broke.
    Reset = 4,
    /// The answer was cut.
    Truncated = 5,
    /// A 5xx status.
    ServerError = 6,
    /// A 429 status.
    Throttled = 7,
    /// Broken off, because a person authorised the org anew.
    BrokenOff = 8,
    /// Still under way when the clock stopped.
    Unfinished = 9,
}

impl From<Conclusion> for Ending {
    fn from(conclusion: Conclusion) -> Self {
        match conclusion {
            Conclusion::Stored(_) => Self::Stored,
            Conclusion::Crashed => Self::Crashed,
            Conclusion::Refused => Self::Refused,
            Conclusion::TimedOut => Self::TimedOut,
            Conclusion::Reset => Self::Reset,
            Conclusion::Truncated => Self::Truncated,
            Conclusion::ServerError => Self::ServerError,
            Conclusion::Throttled => Self::Throttled,
            Conclusion::BrokenOff => Self::BrokenOff,
        }
    }
}

/// Integer totals over a set of orgs. Merging is addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Orgs.
    pub orgs: u64,
    /// Orgs that lost an answer after its commit.
    pub lost_answer: u64,
    /// Orgs that were ever disconnected.
    pub ever_disconnected: u64,
    /// Orgs re-authorised by a person, or disconnected at the end.
    pub needed_person: u64,
    /// Orgs by state at the end.
    pub at_end: [u64; 5],
    /// Orgs that recovered by each of the [`Means`], at least once.
    pub recovered: [u64; 4],
    /// Orgs by what became of them.
    pub became: [u64; 7],
    /// Attempts sent.
    pub sent: u64,
    /// Attempts by how they ended.
    pub ended: [u64; 10],
    /// Attempts that apps did not make, because they left the server alone: neither sent nor ended.
    pub short_circuited: u64,
    /// Attempts that were committed and whose answer was not stored.
    pub committed_and_lost: u64,
    /// Time disconnected, in org-microseconds.
    pub disconnected_micros: u128,
    /// Time without an access token that the server would honour.
    pub without_access: Stretches,
    /// Time in which a superseded credential would have been honoured, in org-microseconds.
    pub exposed_micros: u128,
    /// Per disconnected state and time bin: orgs that entered less orgs that left.
    pub entered: [Vec<i64>; 4],
}

impl Counts {
    /// No orgs yet, over a grid of `bins`.
    pub fn new(bins: usize) -> Self {
        Self {
            orgs: 0,
            lost_answer: 0,
            ever_disconnected: 0,
            needed_person: 0,
            at_end: [0; 5],
            recovered: [0; 4],
            became: [0; 7],
            sent: 0,
            ended: [0; 10],
            short_circuited: 0,
            committed_and_lost: 0,
            disconnected_micros: 0,
            without_access: Stretches::new(bins),
            exposed_micros: 0,
            entered: std::array::from_fn(|_| vec![0; bins]),
        }
    }

    /// Adds the totals of another set of orgs over the same grid.
    pub fn merge(&mut self, other: &Self) {
        self.orgs += other.orgs;
        self.lost_answer += other.lost_answer;
        self.ever_disconnected += other.ever_disconnected;
        self.needed_person += other.needed_person;
        add(&mut self.at_end, &other.at_end);
        add(&mut self.recovered, &other.recovered);
        add(&mut self.became, &other.became);
        self.sent += other.sent;
        add(&mut self.ended, &other.ended);
        self.short_circuited += other.short_circuited;
        self.committed_and_lost += other.committed_and_lost;
        self.disconnected_micros += other.disconnected_micros;
        self.without_access.merge(&other.without_access);
        self.exposed_micros += other.exposed_micros;
        for (mine, theirs) in self.entered.iter_mut().zip(&other.entered) {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// Orgs in a disconnected state at the end of each bin.
    pub fn in_state(&self, state: OrgState) -> Vec<i64> {
        let entered = state.index().checked_sub(1).and_then(|index| self.entered.get(index));
        entered.map(|entered| running_sum(entered)).unwrap_or_default()
    }

    /// Orgs disconnected at the end of each bin.
    pub fn disconnected(&self) -> Vec<i64> {
        let bins = self.entered[0].len();
        let all: Vec<_> =
            (0..bins).map(|bin| self.entered.iter().map(|entered| entered[bin]).sum()).collect();
        running_sum(&all)
    }

    /// Attempts that ended so.
    pub const fn ended_as(&self, ending: Ending) -> u64 {
        self.ended[ending as usize]
    }

    /// Orgs that became so.
    pub const fn that_became(&self, became: Became) -> u64 {
        self.became[became as usize]
    }

    /// Orgs that recovered by these means at least once.
    pub const fn recovered_by(&self, means: Means) -> u64 {
        self.recovered[means as usize]
    }

    /// Every attempt ends exactly once, and every org is in exactly one state.
    pub fn balances(&self) -> bool {
        self.sent == self.ended.iter().sum::<u64>()
            && self.orgs == self.at_end.iter().sum::<u64>()
            && self.orgs == self.became.iter().sum::<u64>()
    }
}

fn add<const N: usize>(mine: &mut [u64; N], theirs: &[u64; N]) {
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
}

pub(super) fn running_sum(steps: &[i64]) -> Vec<i64> {
    let mut sum = 0;
    steps
        .iter()
        .map(|step| {
            sum += step;
            sum
        })
        .collect()
}
