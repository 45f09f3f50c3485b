//! `amnesty check`: for CI. Runs scenarios, judges their expectations, and compares with a baseline.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::experiment::Running;
use super::folder::Draft;
use super::scenarios::Scenarios;
use super::store::folder_of;
use super::target::Target;
use super::{Exit, Failure, print, store};
use crate::experiment::baseline::{self, Change};
use crate::experiment::results::Summary;
use crate::experiment::{Judgement, Verdict, judge};
use crate::report;
use crate::scenario::read_text;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    scenarios: Scenarios,
    /// Folder of earlier results to compare with: fails where more orgs need a person
    #[arg(long, value_name = "DIR")]
    baseline: Option<PathBuf>,
    /// Also write the results, as `run` does
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print GitHub annotations, and append to the file named by `GITHUB_STEP_SUMMARY`
    #[arg(long)]
    github: bool,
    #[command(flatten)]
    running: Running,
}

impl Check {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let plans = self.scenarios.load()?;
        let machines = self.machines()?;
        let baselines = plans
            .iter()
            .map(|plan| self.baseline.as_deref().map(|folder| find(folder, &plan.name)).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let mut drafts = Vec::with_capacity(plans.len());
        for plan in &plans {
            let place = self.out.as_ref().map(|out| out.join(&plan.name));
            let draft = place.as_deref().map(Draft::of).transpose();
            drafts.push(draft.map_err(Failure::Unusable)?);
        }
        let mut judgements = Vec::new();
        let (mut compared_arms, mut worse, mut kept) = (0, false, Exit::Fine);
        for ((plan, before), draft) in plans.iter().zip(baselines).zip(drafts) {
            let findings = self.running.run(plan)?;
            if let Some(draft) = draft {
                kept = kept.max(self.running.keep(draft, &store::all_files(plan, &findings))?);
            }
            let judged = judge(plan, &findings);
            let summary = report::as_written(&findings.results).summary;
            print::say(&format!("{}: {}\n", plan.name, report::sentence(&summary)));
            print::say(&lines(&judged));
            judgements.extend(judged);
            if let Some(before) = before {
                let changes = baseline::compare(&summary, &before);
                worse |= changes.iter().any(|change| change.worse);
                compared_arms += changes.len();
                print::say(&compared(&changes, &before, &summary));
            }
        }
        let told = machines.tell(&judgements);
        if self.github {
            print::say(&report::github::annotations(&judgements));
        }
        let count = |verdict| judgements.iter().filter(|judged| judged.verdict == verdict).count();
        let (held, failed) = (count(Verdict::Held), count(Verdict::Failed));
        let unjudged = match count(Verdict::NotJudged) {
            0 => String::new(),
            unjudged => format!(", {unjudged} not judged"),
        };
        print::say(&format!("{held} expectations held, {failed} failed{unjudged}\n"));
        let exit = match (failed, worse) {
            (1.., _) => Exit::ExpectationFailed,
            (0, true) => Exit::Worse,
            (0, false) if held + compared_arms == 0 => {
                print::note("error: nothing was judged");
                Exit::Usage
            }
            (0, false) => kept,
        };
        if let Err(error) = told {
            print::note(&format!("error: failed to {error:#}"));
            return Ok(exit.max(Exit::Internal));
        }
        Ok(exit)
    }

    /// Where machines are told, tried.
    fn machines(&self) -> Result<Machines, Failure> {
        let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
        let summary = summary.filter(|_| self.github).map(PathBuf::from);
        Ok(Machines {
            junit: self.junit.as_deref().map(Target::tried).transpose()?,
            summary: summary.as_deref().map(Target::tried).transpose()?,
        })
    }
}

/// Files that tell machines what was judged.
#[derive(Debug)]
struct Machines {
    junit: Option<Target>,
    /// GitHub's summary of the step.
    summary: Option<Target>,
}

impl Machines {
    fn tell(&self, judgements: &[Judgement]) -> anyhow::Result<()> {
        let mut told = Ok(());
        if let Some(junit) = &self.junit {
            let xml = report::junit::junit(judgements).context("write the JUnit report");
            told = xml.and_then(|xml| junit.write(xml.as_bytes()));
        }
        if let Some(summary) = &self.summary {
            let text = report::github::job_summary(judgements);
            told = told.and(summary.append(text.as_bytes()));
        }
        told
    }
}

/// The baseline of a scenario: `DIR/<scenario>/summary.json`, or `DIR/summary.json`.
fn find(folder: &Path, scenario: &str) -> Result<Summary, Failure> {
    let places = [folder.join(scenario).join(store::SUMMARY), folder.join(store::SUMMARY)];
    let Some(path) = places.iter().find(|path| path.is_file()) else {
        return Err(Failure::NoBaseline(format!(
            "no baseline for `{scenario}`: neither `{}` nor `{}` is there; \
             make one with `amnesty run … --out {}`",
            places[0].display(),
            places[1].display(),
            folder.display()
        )));
    };
    let text = read_text(path, store::DATA_BYTES_MAX)
        .map_err(|error| Failure::NoBaseline(format!("the baseline: {error}")))?;
    let summary = report::json::read(&text)
        .map_err(|error| Failure::NoBaseline(format!("`{}`: {error}", path.display())))?;
    if summary.scenario == scenario {
        super::report::check_folder(folder_of(path), &summary)?;
        return Ok(summary);
    }
    Err(Failure::NoBaseline(format!(
        "`{}` holds results of `{}`, not of `{scenario}`",
        path.display(),
        summary.scenario
    )))
}

fn lines(judgements: &[Judgement]) -> String {
    let line = |judged: &Judgement| {
        let verdict = match judged.verdict {
            Verdict::Held => "holds     ",
            Verdict::Failed => "FAILED    ",
            Verdict::NotJudged => "not judged",
        };
        format!("  {verdict}  {}\n              {}\n", judged.text, judged.detail)
    };
    if judgements.is_empty() {
        return "  nothing to judge: the scenario has no `expect`\n".to_owned();
    }
    judgements.iter().map(line).collect()
}

fn compared(changes: &[Change], before: &Summary, now: &Summary) -> String {
    let note = if before.digest == now.digest { "" } else { " (the scenario has changed since)" };
    let mut text = format!("  against the baseline{note}\n");
    for change in changes {
        let verdict = if change.worse { "WORSE " } else { "holds " };
        let difference = change.difference;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {verdict}  {}: {:+.1} orgs needed a person (95% interval {:+.1} to {:+.1}{})",
            change.arm,
            difference.mean,
            difference.low,
            difference.high,
            if change.paired { ", paired" } else { "" }
        );
    }
    for arm in before.arms.iter().filter(|arm| now.arms.iter().all(|now| now.name != arm.name)) {
        let _ =
            writeln!(text, "  gone    {}: an arm of the baseline, not of the scenario", arm.name);
    }
    text
}
