//! Floor 2: a partner's app, for one org.
//!
//! A [`Profile`] says how an app behaves; an [`App`] is a profile made ready to run; a [`Client`] is
//! one org's refresh machine. It is sans-IO: it is told the time and what came in, says what goes
//! out, and when it next wants to be woken.

mod app;
mod backoff;
mod breaker;
mod budget;
mod machine;
mod message;
mod pool;
pub mod preset;
mod profile;
mod rest;
mod restraint;
mod workers;

pub use app::{Announcement, App, Setting};
pub use breaker::{Breaker, Pass};
pub use budget::Budget;
pub use machine::{Client, Timer};
pub use message::{AttemptId, Credentials, Input, Outlet, Output};
pub use pool::Pool;
pub use profile::{
    Backoff, BackoffShape, Concurrency, Jitter, OnFailure, OnRefusal, Person, Profile, Reaction,
    RetryAfter, RetryOn, Schedule, Trigger,
};
pub use rest::{Rest, Retry};
pub use restraint::{CircuitBreaker, Per, PoolSize, Restraint, RetryBudget};
