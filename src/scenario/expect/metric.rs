//! The metrics of an expectation: their names, what they count, and what they need to be measured.

use crate::scenario::plan::{Arm, Metric, ServerMetric, leave_time_around_their_incident};
use crate::world::Islands;

/// What a metric is a number of, which decides how its value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Orgs, also as a share of all orgs.
    Orgs,
    /// Requests, also as a share of all that came.
    Requests,
    /// A ratio, as a share or a number.
    Ratio,
    /// A plain number.
    Number,
    /// A length of time.
    Time,
}

/// Metrics by name.
pub(super) const METRICS: [(&str, Metric, Unit); 23] = [
    ("needed_person", Metric::NeededPerson, Unit::Orgs),
    ("ever_disconnected", Metric::EverDisconnected, Unit::Orgs),
    ("peak_disconnected", Metric::PeakDisconnected, Unit::Orgs),
    ("disconnected_at_end", Metric::DisconnectedAtEnd, Unit::Orgs),
    ("lost_answer", Metric::LostAnswer, Unit::Orgs),
    ("saved", Metric::Saved, Unit::Orgs),
    ("harmed", Metric::Harmed, Unit::Orgs),
    ("revoked_at_end", Metric::RevokedAtEnd, Unit::Orgs),
    ("recovered_by_retry", Metric::RecoveredByRetry, Unit::Orgs),
    ("recovered_by_grace", Metric::RecoveredByGrace, Unit::Orgs),
    ("recovered_by_amnesty", Metric::RecoveredByAmnesty, Unit::Orgs),
    ("recovered_by_person", Metric::RecoveredByPerson, Unit::Orgs),
    ("org_hours_disconnected", Metric::OrgHoursDisconnected, Unit::Number),
    ("org_hours_without_access", Metric::OrgHoursWithoutAccess, Unit::Number),
    ("replay_exposure_org_hours", Metric::ReplayExposureOrgHours, Unit::Number),
    ("attempts", Metric::Attempts, Unit::Number),
    ("short_circuited", Metric::ShortCircuited, Unit::Number),
    ("amplification", Metric::Amplification, Unit::Number),
    ("utilisation", Metric::Server(ServerMetric::Utilisation), Unit::Ratio),
    ("queue_peak", Metric::Server(ServerMetric::QueuePeak), Unit::Number),
    ("rejected", Metric::Server(ServerMetric::Rejected), Unit::Requests),
    ("goodput_after", Metric::Server(ServerMetric::GoodputAfter), Unit::Ratio),
    ("recovery_time", Metric::Server(ServerMetric::RecoveryTime), Unit::Time),
];

/// What the arms that are run do not have, so that it cannot be measured.
#[derive(Debug, Clone, Default)]
pub(super) struct Lacks<'a> {
    /// Arms whose station is unlimited.
    workers: Vec<&'a str>,
    /// In no arm orgs meet at the server.
    load: bool,
    /// There is no time before the first phase, or none after the last.
    incident: bool,
}

impl<'a> Lacks<'a> {
    /// What these arms lack.
    pub(super) fn of(arms: &'a [Arm]) -> Self {
        let unlimited = arms.iter().filter(|arm| arm.world.server.station.is_none());
        Self {
            workers: unlimited.map(|arm| arm.name.as_str()).collect(),
            load: arms.iter().all(|arm| arm.world.islands() != Islands::World),
            incident: !leave_time_around_their_incident(arms),
        }
    }

    /// What keeps a metric from being measured in an arm, and how to mend it.
    pub(super) fn what(&self, metric: Metric, arm: &str) -> Option<(String, &'static str)> {
        const WORKERS: &str =
            "give the server a station: `station: { workers: 64, queue_limit: 10000 }`";
        let Metric::Server(metric) = metric else { return None };
        let needs_workers = matches!(metric, ServerMetric::Utilisation | ServerMetric::QueuePeak);
        let needs_incident =
            matches!(metric, ServerMetric::GoodputAfter | ServerMetric::RecoveryTime);
        if needs_workers && self.workers.contains(&arm) {
            return Some((format!("the station of the arm `{arm}` is unlimited"), WORKERS));
        }
        if self.load {
            let message = "the orgs of this scenario do not meet at the server".to_owned();
            return Some((message, WORKERS));
        }
        (needs_incident && self.incident).then(|| {
            let message =
                "it compares what comes after the incident with what was before".to_owned();
            (message, "give `incident` a phase that leaves time before and after it")
        })
    }
}
