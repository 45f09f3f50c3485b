//! An island of many orgs: they meet at one door.
//!
//! ```text
//!   calendar ──pop (time, org)──► Island::take_turn ──► Door::receive ──► next turn ──► push
//!                                       ▲                    │
//!   Door::next_deadline ──► advance ──► notices ◄────────────┘
//! ```
//!
//! Turns come in the order of time, and of the org's place where times are equal. An org's own
//! affairs (commit, answer, timeout) are played at once up to its next turn, so an attempt is one
//! operation of the calendar.

mod calm;

use self::calm::Calm;
use super::calendar::Calendar;
use super::island::{Island, Shore};
use super::residents::Residents;
use crate::base::{Seed, SimTime};
use crate::client::{AttemptId, Per, Restraint};
use crate::measure::{Load, OrgEnd, Sheet};
use crate::world::{Door, Notice, Org, Stage, Ticket, Witness};

/// An island of many orgs in play.
#[derive(Debug, Clone)]
pub struct Crowd {
    residents: Residents,
    calendar: Calendar,
    /// When each has its next turn, where others can change that: what the calendar says otherwise is
    /// out of date. Empty where an org has its turns to itself.
    turns: Vec<SimTime>,
    door: Door,
    /// What restrains the orgs of each partner.
    restraints: Vec<Restraint>,
    sheet: Sheet,
    /// Keeps what was looked at early from being taken for nothing.
    touched: u32,
}

/// What an island found.
#[derive(Debug)]
pub struct CrowdEnd {
    /// How each org ended, in order.
    pub ends: Vec<OrgEnd>,
    /// What was counted.
    pub sheet: Sheet,
    /// What its station bore.
    pub load: Load,
}

impl Crowd {
    /// An island at the clock's start: these orgs, all those of some partners that follow each other.
    /// What is found is added to `sheet`.
    pub fn new(
        stage: &Stage,
        orgs: impl Iterator<Item = Org>,
        names: (Seed, u32),
        mut sheet: Sheet,
    ) -> Self {
        let mut calendar = Calendar::new(orgs.size_hint().0);
        let door_speaks = stage.world().door_speaks();
        let mut turns = Vec::new();
        let residents = Residents::new(stage, orgs, names, |place, resident| {
            let turn = resident.begin(stage, place, &mut sheet.recorder(place.caller.app));
            if door_speaks {
                turns.push(turn);
            }
            if !turn.is_never() {
                calendar.push(turn, place.index);
            }
            turn
        });
        let restraint = |app: &usize| Restraint::new(stage.app(*app).profile(), Per::Partner);
        let door = Door::new(stage.world(), names, residents.cohorts(), sheet.grid().clone());
        let restraints = residents.cohorts().iter().map(restraint).collect();
        Self { residents, calendar, turns, door, restraints, sheet, touched: 0 }
    }

    /// Plays all that happens before `until`, in the world of `stage`.
    pub fn play(&mut self, stage: &Stage, until: SimTime) {
        self.play_before(stage, until, &mut ());
    }

    /// The same, before the eyes of a witness.
    pub fn play_before<W: Witness>(&mut self, stage: &Stage, until: SimTime, witness: &mut W) {
        let calm = Calm::of(stage);
        loop {
            let (door_at, turn_at) = (self.door.next_deadline(), self.calendar.next_at());
            let now = door_at.min(turn_at);
            if now >= until {
                return;
            }
            if door_at <= turn_at {
                self.door.advance(now);
            } else if let Some((at, index)) = self.next_turn() {
                // Of a turn in calm nobody is told.
                let next = if W::LISTENS {
                    None
                } else {
                    self.turn_calmly(stage, &calm, index, (at, until))
                };
                match next {
                    Some(next) => self.calendar.push(next, index),
                    None if self.is_due(index, at) => {
                        self.turn(stage, index, (at, until), None, witness);
                    }
                    None => {}
                }
            }
            while let Some((Ticket::Attempt(index, attempt), notice)) = self.door.take_notice() {
                self.turn(stage, index, (now, until), Some((attempt, notice)), witness);
            }
        }
    }

    /// Whose turn is next. The records that are needed soon are looked at before: together they come from
    /// memory side by side, where each turn would wait for its own.
    #[inline]
    fn next_turn(&mut self) -> Option<(SimTime, u32)> {
        for org in self.calendar.upcoming() {
            self.touched ^= self.residents.touch(org);
        }
        self.calendar.pop()
    }

    /// Whether an org really has a turn at `at`, when the calendar says so.
    #[inline]
    fn is_due(&self, index: u32, at: SimTime) -> bool {
        self.turns.get(index as usize).is_none_or(|turn| *turn == at)
    }

    /// An org has its turn, or hears of one of its requests.
    #[inline]
    fn turn<W: Witness>(
        &mut self,
        stage: &Stage,
        index: u32,
        (now, until): (SimTime, SimTime),
        news: Option<(AttemptId, Notice)>,
        witness: &mut W,
    ) {
        let place = self.residents.place(stage, index);
        let resident = self.residents.take(stage, &place, now);
        let mut recorder = self.sheet.recorder(place.caller.app);
        let shared = &mut self.restraints[place.caller.partner];
        let shore = Shore { reception: &mut self.door, shared };
        let mut island = Island::new(stage, place, resident, &mut recorder, witness, shore);
        if let Some((attempt, notice)) = news {
            island.hear(now, attempt, notice);
        }
        let next = island.take_turn(now, until);
        let resident = island.rest();
        self.residents.put(stage, &place, resident, (now, next));
        if let Some(turn) = self.turns.get_mut(index as usize) {
            if *turn == next {
                return;
            }
            *turn = next;
        }
        if !next.is_never() {
            self.calendar.push(next, index);
        }
    }

    /// The same island in another arm, whose world differs in nothing that happens before `at`.
    #[must_use]
    pub fn part(&self, stage: &Stage, at: SimTime) -> Self {
        let mut other = self.clone();
        while let Some((turn, index)) = other.calendar.pop() {
            other.residents.settle(stage, index, turn);
        }
        other.calendar = Calendar::new(other.residents.len());
        other.turns.fill(at);
        for index in (0..).take(other.residents.len()) {
            let place = other.residents.place(stage, index);
            let mut resident = other.residents.take(stage, &place, at);
            let keys = (place.key, place.partner_key);
            resident.client.hear(stage.app(place.caller.app), keys, at);
            // The windows of the other arm begin and end at other times.
            resident.recheck_at = at;
            other.residents.put(stage, &place, resident, (at, at));
            other.calendar.push(at, index);
        }
        other
    }

    /// The clock stops.
    pub fn finish(self, stage: &Stage) -> CrowdEnd {
        self.finish_before(stage, &mut ())
    }

    /// The same, before the eyes of a witness.
    pub fn finish_before<W: Witness>(mut self, stage: &Stage, witness: &mut W) -> CrowdEnd {
        let end = stage.end();
        self.calendar = Calendar::new(0);
        let mut ends = Vec::with_capacity(self.residents.len());
        for index in (0..).take(self.residents.len()) {
            let place = self.residents.place(stage, index);
            let resident = self.residents.take(stage, &place, end);
            let mut recorder = self.sheet.recorder(place.caller.app);
            let shared = &mut self.restraints[place.caller.partner];
            let shore = Shore { reception: &mut self.door, shared };
            let island = Island::new(stage, place, resident, &mut recorder, witness, shore);
            ends.push(island.finish());
        }
        CrowdEnd { ends, sheet: self.sheet, load: self.door.close(end) }
    }
}
