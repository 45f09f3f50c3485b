//! The control port of a live server: its answers as a function of memory and time, over real sockets,
//! and as a page in a browser.

mod browser;
mod contract;
mod house;
mod incident;
mod ledger;
mod metrics;
mod orgs;
mod page;
mod port;
mod wire;
