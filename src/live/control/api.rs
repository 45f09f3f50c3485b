//! From a request to a reply: a function of the memory, the request and the time, and of nothing else.

use std::sync::Arc;

use super::desk::{Desk, Settings};
use super::operation::{Method, Operation, Plain};
use super::problem::Problem;
use super::reply::{Document, Reply};
use super::{amnesty, fates, history, ledger, metrics, openapi, orgs, page, phases, reset, status};
use crate::base::SimTime;
use crate::live::Site;

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The method, as `GET`.
    pub method: &'a str,
    /// The path, as it came.
    pub path: &'a str,
    /// The query, as it came; empty without one.
    pub query: &'a str,
    /// The content.
    pub body: &'a [u8],
    /// The scenario's time.
    pub now: SimTime,
}

/// The control interface of a site.
#[derive(Debug)]
pub struct Api {
    desk: Desk,
    operations: Vec<Operation>,
}

impl Api {
    /// The interface to a site.
    pub fn new(site: Arc<Site>, settings: Settings) -> Self {
        Self { desk: Desk::new(site, settings), operations: operations() }
    }

    /// Answers a request. Whether it may be asked is not looked at: see [`Guard`](super::Guard).
    pub fn answer(&self, ask: &Ask<'_>) -> Reply {
        let here = || self.operations.iter().filter(|operation| operation.is_at(ask.path));
        let method = Method::of(ask.method);
        let Some(operation) = here().find(|operation| Some(operation.method) == method) else {
            return nowhere(ask, &here().map(|operation| operation.method).collect::<Vec<_>>());
        };
        operation.carry_out(&self.desk, ask)
    }

    /// Whether a path tells nothing about the site, so that everybody may have it: the page, which is
    /// empty without the rest.
    pub fn is_open(&self, path: &str) -> bool {
        self.operations.iter().any(|operation| operation.is_open && operation.is_at(path))
    }

    /// Notes how the orgs stand at `now`, for the chart of the page.
    pub fn sample(&self, now: SimTime) {
        self.desk.sample(now);
    }

    /// The scenario's time.
    pub(super) fn now(&self) -> SimTime {
        self.desk.site.now()
    }
}

/// There is nothing at this path, or not with this method.
fn nowhere(ask: &Ask<'_>, allowed: &[Method]) -> Reply {
    if allowed.is_empty() {
        return Problem::missing("there is nothing here; `GET /openapi.json` lists what there is")
            .reply();
    }
    let mut names: Vec<_> = allowed.iter().map(|method| method.name()).collect();
    if allowed.contains(&Method::Get) {
        names.push("HEAD");
    }
    let names = names.join(", ");
    let wrong = format!("{} is not allowed here, but {names}", ask.method);
    Reply { allow: Some(names), ..Problem::new(405, wrong).reply() }
}

/// Everything that can be asked.
pub(super) fn operations() -> Vec<Operation> {
    use Method::{Delete, Get, Post};
    let get = |path| (Get, path);
    let post = |path| (Post, path);
    let mut all = vec![
        Operation::new(get("/status"), "status", "How everything stands now.", status::show),
        Operation::new(get("/history"), "status", "How the orgs stood lately.", history::show),
        Operation::new(
            post("/reset"),
            "status",
            "Ends running phases and the amnesty and takes back fates that wait; orgs, tokens and the \
             ledger stay.",
            reset::calm,
        ),
        Operation::new(get("/orgs"), "orgs", "Lists orgs, page by page.", orgs::list),
        Operation::new(
            post("/orgs"),
            "orgs",
            "Adds an org, freshly authorised, and hands out its credentials.",
            orgs::add,
        )
        .status(201)
        .problems(&[409]),
        Operation::new(
            get("/orgs/{org}"),
            "orgs",
            "All about one org: its state, what its client holds, and its part of the ledger.",
            orgs::show,
        )
        .problems(&[404]),
        Operation::new(
            post("/orgs/{org}/authorise"),
            "orgs",
            "A person authorises an org anew: a new token family, and its credentials.",
            orgs::authorise,
        )
        .problems(&[404]),
        Operation::new(
            get("/orgs/{org}/fate"),
            "fates",
            "The fates that wait for an org's refreshes.",
            fates::show,
        )
        .problems(&[404]),
        Operation::new(
            post("/orgs/{org}/fate"),
            "fates",
            "Orders what the next refreshes of an org meet.",
            fates::order,
        )
        .problems(&[404, 409]),
        Operation::new(
            (Delete, "/orgs/{org}/fate"),
            "fates",
            "Takes back the fates that wait for an org.",
            fates::forget,
        )
        .problems(&[404]),
    ];
    all.extend(of_incident());
    all.extend(of_ledger());
    all.extend(page::operations());
    all
}

fn of_incident() -> Vec<Operation> {
    use Method::{Get, Post};
    vec![
        Operation::new((Get, "/phases"), "incident", "The phases of the incident.", phases::list),
        Operation::new(
            (Post, "/phases/{name}/start"),
            "incident",
            "Starts a phase now, until it is ended. One that is running goes on.",
            phases::start,
        )
        .problems(&[404]),
        Operation::new(
            (Post, "/phases/{name}/end"),
            "incident",
            "Ends a phase now. One that is not running stays as it is.",
            phases::end,
        )
        .problems(&[404]),
        Operation::new((Get, "/amnesty"), "incident", "How the amnesty stands.", amnesty::show),
        Operation::new(
            (Post, "/amnesty/start"),
            "incident",
            "Opens an amnesty now, until it is ended.",
            amnesty::start,
        ),
        Operation::new(
            (Post, "/amnesty/end"),
            "incident",
            "Ends the amnesty now, for everybody.",
            amnesty::end,
        ),
    ]
}

fn of_ledger() -> Vec<Operation> {
    use Method::Get;
    vec![
        Operation::new(
            (Get, "/ledger"),
            "ledger",
            "The last attempts, as both sides saw them.",
            ledger::show,
        )
        .problems(&[404]),
        Operation::new(
            (Get, "/ledger.csv"),
            "ledger",
            "The same as CSV, in the columns of the ledger that a run writes.",
            ledger::csv,
        )
        .problems(&[404]),
        Operation::new(
            (Get, "/metrics"),
            "status",
            "Metrics for Prometheus, in the text format of OpenMetrics 1.0.",
            metrics::show,
        ),
        Operation::new((Get, "/openapi.json"), "status", "This description.", describe),
    ]
}

fn describe(_: &Desk, _: &Plain) -> Document {
    Document(openapi::description(&operations()))
}
