//! Numbers, times and arms in words: one spelling for terminal, Markdown, HTML and charts.

use crate::experiment::results::Estimate;

/// The name of an arm as a label: `without_amnesty` reads "without the amnesty", others stay as
/// their author wrote them.
pub(crate) fn label(arm: &str) -> &str {
    match arm {
        "without_amnesty" => "without the amnesty",
        "with_amnesty" => "with the amnesty",
        _ => arm,
    }
}

/// The name of an arm inside a sentence: "with the amnesty", "in arm strict".
pub(crate) fn place(arm: &str) -> String {
    match label(arm) {
        name if name == arm => format!("in arm {arm}"),
        words => words.to_owned(),
    }
}

/// As [`place`], with a long name shortened: for titles.
pub(crate) fn brief_place(arm: &str) -> String {
    match label(arm) {
        name if name == arm => format!("in arm {}", shortened(arm, 26.0, letters)),
        words => words.to_owned(),
    }
}

/// The name of an arm as a heading: words begin with a capital, names stay as they are.
pub(crate) fn heading(arm: &str) -> String {
    match label(arm) {
        name if name == arm => name.to_owned(),
        words => capital(words),
    }
}

/// `text` with its first letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// "1 org", "2 orgs", "0.5 orgs".
pub(crate) fn plural(number: f64, one: &str, many: &str) -> String {
    let shown = count(number);
    let noun = if shown == "1" { one } else { many };
    format!("{shown} {noun}")
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A count with thousands separators. Means below 100 keep one decimal, those below 1 two.
pub(crate) fn count(number: f64) -> String {
    let magnitude = number.abs();
    let decimals = match magnitude {
        m if m > 0.0 && m < 0.005 => return "<0.01".to_owned(),
        m if (m - m.round()).abs() < 0.005 || m >= 99.95 => 0,
        m if m >= 0.995 => 1,
        _ => 2,
    };
    let plain = format!("{magnitude:.decimals$}");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let sign = if number < 0.0 && magnitude > 0.0 { "−" } else { "" };
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", grouped(whole))
}

/// A count of what may be huge: from a million on in words ("1.24 million").
pub(crate) fn amount(number: f64) -> String {
    match number.abs() {
        m if m >= 999_500_000.0 => format!("{} billion", significant(number / 1e9, 3)),
        m if m >= 999_500.0 => format!("{} million", significant(number / 1e6, 3)),
        _ => count(number),
    }
}

/// Digits in groups of three: `12345` becomes `12,345`.
fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share as a percentage: `0.2469` becomes `24.7 %`. Never "0 %" of something, never "100 %" of
/// less than all.
pub(crate) fn share(part: f64) -> String {
    let percent = part * 100.0;
    match percent {
        p if !p.is_finite() => "–".to_owned(),
        p if p > 0.0 && p < 0.05 => "<0.1 %".to_owned(),
        p if p > 99.95 && p < 100.0 => ">99.9 %".to_owned(),
        p if (p - p.round()).abs() < 0.05 => format!("{p:.0} %"),
        p => format!("{p:.1} %"),
    }
}

/// `part` of `whole` as a percentage; a dash where there is no whole.
pub(crate) fn share_of(part: f64, whole: f64) -> String {
    if whole > 0.0 { share(part / whole) } else { "–".to_owned() }
}

/// `number` with `digits` significant digits, no trailing zeros, never in exponential form.
pub(crate) fn significant(number: f64, digits: i32) -> String {
    if number == 0.0 || !number.is_finite() {
        return "0".to_owned();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a decimal exponent of a finite f64 lies within ±308, and the maximum with 0 is not negative"
    )]
    let decimals = (digits - 1 - number.abs().log10().floor() as i32).max(0) as usize;
    let plain = format!("{number:.decimals$}");
    if plain.contains('.') {
        plain.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        plain
    }
}

/// A length of time in the unit a person would choose: `90 ms`, `4.2 s`, `70 min`, `26 h`, `5 d`.
pub(crate) fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 0.9995 => (s * 1e3, "ms"),
        s if s <= 120.0 => (s, "s"),
        s if s <= 7_200.0 => (s / 60.0, "min"),
        s if s < 259_200.0 => (s / 3_600.0, "h"),
        s => (s / 86_400.0, "d"),
    };
    let digits = if value < 10.0 { 2 } else { 3 };
    format!("{} {unit}", significant(value, digits))
}

/// The 95 % interval, where there is one: `290–330`, or `−330 to −290`.
pub(crate) fn interval(estimate: Estimate) -> Option<String> {
    let (low, high) = (count(estimate.low), count(estimate.high));
    let to = if estimate.low < 0.0 { " to " } else { "–" };
    (low != high).then(|| format!("{low}{to}{high}"))
}

/// Mean and interval: `310 (290–330)`.
pub(crate) fn estimate(estimate: Estimate) -> String {
    match interval(estimate) {
        Some(range) => format!("{} ({range})", count(estimate.mean)),
        None => count(estimate.mean),
    }
}

/// `text` in lines of at most `width`, as `measure` counts it. Breaks at spaces, but never between a
/// number and its unit; a word that is too long for a line is broken after `_`, `-` or wherever it
/// must.
pub(crate) fn wrap(text: &str, width: f64, measure: impl Fn(&str) -> f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let longer = if line.is_empty() { word.clone() } else { format!("{line} {word}") };
        if measure(&longer) <= width {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut pieces = broken(&word, width, &measure);
        line = pieces.pop().unwrap_or_default();
        lines.append(&mut pieces);
    }
    lines.push(line);
    lines
}

/// The words of a text; a number and its unit are one.
fn words(text: &str) -> Vec<String> {
    const UNITS: [&str; 8] = ["%", "ms", "s", "min", "h", "d", "million", "billion"];
    let mut words: Vec<String> = Vec::new();
    for part in text.split(' ') {
        let unit = UNITS.contains(&part.trim_end_matches([',', '.', ';', ':', ')']));
        let ends_in_digit =
            words.last().is_some_and(|word| word.ends_with(|last: char| last.is_ascii_digit()));
        match words.last_mut().filter(|_| unit && ends_in_digit) {
            Some(number) => {
                number.push(' ');
                number.push_str(part);
            }
            None => words.push(part.to_owned()),
        }
    }
    words
}

/// As [`wrap`], in as few lines, but of like length.
pub(crate) fn balanced(text: &str, width: f64, measure: impl Fn(&str) -> f64) -> Vec<String> {
    let lines = wrap(text, width, &measure).len();
    // In steps of a fiftieth: the narrowest width that needs no further line.
    (25..50)
        .map(|part| wrap(text, width * f64::from(part) / 50.0, &measure))
        .find(|narrow| narrow.len() == lines)
        .unwrap_or_else(|| wrap(text, width, &measure))
}

/// One word in pieces no wider than `width` (each at least one letter).
fn broken(word: &str, width: f64, measure: &impl Fn(&str) -> f64) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while measure(rest) > width && rest.chars().count() > 1 {
        let fits = rest
            .char_indices()
            .map(|(at, letter)| at + letter.len_utf8())
            .take_while(|&end| measure(&rest[..end]) <= width)
            .last()
            .unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8));
        let nice = rest[..fits].rfind(['_', '-', '/']).map(|at| at + 1);
        let (piece, after) = rest.split_at(nice.unwrap_or(fits));
        pieces.push(piece.to_owned());
        rest = after;
    }
    pieces.push(rest.to_owned());
    pieces
}

/// `text`, shortened with an ellipsis in its middle until it is no wider than `width`.
pub(crate) fn shortened(text: &str, width: f64, measure: impl Fn(&str) -> f64) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut kept = letters.len();
    let mut short = text.to_owned();
    while measure(&short) > width && kept > 2 {
        kept -= 1;
        let tail = kept / 2;
        short = letters[..kept - tail].iter().collect();
        short.push('…');
        short.extend(&letters[letters.len() - tail..]);
    }
    short
}

/// The width of `text` in letters, for [`wrap`] and [`shortened`] in monospaced output.
pub(crate) fn letters(text: &str) -> f64 {
    text.chars().count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_like_counts() {
        for (number, text) in [
            (0.0, "0"),
            (0.001, "<0.01"),
            (0.25, "0.25"),
            (0.999, "1"),
            (1.0, "1"),
            (9.96, "10"),
            (12.34, "12.3"),
            (99.97, "100"),
            (310.4, "310"),
            (12_345.0, "12,345"),
            (-1_234.0, "−1,234"),
            (20_736_123.4, "20,736,123"),
        ] {
            assert_eq!(count(number), text);
        }
        assert_eq!(amount(999_499.0), "999,499");
        assert_eq!(amount(1_240_000.0), "1.24 million");
    }

    #[test]
    fn shares_are_never_rounded_to_nothing_or_all() {
        for (part, text) in [
            (0.0, "0 %"),
            (0.0001, "<0.1 %"),
            (0.2469, "24.7 %"),
            (0.35, "35 %"),
            (0.9999, ">99.9 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(share(part), text);
        }
        assert_eq!(share_of(0.0, 0.0), "–");
    }

    #[test]
    fn durations_choose_their_unit() {
        for (seconds, text) in [
            (0.09, "90 ms"),
            (4.23, "4.2 s"),
            (100.0, "100 s"),
            (4_200.0, "70 min"),
            (93_600.0, "26 h"),
            (432_000.0, "5 d"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_where_they_can() {
        assert_eq!(wrap("of 35 % of all", 7.0, letters), ["of 35 %", "of all"]);
        assert_eq!(wrap("take 125 ms, or so", 8.0, letters), ["take", "125 ms,", "or so"]);
        assert_eq!(wrap("grace_window_30m_strict", 14.0, letters), ["grace_window_", "30m_strict"]);
        assert_eq!(balanced("one two three four", 16.0, letters), ["one two", "three four"]);
        assert_eq!(wrap("äöüäöü", 4.0, letters), ["äöüä", "öü"]);
        assert_eq!(shortened("a_very_long_arm_name", 9.0, letters), "a_ve…name");
    }

    #[test]
    fn arms_become_words() {
        assert_eq!(place("without_amnesty"), "without the amnesty");
        assert_eq!(place("strict"), "in arm strict");
        assert_eq!(capital("with the amnesty"), "With the amnesty");
        assert_eq!(plural(1.0, "org", "orgs"), "1 org");
    }
}
