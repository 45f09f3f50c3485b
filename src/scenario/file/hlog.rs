//! Logs of `HdrHistogram`, read within bounds of bytes, time and memory.
//!
//! The `hdrhistogram` crate reads the lines of a log; the histograms in them are read here. It would
//! make room for all counts that a header promises, fifty megabytes where the header says five digits
//! up to 2^63, and go through them at every line. Counts are taken as they come instead, so that a log
//! costs what it holds. The format is the V2 encoding of `HdrHistogram`
//! (<https://github.com/HdrHistogram/HdrHistogram>, `EncodableHistogram` and `ZigZagEncoding`).

use std::io::{self, BufReader, Read};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

/// Bytes that all histograms of a log may unpack to.
const UNPACKED_MAX: u64 = 64 << 20;

const COOKIE: u32 = 0x1c84_9303 | 0x10;
const COOKIE_COMPRESSED: u32 = 0x1c84_9304 | 0x10;

/// All histograms of a log, added together, to three digits.
///
/// # Errors
/// What is wrong with the log, without its text.
pub(crate) fn sum(log: &[u8]) -> Result<Histogram<u64>, String> {
    let mut sum = Histogram::<u64>::new(3).map_err(|error| error.to_string())?;
    let mut left = UNPACKED_MAX;
    let mut histograms = 0_usize;
    for entry in IntervalLogIterator::new(log) {
        let entry = entry.map_err(|_| "the file is no HdrHistogram log".to_owned())?;
        let LogEntry::Interval(interval) = entry else { continue };
        histograms += 1;
        let wrong = |why: String| format!("histogram {histograms}: {why}");
        let bytes = BASE64_STANDARD
            .decode(interval.encoded_histogram())
            .map_err(|_| wrong("it is not in base64".to_owned()))?;
        add(&bytes, &mut left, &mut sum).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(sum)
}

/// Why a histogram cannot be read.
#[derive(Debug, thiserror::Error)]
enum HistogramError {
    #[error("it ends before it is complete")]
    Short,
    #[error("expected the cookie of the V2 encoding, found {0:#010x}")]
    Cookie(u32),
    #[error("its header says {found} bytes, and {held} follow")]
    Length { found: u64, held: u64 },
    #[error("the histograms of the log unpack to more than {} MiB", UNPACKED_MAX >> 20)]
    TooLarge,
    #[error("it is shifted or scaled, which is not read")]
    Unsupported,
    #[error("its header contradicts itself: {digits} digits, values from {low} to {high}")]
    Header { digits: u32, low: u64, high: u64 },
    #[error("its counts go beyond the values of its header")]
    Beyond,
    #[error("it cannot be unpacked")]
    Packed,
}

impl From<io::Error> for HistogramError {
    fn from(error: io::Error) -> Self {
        let ends_early = error.kind() == io::ErrorKind::UnexpectedEof;
        if ends_early { Self::Short } else { Self::Packed }
    }
}

fn add(bytes: &[u8], left: &mut u64, sum: &mut Histogram<u64>) -> Result<(), HistogramError> {
    let mut bytes = bytes;
    match u32_of(&mut bytes)? {
        COOKIE => {
            let held = bytes.len() as u64;
            let mut plain = bytes.take(*left);
            counts(&mut plain, Some(held), sum)?;
            spend(left, plain.limit())
        }
        COOKIE_COMPRESSED => {
            let (found, held) = (u64::from(u32_of(&mut bytes)?), bytes.len() as u64);
            if found > held {
                return Err(HistogramError::Length { found, held });
            }
            let unpacked = ZlibDecoder::new(bytes.take(found)).take(*left);
            let mut unpacked = BufReader::new(unpacked);
            let cookie = u32_of(&mut unpacked)?;
            if cookie != COOKIE {
                return Err(HistogramError::Cookie(cookie));
            }
            let read = counts(&mut unpacked, None, sum);
            spend(left, unpacked.get_ref().limit())?;
            read
        }
        other => Err(HistogramError::Cookie(other)),
    }
}

/// Takes what was read off what may still be.
fn spend(left: &mut u64, limit: u64) -> Result<(), HistogramError> {
    *left = limit;
    if limit == 0 { Err(HistogramError::TooLarge) } else { Ok(()) }
}

/// Adds the counts of one encoded histogram, behind its cookie, of which `held` bytes are there.
fn counts(
    encoded: &mut impl Read,
    held: Option<u64>,
    sum: &mut Histogram<u64>,
) -> Result<(), HistogramError> {
    const REST_OF_HEADER: u64 = 36;
    let length = u64::from(u32_of(encoded)?);
    let held = held.map(|held| held.saturating_sub(REST_OF_HEADER));
    if let Some(held) = held.filter(|held| length > *held) {
        return Err(HistogramError::Length { found: length, held });
    }
    let shift = u32_of(encoded)?;
    let digits = u32_of(encoded)?;
    let (low, high, scale) = (u64_of(encoded)?, u64_of(encoded)?, u64_of(encoded)?);
    if shift != 0 || scale != 1.0_f64.to_bits() {
        return Err(HistogramError::Unsupported);
    }
    let cells = Cells::of(digits, low, high).ok_or(HistogramError::Header { digits, low, high })?;
    let mut encoded = encoded.take(length);
    let mut index = 0_u64;
    while encoded.limit() > 0 {
        let number = varint(&mut encoded)?;
        // Zigzag: even numbers are counts, odd ones stretches of cells without any.
        let (half, empty) = (number >> 1, number & 1 == 1);
        if empty {
            index = index.saturating_add(half).saturating_add(1);
            continue;
        }
        if half > 0 {
            let value = cells.value(index).ok_or(HistogramError::Beyond)?;
            sum.record_n(value, half).map_err(|_| HistogramError::Beyond)?;
        }
        index += 1;
    }
    Ok(())
}

/// Which value a count stands for.
struct Cells {
    /// log2 of the smallest value that is told apart.
    unit: u32,
    /// log2 of half the cells of a bucket.
    half: u32,
    /// How many cells there are.
    number: u64,
}

impl Cells {
    /// The cells of a histogram of so many digits from `low` to `high`.
    fn of(digits: u32, low: u64, high: u64) -> Option<Self> {
        if digits > 5 || low == 0 || high / 2 < low {
            return None;
        }
        let unit = low.ilog2();
        // So many cells a bucket that units are told apart up to twice ten to the digits.
        let half = (2 * 10_u64.pow(digits)).next_power_of_two().ilog2().max(1) - 1;
        if unit + half + 1 > 63 {
            return None;
        }
        let mut buckets = 1;
        let mut untold = 1_u128 << (unit + half + 1);
        while untold <= u128::from(high) {
            untold <<= 1;
            buckets += 1;
        }
        Some(Self { unit, half, number: (buckets + 1) << half })
    }

    /// The smallest value of a cell.
    fn value(&self, index: u64) -> Option<u64> {
        if index >= self.number {
            return None;
        }
        let cells = 1_u64 << self.half;
        let (bucket, cell) = match index >> self.half {
            0 => (0, index),
            buckets => (buckets - 1, (index & (cells - 1)) + cells),
        };
        let shift = self.unit + u32::try_from(bucket).ok()?;
        u64::try_from(u128::from(cell) << shift).ok()
    }
}

fn u32_of(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn u64_of(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_be_bytes(bytes))
}

/// A number of seven bits a byte, lowest first; a ninth byte has eight (LEB128-64b9B).
fn varint(from: &mut impl Read) -> io::Result<u64> {
    let mut number = 0;
    for place in 0..9 {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        let byte = u64::from(byte[0]);
        if place == 8 || byte & 0x80 == 0 {
            return Ok(number | byte << (7 * place));
        }
        number |= (byte & 0x7f) << (7 * place);
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;
    use hdrhistogram::serialization::{Serializer, V2DeflateSerializer, V2Serializer};

    const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

    fn log(histogram: &Histogram<u64>, serializer: &mut impl Serializer, lines: usize) -> Vec<u8> {
        let mut log = Vec::new();
        let mut writer =
            IntervalLogWriterBuilder::new().begin_log_with(&mut log, serializer).unwrap();
        for _ in 0..lines {
            writer.write_histogram(histogram, SECOND, SECOND, None).unwrap();
        }
        log
    }

    /// A log line with these bytes for a histogram.
    fn line(bytes: &[u8]) -> Vec<u8> {
        format!("0.000,1.000,1.000,{}\n", BASE64_STANDARD.encode(bytes)).into_bytes()
    }

    fn header(length: u32, digits: u32, low: u64, high: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [COOKIE, length, 0, digits] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(low.to_be_bytes());
        bytes.extend(high.to_be_bytes());
        bytes.extend(1.0_f64.to_be_bytes());
        bytes
    }

    #[test]
    fn counts_are_those_that_the_crate_reads() {
        for (low, high, digits) in [
            (1, 3_600_000, 3),
            (1, u64::MAX / 2, 3),
            (1_000, 1 << 40, 2),
            (1, 100_000, 5),
            (7, 99, 0),
            (1, 2, 1),
        ] {
            let mut histogram = Histogram::<u64>::new_with_bounds(low, high, digits).unwrap();
            for step in 0..2_000_u64 {
                histogram.record_n(low + (high - low) / 2_000 * step, step % 7 + 1).unwrap();
                histogram.record(low + step.min(high - low)).unwrap();
            }
            let mut expected = Histogram::<u64>::new(3).unwrap();
            expected.add(&histogram).unwrap();
            expected.add(&histogram).unwrap();
            let plain = sum(&log(&histogram, &mut V2Serializer::new(), 2)).unwrap();
            let packed = sum(&log(&histogram, &mut V2DeflateSerializer::new(), 2)).unwrap();
            let cells = |histogram: &Histogram<u64>| -> Vec<_> {
                let cells = histogram.iter_recorded();
                cells.map(|cell| (cell.value_iterated_to(), cell.count_at_value())).collect()
            };
            assert_eq!(cells(&plain), cells(&expected), "{low} {high} {digits}");
            assert_eq!(cells(&packed), cells(&expected), "{low} {high} {digits}");
        }
    }

    #[test]
    fn a_header_that_promises_more_than_there_is_costs_nothing() {
        let error = sum(&line(&header(u32::MAX, 3, 1, 1 << 40))).unwrap_err();
        assert_eq!(error, "histogram 1: its header says 4294967295 bytes, and 0 follow");
        let empty = line(&header(0, 5, 1, i64::MAX as u64)).repeat(10_000);
        assert!(sum(&empty).unwrap().is_empty());
    }

    #[test]
    fn what_unpacks_without_end_meets_a_limit() {
        use std::io::Write as _;
        let zeros = 4 << 20;
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&header(zeros, 5, 1, i64::MAX as u64)).unwrap();
        packed.write_all(&vec![0; zeros as usize]).unwrap();
        let packed = packed.finish().unwrap();
        let mut bytes = COOKIE_COMPRESSED.to_be_bytes().to_vec();
        bytes.extend(u32::try_from(packed.len()).unwrap().to_be_bytes());
        bytes.extend(packed);
        let error = sum(&line(&bytes).repeat(40)).unwrap_err();
        assert_eq!(error, "histogram 16: the histograms of the log unpack to more than 64 MiB");
    }

    #[test]
    fn wrong_histograms_say_what_is_wrong_with_them() {
        let with = |payload: &[u8], digits, low, high| {
            let length = u32::try_from(payload.len()).unwrap();
            [header(length, digits, low, high), payload.to_vec()].concat()
        };
        for (bytes, expected) in [
            (vec![1, 2], "it ends before it is complete"),
            (vec![0; 50], "expected the cookie of the V2 encoding, found 0x00000000"),
            (header(0, 9, 1, 100), "its header contradicts itself: 9 digits, values from 1 to 100"),
            (with(&[0xff], 3, 1, 100), "it ends before it is complete"),
            // A stretch of 2^60 empty cells, then a count.
            (
                with(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 2], 3, 1, 100),
                "its counts go beyond the values of its header",
            ),
        ] {
            assert_eq!(sum(&line(&bytes)).unwrap_err(), format!("histogram 1: {expected}"));
        }
        assert_eq!(sum(b"no log").unwrap_err(), "the file is no HdrHistogram log");
    }
}
