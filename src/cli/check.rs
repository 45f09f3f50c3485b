//! `amnesty check`: for CI. Runs scenarios, judges their expectations, and compares with a baseline.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::experiment::Running;
use super::scenarios::Scenarios;
use super::{Exit, Failure, print, store};
use crate::experiment::baseline::{self, Change};
use crate::experiment::results::Summary;
use crate::experiment::{Judgement, judge};
use crate::report;

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
        if let Some(folder) = &self.out {
            store::probe(folder)?;
        }
        let baselines = plans
            .iter()
            .map(|plan| self.baseline.as_deref().map(|folder| find(folder, &plan.name)).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let mut judgements = Vec::new();
        let mut worse = false;
        let mut kept = Exit::Fine;
        for (plan, before) in plans.iter().zip(baselines) {
            let findings = self.running.run(plan)?;
            let judged = judge(plan, &findings);
            let summary = report::as_written(&findings.results).summary;
            print::out(&format!("{}: {}\n", plan.name, report::sentence(&summary)))?;
            print::out(&lines(&judged))?;
            judgements.extend(judged);
            if let Some(before) = before {
                let changes = baseline::compare(&summary, &before);
                worse |= changes.iter().any(|change| change.worse);
                print::out(&compared(&changes, &before, &summary))?;
            }
            if let Some(folder) = &self.out {
                kept = kept.max(self.running.keep(plan, &findings, &folder.join(&plan.name))?);
            }
        }
        self.tell_machines(&judgements)?;
        let failed = judgements.iter().filter(|judged| !judged.passed).count();
        print::out(&format!("{} expectations held, {failed} failed\n", judgements.len() - failed))?;
        Ok(match (failed, worse) {
            (1.., _) => Exit::ExpectationFailed,
            (0, true) => Exit::Worse,
            (0, false) => kept,
        })
    }

    fn tell_machines(&self, judgements: &[Judgement]) -> Result<(), Failure> {
        if let Some(path) = &self.junit {
            let xml = report::junit::junit(judgements).context("write the JUnit report")?;
            write_file(path, xml.as_bytes())?;
        }
        if self.github {
            print::out(&report::github::annotations(judgements))?;
            if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
                append(Path::new(&path), &report::github::job_summary(judgements))?;
            }
        }
        Ok(())
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
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("read the baseline `{}`", path.display()))?;
    let summary = report::json::read(&text)
        .map_err(|error| Failure::NoBaseline(format!("`{}`: {error}", path.display())))?;
    if summary.scenario == scenario {
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
        let verdict = if judged.passed { "holds " } else { "FAILED" };
        format!("  {verdict}  {}\n          {}\n", judged.text, judged.detail)
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

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
        return Err(Failure::Argument(format!("`{}` names no file", path.display())));
    };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    Ok(store::write(folder.unwrap_or(Path::new(".")), &[(name, bytes.to_vec())])?)
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let attempted = || format!("append to `{}`", path.display());
    let mut file =
        std::fs::OpenOptions::new().create(true).append(true).open(path).with_context(attempted)?;
    file.write_all(text.as_bytes()).with_context(attempted)
}
