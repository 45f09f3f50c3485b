//! The mock server as strangers meet it: HTTP/1.1 written by hand over loopback sockets.

mod client;
mod house;
mod refreshes;
