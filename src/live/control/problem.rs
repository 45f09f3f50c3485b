//! What is said to somebody whose request cannot be carried out.

use std::fmt::Display;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reply::{Content, Json, Reply};
use crate::live::grants::{NoSuchOrg, OrderError};

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub struct Problem {
    #[serde(skip)]
    status: u16,
    /// What is wrong, in a sentence for people.
    pub error: String,
}

impl Problem {
    /// A problem with a status of its own.
    pub(super) fn new(status: u16, error: impl Display) -> Self {
        Self { status, error: error.to_string() }
    }

    /// 400: the request makes no sense.
    pub(super) fn senseless(error: impl Display) -> Self {
        Self::new(400, error)
    }

    /// 404: there is no such thing.
    pub(super) fn missing(error: impl Display) -> Self {
        Self::new(404, error)
    }

    /// Its HTTP status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn reply(self) -> Reply {
        let status = self.status;
        Json(self).reply(status)
    }
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Phase(_) | OrderError::Org(_) => Self::missing(error),
            OrderError::TooMany(_) => Self::new(409, error),
            OrderError::Cohort => Self::senseless(error),
        }
    }
}

impl From<NoSuchOrg> for Problem {
    fn from(error: NoSuchOrg) -> Self {
        match error {
            NoSuchOrg::Unknown(_) => Self::missing(error),
            NoSuchOrg::TooMany | NoSuchOrg::TooOften(_) => Self::new(409, error),
            NoSuchOrg::Cohort => Self::senseless(error),
        }
    }
}
