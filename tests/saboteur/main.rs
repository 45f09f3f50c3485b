//! The binary under faults: full disks, closed streams, few descriptors, little memory, signals.
//!
//! ```text
//!   fixture: results of seed 1 ──copy──► a case's folder ──command with seed 2, and a fault──► judged
//! ```
//!
//! After each case: the exit code is one of the table, every results folder is the old one byte for byte or the
//! new one whole, nothing stray is left after an orderly end (and nothing after the run that follows a kill),
//! and nothing has panicked.
//!
//! Faults of system calls are injected by `strace`; where it is missing, or may not trace, they are said to be
//! skipped. Which call fails and when is drawn from a seed: `AMNESTY_SABOTEUR_SEED`. A case that fails prints the
//! command that repeats it.
#![cfg(unix)]

#[cfg(test)]
mod calls;
#[cfg(test)]
mod case;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod streams;
