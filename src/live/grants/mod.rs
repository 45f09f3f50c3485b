//! The server's memory: every org's grant, the incident as it stands, and what was found so far.
//!
//! ```text
//!   token endpoint ──arrive──► fate, passage        ──commit──► decision          answered ──┐
//!   resource       ──use_access_token──►                                                     │
//!   swarm (if it runs in this process) ──sent, concluded, authorised──► Account, Sheet, ledger ◄┘
//! ```
//!
//! Sans-IO: times come in, decisions go out. Where the swarm runs in the same process it tells what its
//! clients did ([`Grants::listen_to_swarm`]); otherwise that is inferred from what was delivered, and put right by
//! the credential that a client presents next.

mod arrive;
mod authorise;
mod by_hand;
mod holder;
mod pages;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

pub use arrive::Arrival;
pub use authorise::{Authorised, NoSuchOrg};
pub use by_hand::{ByHand, Order, OrderError};
pub use holder::{AccessToken, Holder};
pub use pages::Pages;

use crate::authority::{OldAccessToken, Rules};
use crate::base::{Seed, SimTime};
use crate::client::{AttemptId, Credentials};
use crate::fault::Schedule;
use crate::measure::{Load, Means, OrgEnd, OrgState, Recorder, Sheet, TimeGrid};
use crate::protocol::{Answer, Conclusion, Generation, TokenCodec};
use crate::world::{Commit, Door, Entry, LedgerEvent, Org, RowTeller, Stage, Swarm};

/// A credential as it comes in: whose it is, and which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented {
    /// The org's number.
    pub org: u32,
    /// Which of its families: a person who authorises it anew begins another.
    pub family: u16,
    /// Which token of the family.
    pub generation: Generation,
}

/// An access token died under a client that runs in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Killed {
    /// The org's number.
    pub org: u32,
    /// When.
    pub at: SimTime,
}

/// What the server keeps.
#[derive(Debug)]
pub struct Grants {
    stage: Arc<Stage>,
    seed: Seed,
    replication: u32,
    codec: TokenCodec,
    /// The incident as it stands: phases can be started and ended by hand.
    incident: Schedule,
    /// The rules of each cohort as they stand: so can an amnesty.
    rules: Vec<Rules>,
    holders: Vec<Holder>,
    /// Orgs of the scenario; those after them were added.
    scenario_orgs: u64,
    scenario_partners: u64,
    orders: BTreeMap<u32, VecDeque<Order>>,
    /// What stands before the workers, where orgs meet there.
    door: Option<Door>,
    sheet: Sheet,
    pages: Pages,
    /// Set where the swarm tells what its clients do.
    told: bool,
    /// Where the deaths of access tokens are told.
    killed: Option<UnboundedSender<Killed>>,
    /// Whether phases and the amnesty wait for somebody to start them.
    by_hand: bool,
}

/// What a server leaves behind.
#[derive(Debug)]
pub struct Closed {
    /// How each org stood, by number.
    pub ends: Vec<OrgEnd>,
    /// What was counted.
    pub sheet: Sheet,
    /// The lines of the ledger that were kept.
    pub entries: Vec<Entry>,
    /// What its station bore, if orgs meet there.
    pub load: Option<Load>,
}

/// What the server's memory is made of.
#[derive(Debug)]
pub struct Setup {
    /// The arm's world.
    pub stage: Arc<Stage>,
    /// Seed of all draws.
    pub seed: Seed,
    /// Which replication is played.
    pub replication: u32,
    /// The time bins.
    pub grid: TimeGrid,
    /// Ledger lines to keep: the last so many, or all.
    pub keep: Option<usize>,
    /// Whether phases and the amnesty wait for somebody to start them.
    pub by_hand: bool,
}

impl Grants {
    /// Every org of `swarm` freshly authorised, at the clock's start.
    pub fn new(setup: Setup, swarm: &Swarm) -> Self {
        let Setup { stage, seed, replication, grid, keep, by_hand } = setup;
        let world = stage.world();
        let mut incident = world.incident.clone();
        let mut rules: Vec<_> = world.cohorts.iter().map(|cohort| cohort.rules.clone()).collect();
        if by_hand {
            incident = Schedule::new(incident.phases().iter().map(by_hand::asleep).collect());
            for rules in &mut rules {
                rules.amnesty = None;
            }
        }
        let door = arrive::door(world, &incident, (seed, replication), swarm, &grid);
        let mut sheet = Sheet::new(grid, world.cohorts.len(), world.duration);
        if keep.is_some() {
            // Whoever keeps part of the ledger serves without an end.
            sheet = sheet.without_steps();
        }
        let holders = swarm.range(0..swarm.orgs());
        let holders = holders
            .map(|org| Holder::new(org, &rules[org.cohort], &incident, seed, replication))
            .collect();
        Self {
            seed,
            replication,
            codec: TokenCodec::new(seed.0),
            incident,
            rules,
            holders,
            scenario_orgs: swarm.orgs(),
            scenario_partners: swarm.partners(),
            orders: BTreeMap::new(),
            door,
            sheet,
            pages: Pages::new(keep),
            told: false,
            killed: None,
            by_hand,
            stage,
        }
    }

    /// From now on the swarm tells what its clients do; it is told of access tokens that die.
    pub fn listen_to_swarm(&mut self, killed: UnboundedSender<Killed>) {
        self.told = true;
        self.killed = Some(killed);
    }

    /// From now on the rows of the ledger are told as they are done.
    pub fn tell_rows(&mut self, rows: RowTeller) {
        self.pages.tell(rows);
    }

    /// How tokens are written.
    pub const fn codec(&self) -> TokenCodec {
        self.codec
    }

    /// The world that is played.
    pub fn stage(&self) -> &Arc<Stage> {
        &self.stage
    }

    /// The incident as it stands.
    pub const fn incident(&self) -> &Schedule {
        &self.incident
    }

    /// How the server treats an org's cohort now.
    pub fn rules(&self, org: u32) -> Option<&Rules> {
        self.holders.get(org as usize).map(|holder| &self.rules[holder.org().cohort])
    }

    /// How the server treats each cohort now, in the order of the scenario.
    pub fn cohort_rules(&self) -> &[Rules] {
        &self.rules
    }

    /// What was counted so far.
    pub const fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// The orgs.
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// The ledger.
    pub const fn pages(&self) -> &Pages {
        &self.pages
    }

    /// A worker finishes a refresh at `now`. What it hands out; `None` for a refusal, and where a person
    /// has replaced the family since it came in: whatever was on its way belonged to the old one.
    ///
    /// `last` says that no further delivery of the same request follows, `deliver` that its decision is
    /// on its way to a client that still listens.
    pub fn commit(
        &mut self,
        presented: Presented,
        attempt: AttemptId,
        (last, deliver): (bool, bool),
        now: SimTime,
    ) -> Option<Generation> {
        let holder = self.holders.get_mut(presented.org as usize)?;
        if holder.family() != presented.family {
            if last {
                // A stranger is told so; a client of ours has broken it off.
                if !self.told {
                    let refused = Commit { at: now, issued: None };
                    self.pages.committed(presented.org, attempt, refused, Means::Retry);
                }
                self.pages.replaced(presented.org, attempt);
            }
            return None;
        }
        let rules = &self.rules[holder.org().cohort];
        let mut recorder = self.sheet.recorder(holder.org().cohort);
        let committed = holder.commit(rules, presented.generation, now, &mut recorder);
        let commit = Commit { at: now, issued: committed.issued };
        let mut lost = false;
        if let Some(page) = self.pages.committed(presented.org, attempt, commit, committed.means)
            && last
        {
            page.answered = true;
            if deliver && page.entry.concluded.is_none() {
                page.in_transit = true;
                holder.answer_leaves();
            } else {
                lost = page.count_loss();
            }
        }
        holder.look(rules, now, &mut recorder);
        if lost {
            self.lose_answer(presented.org, now);
        }
        if last {
            self.pages.close(presented.org, attempt);
        }
        committed.issued
    }

    /// The server is done with an attempt at `now`: its client saw this, or nothing. Where the swarm
    /// does not tell what its clients make of it, that is inferred: a token that was delivered is
    /// stored.
    pub fn seen(&mut self, org: u32, attempt: AttemptId, answer: Option<Answer>, now: SimTime) {
        if self.told {
            return;
        }
        let Some(holder) = self.holders.get(org as usize) else { return };
        let mut credentials = holder.credentials();
        let conclusion = match answer {
            Some(Answer::Token(generation)) => {
                credentials.stored = Some(generation);
                Conclusion::Stored(generation)
            }
            Some(Answer::Refused) => Conclusion::Refused,
            Some(Answer::ServerError(_) | Answer::Unavailable { .. }) => Conclusion::ServerError,
            Some(Answer::Throttled { .. }) => Conclusion::Throttled,
            Some(Answer::Reset) => Conclusion::Reset,
            Some(Answer::Truncated) => Conclusion::Truncated,
            None => Conclusion::TimedOut,
        };
        self.concluded(org, attempt, conclusion, credentials, now);
    }

    /// The access token that came in with an API call at `now` is used, if it is good.
    pub fn use_access_token(&mut self, presented: Presented, now: SimTime) -> AccessToken {
        let Some(holder) = self.holders.get_mut(presented.org as usize) else {
            return AccessToken::Unknown;
        };
        let rules = &self.rules[holder.org().cohort];
        let mut recorder = self.sheet.recorder(holder.org().cohort);
        holder.use_access_token(presented, rules, now, &mut recorder)
    }

    /// The swarm sent an attempt.
    pub fn sent(
        &mut self,
        org: u32,
        attempt: AttemptId,
        presented: Generation,
        (intended_at, at): (SimTime, SimTime),
    ) {
        if let Some(mut recorder) = self.recorder_of(org) {
            recorder.sent();
            self.pages.sent(org, attempt, presented, (intended_at, at));
        }
    }

    /// An attempt ended for its client at `now`: it holds these credentials since.
    pub fn concluded(
        &mut self,
        org: u32,
        attempt: AttemptId,
        conclusion: Conclusion,
        credentials: Credentials,
        now: SimTime,
    ) {
        let Some(holder) = self.holders.get_mut(org as usize) else { return };
        let cohort = holder.org().cohort;
        let rules = &self.rules[cohort];
        let mut recorder = self.sheet.recorder(cohort);
        let mut lost = false;
        if let Some(page) = self.pages.open_mut(org, attempt) {
            let waited = now.since(page.entry.intended_at);
            recorder.concluded(now, conclusion, waited);
            page.conclude(now, conclusion);
            if std::mem::take(&mut page.in_transit) {
                holder.answer_is_gone();
            }
            match conclusion {
                Conclusion::Stored(generation) => {
                    holder.stored(generation, page.means.unwrap_or(Means::Retry), now);
                }
                Conclusion::Crashed
                | Conclusion::Refused
                | Conclusion::TimedOut
                | Conclusion::Reset
                | Conclusion::Truncated
                | Conclusion::ServerError
                | Conclusion::Throttled
                | Conclusion::BrokenOff => lost = page.answered && page.count_loss(),
            }
        }
        holder.set_credentials(credentials, rules, now, &mut recorder);
        if lost {
            self.lose_answer(org, now);
        }
        self.pages.close(org, attempt);
    }

    /// The app did not make an attempt at `now`; it holds these credentials since.
    pub fn short_circuited(&mut self, org: u32, credentials: Credentials, now: SimTime) {
        let Some(holder) = self.holders.get_mut(org as usize) else { return };
        let cohort = holder.org().cohort;
        let mut recorder = self.sheet.recorder(cohort);
        recorder.short_circuited();
        holder.set_credentials(credentials, &self.rules[cohort], now, &mut recorder);
        self.pages.happened(org.into(), now, LedgerEvent::ShortCircuited);
    }

    /// A refresh was committed and its answer is not in the store. If that killed the access token in
    /// use, a swarm that listens is told.
    fn lose_answer(&mut self, org: u32, now: SimTime) {
        let Some(holder) = self.holders.get_mut(org as usize) else { return };
        let rules = &self.rules[holder.org().cohort];
        holder.lose_answer(&mut self.sheet.recorder(holder.org().cohort));
        let superseded = holder.credentials().stored != Some(holder.account().grant().newest());
        if superseded
            && rules.old_access_token == OldAccessToken::KilledAtRotation
            && let Some(killed) = &self.killed
        {
            // A swarm that has ended needs no telling.
            killed.send(Killed { org, at: now }).ok();
        }
    }

    fn recorder_of(&mut self, org: u32) -> Option<Recorder<'_>> {
        let cohort = self.holders.get(org as usize)?.org().cohort;
        Some(self.sheet.recorder(cohort))
    }

    /// Orgs by state at `now`, in the order of [`OrgState`]'s numbers.
    pub fn census(&mut self, now: SimTime) -> [u64; 5] {
        let mut census = [0; 5];
        for org in 0..self.holders.len() {
            census[self.state_at(org, now).index()] += 1;
        }
        census
    }

    /// Orgs whose client holds no access token at `now` that is honoured.
    pub fn without_access(&self, now: SimTime) -> usize {
        let held = |holder: &&Holder| holder.has_access(&self.rules[holder.org().cohort], now);
        self.holders.iter().filter(|holder| !held(holder)).count()
    }

    /// The state of an org at `now`.
    pub fn state(&mut self, org: u32, now: SimTime) -> Option<OrgState> {
        let org = org as usize;
        (org < self.holders.len()).then(|| self.state_at(org, now))
    }

    fn state_at(&mut self, org: usize, now: SimTime) -> OrgState {
        let holder = &mut self.holders[org];
        let cohort = holder.org().cohort;
        holder.advance(&self.rules[cohort], now, &mut self.sheet.recorder(cohort));
        holder.account().state()
    }

    /// The clock stops at `end`: what was found.
    pub fn finish(mut self, end: SimTime) -> Closed {
        for unfinished in self.pages.unfinished() {
            let cohort = self.holders[unfinished as usize].org().cohort;
            self.sheet.recorder(cohort).unfinished(1);
        }
        let ends = self.holders.into_iter().map(|holder| {
            let cohort = holder.org().cohort;
            holder.finish(&self.rules[cohort], end, &mut self.sheet.recorder(cohort))
        });
        let ends: Vec<_> = ends.collect();
        let load = self.door.map(|door| door.close(end));
        let entries = self.pages.finish(end, &ends);
        Closed { ends, sheet: self.sheet, entries, load }
    }

    /// An org of the scenario that has this number.
    pub fn org(&self, number: u32) -> Option<&Org> {
        self.holders.get(number as usize).map(Holder::org)
    }
}
