//! The fuzz targets on the stable toolchain: every seed, and mutations of the seeds from a fixed source of
//! random numbers, so that a run tries the same inputs as the one before.
//!
//! `AMNESTY_FUZZ_SECONDS=60` goes on for so long per target instead. An input that breaks something is
//! written to `fuzz/artifacts/TARGET/`; mended, it becomes a seed. How many inputs were executed is said on
//! standard error.

#[cfg(test)]
mod mutate;
#[cfg(test)]
mod replay;

#[cfg(test)]
#[expect(unreachable_pub, reason = "it is the root of a crate in `fuzz`")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;
