//! `server.station`, `server.admission`, `server.background`: where requests wait and what competes.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::distribution::{Dist, Time};
use crate::base::SimDuration;
use crate::scenario::finding::Finding;
use crate::scenario::read::{Form, List, OrNone, Rate, Reader, Spanned, choice, section};
use crate::scenario::tree::Node;

/// Where requests wait and are served.
#[derive(Debug, Clone)]
pub(crate) enum StationForm {
    /// A worker for everyone.
    Unlimited,
    /// So many workers, and a queue before them.
    Limited(Box<Spanned<LimitedForm>>),
}

section! {
    /// Workers, and a queue before them.
    struct LimitedForm ("the station") {
        /// How many requests are served at once.
        workers: Spanned<u32> = required("64");
        /// How many requests wait at most; one more is answered 503.
        queue_limit: u32 = or(10_000);
        /// Which of the waiting requests is served next.
        discipline: DisciplineForm = or(DisciplineForm::Fifo);
        /// What happens when the queue is full.
        overflow: OverflowForm = or(OverflowForm::Reject);
        /// How service slows down the more workers are busy; not at all, if not given.
        slow_down: SlowDownForm = optional;
        /// Whether a request is given up, waiting or in service, when its client has gone.
        cancel_on_disconnect: bool = or(false);
    }
}

choice! {
    /// Which of the waiting requests is served next.
    enum DisciplineForm ("a discipline") {
        /// The one that came first.
        Fifo = "fifo";
        /// The one that came last.
        Lifo = "lifo";
    }
}

choice! {
    /// What happens when a request arrives and the queue is full.
    enum OverflowForm ("what happens on overflow") {
        /// It is answered 503.
        Reject = "reject";
        /// It takes the place of the one that has waited longest, which is answered 503.
        DropOldest = "drop_oldest";
    }
}

section! {
    /// How service slows down, by the Universal Scalability Law: with `n` workers busy it takes `1 + contention·(n-1) + crosstalk·n·(n-1)` times as long.
    struct SlowDownForm ("a slow-down") {
        /// What each busy worker adds (σ): 0.01 doubles the service time at 101 busy workers.
        contention: Spanned<f64> = required("0.02");
        /// What each pair of busy workers adds (κ): with it, more workers can mean less throughput.
        crosstalk: Spanned<f64> = required("0.0005");
    }
}

section! {
    /// What is turned away at the door, before it can wait.
    struct AdmissionForm ("admission") {
        /// With how many requests waiting or in service a refresh is turned away; `none` for no limit. Background requests
        /// count and are let in all the same.
        max_concurrent: OrNone<u32> = or(OrNone(None));
        /// With which status those over the limit are turned away: 429 or 503.
        status: Spanned<u16> = optional;
        /// What `Retry-After` says to whoever is turned away. Without it a rate limit says when the next token comes.
        retry_after: SimDuration = optional;
        /// Token buckets; a request over one of them is answered 429. One that finds the queue full has used its token.
        rate_limits: List<RateLimitForm> = optional;
    }
}

section! {
    /// A token bucket for each of something.
    struct RateLimitForm ("a rate limit") {
        /// What it counts together.
        per: RateScopeForm = required("partner");
        /// How fast tokens come.
        rate: Spanned<Rate> = required("60/min");
        /// How many tokens it holds at most.
        burst: Spanned<u32> = required("60");
    }
}

choice! {
    /// What a rate limit counts together.
    enum RateScopeForm ("what a rate limit counts together") {
        /// All orgs of a partner.
        Partner = "partner";
        /// All partners of a cohort: they run the same app.
        App = "app";
        /// Everybody.
        Server = "server";
    }
}

section! {
    /// Traffic besides refreshes that takes workers' time: it arrives whatever happens.
    struct BackgroundForm ("the background load") {
        /// How many requests arrive on average, at a factor of 1.
        rate: Spanned<Rate> = required("200/s");
        /// The factor of each hour of the day (UTC), 24 numbers; always 1, if not given.
        by_hour: Spanned<List<f64>> = optional;
        /// How long one of them takes.
        service_time: Dist<Time> = required("{ lognormal: { p50: 20ms, p99: 200ms } }");
    }
}

impl Form for StationForm {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.text() == Some("unlimited") {
            return Some(Self::Unlimited);
        }
        if node.entries().is_some() {
            return Spanned::read(node, reader).map(|limited| Self::Limited(Box::new(limited)));
        }
        let message = format!("expected a station, found {}", node.found());
        let help = "write `unlimited`, or for example `{ workers: 64, queue_limit: 10000 }`";
        reader.report(Finding::at(node.span, message).help(help));
        None
    }

    fn write(&self) -> Json {
        match self {
            Self::Unlimited => "unlimited".into(),
            Self::Limited(limited) => limited.write(),
        }
    }
}

impl JsonSchema for StationForm {
    fn schema_name() -> Cow<'static, str> {
        "Station".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let limited = generator.subschema_for::<LimitedForm>();
        json_schema!({
            "description": "Where requests wait and are served.",
            "anyOf": [
                { "const": "unlimited", "description": "A worker for everyone: nobody waits." },
                limited,
            ],
        })
    }
}
