//! Laws that every run obeys: closed forms, an oracle, and what no world may break.
//!
//! ```text
//!   closed_form   the table that is known without a simulator      (facts: P(stale) = 1-(1-p)^k)
//!   oracle        30 lines that foretell each org of the simplest model, draw by draw
//!   access        time without an access token: by hand, and from the ledger
//!   amnesty       when an amnesty cannot harm, when a longer one is better, and when neither holds
//!   balance       every attempt ends once, every org is somewhere, flow in = flow out
//!   parity        the live engine and the virtual one, attempt by attempt, for every world
//!   backoff       the published study of back-off and jitter, cell by cell
//!   retries       the published study of retry budgets; closed forms of retries and breakers
//!   queueing      what queueing theory says of the stations, and what they say
//!   meeting       whatever orgs do to each other at a door: books, states, repetition, forks
//!   storm         the figures of a server in a storm of retries agree with one another
//!   repeat        same seed, same bytes; arms and phases leave one another alone
//!   lane          no shortcut of the engine changes a figure
//!   by_hand       small worlds whose right values were worked out by hand
//!   ledger        folded, it is what was counted, whoever meets whom
//!   calm          without faults nobody is disconnected, by any preset client at any preset server
//! ```
//!
//! Random worlds come from `random`, by a fixed seed, so that a run is the same everywhere. To search
//! further, set `PROPTEST_RNG_SEED` and `PROPTEST_CASES`.

#[cfg(test)]
mod access;
#[cfg(test)]
mod amnesty;
#[cfg(test)]
mod backoff;
#[cfg(test)]
mod balance;
#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod calm;
#[cfg(test)]
mod closed_form;
#[cfg(test)]
mod lane;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod meeting;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod queueing;
#[cfg(test)]
mod random;
#[cfg(test)]
mod repeat;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod storm;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
