//! Orgs: those of the scenario, and those that are added.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::credentials::Credentials;
use super::desk::Desk;
use super::fates::{Fate, waiting};
use super::ledger::{Line, lines};
use super::moment::Instant;
use super::operation::Call;
use super::problem::Problem;
use super::reply::{Json, Nothing};
use super::status::State;
use crate::authority::GrantStatus;
use crate::live::grants::{Authorised, Grants, NoSuchOrg};

/// Orgs on a page unless more are asked for.
const LIMIT: u16 = 100;

/// Orgs on a page at most.
const LIMIT_MAX: u16 = 1_000;

/// Orgs that one request looks at, at most, in search of those that it wants.
const LOOKED_AT_MAX: u32 = 200_000;

/// Lines of the ledger that are shown with an org.
const LINES: usize = 50;

/// Which org.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrgPath {
    /// The org's number.
    pub(super) org: u32,
}

impl OrgPath {
    /// Whether there is such an org.
    pub(super) fn check(&self, grants: &Grants) -> Result<(), Problem> {
        let known = grants.org(self.org).is_some();
        if known { Ok(()) } else { Err(NoSuchOrg::Unknown(self.org).into()) }
    }
}

/// Which orgs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only orgs in this state.
    state: Option<State>,
    /// Only orgs of this cohort.
    cohort: Option<String>,
    /// How many at most; 100 unless said otherwise.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u16>,
    /// Only orgs with higher numbers: what `next` of the page before said.
    after: Option<u32>,
}

/// One org in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OrgLine {
    /// Its number.
    org: u32,
    /// Its cohort.
    cohort: String,
    /// How it stands now.
    state: State,
    /// Its token family: 0, and one more for each time that a person authorised it anew.
    family: u16,
    /// The newest token of the family, as `T5`.
    newest: String,
    /// The token that its client stored, as far as is known; absent where the client deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<String>,
    /// Fates that wait for its refreshes.
    waiting_fates: usize,
}

/// A page of orgs.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OrgPage {
    /// The orgs, by number. There may be fewer than asked for, even none, and more to come.
    orgs: Vec<OrgLine>,
    /// Where to go on: the next page is the one `after` this number. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
}

/// All about one org.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Org")]
pub(super) struct OrgSheet {
    /// Its number.
    org: u32,
    /// Its cohort.
    cohort: String,
    /// How it stands now.
    state: State,
    /// Its token family: 0, and one more for each time that a person authorised it anew.
    family: u16,
    /// The newest token of the family, as `T5`.
    newest: String,
    /// The token that its client stored, as far as is known; absent where the client deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<String>,
    /// Whether the server revoked the family.
    revoked: bool,
    /// When the session handle, and so the family, expires; absent if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_until: Option<Instant>,
    /// What its client holds, as far as is known; absent where the client deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Credentials>,
    /// Fates that wait for its refreshes, next first.
    waiting: Vec<Fate>,
    /// The last lines of the ledger about it, at most 50, oldest first.
    ledger: Vec<Line>,
}

/// An org to be added.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrg {
    /// Whose client it behaves like, and whose rules hold for it; the scenario's first cohort
    /// unless said otherwise.
    cohort: Option<String>,
}

/// An org that was just authorised by a person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuthorisedOrg")]
pub(super) struct Fresh {
    /// The org's number.
    org: u32,
    /// Its token family.
    family: u16,
    /// What its client holds now.
    credentials: Credentials,
}

impl Fresh {
    fn of(grants: &Grants, authorised: Authorised) -> Self {
        let Authorised { org, family } = authorised;
        let credentials = Credentials::of(grants, authorised.presented());
        Self { org, family, credentials }
    }
}

/// The place of a cohort in the scenario.
pub(super) fn cohort(grants: &Grants, name: &str) -> Result<usize, Problem> {
    let cohorts = &grants.stage().world().cohorts;
    cohorts.iter().position(|cohort| cohort.name == name).ok_or_else(|| {
        let names: Vec<_> = cohorts.iter().map(|cohort| format!("`{}`", cohort.name)).collect();
        let names = names.join(", ");
        Problem::senseless(format!("there is no cohort `{name}`: the scenario has {names}"))
    })
}

fn org_line(grants: &Grants, org: u32, state: State) -> Option<OrgLine> {
    let holder = grants.holders().get(org as usize)?;
    Some(OrgLine {
        org,
        cohort: grants.stage().cohort(holder.org().cohort).name.clone(),
        state,
        family: holder.family(),
        newest: holder.account().grant().newest().to_string(),
        stored: holder.credentials().stored.map(|stored| stored.to_string()),
        waiting_fates: grants.orders(org).count(),
    })
}

pub(super) fn list(
    desk: &Desk,
    call: &Call<Nothing, Wanted, Nothing>,
) -> Result<Json<OrgPage>, Problem> {
    let Wanted { state: wanted, ref cohort, limit, after } = call.query;
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::senseless(format!("`limit` is from 1 to {LIMIT_MAX}, not {limit}")));
    }
    let place = |name: &String| self::cohort(&desk.site.grants(), name);
    let of_cohort = cohort.as_ref().map(place).transpose()?;
    let first = after.map_or(0, |after| after.saturating_add(1));
    let (mut orgs, mut last, mut looked_at) = (Vec::new(), None, 0);
    desk.look(first, call.now, |grants, org, state| {
        last = Some(org);
        looked_at += 1;
        let state = State::from(state);
        let at_home = |cohort| grants.org(org).is_some_and(|org| org.cohort == cohort);
        if wanted.is_none_or(|wanted| wanted == state) && of_cohort.is_none_or(at_home) {
            orgs.extend(org_line(grants, org, state));
        }
        orgs.len() < usize::from(limit) && looked_at < LOOKED_AT_MAX
    });
    let next = last.filter(|last| last + 1 < desk.orgs());
    Ok(Json(OrgPage { orgs, next }))
}

pub(super) fn show(
    desk: &Desk,
    call: &Call<OrgPath, Nothing, Nothing>,
) -> Result<Json<OrgSheet>, Problem> {
    let org = call.path.org;
    let mut grants = desk.site.grants();
    let state = grants.state(org, call.now).ok_or(NoSuchOrg::Unknown(org))?;
    let grants = &*grants;
    let holder = grants.holders().get(org as usize).ok_or(NoSuchOrg::Unknown(org))?;
    let (grant, family) = (holder.account().grant(), holder.family());
    let stored = holder.credentials().stored;
    let held = stored.map(|generation| crate::live::grants::Presented { org, family, generation });
    Ok(Json(OrgSheet {
        org,
        cohort: grants.stage().cohort(holder.org().cohort).name.clone(),
        state: state.into(),
        family,
        newest: grant.newest().to_string(),
        stored: stored.map(|stored| stored.to_string()),
        revoked: grant.status() == GrantStatus::Revoked,
        session_until: desk.calendar.at(grant.session_until()),
        credentials: held.map(|held| Credentials::of(grants, held)),
        waiting: waiting(grants, org),
        ledger: lines(desk, grants, Some(org), LINES),
    }))
}

pub(super) fn add(
    desk: &Desk,
    call: &Call<Nothing, Nothing, NewOrg>,
) -> Result<Json<Fresh>, Problem> {
    let mut grants = desk.site.grants();
    let name = call.body.cohort.as_deref();
    name.map_or(Ok(0), |name| cohort(&grants, name))?;
    let authorised = grants.add(name, call.now)?;
    Ok(Json(Fresh::of(&grants, authorised)))
}

pub(super) fn authorise(
    desk: &Desk,
    call: &Call<OrgPath, Nothing, Nothing>,
) -> Result<Json<Fresh>, Problem> {
    let mut grants = desk.site.grants();
    let authorised = grants.reauthorise(call.path.org, call.now)?;
    Ok(Json(Fresh::of(&grants, authorised)))
}
