//! `GET /metrics`: figures for Prometheus, taken afresh for each scrape.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit};

use super::desk::Desk;
use super::operation::Plain;
use super::problem::Problem;
use super::reply::OpenMetrics;
use super::status::{self, ENDINGS, State};
use super::{amnesty, phases};
use crate::live::server::{Meters, Outcome, Route};
use crate::protocol::Protocol;

/// Names and values of a metric's labels.
type Labels = Vec<(&'static str, String)>;

/// What a metric is worth.
#[derive(Debug)]
enum Value {
    Counter(u64),
    Gauge(f64),
    /// Only its labels count.
    Info(Labels),
    Histogram {
        sum: f64,
        count: u64,
        buckets: Vec<(f64, u64)>,
    },
}

/// One metric, with its members by label.
#[derive(Debug)]
struct Family {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    members: Vec<(Labels, Value)>,
}

impl Family {
    fn one(name: &'static str, help: &'static str, value: Value) -> Self {
        Self { name, help, unit: None, members: vec![(Labels::new(), value)] }
    }

    /// One member for each value of a label.
    fn by(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        members: impl Iterator<Item = (String, Value)>,
    ) -> Self {
        let members = members.map(|(of, value)| (vec![(label, of)], value)).collect();
        Self { name, help, unit: None, members }
    }

    fn in_seconds(mut self) -> Self {
        self.unit = Some(Unit::Seconds);
        self
    }

    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Some((_, first)) = self.members.first() else { return Ok(()) };
        let kind = match first {
            Value::Counter(_) => MetricType::Counter,
            Value::Gauge(_) => MetricType::Gauge,
            Value::Info(_) => MetricType::Info,
            Value::Histogram { .. } => MetricType::Histogram,
        };
        let mut metric =
            encoder.encode_descriptor(self.name, self.help, self.unit.as_ref(), kind)?;
        for (labels, value) in &self.members {
            if labels.is_empty() {
                value.encode(&mut metric)?;
            } else {
                value.encode(&mut metric.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}

impl Value {
    fn encode(&self, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Counter(count) => {
                encoder.encode_counter::<NoLabelSet, u64, u64>(count, None::<&Exemplar<_, _>>)
            }
            Self::Gauge(value) => encoder.encode_gauge(value),
            Self::Info(labels) => encoder.encode_info(labels),
            Self::Histogram { sum, count, buckets } => {
                encoder.encode_histogram::<NoLabelSet>(*sum, *count, buckets, None)
            }
        }
    }
}

/// All figures at one time.
#[derive(Debug)]
struct Scrape(Vec<Family>);

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|family| family.encode(&mut encoder))
    }
}

pub(super) fn show(desk: &Desk, call: &Plain) -> Result<OpenMetrics, Problem> {
    let mut families = of_site(desk, call.now.as_secs_f64());
    families.extend(of_orgs(desk, call));
    families.extend(desk.settings.meters.iter().flat_map(|meters| of_server(meters)));
    let mut registry = Registry::with_prefix("amnesty");
    registry.register_collector(Box::new(Scrape(families)));
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| Problem::new(500, error))?;
    Ok(OpenMetrics(text))
}

fn gauge(count: usize) -> Value {
    Value::Gauge(count as f64)
}

fn of_site(desk: &Desk, now_s: f64) -> Vec<Family> {
    let build = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    let scenario =
        vec![("name", desk.settings.scenario.clone()), ("arm", desk.settings.arm.clone())];
    vec![
        Family::one("build", "The program", Value::Info(build)),
        Family::one("scenario", "What is played", Value::Info(scenario)),
        Family::one("scenario_time", "The scenario's time since its start", Value::Gauge(now_s))
            .in_seconds(),
        Family::one(
            "time_scale",
            "How much faster than the wall clock the scenario's time runs",
            Value::Gauge(status::time_scale(desk)),
        ),
    ]
}

fn of_orgs(desk: &Desk, call: &Plain) -> Vec<Family> {
    let now = call.now;
    let counts = desk.census(now).counts();
    let states = State::ALL.into_iter().zip(counts);
    let states = states.map(|((_, name), count)| (name.to_owned(), Value::Gauge(count as f64)));
    let grants = desk.site.grants();
    let running = phases::running(&grants, now);
    let phases = grants.incident().phases().iter().map(|phase| {
        let runs = running.contains(&phase.name);
        (phase.name.clone(), Value::Gauge(f64::from(u8::from(runs))))
    });
    let open_for = amnesty::open_for(&grants, now);
    let cohorts = grants.stage().world().cohorts.iter().map(|cohort| {
        let is_open = open_for.contains(&cohort.name);
        (cohort.name.clone(), Value::Gauge(f64::from(u8::from(is_open))))
    });
    let ended = ENDINGS
        .into_iter()
        .map(|(ending, name)| (name.to_owned(), Value::Counter(status::ended(&grants, ending))));
    let pages = grants.pages();
    vec![
        Family::by("orgs", "Orgs by state", "state", states),
        Family::one(
            "orgs_without_access",
            "Orgs whose client holds no access token that is honoured, as far as is known",
            gauge(grants.without_access(now)),
        ),
        Family::by("phase_running", "1 while a phase is running", "phase", phases),
        Family::by("amnesty_open", "1 while an amnesty is open for a cohort", "cohort", cohorts),
        Family::one(
            "waiting_fates",
            "Fates ordered for coming refreshes",
            gauge(grants.orders_waiting()),
        ),
        Family::one(
            "attempts",
            "Refresh attempts that clients sent",
            Value::Counter(status::attempts(&grants)),
        ),
        Family::by(
            "attempts_ended",
            "Refresh attempts by how they ended for their clients, as far as that is known",
            "ending",
            ended,
        ),
        Family::one(
            "committed_and_lost",
            "Refreshes that were committed and whose answer was not stored",
            Value::Counter(status::committed_and_lost(&grants)),
        ),
        Family::one("ledger_lines", "Lines of the ledger", Value::Counter(pages.written())),
        Family::one("open_attempts", "Attempts under way", gauge(pages.open().count())),
    ]
}

fn of_server(meters: &Meters) -> Vec<Family> {
    let requests = Route::ALL
        .into_iter()
        .map(|route| (route.name().to_owned(), Value::Counter(meters.requests(route))));
    let protocols = [(Protocol::Oauth1a, "oauth1"), (Protocol::Oauth2, "oauth2")];
    let refreshes = protocols.into_iter().flat_map(|(protocol, name)| {
        Outcome::ALL.into_iter().map(move |outcome| {
            let labels =
                vec![("protocol", name.to_owned()), ("outcome", outcome.name().to_owned())];
            (labels, Value::Counter(meters.attempts(protocol, outcome)))
        })
    });
    let count = |name, help, count| Family::one(name, help, Value::Counter(count));
    vec![
        Family::by("requests", "Requests to the server by where they went", "route", requests),
        Family {
            name: "refreshes",
            help: "Refreshes by what the server made of them",
            unit: None,
            members: refreshes.collect(),
        },
        count(
            "unknown_tokens",
            "Credentials that nobody was given, or that a new authorisation replaced",
            meters.unknown_tokens(),
        ),
        count(
            "signature_failures",
            "Requests of OAuth 1.0a whose signature, nonce or timestamp was not accepted",
            meters.signature_failures(),
        ),
        count(
            "client_failures",
            "Requests of OAuth 2.0 whose client was unknown or failed to authenticate itself",
            meters.client_failures(),
        ),
        count(
            "undelivered",
            "Answers whose last byte could not be handed over, for the client was gone",
            meters.undelivered(),
        ),
        count(
            "failed_accepts",
            "How often a connection could not be accepted for want of descriptors or memory",
            meters.not_accepted(),
        ),
        Family::one(
            "in_flight",
            "Requests that have arrived whole and are not done with",
            Value::Gauge(meters.in_flight() as f64),
        ),
        Family::one(
            "request_duration",
            "From the arrival of a request to the last byte of its answer, in the scenario's time",
            histogram(&meters.latency()),
        )
        .in_seconds(),
    ]
}

/// Upper ends of the buckets of latency, in microseconds.
const BUCKETS_MICROS: [u64; 16] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
];

/// A histogram of microseconds in buckets of seconds. Its own cells are finer by far, so that the
/// buckets are off by two hundredths of their width at most.
fn histogram(latency: &hdrhistogram::Histogram<u64>) -> Value {
    let mut buckets = [0; BUCKETS_MICROS.len() + 1];
    let mut sum = 0.0;
    for cell in latency.iter_recorded() {
        let (micros, count) = (cell.value_iterated_to(), cell.count_at_value());
        buckets[BUCKETS_MICROS.partition_point(|end| *end < micros)] += count;
        sum += latency.median_equivalent(micros) as f64 * count as f64 / 1e6;
    }
    let ends = BUCKETS_MICROS.iter().map(|micros| *micros as f64 / 1e6).chain([f64::INFINITY]);
    Value::Histogram { sum, count: latency.len(), buckets: ends.zip(buckets).collect() }
}
