//! An island of many orgs: they meet at one door.
//!
//! ```text
//!   queue of turns ──pop (time, org)──► Island::take_turn ──► receive at the door ──► next turn ──► push
//!                                                             │
//!   door's own deadlines ──► notices ──► Island::hear ────────┘
//! ```
//!
//! Turns come in the order of time, and of the org's number where times are equal. An org's own
//! affairs (commit, answer, timeout) are played at once up to its next turn, so an attempt is one
//! operation of the queue.

use super::calendar::Calendar;
use super::island::{Island, Place, Resident, Shore};
use crate::base::{Seed, SimTime};
use crate::client::{AttemptId, Per, Restraint};
use crate::measure::{Load, OrgEnd, Sheet};
use crate::world::{Door, Notice, Org, Stage, Ticket};

/// An island of many orgs in play.
#[derive(Debug, Clone)]
pub struct Crowd {
    places: Vec<Place>,
    residents: Vec<Option<Resident>>,
    /// When each has its next turn: what the queue says otherwise is out of date.
    turns: Vec<SimTime>,
    queue: Calendar,
    door: Door,
    /// What restrains the orgs of each partner.
    restraints: Vec<Restraint>,
    sheet: Sheet,
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
        sheet: Sheet,
    ) -> Self {
        let mut places: Vec<Place> = Vec::new();
        // The cohorts of the island's partners.
        let mut partners: Vec<usize> = Vec::new();
        let mut first = None;
        for (org, index) in orgs.zip(0..) {
            let mut place = Place::of(stage, &org, names, index);
            place.caller.partner -= *first.get_or_insert(place.caller.partner);
            if place.caller.partner == partners.len() {
                partners.push(org.cohort);
            }
            places.push(place);
        }
        let residents: Vec<_> =
            places.iter().map(|place| Some(Resident::new(stage, place))).collect();
        let world = stage.world();
        let restraint = |app: &usize| Restraint::new(stage.app(*app).profile(), Per::Partner);
        let restraints = partners.iter().map(restraint).collect();
        let mut queue = Calendar::new(places.len());
        for place in &places {
            queue.push(SimTime::ZERO, place.index);
        }
        Self {
            turns: vec![SimTime::ZERO; places.len()],
            residents,
            queue,
            restraints,
            door: Door::new(world, names, &partners, sheet.grid().clone()),
            sheet,
            places,
        }
    }

    /// Plays all that happens before `until`, in the world of `stage`.
    pub fn play(&mut self, stage: &Stage, until: SimTime) {
        loop {
            let (door_at, turn_at) = (self.door.next_deadline(), self.queue.next_at());
            let now = door_at.min(turn_at);
            if now >= until {
                return;
            }
            if door_at <= turn_at {
                self.door.advance(now);
            } else if let Some((at, index)) = self.queue.pop()
                && self.turns[index as usize] == at
            {
                self.turn(stage, index, at, until, None);
            }
            while let Some((Ticket::Attempt(index, attempt), notice)) = self.door.take_notice() {
                self.turn(stage, index, now, until, Some((attempt, notice)));
            }
        }
    }

    /// An org has its turn, or hears of one of its requests.
    fn turn(
        &mut self,
        stage: &Stage,
        index: u32,
        now: SimTime,
        until: SimTime,
        news: Option<(AttemptId, Notice)>,
    ) {
        let place = self.places[index as usize];
        let Some(resident) = self.residents[index as usize].take() else { return };
        let mut recorder = self.sheet.recorder(place.caller.app);
        let mut nobody = ();
        let shared = &mut self.restraints[place.caller.partner];
        let shore = Shore { reception: &mut self.door, shared };
        let mut island = Island::new(stage, place, resident, &mut recorder, &mut nobody, shore);
        if let Some((attempt, notice)) = news {
            island.hear(now, attempt, notice);
        }
        let next = island.take_turn(now, until);
        self.residents[index as usize] = Some(island.rest());
        if next != self.turns[index as usize] {
            self.turns[index as usize] = next;
            if !next.is_never() {
                self.queue.push(next, index);
            }
        }
    }

    /// The clock stops.
    pub fn finish(mut self, stage: &Stage) -> CrowdEnd {
        let mut ends = Vec::with_capacity(self.places.len());
        for (place, resident) in self.places.iter().zip(self.residents) {
            let Some(resident) = resident else { continue };
            let mut recorder = self.sheet.recorder(place.caller.app);
            let shared = &mut self.restraints[place.caller.partner];
            let (mut nobody, shore) = ((), Shore { reception: &mut self.door, shared });
            let island = Island::new(stage, *place, resident, &mut recorder, &mut nobody, shore);
            ends.push(island.finish());
        }
        CrowdEnd { ends, sheet: self.sheet, load: self.door.close(stage.end()) }
    }
}
