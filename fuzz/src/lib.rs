//! What each fuzz target asserts, as functions of bytes.
//!
//! cargo-fuzz calls them from `fuzz_targets/`; `tests/fuzz_replay.rs` of the crate above calls the same
//! functions on the stable toolchain, on the seeds and on mutations of them. No input may make them
//! panic, hang, or take memory out of proportion. Each says whether the input was accepted, so that a
//! report shows whether the inputs get past the reader.

mod control;
mod door;
mod plays;
mod results;
mod scenario;
pub mod wire;

/// A target: reads the bytes, asserts, and says whether they were accepted.
pub type Target = fn(&[u8]) -> bool;

/// Every target by its name, which is that of its file in `fuzz_targets/` and of its folder in `seeds/`.
pub const TARGETS: [(&str, Target); 19] = [
    ("token", wire::token),
    ("oauth1_request", wire::oauth1_request),
    ("oauth1_answer", wire::oauth1_answer),
    ("oauth2_request", wire::oauth2_request),
    ("oauth2_answer", wire::oauth2_answer),
    ("rsa_pem", wire::rsa_pem),
    ("scenario", scenario::text),
    ("set", scenario::sets),
    ("expectation", scenario::expectation),
    ("over", scenario::over),
    ("csv", scenario::csv),
    ("hlog", scenario::hlog),
    ("summary", results::summary),
    ("timeline", results::timeline),
    ("load", results::load),
    ("sweep", results::sweep),
    ("door", door::connection),
    ("control", control::requests),
    ("plays", plays::plays),
];

/// Seeds of a target that are made by running the program, beside those of `seeds/`.
pub fn made(name: &str) -> Vec<Vec<u8>> {
    results::made(name)
}

/// The target of this name.
///
/// # Panics
/// If there is none: a file of `fuzz_targets/` names one that is not in [`TARGETS`].
pub fn target(name: &str) -> Target {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no target `{name}`")).1
}
