//! Fault-injection load simulator for servers that rotate refresh tokens.

pub mod authority;
pub mod base;
pub mod cli;
pub mod client;
pub mod experiment;
pub mod fault;
pub mod live;
pub mod measure;
pub mod protocol;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod station;
pub mod world;
