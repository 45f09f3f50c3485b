//! Floats as results hold them: short, and the same on every machine.
//!
//! A mean over 20 replications has no sixteen true digits. Six are kept, and hundredths up to ten
//! million, so that means of counts still add up: `0.123456`, `34570.55`, `20736123`.

use serde_json::{Number, Value};

use crate::experiment::results::Results;
use crate::report::csv;
use crate::report::json;

/// `number` with six significant digits, or in hundredths where those are finer; whole from 10^7.
pub(crate) fn rounded(number: f64) -> f64 {
    if !number.is_finite() {
        return number;
    }
    if number.abs() >= 1e7 {
        return number.round();
    }
    if number.abs() >= 1e3 {
        return (number * 100.0).round() / 100.0;
    }
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// The results as they are once written and read again.
///
/// Charts of these are the charts that a results folder gives later, byte for byte. Results that
/// cannot be written come back as they are.
pub fn as_written(results: &Results) -> Results {
    let summary = json::read(&json::write(&results.summary));
    let timeline = csv::read(&csv::write(results), &results.summary.run_id());
    let load = csv::load::read(&csv::load::write(results), &results.summary.run_id());
    Results {
        summary: summary.unwrap_or_else(|_| results.summary.clone()),
        timeline: timeline.unwrap_or_else(|_| results.timeline.clone()),
        load: load.unwrap_or_else(|_| results.load.clone()),
    }
}

/// Rounds every float of a JSON value in place; whole numbers lose their `.0`.
pub(crate) fn round_json(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(short) = number.as_f64().and_then(shortest) {
                *number = short;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(round_json),
        Value::Object(fields) => fields.values_mut().for_each(round_json),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn shortest(number: f64) -> Option<Number> {
    let short = rounded(number);
    // 2^53: up to here every whole number is exact.
    if short.fract() == 0.0 && short.abs() < 9_007_199_254_740_992.0 {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
        return Some(Number::from(short as i64));
    }
    Number::from_f64(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_or_hundredths() {
        for (number, short) in [
            (0.0, 0.0),
            (0.123_456_789, 0.123_457),
            (1_234.567_89, 1_234.57),
            (777_600.0, 777_600.0),
            (20_736_123.4, 20_736_123.0),
            (-12_345.678, -12_345.68),
            (34_570.55, 34_570.55),
            (1e-9, 1e-9),
        ] {
            assert!((rounded(number) - short).abs() <= f64::EPSILON * short.abs());
        }
    }

    #[test]
    fn whole_floats_become_integers_in_json() {
        let mut value = serde_json::json!({ "a": [1.0, 0.333_333_333_3], "b": 7, "c": null });
        round_json(&mut value);
        assert_eq!(value.to_string(), r#"{"a":[1,0.333333],"b":7,"c":null}"#);
    }
}
