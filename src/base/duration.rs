//! How a duration is written: `1h30m`, `250ms`, `9d`.

use super::time::SimDuration;

/// Units of time and their microseconds, longest names first where one begins with another.
const UNITS: [(&str, u64); 9] = [
    ("min", 60_000_000),
    ("ms", 1_000),
    ("us", 1),
    ("µs", 1),
    ("w", 7 * 86_400_000_000),
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
];

/// The longest duration that can be written: a thousand years.
const LONGEST_MICROS: u64 = 365_250 * 86_400_000_000;

/// A duration as `1h30m`, `250ms`, `1.5s`: numbers with units. The error says what is wrong.
pub fn parse_duration(text: &str) -> Result<SimDuration, String> {
    let text = text.trim();
    let mut rest = text;
    if rest.is_empty() {
        return Err("expected a duration, found nothing".to_owned());
    }
    let mut micros: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        if number.is_empty() {
            return Err(format!("expected a duration, found `{text}`"));
        }
        let Some(&(unit, scale)) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit)) else {
            return Err(if tail.is_empty() {
                format!("the duration `{text}` has no unit")
            } else {
                format!("expected a duration, found `{text}`")
            });
        };
        micros = part(number, scale)
            .and_then(|part| micros.checked_add(part))
            .filter(|&sum| sum <= LONGEST_MICROS)
            .ok_or_else(|| {
                format!("the duration `{text}` is not a whole number of microseconds below a thousand years")
            })?;
        rest = tail[unit.len()..].trim_start();
    }
    Ok(SimDuration::from_micros(micros))
}

/// `number` × `scale`, exactly.
fn part(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 12 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let digits = |text: &str| {
        if text.is_empty() { Some(0) } else { text.parse::<u64>().ok() }
    };
    let power = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let scaled = u128::from(digits(fraction)?) * u128::from(scale);
    if !scaled.is_multiple_of(u128::from(power)) {
        return None;
    }
    let below = u64::try_from(scaled / u128::from(power)).ok()?;
    digits(whole)?.checked_mul(scale)?.checked_add(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, micros) in [
            ("250ms", 250_000),
            ("30s", 30_000_000),
            ("1h30m", 5_400_000_000),
            ("1h 30min", 5_400_000_000),
            ("9d", 777_600_000_000),
            ("1.5s", 1_500_000),
            ("0s", 0),
            ("2w", 1_209_600_000_000),
            ("7us", 7),
            ("0.5ms", 500),
        ] {
            assert_eq!(parse_duration(text), Ok(SimDuration::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            " ",
            "30",
            "m",
            "-5m",
            "1e3s",
            "30 minutes",
            "5m30",
            "0.5us",
            "99999999999999999999d",
            "400000000d",
            "1..5s",
            ".s",
            "1h-5m",
            "inf",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
