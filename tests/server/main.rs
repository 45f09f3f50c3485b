//! The mock server as strangers meet it: HTTP/1.1 written by hand over loopback sockets.

mod authorisation1;
mod authorisation2;
mod client;
mod errors;
mod faults;
mod hostile;
mod house;
mod meters;
mod policies;
mod refreshes;
mod signatures;
mod times;
