//! A scenario in words and times: what `amnesty explain` shows.
//!
//! Labels stand in a column on the left, what they mean on the right, wrapped at the width of a page.

mod server;
mod words;

use jiff::Timestamp;

use self::words::{client, count, duration, law, return_of, roughly, time_law};
use crate::authority::{Amnesty, AmnestyReply};
use crate::base::text::shown_lines;
use crate::base::{Law, Probability, SimTime};
use crate::fault::{Latency, Phase, SeenAs};
use crate::scenario::{Arm, Plan, expected_orgs};
use crate::world::{Cohort, World};

/// Where the right column begins, and where lines end.
const INDENT: usize = 10;
const WIDTH: usize = 110;

/// Where the names of cohorts, phases and arms end; longer ones push their text to the right.
const ITEM: usize = INDENT + 15;

/// The world of `plan` in words: who, when, what goes wrong, what the arms change, what is expected.
pub fn explain(plan: &Plan) -> String {
    let mut page = Page::default();
    page.heading(&plan.name, &plan.about);
    let Some(first) = plan.arms.first() else {
        return page.text;
    };
    let world = &first.world;
    run(plan, &mut page);
    server::server(world, &mut page);
    swarm(world, &mut page);
    incident(plan, world, &mut page);
    if !first.changes.is_empty() {
        let text = format!("Server, swarm and incident are shown as in the arm {}.", first.name);
        page.row("", &text);
    }
    page.gap();
    for (index, arm) in plan.arms.iter().enumerate() {
        arms(plan, index, arm, &mut page);
    }
    page.gap();
    server::islands(plan, &mut page);
    for (index, expectation) in plan.expectations.iter().enumerate() {
        page.row(if index == 0 { "Expect" } else { "" }, &expectation.text);
    }
    page.gap();
    for (index, assumption) in plan.assumptions.iter().enumerate() {
        page.row(if index == 0 { "Assumed" } else { "" }, assumption);
    }
    page.gap();
    page.row("Digest", &plan.digest);
    shown_lines(&page.text).into_owned()
}

fn run(plan: &Plan, page: &mut Page) {
    let end = SimTime::ZERO + plan.duration;
    let text = format!(
        "{} to {} ({}), {} with seed {}; all arms see the same draws",
        utc(plan.start, SimTime::ZERO),
        utc(plan.start, end),
        plan.duration,
        plural(u64::from(plan.replications), "replication"),
        plan.seed.0,
    );
    page.row("Run", &text);
    page.gap();
}

fn swarm(world: &World, page: &mut Page) {
    let partners: u64 = world.cohorts.iter().map(|cohort| u64::from(cohort.partners)).sum();
    let orgs: f64 = world.cohorts.iter().map(expected_orgs).sum();
    let total = format!(
        "{} with about {} orgs in {}",
        plural(partners, "partner"),
        roughly(orgs),
        plural(world.cohorts.len() as u64, "cohort"),
    );
    page.row("Swarm", &total);
    let returns: Vec<String> =
        world.cohorts.iter().map(|cohort| return_of(&cohort.profile)).collect();
    let alike = returns.windows(2).all(|pair| pair[0] == pair[1]);
    if let (true, Some(all)) = (alike, returns.first()) {
        page.row("", &format!("in every cohort {all}"));
    }
    for (cohort, returns) in world.cohorts.iter().zip(&returns) {
        page.item(&cohort.name, &who(cohort));
        page.under(&format!("{}: {}", cohort.client, client(&cohort.profile)));
        if !alike {
            page.under(returns);
        }
    }
    page.gap();
}

fn who(cohort: &Cohort) -> String {
    let partners = plural(u64::from(cohort.partners), "partner");
    let each = law(&cohort.orgs_per_partner, count);
    let orgs = expected_orgs(cohort);
    if matches!(cohort.orgs_per_partner.law(), Law::Constant { .. }) {
        format!("{partners} × {each} = {} orgs", count(orgs))
    } else {
        format!("{partners}, about {} orgs (each {each})", roughly(orgs))
    }
}

fn incident(plan: &Plan, world: &World, page: &mut Page) {
    let phases = world.incident.phases();
    if phases.is_empty() {
        page.row("Incident", "none");
        return;
    }
    let phases_in_all = plural(phases.len() as u64, "phase");
    let workers = if phases.iter().any(|phase| !phase.capacity_lost.is_never()) {
        "; workers are lost by the clock"
    } else {
        ""
    };
    let text = format!(
        "{phases_in_all}, acting on the requests that are sent in it, whenever their answers are due{workers}"
    );
    page.row("Incident", &text);
    for phase in phases {
        page.item(&phase.name, &window(plan, phase));
        for fault in faults(phase, world) {
            page.under(&fault);
        }
    }
}

fn window(plan: &Plan, phase: &Phase) -> String {
    let mut parts = vec![format!(
        "{} to {} ({})",
        utc(plan.start, phase.from),
        utc(plan.start, phase.until),
        phase.until.since(phase.from),
    )];
    if !phase.ramp_up.is_zero() {
        parts.push(format!("building up over {}", phase.ramp_up));
    }
    if !phase.ramp_down.is_zero() {
        parts.push(format!("fading over the last {}", phase.ramp_down));
    }
    parts.join(", ")
}

/// What a phase does, one sentence each.
fn faults(phase: &Phase, world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    match &phase.latency {
        None => {}
        Some(Latency::Replace(law)) => faults.push(format!("a request takes {}", time_law(law))),
        Some(Latency::Multiply(factor)) => {
            faults.push(format!("a request takes {factor} times as long"));
        }
        Some(Latency::Add(law)) => {
            faults.push(format!("a request takes longer by {}", time_law(law)));
        }
    }
    let mut share = |share: Probability, what: &str| {
        if !share.is_never() {
            faults.push(format!("{share} of {what}"));
        }
    };
    share(phase.request_lost, "requests never reach the server");
    if let Some(error) = phase.error {
        let what = format!("requests fail before the commit with {}", error.status);
        share(error.probability, &what);
    }
    if let Some(throttle) = phase.throttle {
        let after = duration(throttle.retry_after);
        let what = format!("requests are answered 429, come back in {after}");
        share(throttle.probability, &what);
    }
    if let Some(lost) = &phase.response_lost {
        let sights: Vec<String> = lost.seen_as.iter().map(sight).collect();
        let what = format!("answers are lost after the commit; clients see {}", sights.join(", "));
        share(lost.probability, &what);
    }
    share(phase.duplicate, "requests are delivered twice");
    share(phase.capacity_lost, "the workers are lost");
    faults.extend(hit(phase, world));
    faults
}

/// Whom a phase hits, if not everybody.
fn hit(phase: &Phase, world: &World) -> Option<String> {
    let mut parts = Vec::new();
    if phase.reach.orgs != Probability::ALWAYS {
        parts.push(format!("{} of the orgs", phase.reach.orgs));
    }
    if phase.reach.partners != Probability::ALWAYS {
        parts.push(format!("{} of the partners", phase.reach.partners));
    }
    if let Some(cohorts) = &phase.reach.cohorts {
        let names: Vec<&str> = cohorts
            .iter()
            .filter_map(|&index| world.cohorts.get(index).map(|cohort| cohort.name.as_str()))
            .collect();
        parts.push(format!("the cohorts {}", names.join(", ")));
    }
    (!parts.is_empty()).then(|| format!("hits only {}", parts.join(" of ")))
}

fn sight((sight, weight): &(SeenAs, f64)) -> String {
    let what = match sight {
        SeenAs::Silence => "silence".to_owned(),
        SeenAs::Reset => "a reset".to_owned(),
        SeenAs::Truncated => "a cut answer".to_owned(),
        SeenAs::Closed => "a closed connection".to_owned(),
        SeenAs::CutHeaders => "cut headers".to_owned(),
        SeenAs::Status(status) => format!("a {status}"),
    };
    if *weight >= 1.0 {
        return what;
    }
    format!("{what} ({}%)", (weight * 1e4).round() / 1e2)
}

fn arms(plan: &Plan, index: usize, arm: &Arm, page: &mut Page) {
    if index == 0 {
        page.row("Arms", &plural(plan.arms.len() as u64, "arm"));
    }
    let amnesty = arm.world.cohorts.iter().find_map(|cohort| cohort.rules.amnesty);
    let mut lines: Vec<String> = arm
        .changes
        .iter()
        .filter(|change| amnesty.is_none() || !change.starts_with("server.amnesty"))
        .cloned()
        .collect();
    let covered: Vec<&str> = arm
        .world
        .cohorts
        .iter()
        .filter(|cohort| cohort.rules.amnesty.is_some())
        .map(|cohort| cohort.name.as_str())
        .collect();
    if let Some(amnesty) = amnesty {
        let scope = if covered.len() == arm.world.cohorts.len() {
            "all cohorts".to_owned()
        } else {
            covered.join(", ")
        };
        lines.push(amnesty_text(plan, &amnesty, &scope));
    }
    let mut lines = lines.into_iter();
    let first = lines.next().unwrap_or_else(|| "the world as it is".to_owned());
    page.item(&arm.name, &first);
    lines.for_each(|line| page.under(&line));
}

fn amnesty_text(plan: &Plan, amnesty: &Amnesty, scope: &str) -> String {
    let reply = match amnesty.reply {
        AmnestyReply::NewPair => "a new token",
        AmnestyReply::CurrentPair => "the current token",
    };
    let mut parts = vec![format!(
        "amnesty from {} to {} ({}) for {scope}: superseded credentials get {reply}",
        utc(plan.start, amnesty.from),
        utc(plan.start, amnesty.until),
        amnesty.until.since(amnesty.from),
    )];
    let announced = utc(plan.start, amnesty.announced);
    if !amnesty.stagger.is_zero() {
        let over = duration(amnesty.stagger);
        parts.push(format!("partners hear of it one by one, over {over} from {announced}"));
    } else if amnesty.announced != amnesty.from {
        parts.push(format!("announced {announced}"));
    }
    if amnesty.unrevoke {
        parts.push("it restores revoked families".to_owned());
    }
    parts.join("; ")
}

/// An instant as people write it: `2018-03-11 23:30 UTC`.
fn utc(start: Timestamp, at: SimTime) -> String {
    let micros = i64::try_from(at.since(SimTime::ZERO).as_micros()).unwrap_or(i64::MAX);
    let instant = start
        .as_microsecond()
        .checked_add(micros)
        .and_then(|micros| Timestamp::from_microsecond(micros).ok());
    match instant {
        None => "never".to_owned(),
        Some(instant) => {
            let text = instant.to_string();
            let text = text.trim_end_matches('Z').replace('T', " ");
            format!("{} UTC", text.strip_suffix(":00").unwrap_or(&text))
        }
    }
}

fn plural(number: u64, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", count(number as f64))
}

/// Text in two columns.
#[derive(Debug, Default)]
struct Page {
    text: String,
    gap: bool,
}

impl Page {
    fn heading(&mut self, name: &str, about: &str) {
        self.text.push_str(name);
        self.text.push('\n');
        if !about.is_empty() {
            self.write("", 0, about);
        }
        self.gap();
    }

    /// An empty line before whatever comes next.
    fn gap(&mut self) {
        self.gap = true;
    }

    /// A line with a label of its own.
    fn row(&mut self, label: &str, text: &str) {
        self.write(&format!("{label:INDENT$}"), INDENT, text);
    }

    /// A line about a named thing.
    fn item(&mut self, name: &str, text: &str) {
        let left = format!("{:INDENT$}{name}", "");
        self.write(&format!("{left:ITEM$}  "), ITEM + 2, text);
    }

    /// A further line about the same thing.
    fn under(&mut self, text: &str) {
        self.write(&" ".repeat(ITEM + 2), ITEM + 2, text);
    }

    /// `left`, then `text` wrapped from `column` on.
    fn write(&mut self, left: &str, column: usize, text: &str) {
        if std::mem::take(&mut self.gap) && !self.text.is_empty() {
            self.text.push('\n');
        }
        let mut line = left.to_owned();
        let mut empty = true;
        for word in text.split_whitespace() {
            let longer = line.chars().count() + 1 + word.chars().count();
            if !empty && longer > WIDTH {
                self.text.push_str(line.trim_end());
                self.text.push('\n');
                line = " ".repeat(column);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}
