//! The loop that drives all clients.
//!
//! ```text
//!   Deadlines ──due──► Client ──Output──► Send: a job, when a connection is free ──► task
//!       ▲                │                Concluded: watch, histograms, cancel      ──► task
//!       └── next ────────┤                Reauthorise: a job
//!   News, Killed ────────┘
//! ```
//!
//! Time is that of the events. A client is woken at the time of its deadline, and not at the time
//! at which the loop gets to it: what lies between is the generator's lag, which is measured and not
//! hidden in the scenario. An answer has the time at which its last byte was read, and a client's
//! deadlines of that time or before come first: a timeout beats an answer of the same instant, as in
//! the virtual engine.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{AbortHandle, spawn_local, yield_now};

use super::connect::Connect;
use super::deadlines::Deadlines;
use super::finished::{Finished, Stats};
use super::flights::Flights;
use super::gauge::Gauge;
use super::held::Held;
use super::partner::Partner;
use super::pool::Pool;
use super::progress::{Progress, Snapshot};
use super::requests::Requests;
use super::shared::{Job, News, Shared};
use super::slot::Slot;
use super::watch::Watch;
use super::{Drive, DriveError, authorise, tasks};
use crate::base::SimTime;
use crate::client::Output;
use crate::live::grants::Killed;
use crate::protocol::TokenCodec;
use crate::world::Stage;

/// Clients woken before the tasks get their turn: so many requests are begun in a tenth of a
/// millisecond.
const BATCH: usize = 32;

/// How the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// More is due; the tasks get their turn first.
    Again,
    /// Nothing is, until something comes or the next deadline does.
    Rest,
    /// It does not.
    Over,
}

/// The clients and what is on its way.
pub(super) struct Engine<C: Connect, W> {
    pub(super) stage: Arc<Stage>,
    pub(super) shared: Rc<Shared<C, W>>,
    pub(super) slots: Vec<Slot>,
    pub(super) partners: Vec<Partner>,
    pub(super) deadlines: Deadlines,
    news: UnboundedReceiver<News>,
    killed: Option<UnboundedReceiver<Killed>>,
    /// Jobs that wait for a connection: an attempt or so an org, and one for each person.
    pub(super) queue: VecDeque<Job>,
    /// Tasks that are no attempts; those that have ended are swept out now and then.
    others: Vec<AbortHandle>,
    pub(super) out: VecDeque<Output>,
    pub(super) end: SimTime,
    /// No attempt is begun any more.
    pub(super) draining: bool,
    /// Orgs that know that they are disconnected.
    pub(super) disconnected: u64,
    progress: Arc<Progress>,
}

impl<C: Connect, W: Watch> Engine<C, W> {
    /// Clients at the start of the clock.
    pub(super) fn new(drive: Drive<'_>, connect: C, watch: W) -> Result<Self, DriveError> {
        let Drive { stage, swarm, seed, replication, clock, credentials, bounds, .. } = drive;
        if !credentials.is_empty() && (credentials.len() as u64) < swarm.orgs() {
            let (credentials, orgs) = (credentials.len(), swarm.orgs());
            return Err(DriveError::TooFewCredentials { credentials, orgs });
        }
        let requests = Requests::new(drive.target, drive.unix_s)?;
        let (mut slots, mut partners) = (Vec::new(), Vec::new());
        for org in swarm.range(0..swarm.orgs()) {
            let (app, key) = (stage.app(org.cohort), org.key(seed, replication));
            // Partners have at least one org each, and orgs come partner by partner.
            if partners.len() as u64 <= org.partner {
                partners.push(Partner::new(app.profile()));
            }
            let partner = (partners.len() - 1, org.partner_key(seed, replication));
            slots.push(Slot::new(app, (key, org.cohort), partner));
        }
        let mut deadlines = Deadlines::new(slots.len());
        for (org, slot) in (0..).zip(&slots) {
            deadlines.set(org, slot.client.next_deadline());
        }
        let cohorts = &stage.world().cohorts;
        let idle = bounds.idle.map(|idle| clock.scale().compress(idle));
        let (sender, news) = unbounded_channel();
        let shared = Shared {
            requests,
            pool: Pool::new(connect, clock, bounds.connections, idle),
            watch,
            clock,
            codec: TokenCodec::new(seed.0),
            patience: bounds.patience,
            uses_access: cohorts.iter().any(|cohort| cohort.rules.policy.heeds_access_use()),
            stats: RefCell::new(Stats::new(clock.scale())),
            held: RefCell::new(Held::new(slots.len(), credentials)),
            flights: RefCell::new(Flights::new(slots.len())),
            news: sender,
            busy: Cell::new(0),
            queued: Cell::new(false),
        };
        Ok(Self {
            stage,
            shared: Rc::new(shared),
            slots,
            partners,
            deadlines,
            news,
            killed: drive.killed,
            queue: VecDeque::new(),
            others: Vec::new(),
            out: VecDeque::new(),
            end: drive.end,
            draining: false,
            disconnected: 0,
            progress: drive.progress,
        })
    }

    /// Goes on until it is over.
    pub(super) async fn run(&mut self) {
        loop {
            match self.turn() {
                Next::Again => yield_now().await,
                Next::Rest => self.rest().await,
                Next::Over => return,
            }
        }
    }

    /// Does what can be done without waiting, and some of what is due.
    pub(super) fn turn(&mut self) -> Next {
        while let Ok(news) = self.news.try_recv() {
            self.hear(news);
        }
        while let Some(Ok(killed)) = self.killed.as_mut().map(UnboundedReceiver::try_recv) {
            self.access_token_killed(killed);
        }
        let now = self.shared.clock.now();
        let over = now >= self.end;
        // What is due at the very end is not done any more, and what was due before it is.
        let until = if over { just_before(self.end) } else { now };
        let mut woken = 0;
        while (over || woken < BATCH)
            && let Some(org) = self.deadlines.pop(until)
        {
            self.wake(org, until);
            woken += 1;
        }
        self.report(now);
        if over || (self.draining && self.shared.flights.borrow().len() == 0) {
            return Next::Over;
        }
        self.start_jobs();
        if self.deadlines.next_at() <= now { Next::Again } else { Next::Rest }
    }

    /// Waits until there is something to do.
    async fn rest(&mut self) {
        let at = self.deadlines.next_at().min(self.end);
        let sleep = self.shared.clock.sleep_until(at);
        tokio::select! {
            biased;
            Some(news) = self.news.recv() => self.hear(news),
            killed = next_killed(&mut self.killed) => self.access_token_killed(killed),
            () = sleep => {}
        }
    }

    /// What counts the connections.
    pub(super) fn gauge(&self) -> Rc<Gauge> {
        Rc::clone(&self.shared.pool.gauge)
    }

    /// No attempt is begun from now on; those that wait for a connection never will be.
    pub(super) fn drain(&mut self) {
        self.draining = true;
        self.queue.clear();
        self.shared.queued.set(false);
        self.others.drain(..).for_each(|task| task.abort());
        let unsent = self.shared.flights.borrow_mut().end_waiting();
        self.shared.stats.borrow_mut().unsent += unsent as u64;
    }

    /// Ends, with all that is under way.
    pub(super) fn finish(mut self, interrupted: bool) -> Finished {
        let unfinished = self.abandon();
        let clock = self.shared.clock;
        let stats = self.shared.stats.replace(Stats::new(clock.scale()));
        let pool = &self.shared.pool;
        let ended_at = clock.now().min(self.end);
        stats.finish((&pool.gauge, pool.crossed.get()), unfinished, (ended_at, interrupted))
    }

    /// Cuts off all that is under way. How many attempts had been sent.
    fn abandon(&mut self) -> u64 {
        self.others.drain(..).for_each(|task| task.abort());
        let (mut unfinished, mut unsent) = (0, 0);
        for flight in self.shared.flights.borrow_mut().end_all() {
            let sent = !flight.sent_at.is_never();
            unfinished += u64::from(sent);
            unsent += u64::from(!sent && !flight.is_held());
            if let Some(task) = flight.task {
                task.abort();
            }
        }
        self.shared.stats.borrow_mut().unsent += unsent;
        unfinished
    }

    /// Begins as many jobs as there are connections for.
    fn start_jobs(&mut self) {
        while !self.queue.is_empty() {
            let Some(busy) = self.shared.busy() else { break };
            match self.queue.pop_front() {
                Some(Job::Refresh(job)) => {
                    let mut flights = self.shared.flights.borrow_mut();
                    // Its client may have given up while it waited.
                    if let Some(flight) = flights.get_mut(job.org, job.attempt) {
                        let task = spawn_local(tasks::refresh(busy, job));
                        flight.task = Some(task.abort_handle());
                    }
                }
                Some(Job::Use(what)) => {
                    self.begin(spawn_local(tasks::call(busy, what)).abort_handle());
                }
                Some(Job::Authorise { org }) => {
                    self.begin(spawn_local(authorise::authorise(busy, org)).abort_handle());
                }
                None => {}
            }
        }
        self.shared.queued.set(!self.queue.is_empty());
    }

    /// Keeps hold of a task that is no attempt.
    fn begin(&mut self, task: AbortHandle) {
        if self.others.len() == self.others.capacity() {
            self.others.retain(|task| !task.is_finished());
        }
        self.others.push(task);
    }

    fn report(&self, now: SimTime) {
        let stats = self.shared.stats.borrow();
        self.progress.set(Snapshot {
            orgs: self.slots.len() as u64,
            disconnected: self.disconnected,
            sent: stats.sent,
            concluded: stats.concluded,
            under_way: self.shared.flights.borrow().len() as u64,
            connections: self.shared.pool.gauge.now() as u64,
            now,
        });
    }
}

impl<C: Connect, W> Drop for Engine<C, W> {
    /// Tasks outlive whoever began them, unless they are ended.
    fn drop(&mut self) {
        let mut flights = self.shared.flights.borrow_mut();
        let tasks = flights.end_all().filter_map(|flight| flight.task);
        self.others.drain(..).chain(tasks).for_each(|task| task.abort());
    }
}

/// The last instant before `end`.
const fn just_before(end: SimTime) -> SimTime {
    SimTime::from_micros(end.as_micros().saturating_sub(1))
}

/// The next access token that dies; never, if nobody tells, or nobody does any more.
async fn next_killed(killed: &mut Option<UnboundedReceiver<Killed>>) -> Killed {
    if let Some(receiver) = killed
        && let Some(killed) = receiver.recv().await
    {
        return killed;
    }
    *killed = None;
    std::future::pending().await
}
