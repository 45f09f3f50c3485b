//! How long attempts took over real HTTP, on the wall clock, and how well the generator kept up.

use crate::experiment::results::{Summary, WallQuantiles};
use crate::report::caveat::how_often;
use crate::report::words::duration;

/// What a live run adds to the figures, in sentences; `None` of a virtual one.
///
/// Both latencies are told: the one from the intended time leaves no waiting out (coordinated omission),
/// the raw one is what the server and the network are answerable for.
pub(crate) fn sentences(summary: &Summary) -> Option<String> {
    let live = summary.live.as_ref()?;
    let failures = match live.failures.as_slice() {
        [] => String::new(),
        failures => format!(" Attempts failed like this: {}.", how_often(failures)),
    };
    Some(format!(
        "At time scale {}, on the wall clock: an attempt took {} from when it was meant to be sent, and {} from when it was. It was sent {} late.{failures}",
        live.time_scale,
        quantiles(&live.corrected_ms),
        quantiles(&live.raw_ms),
        quantiles(&live.lag_ms),
    ))
}

/// "4.9 ms (99th percentile 330 ms)".
fn quantiles(wall: &WallQuantiles) -> String {
    format!("{} (99th percentile {})", duration(wall.p50 / 1e3), duration(wall.p99 / 1e3))
}
