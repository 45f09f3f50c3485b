//! A refresh comes in: its fate, and its passage through the door.

use super::{Grants, Presented};
use crate::base::{Seed, SimTime};
use crate::client::{AttemptId, Credentials};
use crate::fault::Schedule;
use crate::measure::TimeGrid;
use crate::station::Caller;
use crate::world::{
    Delivery, Door, Islands, Passage, Received, Reception as _, Request, Swarm, Ticket, World,
};

/// A refresh that came in: its name and what will become of it.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// The attempt's name: the one that the client gave it, or the next number.
    pub attempt: AttemptId,
    /// When it is decided, and what the client sees.
    pub passage: Passage,
    /// The same in the words of the ledger.
    pub delivery: Delivery,
}

impl Grants {
    /// A refresh came in at `now`. `None` if the credential belongs to no org, or to a family that a
    /// person has replaced: it is refused on the spot.
    pub fn arrive(
        &mut self,
        presented: Presented,
        name: Option<AttemptId>,
        now: SimTime,
    ) -> Option<Arrival> {
        let holder = self.holders.get_mut(presented.org as usize)?;
        if holder.family() != presented.family {
            if let Some(name) = name {
                self.pages.replaced(presented.org, name);
            }
            return None;
        }
        let told = self.told;
        let free = |name: &AttemptId| told || !self.pages.is_open(presented.org, *name);
        // A stranger may give a name that is taken: it is one of those that give none.
        let attempt = name.filter(free).unwrap_or_else(|| holder.next_attempt(free));
        let cohort = holder.org().cohort;
        let mut fate = self.incident.fate(
            self.stage.service_time(),
            holder.hits(),
            holder.key(),
            (attempt.refresh, attempt.attempt),
            now,
        );
        if let Some(orders) = self.orders.get_mut(&presented.org) {
            if let Some(order) = orders.pop_front() {
                order.act(&mut fate);
            }
            if orders.is_empty() {
                self.orders.remove(&presented.org);
            }
        }
        let place = holder.org().partner.min(self.scenario_partners);
        let request = Request {
            server: &self.stage.world().server,
            fate: &fate,
            sent_at: now,
            now,
            caller: Caller { partner: usize::try_from(place).unwrap_or(0), app: cohort },
            ticket: Ticket::Attempt(presented.org, attempt),
        };
        let passage = pass(self.door.as_mut(), &request);
        let delivery = passage.delivery(&fate);
        let served_at = passage.sojourn.map(|sojourn| now + sojourn);
        let served_at = served_at.filter(|at| *at < self.stage.end());
        let mut recorder = self.sheet.recorder(cohort);
        if let Some(sojourn) = passage.sojourn {
            recorder.served(sojourn);
        }
        if !self.told {
            recorder.sent();
            // Whoever presents a credential holds it, whatever was thought of the last answer.
            let credentials = Credentials { stored: Some(presented.generation), is_trying: true };
            holder.set_credentials(credentials, &self.rules[cohort], now, &mut recorder);
            self.pages.sent(presented.org, attempt, presented.generation, (now, now));
        }
        self.pages.arrived(presented.org, attempt, (delivery, served_at), told);
        Some(Arrival { attempt, passage, delivery })
    }
}

/// The door of a world where orgs meet there, in the incident as it stands; none where it would tell
/// later what becomes of a request.
pub(super) fn door(
    world: &World,
    incident: &Schedule,
    draws: (Seed, u32),
    swarm: &Swarm,
    grid: &TimeGrid,
) -> Option<Door> {
    (world.islands() == Islands::World && world.tells_at_once()).then(|| {
        // Orgs of no partner of the scenario come as those of one more.
        let partners: Vec<_> = swarm.cohorts().chain(std::iter::once(0)).collect();
        let mut door = Door::new(world, draws, &partners, grid.clone());
        door.staff(world.staffed(incident));
        door
    })
}

/// What will become of a request.
fn pass(door: Option<&mut Door>, request: &Request<'_>) -> Passage {
    match door.map(|door| door.receive(request)) {
        Some(Received::Passage(passage)) => passage,
        // Nobody meets anybody: a door that would tell later is not opened.
        Some(Received::InStation) | None => Passage::new(request.server, request.fate, request.now),
    }
}
