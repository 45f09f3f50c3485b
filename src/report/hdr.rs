//! `latency.hlog`: whole latency distributions as an `HdrHistogram` interval log (V2, deflated).
//!
//! `HistogramLogProcessor` and the plotters that read its format open it. The log's start is the
//! scenario's clock start, not the time of the run, so the same run gives the same bytes.

use std::time::{Duration, UNIX_EPOCH};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::experiment::results::Summary;

/// Why a log cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The scenario's start is no instant after 1970.
    #[error("`{0}` is no instant (RFC 3339, after 1970) that a log could start at")]
    Start(String),
    /// The histogram library refused.
    #[error("histogram `{tag}`: {reason}")]
    Histogram {
        /// The histogram's tag.
        tag: String,
        /// What the library says.
        reason: String,
    },
}

/// The interval log of some tagged histograms of microseconds, each over the whole run. Letters that
/// a tag must not hold (commas, white space) become `_`.
///
/// # Errors
/// [`LogError`] if the start is no instant, or a histogram cannot be encoded.
pub fn latency_log(
    summary: &Summary,
    histograms: &[(&str, &Histogram<u64>)],
) -> Result<Vec<u8>, LogError> {
    let no_start = || LogError::Start(summary.start.clone());
    let start: jiff::Timestamp = summary.start.parse().map_err(|_| no_start())?;
    let since_1970 = u64::try_from(start.as_millisecond()).map_err(|_| no_start())?;
    let start = UNIX_EPOCH + Duration::from_millis(since_1970);
    let mut bytes = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let refused = |tag: &str, reason: String| LogError::Histogram { tag: tag.to_owned(), reason };
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment(&format!(
            "[{}, run {}: refresh latency in microseconds, over {} replications]",
            summary.scenario,
            summary.run_id(),
            summary.replications
        ))
        .with_start_time(start)
        .with_base_time(start)
        .with_max_value_divisor(1e6)
        .begin_log_with(&mut bytes, &mut serializer)
        .map_err(|error| refused("header", error.to_string()))?;
    let length = Duration::try_from_secs_f64(summary.duration_seconds).unwrap_or_default();
    for (tag, histogram) in histograms {
        let clean: String = tag
            .chars()
            .map(|letter| if letter == ',' || letter.is_whitespace() { '_' } else { letter })
            .collect();
        log.write_histogram(*histogram, Duration::ZERO, length, Tag::new(&clean))
            .map_err(|error| refused(tag, error.to_string()))?;
    }
    Ok(bytes)
}
