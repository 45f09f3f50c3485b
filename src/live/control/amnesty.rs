//! The amnesty, begun and ended by hand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desk::Desk;
use super::moment::Instant;
use super::operation::{Call, Plain};
use super::orgs::cohort;
use super::problem::Problem;
use super::reply::{Json, Nothing};
use crate::authority::{self, AmnestyReply, Rules};
use crate::base::{SimDuration, SimTime};
use crate::live::grants::{ByHand, Grants};

/// What a superseded credential is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AmnestyReply")]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// The pair that is current: supersedes nothing, and is the one that cannot harm.
    CurrentPair,
    /// A new pair, as if the current one had been presented.
    NewPair,
}

impl From<AmnestyReply> for Reply {
    fn from(reply: AmnestyReply) -> Self {
        match reply {
            AmnestyReply::CurrentPair => Self::CurrentPair,
            AmnestyReply::NewPair => Self::NewPair,
        }
    }
}

impl From<Reply> for AmnestyReply {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::CurrentPair => Self::CurrentPair,
            Reply::NewPair => Self::NewPair,
        }
    }
}

/// The terms of an amnesty. What is left out is taken from the scenario's amnesty; where it has none, all
/// cohorts are covered, the reply is a new pair, and revoked families stay revoked.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "AmnestyTerms")]
#[serde(deny_unknown_fields)]
pub(super) struct Terms {
    /// What a superseded credential is answered with.
    reply: Option<Reply>,
    /// Names of the cohorts that are covered.
    #[schemars(length(min = 1))]
    scope: Option<Vec<String>>,
    /// Whether families that the server revoked are restored when they refresh.
    unrevoke: Option<bool>,
}

/// The amnesty, by cohort.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Amnesty {
    /// Whether it is open for anybody.
    open: bool,
    /// How it stands for each cohort, in the order of the scenario.
    cohorts: Vec<CohortAmnesty>,
}

/// How the amnesty stands for a cohort.
#[derive(Debug, Serialize, JsonSchema)]
struct CohortAmnesty {
    /// The cohort's name.
    cohort: String,
    /// Whether it is open for this cohort.
    open: bool,
    /// When it opened or opens; absent where none is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Instant>,
    /// When it is over; absent where somebody has to end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Instant>,
    /// What a superseded credential is answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Reply>,
    /// Whether families that the server revoked are restored when they refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    unrevoke: Option<bool>,
}

fn covers(rules: &Rules, now: SimTime) -> bool {
    rules.amnesty.as_ref().is_some_and(|amnesty| amnesty.covers(now))
}

/// Names of the cohorts for which an amnesty is open.
pub(super) fn open_for(grants: &Grants, now: SimTime) -> Vec<String> {
    let cohorts = grants.stage().world().cohorts.iter().zip(grants.cohort_rules());
    let open = cohorts.filter(|(_, rules)| covers(rules, now));
    open.map(|(cohort, _)| cohort.name.clone()).collect()
}

fn amnesty(desk: &Desk, grants: &Grants, now: SimTime) -> Amnesty {
    let cohorts = grants.stage().world().cohorts.iter().zip(grants.cohort_rules());
    let cohorts: Vec<_> = cohorts
        .map(|(cohort, rules)| {
            let terms = rules.amnesty.as_ref();
            CohortAmnesty {
                cohort: cohort.name.clone(),
                open: covers(rules, now),
                from: terms.and_then(|terms| desk.calendar.at(terms.from)),
                until: terms.and_then(|terms| desk.calendar.at(terms.until)),
                reply: terms.map(|terms| terms.reply.into()),
                unrevoke: terms.map(|terms| terms.unrevoke),
            }
        })
        .collect();
    Amnesty { open: cohorts.iter().any(|cohort| cohort.open), cohorts }
}

pub(super) fn show(desk: &Desk, call: &Plain) -> Json<Amnesty> {
    Json(amnesty(desk, &desk.site.grants(), call.now))
}

pub(super) fn start(
    desk: &Desk,
    call: &Call<Nothing, Nothing, Terms>,
) -> Result<Json<Amnesty>, Problem> {
    let (terms, now) = (&call.body, call.now);
    let mut grants = desk.site.grants();
    let (of_scenario, its_scope) = planned(&grants);
    let scope = terms.scope.clone().or(its_scope);
    if scope.as_ref().is_some_and(Vec::is_empty) {
        return Err(Problem::senseless("`scope` names no cohort"));
    }
    for name in scope.iter().flatten() {
        cohort(&grants, name)?;
    }
    let terms = authority::Amnesty {
        reply: terms.reply.map_or(of_scenario.reply, Into::into),
        unrevoke: terms.unrevoke.unwrap_or(of_scenario.unrevoke),
        ..of_scenario
    };
    grants.turn_amnesty(ByHand::Start, (terms, scope.as_deref()), now)?;
    Ok(Json(amnesty(desk, &grants, now)))
}

pub(super) fn end(desk: &Desk, call: &Plain) -> Result<Json<Amnesty>, Problem> {
    let mut grants = desk.site.grants();
    close(&mut grants, call.now)?;
    Ok(Json(amnesty(desk, &grants, call.now)))
}

/// Ends the amnesty for everybody.
pub(super) fn close(grants: &mut Grants, now: SimTime) -> Result<(), Problem> {
    let (terms, _) = planned(grants);
    Ok(grants.turn_amnesty(ByHand::End, (terms, None), now)?)
}

/// The amnesty of the scenario and the cohorts that it covers; without one, the usual terms for all.
fn planned(grants: &Grants) -> (authority::Amnesty, Option<Vec<String>>) {
    let cohorts = grants.stage().world().cohorts.iter();
    let mut covered = cohorts.filter_map(|cohort| Some((cohort, cohort.rules.amnesty?))).peekable();
    let Some((_, terms)) = covered.peek() else {
        let (from, until, announced) = (SimTime::ZERO, SimTime::NEVER, SimTime::ZERO);
        let reply = AmnestyReply::default();
        let (stagger, unrevoke) = (SimDuration::ZERO, false);
        let terms = authority::Amnesty { from, until, announced, stagger, reply, unrevoke };
        return (terms, None);
    };
    (*terms, Some(covered.map(|(cohort, _)| cohort.name.clone()).collect()))
}
