//! Writes down what a swarm does where the server is somebody else's.
//!
//! Only the clients' side is known. An org is stale from a refusal to its next token ([`as_seen`]); that
//! an answer was lost after its commit, or which leniency a token is owed to, nobody can tell from
//! here, so those counts stay empty: recoveries count as retries, or as a person's. Lines of
//! the ledger have no commits.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use super::watch::{Concluded, Sent, Watch, as_seen};
use crate::base::{SimDuration, SimTime};
use crate::client::{AttemptId, Credentials};
use crate::measure::{self, Means, OrgEnd, OrgState, Sheet, TimeGrid, Track};
use crate::protocol::Conclusion;
use crate::world::{Delivery, Entry, LedgerEvent, Row, RowTeller, Stage, Swarm};

/// What the clients of a swarm did.
#[derive(Debug)]
pub struct Recorder(RefCell<Record>);

#[derive(Debug)]
struct Record {
    sheet: Sheet,
    orgs: Vec<Seen>,
    open: BTreeMap<(u32, AttemptId), Entry>,
    done: VecDeque<Entry>,
    /// How many lines to keep; `None` for all.
    keep: Option<usize>,
    /// Where the rows are told as they are done, if anywhere.
    rows: Option<RowTeller>,
}

/// One org.
#[derive(Debug)]
struct Seen {
    cohort: usize,
    track: Track,
    /// Life of its access tokens, by the scenario.
    ttl: SimDuration,
    /// Up to when it has access, or had it, as far as its client can tell: the life of its last token,
    /// counted from when that was stored.
    access_until: SimTime,
}

impl Seen {
    /// Its client stored a token at `now`.
    fn stored(&mut self, means: Means, now: SimTime, recorder: &mut measure::Recorder<'_>) {
        self.track.stored(means);
        self.count_absence(now, recorder);
        self.access_until = now + self.ttl;
    }

    /// Counts the time without access up to `now`.
    fn count_absence(&self, now: SimTime, recorder: &mut measure::Recorder<'_>) {
        if self.access_until < now {
            recorder.without_access(self.access_until, now);
        }
    }

    /// Whoever deleted its credentials has no access.
    fn hold(&mut self, credentials: Credentials, now: SimTime) {
        if credentials.stored.is_none() {
            self.access_until = self.access_until.min(now);
        }
    }
}

impl Recorder {
    /// Nothing yet, of a swarm that is connected. The last `keep` lines of the ledger are kept, or all.
    pub fn new(stage: &Stage, swarm: &Swarm, grid: TimeGrid, keep: Option<usize>) -> Self {
        let world = stage.world();
        let orgs = swarm.range(0..swarm.orgs());
        Self(RefCell::new(Record {
            sheet: Sheet::new(grid, world.cohorts.len(), world.duration),
            orgs: orgs.map(|org| seen(stage, org.cohort)).collect(),
            open: BTreeMap::new(),
            done: VecDeque::new(),
            keep,
            rows: None,
        }))
    }

    /// From now on the rows of the ledger are told as they are done.
    pub fn tell_rows(&self, rows: Option<RowTeller>) {
        self.0.borrow_mut().rows = rows;
    }

    /// The clock stops at `end`: how each org ended, what was counted, and the lines of the ledger,
    /// those of attempts under way last.
    pub fn finish(self, end: SimTime) -> (Vec<OrgEnd>, Sheet, Vec<Entry>) {
        let Record { mut sheet, orgs, open, done, rows, .. } = self.0.into_inner();
        for (org, _) in open.keys() {
            sheet.recorder(orgs[*org as usize].cohort).unfinished(1);
        }
        let ends = orgs.into_iter().map(|org| {
            let mut recorder = sheet.recorder(org.cohort);
            org.count_absence(end, &mut recorder);
            org.track.finish(end, &mut recorder)
        });
        let ends: Vec<_> = ends.collect();
        if let Some(rows) = rows {
            for entry in open.values() {
                rows.tell(Row::Attempt(entry.clone()));
            }
            for (org, how) in (0..).zip(&ends) {
                rows.tell(Row::Event { org, at: end, event: LedgerEvent::End(*how) });
            }
        }
        (ends, sheet, done.into_iter().chain(open.into_values()).collect())
    }
}

impl Watch for Recorder {
    fn sent(&self, sent: Sent) {
        let Sent { org, attempt, presented, intended_at, sent_at } = sent;
        let record = &mut *self.0.borrow_mut();
        record.sheet.recorder(record.orgs[org as usize].cohort).sent();
        let entry = Entry { sent_at, ..Entry::begun(org.into(), attempt, presented, intended_at) };
        record.open.insert((org, attempt), entry);
    }

    fn concluded(&self, concluded: Concluded) {
        let Concluded { org, attempt, intended_at, sent_at, now, conclusion, credentials } =
            concluded;
        let record = &mut *self.0.borrow_mut();
        let seen = &mut record.orgs[org as usize];
        let mut recorder = record.sheet.recorder(seen.cohort);
        if sent_at.is_some() {
            recorder.concluded(now, conclusion, now.since(intended_at));
        }
        if let Conclusion::Stored(_) = conclusion {
            seen.stored(Means::Retry, now, &mut recorder);
        }
        seen.hold(credentials, now);
        let state = as_seen(seen.track.state(), credentials, conclusion);
        seen.track.enter(state, now, &mut recorder);
        if let Some(mut entry) = record.open.remove(&(org, attempt)) {
            entry.delivery = delivery(conclusion);
            entry.concluded = Some((now, conclusion));
            record.write(entry);
        }
    }

    fn short_circuited(&self, org: u32, credentials: Credentials, now: SimTime) {
        let record = &mut *self.0.borrow_mut();
        let seen = &mut record.orgs[org as usize];
        let mut recorder = record.sheet.recorder(seen.cohort);
        recorder.short_circuited();
        seen.hold(credentials, now);
        let state = as_seen(seen.track.state(), credentials, Conclusion::ServerError);
        seen.track.enter(state, now, &mut recorder);
        record.happened(org, now, LedgerEvent::ShortCircuited);
    }

    fn authorised(&self, org: u32, _: Credentials, now: SimTime) {
        let record = &mut *self.0.borrow_mut();
        let seen = &mut record.orgs[org as usize];
        let mut recorder = record.sheet.recorder(seen.cohort);
        seen.stored(Means::Person, now, &mut recorder);
        seen.track.enter(OrgState::Connected, now, &mut recorder);
        record.happened(org, now, LedgerEvent::Reauthorised);
    }
}

impl Record {
    fn happened(&self, org: u32, at: SimTime, event: LedgerEvent) {
        if let Some(rows) = &self.rows {
            rows.tell(Row::Event { org: org.into(), at, event });
        }
    }

    fn write(&mut self, entry: Entry) {
        if let Some(rows) = &self.rows {
            rows.tell(Row::Attempt(entry.clone()));
        }
        self.done.push_back(entry);
        if self.keep.is_some_and(|keep| self.done.len() > keep) {
            self.done.pop_front();
        }
    }
}

/// An org at the clock's start.
fn seen(stage: &Stage, cohort: usize) -> Seen {
    let ttl = stage.rules(cohort).access_token_ttl;
    Seen { cohort, track: Track::new(), ttl, access_until: SimTime::ZERO + ttl }
}

/// What became of the answer, as far as its client can tell.
const fn delivery(conclusion: Conclusion) -> Delivery {
    match conclusion {
        Conclusion::Stored(_) | Conclusion::Crashed | Conclusion::Refused => Delivery::Answered,
        Conclusion::Throttled => Delivery::Throttled,
        Conclusion::TimedOut
        | Conclusion::Reset
        | Conclusion::Truncated
        | Conclusion::ServerError
        | Conclusion::BrokenOff => Delivery::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Distribution, Seed, SimDuration};
    use crate::client::{Profile, Schedule, Trigger};
    use crate::live::swarm::tests::Scene;
    use crate::measure::Became;
    use crate::protocol::Generation;

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    fn recorder(orgs: u32) -> Recorder {
        let trigger =
            Trigger::Periodic { every: SimDuration::from_secs(9), schedule: Schedule::Aligned };
        let end = at(100);
        let scene = Scene { orgs, profile: Profile::new(trigger), end, ..Scene::new() };
        let one = Distribution::exactly(SimDuration::from_micros(1));
        let swarm = Swarm::draw(Seed(1), [(orgs, &one)]).unwrap();
        let bin = SimDuration::from_secs(10);
        let grid = TimeGrid::new(end.since(SimTime::ZERO), bin, None);
        Recorder::new(&scene.stage(), &swarm, grid, Some(2))
    }

    fn attempt(recorder: &Recorder, (org, n): (u32, u32), now: SimTime, conclusion: Conclusion) {
        let attempt = AttemptId { refresh: n, attempt: 0 };
        let (presented, intended_at, sent_at) = (Generation(0), now, now);
        recorder.sent(Sent { org, attempt, presented, intended_at, sent_at });
        let credentials = Credentials { stored: Some(Generation(0)), is_trying: true };
        let sent_at = Some(sent_at);
        recorder.concluded(Concluded {
            org,
            attempt,
            intended_at,
            sent_at,
            now,
            conclusion,
            credentials,
        });
    }

    #[test]
    fn an_org_is_disconnected_from_a_refusal_to_a_token_or_a_person() {
        let recorder = recorder(4);
        attempt(&recorder, (0, 1), at(10), Conclusion::Refused);
        attempt(&recorder, (0, 2), at(30), Conclusion::Stored(Generation(1)));
        attempt(&recorder, (1, 1), at(40), Conclusion::Refused);
        recorder.authorised(1, Credentials { stored: None, is_trying: true }, at(45));
        attempt(&recorder, (2, 1), at(80), Conclusion::Refused);
        attempt(&recorder, (3, 1), at(90), Conclusion::TimedOut);
        let (ends, sheet, entries) = recorder.finish(at(100));
        let became: Vec<_> = ends.iter().map(|end| end.became).collect();
        assert_eq!(became, [Became::Retry, Became::Person, Became::Never, Became::Unaffected]);
        let counts = &sheet.counts[0];
        assert!(counts.balances());
        assert_eq!(counts.sent, 5);
        assert_eq!(counts.disconnected_micros, (20 + 5 + 20) * 1_000_000);
        assert_eq!(entries.len(), 2, "the last two lines are kept");
    }

    #[test]
    fn what_was_never_sent_counts_nowhere_and_what_goes_on_is_unfinished() {
        let recorder = recorder(1);
        let attempt = AttemptId { refresh: 1, attempt: 0 };
        let (presented, intended_at) = (Generation(0), at(1));
        let credentials = Credentials { stored: Some(presented), is_trying: false };
        recorder.concluded(Concluded {
            org: 0,
            attempt,
            intended_at,
            sent_at: None,
            now: at(2),
            conclusion: Conclusion::TimedOut,
            credentials,
        });
        recorder.sent(Sent { org: 0, attempt, presented, intended_at, sent_at: at(3) });
        let (ends, sheet, entries) = recorder.finish(at(100));
        assert_eq!(ends[0].state, OrgState::Stopped);
        assert!(sheet.counts[0].balances());
        assert_eq!((sheet.counts[0].sent, entries.len()), (1, 1));
    }
}
