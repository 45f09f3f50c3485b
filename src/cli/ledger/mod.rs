//! `--ledger`: every attempt of a run in a file, written while the run goes on.

mod file;
mod queue;
mod space;
mod stream;
mod target;

use std::path::{Path, PathBuf};

use clap::Args;

use self::file::LedgerFile;
use self::queue::Queue;
use self::stream::Stream;
use self::target::Target;
use super::experiment::Running;
use super::folder::Draft;
use super::signals::stop_on_signal;
use super::{Failure, print, store};
use crate::experiment::results::run_id;
use crate::experiment::{self, Findings, LedgerSize, Recording, Selection};
use crate::report::ledger::HEADING;
use crate::scenario::Plan;
use crate::world::{RowTeller, Swarm};

/// Bytes of a section of the ledger, about: what a thread holds.
const SECTION_BYTES: f64 = 1e6;

/// What is written of every attempt.
#[derive(Debug, Args)]
#[command(next_help_heading = "Ledger")]
pub(super) struct LedgerOptions {
    /// Also write every attempt, and whatever else the counts come from, to ledger.csv in the results
    /// folder, or to FILE: a name alone stands for a file in that folder; .gz and .zst compress
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = store::LEDGER
    )]
    ledger: Option<PathBuf>,
    /// Only the rows of this arm; repeatable. All arms are played
    #[arg(long, value_name = "NAME", requires = "ledger")]
    ledger_arm: Vec<String>,
    /// Only the rows of orgs A up to, but not including, B
    #[arg(long, value_name = "A..B", requires = "ledger", value_parser = range)]
    ledger_orgs: Option<(u64, u64)>,
    /// Only the rows of replications A up to, but not including, B; the first is 0
    #[arg(long, value_name = "A..B", requires = "ledger", value_parser = range)]
    ledger_replications: Option<(u64, u64)>,
}

/// A ledger that is whole, and not in its place yet.
#[derive(Debug)]
pub(super) struct Written {
    target: Target,
    rows: u64,
}

impl Written {
    /// Puts it in its place, and says so unless that is unwanted.
    pub(super) fn keep(self, quiet: bool) -> anyhow::Result<()> {
        let Self { target, rows } = self;
        let path = target.keep()?;
        if !quiet {
            print::note(&format!("wrote {rows} rows to {}", path.display()));
        }
        Ok(())
    }

    /// How many rows it has.
    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }
}

/// A ledger that is about to be written.
struct Prepared {
    selection: Selection,
    run: String,
    target: Target,
    size: LedgerSize,
}

/// The ledger of something that runs in real time.
#[derive(Debug)]
pub(super) struct Live {
    stream: Stream,
    target: Target,
}

impl Live {
    fn open(
        plan: &Plan,
        (selection, run): (Selection, String),
        target: Target,
    ) -> Result<Self, Failure> {
        let arms = plan.arms.iter().map(|arm| arm.name.clone()).collect();
        let file = target.open();
        let stream = file.and_then(|file| Stream::new(file, (arms, run), selection));
        let stream = stream.map_err(|error| unwritable(target.path(), error))?;
        Ok(Self { stream, target })
    }

    /// The ledger of the first arm of a plan, which grows in its place from the beginning.
    pub(super) fn in_place(plan: &Plan, path: &Path) -> Result<Self, Failure> {
        let run = run_id(&plan.digest, plan.seed.0);
        Self::open(
            plan,
            (Selection::all(plan), run),
            Target::in_place(path).map_err(Failure::Unusable)?,
        )
    }

    /// Where the rows of an arm and replication go.
    pub(super) fn teller(&self, arm: usize, replication: u32) -> RowTeller {
        self.stream.teller(arm, replication)
    }

    /// All tellers are gone: the ledger is whole.
    pub(super) fn finish(self) -> Result<Written, Failure> {
        let Self { stream, target } = self;
        let whole = stream.finish().and_then(|(file, rows)| file.finish().map(|()| rows));
        let whole = whole.and_then(|rows| target.sync().map(|()| rows));
        let rows = whole.map_err(|error| unwritable(target.path(), error))?;
        Ok(Written { target, rows })
    }
}

impl LedgerOptions {
    /// Refuses a file that several scenarios would write to.
    pub(super) fn check(&self, plans: &[Plan]) -> Result<(), Failure> {
        let Some(file) = &self.ledger else { return Ok(()) };
        if plans.len() > 1 && !is_name(file) {
            let message = format!(
                "--ledger={}: {} scenarios would write to one file; a name alone stands for a file in \
                 each results folder",
                file.display(),
                plans.len()
            );
            return Err(Failure::Argument(message));
        }
        plans.iter().try_for_each(|plan| self.select(plan).map(drop))
    }

    /// Runs a plan whose results go to `draft`, and writes its ledger if one is asked for.
    pub(super) fn run(
        &self,
        running: &Running,
        plan: &Plan,
        draft: &Draft,
    ) -> Result<(Findings, Option<Written>), Failure> {
        let Some(prepared) = self.prepare(running.is_quiet(), plan, draft)? else {
            return Ok((running.run(plan)?, None));
        };
        let Prepared { selection, run, target, size } = prepared;
        let place = target.path().to_owned();
        let file = target.open().map_err(|error| unwritable(&place, error))?;
        let arms: Vec<_> = plan.arms.iter().map(|arm| arm.name.as_str()).collect();
        let queue = Queue::new(file, (arms, &run), target.folder(), stop_on_signal()?);
        let section_orgs = section_orgs(size, plan);
        let recording = Recording { selection: &selection, sink: &queue, section_orgs };
        let found = running.run_recorded(plan, recording);
        // What the file said comes before that the run ended early because of it.
        if let Some(error) = queue.take_error() {
            return Err(unwritable(&place, error));
        }
        let findings = found?;
        let (file, rows) = queue.finish().map_err(|error| unwritable(&place, error))?;
        let synced = file.finish().and_then(|()| target.sync());
        synced.map_err(|error| unwritable(&place, error))?;
        Ok((findings, Some(Written { target, rows })))
    }

    /// Opens the ledger of a plan that is about to run in real time, if one is asked for.
    pub(super) fn stream(
        &self,
        quiet: bool,
        plan: &Plan,
        draft: &Draft,
    ) -> Result<Option<Live>, Failure> {
        let Some(prepared) = self.prepare(quiet, plan, draft)? else { return Ok(None) };
        let Prepared { selection, run, target, .. } = prepared;
        Live::open(plan, (selection, run), target).map(Some)
    }

    /// Selects rows, and looks whether there is room for them where they go.
    fn prepare(
        &self,
        quiet: bool,
        plan: &Plan,
        draft: &Draft,
    ) -> Result<Option<Prepared>, Failure> {
        let Some(file) = &self.ledger else { return Ok(None) };
        let (selection, run) = (self.select(plan)?, run_id(&plan.digest, plan.seed.0));
        let target = if is_name(file) { Target::in_draft(draft, file) } else { Target::new(file) };
        let target = target.map_err(Failure::Unusable)?;
        let size = announce(quiet, plan, (&selection, &run), &target)?;
        Ok(Some(Prepared { selection, run, target, size }))
    }

    /// The rows that are asked for.
    pub(super) fn select(&self, plan: &Plan) -> Result<Selection, Failure> {
        let mut selection = Selection::all(plan);
        if !self.ledger_arm.is_empty() {
            selection.arms.fill(false);
        }
        for name in &self.ledger_arm {
            let place = plan.arms.iter().position(|arm| arm.name == *name);
            let place = place.ok_or_else(|| unknown_arm(plan, name))?;
            selection.arms[place] = true;
        }
        if let Some((from, until)) = self.ledger_orgs {
            selection.orgs = from..until;
        }
        if let Some((from, until)) = self.ledger_replications {
            let most = u64::from(plan.replications);
            if from >= most {
                let message = format!(
                    "{}: --ledger-replications {from}..{until}: there are replications 0..{most}",
                    plan.name
                );
                return Err(Failure::Argument(message));
            }
            let number = |it: u64| u32::try_from(it).unwrap_or(u32::MAX);
            selection.replications = number(from)..number(until.min(most));
        }
        Ok(selection)
    }
}

/// Says how large the ledger will be, and refuses one for which there is no room.
fn announce(
    quiet: bool,
    plan: &Plan,
    (selection, run): (&Selection, &str),
    target: &Target,
) -> Result<LedgerSize, Failure> {
    let argument =
        |error: &dyn std::fmt::Display| Failure::Argument(format!("{}: {error}", plan.name));
    let swarm = Swarm::of(plan.seed, &plan.arms[0].world).map_err(|error| argument(&error))?;
    let orgs = &selection.orgs;
    if orgs.start >= swarm.orgs() {
        let message = format!(
            "--ledger-orgs {}..{}: the scenario has orgs 0..{}",
            orgs.start,
            orgs.end,
            swarm.orgs()
        );
        return Err(argument(&message));
    }
    let size = experiment::expected(plan, &swarm, selection, run);
    let bytes = size.bytes / target.compression().ratio();
    if !quiet {
        print::note(&format!(
            "{}: the ledger will have about {} rows and take about {}",
            plan.name,
            space::rows(size.rows),
            space::bytes(bytes)
        ));
    }
    match target.free_space() {
        Some(free) if bytes > free => Err(argument(&format!(
            "the ledger would take about {}, and there is room for {} at {}: ask for less with \
             --ledger-arm, --ledger-orgs or --ledger-replications, or compress it with \
             --ledger=ledger.csv.zst",
            space::bytes(bytes),
            space::bytes(free),
            target.path().display(),
        ))),
        Some(_) | None => Ok(size),
    }
}

/// Whether a file is named without a folder: it belongs into that of the results.
fn is_name(file: &Path) -> bool {
    store::folder_of(file) == Path::new(".") && !file.starts_with(".")
}

/// Opens a ledger's file with its heading.
fn headed(mut file: LedgerFile) -> std::io::Result<LedgerFile> {
    std::io::Write::write_all(&mut file, HEADING.as_bytes())?;
    Ok(file)
}

fn unwritable(place: &Path, error: std::io::Error) -> Failure {
    let error = anyhow::Error::new(error);
    Failure::Other(error.context(format!("write `{}`", place.display())))
}

/// How many orgs make a section.
fn section_orgs(size: LedgerSize, plan: &Plan) -> u64 {
    let arms = plan.arms.iter().map(|arm| arm.world.cohorts.iter());
    let orgs: f64 = arms
        .flatten()
        .map(|cohort| f64::from(cohort.partners) * cohort.orgs_per_partner.mean().unwrap_or(1.0))
        .sum();
    let all = orgs / plan.arms.len().max(1) as f64 * f64::from(plan.replications);
    let each = size.bytes / all.max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and a million"
    )]
    let orgs = (SECTION_BYTES / each.max(1.0)).clamp(1.0, 1e6) as u64;
    orgs
}

fn unknown_arm(plan: &Plan, name: &str) -> Failure {
    let likeness = |arm: &&str| strsim::jaro_winkler(arm, name);
    let arms = plan.arms.iter().map(|arm| arm.name.as_str());
    let near = arms.clone().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let near = near.filter(|arm| likeness(arm) > 0.7);
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let all: Vec<_> = arms.map(|arm| format!("`{arm}`")).collect();
    let message =
        format!("--ledger-arm: {} has no arm `{name}`{near} It has {}", plan.name, all.join(", "));
    Failure::Argument(message.replace("` It has", "`: it has"))
}

/// `A..B`, `A..`, `..B`: from A up to, but not including, B.
fn range(text: &str) -> Result<(u64, u64), String> {
    let wrong = || format!("`{text}` is no range such as 0..100, 100.. or ..100");
    let (from, until) = text.split_once("..").ok_or_else(wrong)?;
    let number = |text: &str, unless: u64| match text {
        "" => Ok(unless),
        text => text.parse().map_err(|_| wrong()),
    };
    let (from, until) = (number(from, 0)?, number(until, u64::MAX)?);
    if from < until { Ok((from, until)) } else { Err(format!("`{text}` is an empty range")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_leave_out_their_end() {
        for (text, found) in [
            ("0..100", Ok((0, 100))),
            ("7..", Ok((7, u64::MAX))),
            ("..3", Ok((0, 3))),
            ("3..3", Err("`3..3` is an empty range".to_owned())),
            ("3", Err("`3` is no range such as 0..100, 100.. or ..100".to_owned())),
            ("a..b", Err("`a..b` is no range such as 0..100, 100.. or ..100".to_owned())),
        ] {
            assert_eq!(range(text), found);
        }
    }

    #[test]
    fn a_name_alone_is_in_the_results_folder() {
        for (file, is) in
            [("l.csv", true), ("./l.csv", false), ("/tmp/l.csv", false), ("a/l.csv", false)]
        {
            assert_eq!(is_name(Path::new(file)), is, "{file}");
        }
    }
}
