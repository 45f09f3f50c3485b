//! The mock server as strangers meet it: HTTP/1.1 written by hand over loopback sockets.
//!
//! ```text
//!   refreshes, policies               calm times, and what a server makes of a stale token
//!   faults, times                     what the client sees, what is committed, and when
//!   errors, hostile                   every refusal byte for byte; what nobody should send
//!   authorisation1, authorisation2    how an org is authorised, in either protocol
//!   signatures, meters                who may speak; what is counted
//!   station                           who waits, and who is turned away
//!
//!   house, client                     the server of these tests, and the other end of its sockets
//! ```

#[cfg(test)]
mod authorisation1;
#[cfg(test)]
mod authorisation2;
#[cfg(test)]
mod client;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod house;
#[cfg(test)]
mod meters;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod refreshes;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod station;
#[cfg(test)]
mod times;
