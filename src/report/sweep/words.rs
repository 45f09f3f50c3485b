//! Dimensions, values and metrics of a sweep in words.

use jiff::Timestamp;

use crate::experiment::results::Estimate;
use crate::experiment::sweep::{Shown, Sweep, SweepAxis, SweepValue, Unit};
use crate::report::words::{amount, brief_place, count, duration, label, letters, share};
use crate::report::words::{shortened, significant};

/// What is shown, as a noun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quantity {
    /// `share of orgs that needed a person`.
    pub(crate) words: String,
    /// Whether the noun is plural.
    pub(crate) plural: bool,
}

impl Quantity {
    /// What a sweep shows.
    pub(crate) fn of(shown: &Shown) -> Self {
        let cohort = shown.cohort.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
        let metric = shown.metric.as_str();
        if shown.as_share && !matches!(metric, "utilisation" | "goodput_after") {
            let words = format!("share of orgs{cohort} that {}", predicate(metric));
            return Self { words, plural: false };
        }
        let noun = match metric {
            "org_hours_disconnected" => "org-hours of disconnection".to_owned(),
            "org_hours_without_access" => "org-hours without access".to_owned(),
            "replay_exposure_org_hours" => "org-hours of replay exposure".to_owned(),
            "attempts" => "refresh attempts".to_owned(),
            "utilisation" => "utilisation of the workers".to_owned(),
            "queue_peak" => "longest queue".to_owned(),
            "rejected" => "requests turned away with 503".to_owned(),
            "goodput_after" => "goodput after the incident, of that before".to_owned(),
            other => other.replace('_', " "),
        };
        let plural = matches!(metric, "attempts" | "rejected") || noun.contains("-hours");
        Self { plural, words: noun + &cohort }
    }

    /// The verb in its singular or plural form.
    pub(crate) fn verb(&self, singular: &'static str, plural: &'static str) -> &'static str {
        if self.plural { plural } else { singular }
    }
}

/// What orgs did that a metric counts.
fn predicate(metric: &str) -> String {
    match metric {
        "needed_person" => "needed a person".to_owned(),
        "ever_disconnected" => "were ever disconnected".to_owned(),
        "peak_disconnected" => "were disconnected at once, at most,".to_owned(),
        "disconnected_at_end" => "were disconnected at the end".to_owned(),
        "lost_answer" => "lost an answer".to_owned(),
        "revoked_at_end" => "were revoked at the end".to_owned(),
        "recovered_by_retry" => "recovered by a retry".to_owned(),
        "recovered_by_grace" => "recovered by the grace window".to_owned(),
        "recovered_by_amnesty" => "recovered by the amnesty".to_owned(),
        "recovered_by_person" => "recovered by a person".to_owned(),
        other => format!("were {}", other.replace('_', " ")),
    }
}

/// One figure of what is shown.
pub(crate) fn figure(number: f64, as_share: bool) -> String {
    if as_share {
        share(number.max(0.0))
    } else if number.abs() < 100.0 {
        significant(number, 3)
    } else {
        amount(number)
    }
}

/// A figure with its interval, where it has one: `38 % (36–40 %)`.
pub(crate) fn estimate(estimate: Estimate, as_share: bool) -> String {
    let mean = figure(estimate.mean, as_share);
    range(estimate, as_share).map_or_else(|| mean.clone(), |range| format!("{mean} ({range})"))
}

/// The interval, where there is one: `36–40 %`.
pub(crate) fn range(estimate: Estimate, as_share: bool) -> Option<String> {
    // No share of a whole is larger than that.
    let most = if as_share && estimate.mean <= 1.0 { 1.0 } else { f64::INFINITY };
    let (low, high) = (figure(estimate.low, as_share), figure(estimate.high.min(most), as_share));
    let bare = if high.ends_with(" %") { low.trim_end_matches(" %") } else { &low };
    let to = if estimate.low < 0.0 && !as_share { " to " } else { "–" };
    (low != high).then(|| format!("{bare}{to}{high}"))
}

/// Where figures are from, inside a sentence: ` in arm naive`; nothing where there is one arm.
pub(crate) fn place(sweep: &Sweep, arm: &str) -> String {
    if sweep.arms.len() > 1 { format!(" {}", brief_place(arm)) } else { String::new() }
}

/// What is varied, as a noun without its article: `length of the amnesty`.
pub(crate) fn axis(axis: &SweepAxis) -> String {
    let noun = path(&axis.path);
    match &axis.after {
        Some(after) => format!("{noun} after {}", instant(after)),
        None => noun,
    }
}

/// `degraded.end` as `the end of phase degraded`.
fn instant(name: &str) -> String {
    match name.split_once('.') {
        Some(("incident", edge)) => format!("the {edge} of the incident"),
        Some(("amnesty", edge)) => format!("the {edge} of the amnesty"),
        Some(("clock", edge)) => format!("the {edge} of the run"),
        Some((phase, edge)) => format!("the {edge} of phase {phase}"),
        None => name.to_owned(),
    }
}

/// Words that say what kind of distribution or choice follows, which the value says too.
const SILENT: [&str; 9] = [
    "server",
    "policy",
    "lognormal",
    "constant",
    "exponential",
    "normal",
    "gamma",
    "weibull",
    "pareto",
];

fn path(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    let (rest, place) = match parts.as_slice() {
        ["arms", arm, rest @ ..] => {
            let name = label(arm);
            // `length of the amnesty` needs no "with the amnesty" beside it.
            let place = if name == *arm { format!(" (arm {arm})") } else { String::new() };
            return format!("{}{place}", self::path(&rest.join(".")));
        }
        ["incident", phase, "for"] => return format!("length of phase {phase}"),
        ["incident", phase, "from"] => return format!("start of phase {phase}"),
        ["incident", phase, "until"] => return format!("end of phase {phase}"),
        ["incident", phase, rest @ ..] => (rest, format!(" (phase {phase})")),
        ["swarm", cohort, rest @ ..] => (rest, format!(" (cohort {cohort})")),
        ["clients", client, rest @ ..] => (rest, format!(" (client {client})")),
        ["client_defaults", rest @ ..] => (rest, " (all clients)".to_owned()),
        rest => (rest, String::new()),
    };
    let spoken: Vec<String> = rest
        .iter()
        .enumerate()
        .filter(|(at, part)| rest.len() == 1 || at + 1 == rest.len() || !SILENT.contains(part))
        .map(|(_, part)| part.replace('_', " ").replace("ttl", "lifetime"))
        .collect();
    let noun = match spoken.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => "value".to_owned(),
        [only] => (*only).to_owned(),
        [of @ .., last] => {
            let of = of.join(" ");
            match *last {
                "for" => format!("length of the {of}"),
                "from" => format!("start of the {of}"),
                "until" => format!("end of the {of}"),
                "announced" => format!("announcement of the {of}"),
                "p50" => format!("median {of}"),
                "p90" | "p95" | "p99" | "p999" => {
                    format!("{} of {of}", &last.replace("999", "99.9"))
                }
                "probability" | "share" | "mean" | "sd" => format!("{last} of {of}"),
                last => format!("{of} {last}"),
            }
        }
    };
    noun + &place
}

/// The values of a dimension as labels: `70 min`, `35 %`. As written, where two would read the same.
pub(crate) fn values(axis: &SweepAxis) -> Vec<String> {
    let labels: Vec<String> = axis.values.iter().map(|value| one(axis.unit, value)).collect();
    let twice = labels.iter().enumerate().any(|(at, label)| labels[..at].contains(label));
    if twice {
        return axis.values.iter().map(|value| brief(&value.text)).collect();
    }
    labels
}

fn one(unit: Unit, value: &SweepValue) -> String {
    let Some(number) = value.number else {
        return plain(&value.text);
    };
    match unit {
        Unit::Seconds => span(number),
        Unit::Share => share(number),
        Unit::Number if number.fract() == 0.0 => count(number),
        Unit::Instant => moment(number).unwrap_or_else(|| value.text.clone()),
        Unit::Number | Unit::Words => value.text.clone(),
    }
}

/// A length of time in the largest unit in which it is whole, or in two: `90 min`, `1 h`, `36 h`,
/// `7 h 30 min`.
fn span(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];
    let whole = |(unit, _): &&(f64, &str)| seconds >= *unit && (seconds / unit).fract() == 0.0;
    let Some((unit, name)) = UNITS.iter().find(whole) else {
        return if seconds == 0.0 { "0".to_owned() } else { duration(seconds) };
    };
    let larger = UNITS.iter().rev().find(|(larger, _)| larger > unit);
    match larger {
        // Up to two of the larger unit the smaller one is what people say.
        Some((larger, of)) if seconds > 2.0 * larger => {
            let rest = seconds.rem_euclid(*larger) / unit;
            format!("{} {of} {} {name}", count((seconds / larger).floor()), count(rest))
        }
        Some(_) | None => format!("{} {name}", count(seconds / unit)),
    }
}

fn brief(text: &str) -> String {
    shortened(text, 40.0, letters)
}

/// A value without the marks of YAML: `{ grace: { window: 3s } }` as `grace window 3s`.
fn plain(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !matches!(c, '{' | '}' | '[' | ']' | ':')).collect();
    let words: Vec<&str> = bare.split_whitespace().collect();
    if words.is_empty() {
        return "none".to_owned();
    }
    if text.contains(['{', '[']) { brief(&words.join(" ")) } else { brief(text) }
}

fn moment(seconds: f64) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, reason = "an instant that a scenario could name")]
    let instant = Timestamp::from_second(seconds as i64).ok()?;
    Some(instant.strftime("%-d %b %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_nouns() {
        for (path, noun) in [
            ("server.amnesty.for", "length of the amnesty"),
            ("arms.with_amnesty.server.amnesty.for", "length of the amnesty"),
            ("arms.late.server.amnesty.from", "start of the amnesty (arm late)"),
            ("server.policy.grace.window", "grace window"),
            ("server.access_token_ttl", "access token lifetime"),
            ("server.policy", "policy"),
            ("server.station.workers", "station workers"),
            ("incident.trigger.for", "length of phase trigger"),
            (
                "incident.trigger.response_lost.probability",
                "probability of response lost (phase trigger)",
            ),
            ("incident.trigger.latency.lognormal.p50", "median latency (phase trigger)"),
            ("swarm.net.client.timeout", "client timeout (cohort net)"),
            ("swarm.net.partners", "partners (cohort net)"),
            ("client_defaults.reaction.share", "share of reaction (all clients)"),
            ("seed", "seed"),
        ] {
            assert_eq!(super::path(path), noun, "{path}");
        }
    }

    #[test]
    fn labels_that_read_the_same_are_given_as_written() {
        let value = |text: &str, number| SweepValue { text: text.into(), number: Some(number) };
        let mut axis = SweepAxis {
            path: "server.amnesty.for".into(),
            unit: Unit::Seconds,
            after: None,
            values: vec![value("90m", 5_400.0), value("1d", 86_400.0)],
        };
        assert_eq!(values(&axis), ["90 min", "1 d"]);
        axis.values.push(value("1d1us", 86_400.000_001));
        axis.values.push(value("1d2us", 86_400.000_002));
        assert_eq!(values(&axis), ["90m", "1d", "1d1us", "1d2us"]);
    }

    #[test]
    fn values_read_as_people_say_them() {
        for (seconds, text) in [
            (0.0, "0"),
            (0.25, "250 ms"),
            (90.0, "90 s"),
            (150.0, "2 min 30 s"),
            (5_400.0, "90 min"),
            (27_000.0, "7 h 30 min"),
            (129_600.0, "36 h"),
            (432_000.0, "5 d"),
        ] {
            assert_eq!(span(seconds), text);
        }
        assert_eq!(plain("{ grace: { window: 3s } }"), "grace window 3s");
        assert_eq!(plain("degraded.end + 3h"), "degraded.end + 3h");
        assert_eq!(plain("[]"), "none");
    }

    #[test]
    fn figures_have_the_precision_of_their_kind() {
        let of = |mean, low, high| Estimate { mean, low, high };
        assert_eq!(estimate(of(0.38, 0.361, 0.402), true), "38 % (36.1–40.2 %)");
        assert_eq!(estimate(of(0.0, 0.0, 0.0), true), "0 %");
        assert_eq!(estimate(of(0.01, -0.01, 0.03), true), "1 % (0–3 %)");
        assert_eq!(estimate(of(1.042, 1.042, 1.042), false), "1.04");
        assert_eq!(estimate(of(12_345.0, 12_000.0, 13_000.0), false), "12,345 (12,000–13,000)");
    }
}
