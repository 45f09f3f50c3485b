//! Fates by order: what the next refreshes of one org meet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desk::Desk;
use super::moment::Length;
use super::operation::Call;
use super::orgs::OrgPath;
use super::problem::Problem;
use super::reply::{Json, Nothing};
use crate::fault::SeenAs;
use crate::live::grants::{Grants, Order};

/// What the next refreshes of an org meet. Fates wait in the order in which they were given, one
/// for each refresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "fate", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Fate {
    /// The refresh is decided and committed, and the client sees something else in place of the answer.
    LoseAnswer {
        /// What it sees.
        #[serde(default)]
        seen_as: Seen,
        /// How many refreshes meet it.
        #[serde(default = "once")]
        #[schemars(range(min = 1, max = 1000))]
        times: u16,
    },
    /// The request never reaches the server: nothing is committed, and the client hears nothing.
    LoseRequest {
        /// How many refreshes meet it.
        #[serde(default = "once")]
        #[schemars(range(min = 1, max = 1000))]
        times: u16,
    },
    /// The server fails before it commits.
    Fail {
        /// With which status.
        #[serde(default = "unavailable")]
        #[schemars(range(min = 500, max = 599))]
        status: u16,
        /// How many refreshes meet it.
        #[serde(default = "once")]
        #[schemars(range(min = 1, max = 1000))]
        times: u16,
    },
    /// The refresh is turned away with 429.
    Throttle {
        /// The wait that `Retry-After` asks for, in the scenario's time.
        retry_after: Length,
        /// How many refreshes meet it.
        #[serde(default = "once")]
        #[schemars(range(min = 1, max = 1000))]
        times: u16,
    },
    /// The server takes so long over the refresh, in place of its usual service time.
    Delay {
        /// How long, in the scenario's time.
        by: Length,
        /// How many refreshes meet it.
        #[serde(default = "once")]
        #[schemars(range(min = 1, max = 1000))]
        times: u16,
    },
    /// The request is delivered twice, and the client sees the second answer.
    Duplicate {
        /// How many refreshes meet it.
        #[serde(default = "once")]
        #[schemars(range(min = 1, max = 1000))]
        times: u16,
    },
}

/// What a client sees in place of a lost answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SeenAs")]
#[serde(rename_all = "snake_case")]
pub(super) enum Seen {
    /// Nothing: the connection stays open until the client gives up.
    #[default]
    Silence,
    /// The connection is reset (RST).
    Reset,
    /// The connection is closed in an orderly way before an answer (FIN).
    Closed,
    /// The answer breaks off within its headers.
    CutHeaders,
    /// The answer breaks off in the middle of its body.
    Truncated,
    /// A gateway's 502 Bad Gateway.
    #[serde(rename = "502")]
    BadGateway,
    /// A gateway's 503 Service Unavailable.
    #[serde(rename = "503")]
    Unavailable,
    /// A gateway's 504 Gateway Timeout.
    #[serde(rename = "504")]
    GatewayTimeout,
}

const fn once() -> u16 {
    1
}

const fn unavailable() -> u16 {
    503
}

impl Seen {
    const fn seen_as(self) -> SeenAs {
        match self {
            Self::Silence => SeenAs::Silence,
            Self::Reset => SeenAs::Reset,
            Self::Closed => SeenAs::Closed,
            Self::CutHeaders => SeenAs::CutHeaders,
            Self::Truncated => SeenAs::Truncated,
            Self::BadGateway => SeenAs::Status(502),
            Self::Unavailable => SeenAs::Status(503),
            Self::GatewayTimeout => SeenAs::Status(504),
        }
    }

    const fn of(seen: SeenAs) -> Self {
        match seen {
            SeenAs::Silence => Self::Silence,
            SeenAs::Reset => Self::Reset,
            SeenAs::Closed => Self::Closed,
            SeenAs::CutHeaders => Self::CutHeaders,
            SeenAs::Truncated => Self::Truncated,
            SeenAs::Status(502) => Self::BadGateway,
            SeenAs::Status(504) => Self::GatewayTimeout,
            SeenAs::Status(_) => Self::Unavailable,
        }
    }
}

impl Fate {
    /// The order for it, and how many refreshes meet it.
    fn order(&self) -> Result<(Order, u16), Problem> {
        let (order, times) = match *self {
            Self::LoseAnswer { seen_as, times } => (Order::LoseAnswer(seen_as.seen_as()), times),
            Self::LoseRequest { times } => (Order::LoseRequest, times),
            Self::Fail { status, times } => {
                if !(500..600).contains(&status) {
                    let wrong = format!("`status` is from 500 to 599, not {status}");
                    return Err(Problem::senseless(wrong));
                }
                (Order::Fail { status }, times)
            }
            Self::Throttle { retry_after, times } => {
                (Order::Throttle { retry_after: retry_after.0 }, times)
            }
            Self::Delay { by, times } => (Order::Delay(by.0), times),
            Self::Duplicate { times } => (Order::Duplicate, times),
        };
        if !(1..=1_000).contains(&times) {
            return Err(Problem::senseless(format!("`times` is from 1 to 1000, not {times}")));
        }
        Ok((order, times))
    }

    const fn of(order: &Order, times: u16) -> Self {
        match *order {
            Order::LoseAnswer(seen) => Self::LoseAnswer { seen_as: Seen::of(seen), times },
            Order::LoseRequest => Self::LoseRequest { times },
            Order::Fail { status } => Self::Fail { status, times },
            Order::Throttle { retry_after } => {
                Self::Throttle { retry_after: Length(retry_after), times }
            }
            Order::Delay(by) => Self::Delay { by: Length(by), times },
            Order::Duplicate => Self::Duplicate { times },
        }
    }
}

/// The fates that wait for an org.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WaitingFates")]
pub(super) struct Waiting {
    /// The org's number.
    org: u32,
    /// What waits, next first; equal ones in a row are counted.
    waiting: Vec<Fate>,
}

/// What was taken back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ForgottenFates")]
pub(super) struct Forgotten {
    /// How many fates waited.
    forgotten: usize,
}

/// The fates that wait for an org, equal ones in a row counted.
pub(super) fn waiting(grants: &Grants, org: u32) -> Vec<Fate> {
    let mut runs: Vec<(Order, u16)> = Vec::new();
    for order in grants.orders(org) {
        match runs.last_mut() {
            Some((last, times)) if last == order => *times = times.saturating_add(1),
            Some(_) | None => runs.push((*order, 1)),
        }
    }
    runs.iter().map(|(order, times)| Fate::of(order, *times)).collect()
}

type Of<B> = Call<OrgPath, Nothing, B>;

pub(super) fn order(desk: &Desk, call: &Of<Fate>) -> Result<Json<Waiting>, Problem> {
    let (order, times) = call.body.order()?;
    let org = call.path.org;
    let mut grants = desk.site.grants();
    grants.order(org, order, usize::from(times))?;
    Ok(Json(Waiting { org, waiting: waiting(&grants, org) }))
}

pub(super) fn show(desk: &Desk, call: &Of<Nothing>) -> Result<Json<Waiting>, Problem> {
    let org = call.path.org;
    let grants = desk.site.grants();
    call.path.check(&grants)?;
    Ok(Json(Waiting { org, waiting: waiting(&grants, org) }))
}

pub(super) fn forget(desk: &Desk, call: &Of<Nothing>) -> Result<Json<Forgotten>, Problem> {
    let mut grants = desk.site.grants();
    call.path.check(&grants)?;
    Ok(Json(Forgotten { forgotten: grants.forget_orders(call.path.org) }))
}
