//! Floor 3: one world, as every engine plays it.
//!
//! The types here put the floor-2 machines together: who exists ([`Swarm`]), what one arm of the
//! experiment looks like ([`World`], made ready as a [`Stage`]), the path of one attempt ([`Passage`]),
//! where attempts meet ([`Door`]), how an org stands ([`standing`], [`Account`]), and what is written
//! down of each attempt ([`Ledger`]). They live below both engines, because a rule that existed twice
//! would be a defect.

mod account;
mod door;
mod ledger;
mod parting;
mod passage;
mod reception;
mod scene;
mod spec;
mod stage;
mod standing;
mod swarm;

pub use account::{Account, AccountRest, Committed, Exposure, Renewals};
pub use door::{Door, Islands};
pub use ledger::csv as ledger_csv;
pub use ledger::{
    Commit, Delivery, Entry, Event as LedgerEvent, Ledger, Row, RowTeller, Rows, Way, Witness,
};
pub use parting::Parting;
pub use passage::{Passage, Sight};
pub use reception::{Notice, Open, Received, Reception, Request, Ticket};
pub use scene::Scene;
pub use spec::{Cohort, Server, World};
pub use stage::Stage;
pub use standing::{means, standing};
pub use swarm::{MAX_ORGS, Org, Swarm, SwarmTooLarge};
