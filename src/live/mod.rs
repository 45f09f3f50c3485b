//! Floor 4: the same worlds over real HTTP. The one module that reads the wall clock.
//!
//! ```text
//!   swarm ──HTTP──► door ──► server ──► grants ◄── control (by hand), page, metrics
//!   Client machines  faults   OAuth     fates, decisions, ledger        clock: wall time as
//!   of floor 2       on the   1.0a/2.0  of floors 2 and 3               scenario time
//!                    socket
//! ```
//!
//! Nothing here decides what happens to an attempt: fates, passages, policies and client machines are
//! those of the virtual engine, which this module knows nothing of.

mod clock;
pub mod control;
pub mod door;
pub mod grants;
mod host;
mod mock;
mod play;
pub mod server;
mod site;
pub mod swarm;

pub use clock::{Clock, NotATimeScale, TimeScale};
pub use grants::Closed;
pub use host::{Host, HostError, HostSettings};
pub use mock::{MockOrg, MockServer};
pub use play::{
    Elsewhere, Part, PlayError, Played, connections_with, descriptors, own_client, own_paths, play,
    play_elsewhere,
};
pub use site::Site;
