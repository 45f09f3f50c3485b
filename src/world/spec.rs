//! What one arm of an experiment consists of.

use crate::authority::Rules;
use crate::base::{Distribution, SimDuration};
use crate::client::Profile;
use crate::fault::Schedule;
use crate::protocol::Protocol;
use crate::protocol::oauth1::Registration;
use crate::station::{AdmissionSpec, BackgroundSpec, StationSpec};

/// One arm's world: everything that decides what happens, but the draws.
#[derive(Debug, Clone)]
pub struct World {
    /// The authorization server.
    pub server: Server,
    /// The cohorts, in the order of the scenario.
    pub cohorts: Vec<Cohort>,
    /// The incident.
    pub incident: Schedule,
    /// When the clock stops.
    pub duration: SimDuration,
    /// Time from midnight UTC to the clock's start: aligned timetables count from midnight.
    pub start_of_day: SimDuration,
}

/// The authorization server and what stands before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Wire protocol of the token endpoint.
    pub protocol: Protocol,
    /// Time the server takes over a request, in microseconds.
    pub service_time: Distribution,
    /// Where requests wait and are served; `None` for a worker for everyone, so that nobody waits.
    pub station: Option<StationSpec>,
    /// What is turned away at the door.
    pub admission: Option<AdmissionSpec>,
    /// Traffic besides refreshes.
    pub background: Option<BackgroundSpec>,
    /// When a gateway answers 504 while the worker still finishes and commits; `None` for no gateway.
    pub gateway_timeout: Option<SimDuration>,
    /// Time that every request takes beyond that: none in virtual time. A cross-check plays a world
    /// again with the overhead that real sockets had.
    pub overhead: SimDuration,
    /// The apps that it knows; without any, it lets everybody in.
    pub registrations: Vec<Registration>,
}

/// A group of partners whose apps behave alike.
#[derive(Debug, Clone)]
pub struct Cohort {
    /// Its name.
    pub name: String,
    /// How many partners.
    pub partners: u32,
    /// How many orgs each partner holds.
    pub orgs_per_partner: Distribution,
    /// Name of the client preset, or `inline`.
    pub client: String,
    /// How the apps behave.
    pub profile: Profile,
    /// How the server treats this cohort: its amnesty is absent where the cohort is out of scope.
    pub rules: Rules,
}
