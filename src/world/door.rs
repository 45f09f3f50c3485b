//! The door of an island: what stands before the workers, the workers, and what they bear.
//!
//! ```text
//!   request ──► rate limits ──► queue ──► workers ──► done: known at once, or told as a notice
//! ```
//!
//! How a request comes to it, and what it says, is the affair of its [`Reception`].

use std::collections::VecDeque;

use super::passage::Passage;
use super::reception::{Notice, Received, Reception, Request, Ticket};
use super::spec::{Server, World};
use super::swarm::BACKGROUND;
use crate::base::{OrgKey, Seed, SimDuration, SimTime};
use crate::client::Pool;
use crate::fault::{RequestFate, Schedule};
use crate::measure::{Flow, Load, TimeGrid};
use crate::station::{
    Admission, Arrival, Background, Caller, Capacity, Foreseen, Stepwise, TurnedAway,
};

impl Ticket {
    /// What is counted when it was served.
    const fn served(self) -> Flow {
        match self {
            Self::Attempt(..) => Flow::Served,
            Self::Background(_) => Flow::BackgroundServed,
        }
    }

    /// What is counted when it finds no place, or loses it.
    const fn rejected(self) -> Flow {
        match self {
            Self::Attempt(..) => Flow::Rejected,
            Self::Background(_) => Flow::BackgroundRejected,
        }
    }
}

/// How large the sets of orgs are that can influence each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Islands {
    /// Nobody influences anybody.
    Orgs,
    /// The orgs of a partner share something.
    Partners,
    /// All share the station or something before it.
    World,
}

impl World {
    /// How large its islands are.
    pub fn islands(&self) -> Islands {
        let Server { station, admission, background, .. } = &self.server;
        if station.is_some() || admission.is_some() || background.is_some() {
            Islands::World
        } else if self.cohorts.iter().any(|cohort| cohort.profile.shares_among_orgs()) {
            Islands::Partners
        } else {
            Islands::Orgs
        }
    }

    /// Whether its door may say something of a request after that has come in.
    pub fn door_speaks(&self) -> bool {
        self.station_speaks() || self.cohorts.iter().any(|cohort| cohort.profile.pool.is_some())
    }

    /// Whether all that will become of a request at the server is known when it comes in. It is not where
    /// the station finds out later, nor where orgs meet and requests come a second time.
    pub fn tells_at_once(&self) -> bool {
        let twice = self.incident.phases().iter().any(|phase| !phase.duplicate.is_never());
        self.islands() != Islands::World || !(self.station_speaks() || twice)
    }

    fn station_speaks(&self) -> bool {
        self.server.station.is_some_and(|spec| !spec.is_foreseeable())
    }

    /// How many workers its station has over time; `None` if it is unlimited.
    pub fn capacity(&self) -> Option<Capacity> {
        self.staffed(&self.incident)
    }

    /// The same in another incident.
    pub fn staffed(&self, incident: &Schedule) -> Option<Capacity> {
        self.server.station.map(|spec| {
            let (edges, lost) = incident.capacity_lost();
            Capacity::reduced(spec.workers, edges, lost)
        })
    }
}

/// The door of one island: what stands before the workers, the workers, and what they bear.
#[derive(Debug, Clone)]
pub struct Door {
    admission: Option<Admission>,
    background: Option<Background>,
    station: Station,
    cancels: bool,
    /// The connection pools of the partners that have one.
    pools: Vec<Option<Pool<Ticket>>>,
    grid: TimeGrid,
    load: Load,
    /// What the station has said and nobody has heard yet.
    notices: VecDeque<(Ticket, Notice)>,
    finished: Vec<Ticket>,
    /// What has come of the next request already: see [`Door::foretell`].
    foretold: Option<(Ticket, Received)>,
}

/// What is behind the door.
#[derive(Debug, Clone)]
enum Station {
    Unlimited,
    Foreseen(Foreseen),
    Stepwise(Stepwise<Ticket>),
}

impl Door {
    /// The door of a world in one replication, for partners of these cohorts; what it bears is measured
    /// over `grid`.
    pub fn new(
        world: &World,
        (seed, replication): (Seed, u32),
        partners: &[usize],
        grid: TimeGrid,
    ) -> Self {
        let server = &world.server;
        let station = match server.station.zip(world.capacity()) {
            None => Station::Unlimited,
            Some((spec, capacity)) if spec.is_foreseeable() => {
                Station::Foreseen(Foreseen::new(capacity, spec.queue_limit, spec.slow_down))
            }
            Some((spec, capacity)) => Station::Stepwise(Stepwise::new(&spec, capacity)),
        };
        let admission = server.admission.clone();
        let key = OrgKey::new(seed, replication, BACKGROUND);
        let mut load = Load::new(grid.len());
        load.begin();
        Self {
            admission: admission
                .map(|spec| Admission::new(spec, partners.len(), world.cohorts.len())),
            background: server
                .background
                .as_ref()
                .and_then(|spec| Background::new(spec, key, world.start_of_day)),
            station,
            cancels: server.station.is_some_and(|spec| spec.cancel_on_disconnect),
            pools: partners
                .iter()
                .map(|cohort| world.cohorts[*cohort].profile.pool.map(Pool::new))
                .collect(),
            grid,
            load,
            notices: VecDeque::new(),
            finished: Vec::new(),
            foretold: None,
        }
    }

    /// From now on there are so many workers, over time: somebody has changed the incident by hand.
    pub fn staff(&mut self, capacity: Option<Capacity>) {
        if let (Station::Foreseen(station), Some(capacity)) = (&mut self.station, capacity) {
            station.staff(capacity);
        }
    }

    /// Tells again what came of a request, once, when it comes again: somebody else carries on from
    /// there.
    #[inline]
    pub fn foretell(&mut self, ticket: Ticket, received: Received) {
        self.foretold = Some((ticket, received));
    }
}

impl Reception for Door {
    const IS_SHARED: bool = true;

    #[inline]
    fn receive(&mut self, request: &Request<'_>) -> Received {
        if let Some((ticket, received)) = self.foretold.take() {
            debug_assert_eq!(ticket, request.ticket, "it comes again before any other does");
            return received;
        }
        let Request { server, fate, sent_at, now, .. } = *request;
        if fate.request == RequestFate::Lost {
            return Received::Passage(Passage::new(server, fate, sent_at));
        }
        self.advance(now);
        self.load.pass(&self.grid, Flow::Offered, now);
        if let RequestFate::Throttled { .. } = fate.request {
            self.load.pass(&self.grid, Flow::Throttled, now);
            return Received::Passage(Passage::new(server, fate, sent_at));
        }
        if let Err(away) = self.admit(request.caller, now) {
            return self.turn_away(away, now);
        }
        match self.serve(now, request.ticket, fate.service_time) {
            Place::Known(done) => {
                Received::Passage(Passage::served(server, fate, sent_at, (now, done)))
            }
            Place::Later => Received::InStation,
            Place::None => self.turn_away(Self::FULL, now),
        }
    }

    #[inline]
    fn ask(&mut self, partner: usize, ticket: Ticket) -> bool {
        self.pools[partner].as_mut().is_none_or(|pool| pool.ask(ticket).is_some())
    }

    #[inline]
    fn leave(&mut self, partner: usize, ticket: Ticket, was_sent: bool) {
        let Some(pool) = &mut self.pools[partner] else { return };
        if !was_sent {
            pool.give_up(|waits| *waits == ticket);
        } else if let Some(next) = pool.leave() {
            self.notices.push_back((next, Notice::Room));
        }
    }

    fn hang_up(&mut self, now: SimTime, ticket: Ticket) -> bool {
        let Station::Stepwise(station) = &mut self.station else { return false };
        if !self.cancels || !station.cancel(now, ticket) {
            return false;
        }
        self.load.pass(&self.grid, Flow::Cancelled, now);
        self.load.left(now);
        self.count_present(now);
        true
    }
}

/// Where a request is once it was taken in.
enum Place {
    /// It is done then.
    Known(SimTime),
    /// It is in the station.
    Later,
    /// There was none.
    None,
}

impl Door {
    const FULL: TurnedAway = TurnedAway { status: 503, retry_after: None };

    /// When something happens here though nobody comes in.
    #[inline]
    pub fn next_deadline(&self) -> SimTime {
        match &self.station {
            Station::Unlimited | Station::Foreseen(_) => SimTime::NEVER,
            Station::Stepwise(station) => {
                let background = self.background.as_ref();
                station.next_deadline().min(background.map_or(SimTime::NEVER, Background::next_at))
            }
        }
    }

    /// Lets happen what is due by `now`.
    pub fn advance(&mut self, now: SimTime) {
        loop {
            let background = self.background.as_ref().map_or(SimTime::NEVER, Background::next_at);
            let station = match &self.station {
                Station::Unlimited | Station::Foreseen(_) => SimTime::NEVER,
                Station::Stepwise(station) => station.next_deadline(),
            };
            if station.min(background) > now || station.min(background).is_never() {
                return;
            }
            if station <= background {
                self.finish(station);
            } else if let Some(stream) = &mut self.background {
                let (ordinal, (at, service)) = (stream.ordinal(), stream.pop());
                self.load.pass(&self.grid, Flow::Background, at);
                let ticket = Ticket::Background(ordinal);
                if let Place::None = self.serve(at, ticket, service) {
                    self.load.pass(&self.grid, ticket.rejected(), at);
                }
            }
        }
    }

    /// What the station has said since this was last asked.
    pub fn take_notice(&mut self) -> Option<(Ticket, Notice)> {
        self.notices.pop_front()
    }

    /// The clock stops at `end`. What the station bore.
    pub fn close(mut self, end: SimTime) -> Load {
        self.advance(SimTime::from_micros(end.as_micros().saturating_sub(1)));
        if let Station::Stepwise(station) = &self.station {
            for _ in 0..station.present() {
                self.load.left(end);
            }
        }
        self.load
    }

    fn admit(&mut self, caller: Caller, now: SimTime) -> Result<(), TurnedAway> {
        let Some(admission) = &mut self.admission else { return Ok(()) };
        let present = match &self.station {
            Station::Stepwise(station) => station.present(),
            Station::Unlimited | Station::Foreseen(_) => admission.under_way(now),
        };
        admission.admit(caller, present, now)
    }

    fn turn_away(&mut self, away: TurnedAway, now: SimTime) -> Received {
        let flow = if away.status == 429 { Flow::Throttled } else { Flow::Rejected };
        self.load.pass(&self.grid, flow, now);
        Received::Passage(Passage::turned_away(away, now))
    }

    /// Brings a request into the station.
    #[inline]
    fn serve(&mut self, now: SimTime, ticket: Ticket, service: SimDuration) -> Place {
        let (grid, load) = (&self.grid, &mut self.load);
        let (start, done) = match &mut self.station {
            Station::Unlimited => (now, now + service),
            Station::Foreseen(station) => match station.arrive(now, service) {
                None => return Place::None,
                Some(span) => (span.start, span.done),
            },
            Station::Stepwise(_) => return self.queue(now, ticket, service),
        };
        load.visited(grid, ticket.served(), now, (start, done));
        if let Some(admission) = &mut self.admission {
            admission.entered(done);
        }
        Place::Known(done)
    }

    /// Brings a request into a station that will say later when it is done.
    fn queue(&mut self, now: SimTime, ticket: Ticket, service: SimDuration) -> Place {
        let Station::Stepwise(station) = &mut self.station else { return Place::None };
        match station.arrive(now, ticket, service) {
            Arrival::Full => return Place::None,
            Arrival::Accepted => {}
            Arrival::Displaced(oldest) => {
                self.load.pass(&self.grid, oldest.rejected(), now);
                self.load.left(now);
                self.tell(oldest, Notice::Displaced);
            }
        }
        self.load.came(now);
        self.count_present(now);
        Place::Later
    }

    /// Workers finish at `now`, and take what waits.
    fn finish(&mut self, now: SimTime) {
        let Station::Stepwise(station) = &mut self.station else { return };
        let mut finished = std::mem::take(&mut self.finished);
        station.finish(now, &mut finished);
        for ticket in finished.drain(..) {
            self.load.pass(&self.grid, ticket.served(), now);
            self.load.left(now);
            self.tell(ticket, Notice::Served);
        }
        self.finished = finished;
        self.count_present(now);
    }

    fn tell(&mut self, ticket: Ticket, notice: Notice) {
        if let Ticket::Attempt(..) = ticket {
            self.notices.push_back((ticket, notice));
        }
    }

    fn count_present(&mut self, now: SimTime) {
        if let Station::Stepwise(station) = &self.station {
            let (waiting, present) = (station.waiting(), station.present());
            self.load.present(&self.grid, now, waiting, present - waiting);
        }
    }
}
