//! The control port of a live server: its answers as a function of memory and time, over real sockets,
//! and as a page in a browser.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod house;
#[cfg(test)]
mod incident;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod orgs;
#[cfg(test)]
mod page;
#[cfg(test)]
mod port;
#[cfg(test)]
mod wire;
