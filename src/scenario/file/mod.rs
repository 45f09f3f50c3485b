//! The sections of a scenario file, one file for each block that a user writes.
//!
//! Types here mirror what is written, defaults filled in; [`lower`](super::lower) turns them into what
//! engines play. Every doc comment of a key is also its description in the JSON schema.

pub(crate) mod client;
pub(crate) mod distribution;
pub(crate) mod empirical;
pub(crate) mod hlog;
pub(crate) mod incident;
pub(crate) mod moment;
pub(crate) mod parameters;
pub(crate) mod scenario;
pub(crate) mod server;
pub(crate) mod station;
pub(crate) mod swarm;
pub(crate) mod sweep;

pub(crate) use client::ClientForm;
pub(crate) use incident::{LatencyForm, PhaseForm, SeenAsForm};
pub(crate) use moment::{Anchor, Edge, Moment};
pub(crate) use scenario::ScenarioForm;
pub(crate) use swarm::CohortForm;
