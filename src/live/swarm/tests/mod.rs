//! The swarm against a server that does as it is told, over pipes, on a clock that stands still while
//! anybody has something to do: every instant is exact, and nothing is waited for.

mod answers;
mod lines;
mod people;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::RETRY_AFTER;
use tokio::io::{DuplexStream, duplex};
use tokio::task::{LocalSet, spawn_local};

use super::*;
use crate::authority::{OldAccessToken, OnReuse, Policy, Rules, Strict};
use crate::base::Distribution;
use crate::client::{Credentials, Profile, Schedule, Trigger};
use crate::fault;
use crate::live::TimeScale;
use crate::live::door::{self, CutAt, Ending, Limits, Request, Verdict};
use crate::live::server::ATTEMPT_HEADER;
use crate::protocol::oauth2::TokenAnswer;
use crate::protocol::{Conclusion, Generation, Named, Protocol, TokenKind};
use crate::world::{Cohort, Server, StationSpec, World};

const SEED: Seed = Seed(7);

/// Microseconds of the scenario.
fn at(micros: u64) -> SimTime {
    SimTime::from_micros(micros)
}

fn micros(micros: u64) -> SimDuration {
    SimDuration::from_micros(micros)
}

/// An app that refreshes every 100 µs, gives up after 30, and makes one attempt.
fn app() -> Profile {
    let trigger = Trigger::Periodic { every: micros(100), schedule: Schedule::Aligned };
    Profile { timeout: Some(micros(30)), ..Profile::new(trigger) }
}

fn rules() -> Rules {
    Rules {
        policy: Policy::Strict(Strict { on_reuse: OnReuse::None }),
        amnesty: None,
        access_token_ttl: SimDuration::from_mins(30),
        session_lifetime: SimDuration::from_hours(24),
        old_access_token: OldAccessToken::LivesToExpiry,
    }
}

/// What is driven, and against what.
pub(super) struct Scene {
    pub(super) protocol: Protocol,
    pub(super) profile: Profile,
    pub(super) rules: Rules,
    pub(super) orgs: u32,
    pub(super) orgs_per_partner: u32,
    pub(super) end: SimTime,
    pub(super) bounds: Bounds,
    pub(super) limits: Limits,
    pub(super) credentials: Vec<Texts>,
    pub(super) killed: Option<UnboundedReceiver<Killed>>,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self {
            protocol: Protocol::Oauth2,
            profile: app(),
            rules: rules(),
            orgs: 1,
            orgs_per_partner: 1,
            end: at(250),
            bounds: Bounds::none(),
            limits: Limits::none(),
            credentials: Vec::new(),
            killed: None,
        }
    }

    pub(super) fn stage(&self) -> Arc<Stage> {
        let cohort = Cohort {
            name: "all".to_owned(),
            partners: self.orgs / self.orgs_per_partner,
            orgs_per_partner: self.size_of_partner(),
            client: "inline".to_owned(),
            profile: self.profile.clone(),
            rules: self.rules.clone(),
        };
        let server = Server {
            protocol: self.protocol,
            service_time: Distribution::exactly(micros(0)),
            station: StationSpec::Unlimited,
            gateway_timeout: None,
            overhead: micros(0),
            registrations: Vec::new(),
        };
        Arc::new(Stage::new(World {
            server,
            cohorts: vec![cohort],
            incident: fault::Schedule::new(Vec::new()),
            duration: self.end.since(SimTime::ZERO),
            start_of_day: micros(0),
        }))
    }

    fn size_of_partner(&self) -> Distribution {
        Distribution::exactly(micros(self.orgs_per_partner.into()))
    }

    /// Plays it. Everything that was said, in order, and how it ended.
    fn play<F, V>(self, house: F) -> (Rc<Book>, Finished)
    where
        F: Fn(Rc<Book>, Call) -> V + 'static,
        V: Future<Output = Verdict> + 'static,
    {
        self.play_until(house, |_| std::future::pending::<()>())
    }

    /// Plays it until it is stopped.
    fn play_until<F, V, S>(self, house: F, stop: impl Fn(Clock) -> S) -> (Rc<Book>, Finished)
    where
        F: Fn(Rc<Book>, Call) -> V + 'static,
        V: Future<Output = Verdict> + 'static,
        S: Future<Output = ()>,
    {
        let (stage, size) = (self.stage(), self.size_of_partner());
        let swarm = Swarm::draw(SEED, [(self.orgs / self.orgs_per_partner, &size)]).unwrap();
        paused(async move {
            let clock = Clock::start(TimeScale::EXACT);
            let book = Book::new(clock);
            let drive = Drive {
                stage,
                swarm: &swarm,
                seed: SEED,
                replication: 0,
                clock,
                end: self.end,
                target: target(self.protocol),
                unix_s: 1_520_897_400,
                credentials: self.credentials,
                killed: self.killed,
                bounds: self.bounds,
                progress: Arc::new(Progress::default()),
            };
            let connect = Pipes::new(&book, self.limits, house);
            let stop = stop(clock);
            let finished = super::drive(drive, connect, Rc::clone(&book), stop).await.unwrap();
            assert!(!book.alarm.get(), "the server met what it did not expect");
            (book, finished)
        })
    }
}

/// Runs to its end on a clock that jumps to the next timer when nobody has anything to do.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, future)
}

fn target(protocol: Protocol) -> Target {
    let client = Registered {
        id: "app".to_owned(),
        secret: "secret".to_owned(),
        redirect_uri: "http://localhost/back".to_owned(),
    };
    Target::new(protocol, "http://127.0.0.1:8080/connect/token", client).unwrap()
}

/// What was seen on either side.
struct Book {
    clock: Clock,
    sent: RefCell<Vec<Sent>>,
    concluded: RefCell<Vec<Concluded>>,
    short_circuited: RefCell<Vec<(u32, u64)>>,
    authorised: RefCell<Vec<(u32, Credentials, SimTime)>>,
    /// Requests that reached the server: when, their paths, and the names of their attempts.
    requests: RefCell<Vec<(SimTime, String, String)>>,
    connects: Cell<usize>,
    /// When the server saw connections end.
    ends: RefCell<Vec<SimTime>>,
    /// Whether the server met what it did not expect: its panic ends a task, and not the test.
    alarm: Cell<bool>,
}

/// Raises the alarm in a panic.
struct Alarm(Rc<Book>);

impl Drop for Alarm {
    fn drop(&mut self) {
        self.0.alarm.set(self.0.alarm.get() || std::thread::panicking());
    }
}

/// A request, and how many came before it.
struct Call {
    n: usize,
    request: Request,
}

impl Book {
    fn new(clock: Clock) -> Rc<Self> {
        Rc::new(Self {
            clock,
            sent: RefCell::default(),
            concluded: RefCell::default(),
            short_circuited: RefCell::default(),
            authorised: RefCell::default(),
            requests: RefCell::default(),
            connects: Cell::new(0),
            ends: RefCell::default(),
            alarm: Cell::new(false),
        })
    }

    async fn wait(&self, span: SimDuration) {
        self.clock.sleep_until(self.clock.now() + span).await;
    }

    /// When attempts ended, and how.
    fn conclusions(&self) -> Vec<(u64, Conclusion)> {
        let concluded = self.concluded.borrow();
        concluded.iter().map(|end| (end.now.as_micros(), end.conclusion)).collect()
    }

    /// When requests reached the server.
    fn arrivals(&self) -> Vec<u64> {
        self.requests.borrow().iter().map(|(at, ..)| at.as_micros()).collect()
    }

    fn names(&self) -> Vec<String> {
        self.requests.borrow().iter().map(|(.., name)| name.clone()).collect()
    }

    fn paths(&self) -> Vec<String> {
        self.requests.borrow().iter().map(|(_, path, _)| path.clone()).collect()
    }
}

impl Watch for Book {
    fn sent(&self, sent: Sent) {
        self.sent.borrow_mut().push(sent);
    }

    fn concluded(&self, concluded: Concluded) {
        self.concluded.borrow_mut().push(concluded);
    }

    fn short_circuited(&self, org: u32, _: Credentials, now: SimTime) {
        self.short_circuited.borrow_mut().push((org, now.as_micros()));
    }

    fn authorised(&self, org: u32, credentials: Credentials, now: SimTime) {
        self.authorised.borrow_mut().push((org, credentials, now));
    }
}

/// Pipes into a server.
struct Pipes {
    book: Rc<Book>,
    limits: Limits,
    handler: Rc<dyn Fn(Request) -> Handling>,
}

type Handling = std::pin::Pin<Box<dyn Future<Output = Verdict>>>;

impl Pipes {
    fn new<F, V>(book: &Rc<Book>, limits: Limits, house: F) -> Self
    where
        F: Fn(Rc<Book>, Call) -> V + 'static,
        V: Future<Output = Verdict> + 'static,
    {
        let seen = Rc::clone(book);
        let handler = move |request: Request| -> Handling {
            let name = request.headers.get(ATTEMPT_HEADER).map(|name| name.to_str().unwrap());
            let (name, path) = (name.unwrap_or_default().to_owned(), request.uri.to_string());
            let n = seen.requests.borrow().len();
            seen.requests.borrow_mut().push((seen.clock.now(), path, name));
            Box::pin(house(Rc::clone(&seen), Call { n, request }))
        };
        Self { book: Rc::clone(book), limits, handler: Rc::new(handler) }
    }
}

impl Connect for Pipes {
    type Io = DuplexStream;

    async fn connect(&self) -> io::Result<DuplexStream> {
        let (ours, theirs) = duplex(64 << 10);
        let (book, handler, limits) =
            (Rc::clone(&self.book), Rc::clone(&self.handler), self.limits);
        book.connects.set(book.connects.get() + 1);
        spawn_local(async move {
            let _alarm = Alarm(Rc::clone(&book));
            let peer = SocketAddr::from(([127, 0, 0, 1], 0));
            let handler = move |request| handler(request);
            let never = std::future::pending();
            door::serve_connection(theirs, peer, &handler, &limits, never).await;
            book.ends.borrow_mut().push(book.clock.now());
        });
        Ok(ours)
    }
}

fn respond(status: u16, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status.try_into().unwrap();
    response
}

fn answer(status: u16, body: impl Into<Bytes>) -> Verdict {
    Verdict::Answer(respond(status, body), None)
}

/// The body of an OAuth 2.0 answer with a token of the first family.
fn token_body(org: u32, generation: u32) -> String {
    let codec = crate::protocol::TokenCodec::new(SEED.0);
    let token =
        |kind| codec.token(Named { kind, org, family: 0, generation: Generation(generation) });
    let answer = TokenAnswer {
        access_token: token(TokenKind::Access).into(),
        expires_in: 1_800,
        refresh_token: Some(token(TokenKind::Refresh).into()),
        scope: None,
    };
    answer.body()
}

fn token(org: u32, generation: u32) -> Verdict {
    answer(200, token_body(org, generation))
}

/// The refresh token that a request presents.
fn presented(request: &Request) -> Option<Named> {
    let mut pairs = form_urlencoded::parse(&request.body);
    let (_, text) = pairs.find(|(key, _)| key == "refresh_token")?;
    crate::protocol::TokenCodec::new(SEED.0).read(&text)
}
