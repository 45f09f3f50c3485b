//! The mock server in somebody's integration tests.

use std::io;
use std::net::SocketAddr;

use super::grants::{ByHand, Grants, NoSuchOrg, Order, OrderError, Presented};
use super::host::{Host, HostError, HostSettings};
use crate::authority::{Amnesty, AmnestyReply};
use crate::base::{SimDuration, SimTime};
use crate::fault::SeenAs;
use crate::measure::OrgState;
use crate::protocol::{Generation, Named, TokenKind};
use crate::world::{Entry, Scene};

/// A mock OAuth server on a free port of this machine, for as long as it is held. Several can run at once.
///
/// It serves the first arm of a scenario. Phases and the amnesty wait until they are started, and the
/// fate of single refreshes is set from code.
///
/// ```
/// use std::io::{Read as _, Write as _};
/// use std::net::TcpStream;
/// use std::path::Path;
///
/// use amnesty::fault::SeenAs;
/// use amnesty::live::MockServer;
/// use amnesty::measure::OrgState;
/// use amnesty::scenario::{self, Overrides};
///
/// let yaml = b"
/// name: my-client
/// about: Does my client survive a lost answer?
/// clock: { start: 2026-03-12T00:00:00Z, duration: 1d }
/// server: { policy: strict, access_token_ttl: 30m, service_time: 0s }
/// swarm: [{ name: apps, partners: 1, orgs_per_partner: 1, client: pyxero }]
/// ";
/// let scenario = scenario::from_bytes("my-client", yaml, Path::new("."), &Overrides::default())
///     .map_err(|errors| errors.render(false))?;
/// let server = MockServer::start(&scenario)?;
///
/// // Your client goes here; this one writes its request by hand.
/// let refresh = |refresh_token: &str| -> std::io::Result<String> {
///     let form = format!("grant_type=refresh_token&refresh_token={refresh_token}");
///     let mut connection = TcpStream::connect(server.address())?;
///     write!(
///         connection,
///         "POST /connect/token HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\
///          Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
///         form.len()
///     )?;
///     let mut answer = String::new();
///     connection.read_to_string(&mut answer)?;
///     Ok(answer)
/// };
///
/// let org = server.add_org()?;
/// server.lose_next_answer(org.number, SeenAs::Closed)?;
/// assert_eq!(refresh(&org.refresh_token)?, "", "the answer is lost");
/// assert_eq!(server.state(org.number), Some(OrgState::Stale), "but it was committed");
/// assert!(refresh(&org.refresh_token)?.contains("invalid_grant"));
///
/// server.start_amnesty();
/// assert!(refresh(&org.refresh_token)?.starts_with("HTTP/1.1 200"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MockServer {
    host: Host,
}

/// An org, and what its client holds at first, in both protocols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MockOrg {
    /// Its number.
    pub number: u32,
    /// OAuth 2.0: for API calls. OAuth 1.0a: `oauth_token`, for API calls and renewals.
    pub access_token: String,
    /// OAuth 1.0a: `oauth_token_secret`.
    pub token_secret: String,
    /// OAuth 1.0a: `oauth_session_handle`, for renewals.
    pub session_handle: String,
    /// OAuth 2.0: for refreshes.
    pub refresh_token: String,
}

impl MockServer {
    /// Starts a server on a free port of 127.0.0.1; it stops when it is dropped.
    ///
    /// # Errors
    /// [`HostError`] if there is no port or no thread to be had.
    pub fn start(scenario: &impl Scene) -> Result<Self, HostError> {
        let settings = HostSettings { control: None, by_hand: true, ..HostSettings::default() };
        Self::start_with(scenario, &settings)
    }

    /// Starts a server with settings of your own: with a control port, say, or another time scale.
    ///
    /// # Errors
    /// [`HostError`] if there is no port or no thread to be had.
    pub fn start_with(scenario: &impl Scene, settings: &HostSettings) -> Result<Self, HostError> {
        Ok(Self { host: Host::start(scenario, settings)? })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.host.address()
    }

    /// `http://127.0.0.1:PORT`: put an endpoint behind it, such as `/connect/token`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Where its control port is, if it has one.
    pub const fn control(&self) -> Option<SocketAddr> {
        self.host.control()
    }

    /// A new org, freshly authorised.
    ///
    /// # Errors
    /// [`NoSuchOrg::TooMany`] after a million of them.
    pub fn add_org(&self) -> Result<MockOrg, NoSuchOrg> {
        let mut grants = self.host.site().grants();
        let added = grants.add(None, self.host.site().now())?;
        Ok(holding(&grants, added.presented()))
    }

    /// An org of the scenario with the token that is its newest.
    pub fn org(&self, number: u32) -> Option<MockOrg> {
        let grants = self.host.site().grants();
        let holder = grants.holders().get(number as usize)?;
        let generation = holder.account().grant().newest();
        let family = holder.family();
        Some(holding(&grants, Presented { org: number, family, generation }))
    }

    /// The next refresh of an org is committed, and its client sees this instead of the answer.
    ///
    /// # Errors
    /// [`OrderError`] if there is no such org.
    pub fn lose_next_answer(&self, org: u32, seen_as: SeenAs) -> Result<(), OrderError> {
        self.order(org, Order::LoseAnswer(seen_as))
    }

    /// The next refresh of an org meets this fate; orders given before come first.
    ///
    /// # Errors
    /// [`OrderError`] if there is no such org, or too many orders wait for it.
    pub fn order(&self, org: u32, order: Order) -> Result<(), OrderError> {
        self.host.site().grants().order(org, order, 1)
    }

    /// Starts a phase of the scenario's incident.
    ///
    /// # Errors
    /// [`OrderError::Phase`] if there is none of this name.
    pub fn start_phase(&self, name: &str) -> Result<(), OrderError> {
        self.turn_phase(name, ByHand::Start)
    }

    /// Ends a phase.
    ///
    /// # Errors
    /// [`OrderError::Phase`] if there is none of this name.
    pub fn end_phase(&self, name: &str) -> Result<(), OrderError> {
        self.turn_phase(name, ByHand::End)
    }

    fn turn_phase(&self, name: &str, turn: ByHand) -> Result<(), OrderError> {
        let now = self.host.site().now();
        self.host.site().grants().turn_phase(name, turn, now)
    }

    /// From now on any generation with a valid session is accepted, and answered with the current pair.
    pub fn start_amnesty(&self) {
        self.turn_amnesty(ByHand::Start);
    }

    /// The amnesty is over.
    pub fn end_amnesty(&self) {
        self.turn_amnesty(ByHand::End);
    }

    fn turn_amnesty(&self, turn: ByHand) {
        let terms = Amnesty {
            from: SimTime::ZERO,
            until: SimTime::NEVER,
            announced: SimTime::ZERO,
            stagger: SimDuration::ZERO,
            reply: AmnestyReply::CurrentPair,
            unrevoke: false,
        };
        let now = self.host.site().now();
        let done = self.host.site().grants().turn_amnesty(turn, (terms, None), now);
        debug_assert!(done.is_ok(), "without a scope no cohort can be unknown");
    }

    /// How an org stands now, as far as the server can tell: it takes a token that was delivered for
    /// stored.
    pub fn state(&self, org: u32) -> Option<OrgState> {
        let now = self.host.site().now();
        self.host.site().grants().state(org, now)
    }

    /// The newest generation that an org was issued.
    pub fn newest(&self, org: u32) -> Option<Generation> {
        let grants = self.host.site().grants();
        Some(grants.holders().get(org as usize)?.account().grant().newest())
    }

    /// The last attempts of an org that have ended, oldest first.
    pub fn ledger(&self, org: u32) -> Vec<Entry> {
        let grants = self.host.site().grants();
        let lines = grants.pages().done().filter(|entry| entry.org == u64::from(org));
        lines.cloned().collect()
    }

    /// Stops it: no new requests, those under way to their end.
    ///
    /// # Errors
    /// If its thread did not end as it should.
    pub fn stop(self) -> io::Result<()> {
        let closed = self.host.close(None).map(drop);
        closed.ok_or_else(|| io::Error::other("the server's thread did not end"))
    }
}

fn holding(grants: &Grants, held: Presented) -> MockOrg {
    let Presented { org, family, generation } = held;
    let codec = grants.codec();
    let named = |kind| Named { kind, org, family, generation };
    MockOrg {
        number: org,
        access_token: codec.token(named(TokenKind::Access)),
        token_secret: codec.secret(named(TokenKind::Access)),
        session_handle: codec.handle(org, family),
        refresh_token: codec.token(named(TokenKind::Refresh)),
    }
}
