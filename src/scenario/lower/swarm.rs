//! Cohorts: who exists, and how their apps behave.

use super::client::{check_client, client_of};
use crate::authority::{OldAccessToken, Policy, Rules, Static};
use crate::base::{Distribution, SimDuration};
use crate::scenario::file::{CohortForm, ScenarioForm};
use crate::scenario::finding::Finding;
use crate::scenario::read::Reader;
use crate::world::Cohort;

/// The most orgs that a scenario may be expected to have.
const ORGS_MAX: f64 = 50e6;
/// The most partners of one cohort.
const PARTNERS_MAX: u32 = 1_000_000;

/// All cohorts. Their rules are those of the server, set by the caller.
pub(super) fn cohorts(form: &ScenarioForm, reader: &mut Reader<'_>) -> Option<Vec<Cohort>> {
    let mut cohorts = Vec::new();
    let mut orgs = 0.0;
    for (name, _) in &form.clients.0 {
        check_client(form, name, reader);
    }
    for cohort in &form.swarm.value.0 {
        let counted = count(cohort, reader);
        let client = client_of(form, cohort, reader);
        if let (Some(count), Some((client, profile))) = (counted, client) {
            orgs += count;
            cohorts.push(Cohort {
                name: cohort.name.value.0.clone(),
                partners: cohort.partners.value,
                orgs_per_partner: cohort.orgs_per_partner.meaning.clone(),
                client,
                profile,
                rules: placeholder(),
            });
        }
    }
    if orgs > ORGS_MAX {
        let message = format!(
            "the swarm has about {:.0} million orgs, more than {:.0} million",
            orgs / 1e6,
            ORGS_MAX / 1e6
        );
        reader.report(Finding::at(form.swarm.span, message));
        return None;
    }
    (cohorts.len() == form.swarm.value.0.len()).then_some(cohorts)
}

/// The expected number of orgs of a cohort.
fn count(cohort: &CohortForm, reader: &mut Reader<'_>) -> Option<f64> {
    let partners = &cohort.partners;
    let wrong = if partners.value == 0 {
        "a cohort has at least one partner".to_owned()
    } else if partners.value > PARTNERS_MAX {
        format!("a cohort has at most {PARTNERS_MAX} partners")
    } else {
        let each = expected(&cohort.orgs_per_partner.meaning);
        if each < 0.5 {
            let message = "partners hold less than one org";
            reader.report(Finding::at(cohort.orgs_per_partner.span, message));
            return None;
        }
        return Some(each * f64::from(partners.value));
    };
    reader.report(Finding::at(partners.span, wrong));
    None
}

/// How many orgs a cohort has on average over seeds.
pub fn expected_orgs(cohort: &Cohort) -> f64 {
    expected(&cohort.orgs_per_partner) * f64::from(cohort.partners)
}

/// The mean of a clamped distribution, near enough: the average of a thousand quantiles.
fn expected(distribution: &Distribution) -> f64 {
    const POINTS: u32 = 1_000;
    let sum: f64 = (0..POINTS)
        .map(|point| distribution.quantile((f64::from(point) + 0.5) / f64::from(POINTS)))
        .sum();
    sum / f64::from(POINTS)
}

fn placeholder() -> Rules {
    Rules {
        policy: Policy::Static(Static),
        amnesty: None,
        access_token_ttl: SimDuration::ZERO,
        session_lifetime: SimDuration::ZERO,
        old_access_token: OldAccessToken::default(),
    }
}
