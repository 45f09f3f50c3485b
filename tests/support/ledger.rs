//! A ledger in memory, and what it comes to when it is folded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use amnesty::experiment::results::run_id;
use amnesty::experiment::{
    Findings, LedgerSection, LedgerSink, Options, Recording, Selection, run_recorded,
};
use amnesty::measure::{Counts, Ending};
use amnesty::scenario::Plan;
use amnesty::world::ledger_csv::{HEADING, Spelling, writer};
use amnesty::world::{Org, Row, Swarm};
use hdrhistogram::Histogram;

/// Takes sections in any order.
struct Memory<'a> {
    plan: &'a Plan,
    sections: Mutex<BTreeMap<u64, String>>,
}

struct Section<'a> {
    memory: &'a Memory<'a>,
    number: u64,
    out: csv::Writer<Vec<u8>>,
    spellings: BTreeMap<(usize, u32), Spelling>,
}

impl LedgerSink for Memory<'_> {
    fn section(&self, number: u64) -> Box<dyn LedgerSection + '_> {
        let (out, spellings) = (writer(Vec::new()), BTreeMap::new());
        Box::new(Section { memory: self, number, out, spellings })
    }

    fn has_failed(&self) -> bool {
        false
    }
}

impl LedgerSection for Section<'_> {
    fn push(&mut self, arm: usize, replication: u32, row: &Row) {
        let plan = self.memory.plan;
        let spelling = self.spellings.entry((arm, replication)).or_insert_with(|| {
            let run = run_id(&plan.digest, plan.seed.0);
            Spelling::new(&plan.arms[arm].name, replication, &run)
        });
        spelling.write(row, &mut self.out).unwrap();
    }

    fn close(self: Box<Self>) {
        let text = String::from_utf8(self.out.into_inner().unwrap()).unwrap();
        let known = self.memory.sections.lock().unwrap().insert(self.number, text);
        assert!(known.is_none(), "section {} was closed before", self.number);
    }
}

/// Runs a plan, and hands over its ledger as it would be written.
pub(crate) fn recorded(
    plan: &Plan,
    options: &Options<'_>,
    selection: &Selection,
    section_orgs: u64,
) -> (Findings, String) {
    let memory = Memory { plan, sections: Mutex::default() };
    let recording = Recording { selection, sink: &memory, section_orgs };
    let findings = run_recorded(plan, options, recording).unwrap();
    let sections = memory.sections.into_inner().unwrap();
    assert!(sections.keys().copied().eq(0..sections.len() as u64), "every section is there");
    (findings, HEADING.to_owned() + &sections.into_values().collect::<String>())
}

/// What the rows of one arm, replication and cohort come to.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    sent: u64,
    ended: [u64; 10],
    short_circuited: u64,
    committed_and_lost: u64,
    lost_answer: BTreeSet<u64>,
    reauthorised: BTreeSet<u64>,
    /// How each org ended: status, what became of it.
    ends: BTreeMap<u64, (String, String)>,
}

/// What a ledger comes to.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    parts: BTreeMap<(String, u32, usize), Folded>,
    /// Latencies of server and client, by arm and cohort.
    latencies: BTreeMap<(String, usize), [Vec<u64>; 2]>,
}

/// Folds a ledger.
pub(crate) fn fold(text: &str, swarm: &Swarm, run: &str) -> Fold {
    let cohorts: Vec<_> = swarm.range(0..swarm.orgs()).map(|org: Org| org.cohort).collect();
    let mut fold = Fold::default();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heading = reader.headers().unwrap().clone();
    let places: BTreeMap<_, _> = heading.iter().zip(0..).collect();
    assert_eq!(heading.iter().next_back(), Some("run"));
    for line in reader.records() {
        let line = line.unwrap();
        let field = |name: &str| &line[places[name]];
        let micros = |name: &str| {
            let digits = field(name).replace('.', "");
            (!digits.is_empty()).then(|| digits.parse::<u64>().unwrap())
        };
        assert_eq!(field("run"), run);
        let org: u64 = field("org").parse().unwrap();
        let arm = field("arm").to_owned();
        let cohort = cohorts[usize::try_from(org).unwrap()];
        let part = (arm.clone(), field("replication").parse().unwrap(), cohort);
        let part = fold.parts.entry(part).or_default();
        match field("event") {
            "attempt" => {
                part.sent += 1;
                part.ended[ending(field("conclusion")) as usize] += 1;
                let accepted = field("committed").split(';').any(|it| it.starts_with('T'));
                if accepted && !field("conclusion").starts_with("stored_") {
                    part.committed_and_lost += 1;
                    part.lost_answer.insert(org);
                }
                let [server, client] = fold.latencies.entry((arm, cohort)).or_default();
                if let Some(served) = micros("served_s") {
                    server.push(served - micros("sent_s").unwrap());
                }
                if let Some(concluded) = micros("concluded_s") {
                    client.push(concluded - micros("intended_s").unwrap());
                }
            }
            "short_circuited" => part.short_circuited += 1,
            "reauthorised" => drop(part.reauthorised.insert(org)),
            "end" => {
                let end = (field("status").to_owned(), field("became").to_owned());
                assert!(part.ends.insert(org, end).is_none(), "an org ends once");
            }
            other => assert_eq!(other, "", "an event of the ledger"),
        }
    }
    fold
}

fn ending(conclusion: &str) -> Ending {
    match conclusion {
        "crashed" => Ending::Crashed,
        "refused" => Ending::Refused,
        "timed_out" => Ending::TimedOut,
        "reset" => Ending::Reset,
        "truncated" => Ending::Truncated,
        "server_error" => Ending::ServerError,
        "throttled" => Ending::Throttled,
        "broken_off" => Ending::BrokenOff,
        "unfinished" => Ending::Unfinished,
        stored => {
            assert!(stored.starts_with("stored_T"), "{stored}");
            Ending::Stored
        }
    }
}

impl Folded {
    /// What differs from the counts, if anything does.
    fn differs(&self, counts: &Counts) -> Result<(), String> {
        let same = |what: &str, mine: u64, theirs: u64| {
            let message = || format!("{what}: {mine} in the ledger, {theirs} counted");
            if mine == theirs { Ok(()) } else { Err(message()) }
        };
        let states = ["connected", "stale", "stopped", "abandoned", "revoked"];
        let became = ["unaffected", "retry", "grace", "amnesty", "person", "never", "pending"];
        let ends = |is: &dyn Fn(&(String, String)) -> bool| {
            self.ends.values().filter(|end| is(end)).count() as u64
        };
        same("sent", self.sent, counts.sent)?;
        for (ending, (mine, theirs)) in self.ended.iter().zip(&counts.ended).enumerate() {
            same(&format!("ended as {ending}"), *mine, *theirs)?;
        }
        same("short-circuited", self.short_circuited, counts.short_circuited)?;
        same("committed and lost", self.committed_and_lost, counts.committed_and_lost)?;
        same("orgs that lost an answer", self.lost_answer.len() as u64, counts.lost_answer)?;
        same("orgs", self.ends.len() as u64, counts.orgs)?;
        for (state, at_end) in states.into_iter().zip(counts.at_end) {
            same(state, ends(&|(status, _)| status == state), at_end)?;
        }
        for (name, count) in became.into_iter().zip(counts.became) {
            same(name, ends(&|(_, became)| became == name), count)?;
        }
        let needed_person = ends(&|(_, became)| became == "person" || became == "never");
        same("needed a person", needed_person, counts.needed_person)?;
        for (org, (_, became)) in &self.ends {
            if became == "person" && !self.reauthorised.contains(org) {
                return Err(format!("nobody authorised org {org} anew"));
            }
        }
        Ok(())
    }
}

impl Fold {
    /// Whether the ledger says what was found, to the unit; what differs if not.
    pub(crate) fn differs(&self, plan: &Plan, found: &Findings) -> Result<(), String> {
        let cohorts = plan.arms[0].world.cohorts.len();
        for (index, arm) in plan.arms.iter().enumerate() {
            for cohort in 0..cohorts {
                let counts = found.tally.counts(index, Some(cohort));
                for (replication, counts) in counts.iter().enumerate() {
                    let part = (arm.name.clone(), u32::try_from(replication).unwrap(), cohort);
                    let empty = Folded::default();
                    let folded = self.parts.get(&part).unwrap_or(&empty);
                    folded.differs(counts).map_err(|what| format!("{part:?}: {what}"))?;
                }
                let spread = found.tally.spread(index, Some(cohort));
                let latencies = self.latencies.get(&(arm.name.clone(), cohort));
                let none = Default::default();
                let [server, client] = latencies.unwrap_or(&none);
                for (who, mine, theirs) in
                    [("server", server, spread.server()), ("client", client, spread.client())]
                {
                    let mut histogram = Histogram::<u64>::new_from(&theirs);
                    for micros in mine {
                        histogram.saturating_record(*micros);
                    }
                    if histogram != theirs {
                        let lengths = (histogram.len(), theirs.len());
                        return Err(format!(
                            "{}, {cohort}: {who}'s latencies {lengths:?}",
                            arm.name
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}
