//! GitHub: annotations on the lines of expectations that failed, and the job summary.

use std::fmt::Write as _;

use crate::base::text::shown_lines;
use crate::experiment::{Judgement, Verdict};
use crate::report::markdown::escaped;

/// GitHub shows at most ten error annotations of a step; more would push the worst ones out.
const ANNOTATIONS_MAX: usize = 10;

/// `::error` commands for the failures, at most ten, worst first; then `::notice` commands for at most
/// ten that were not judged; one a line.
pub fn annotations(judgements: &[Judgement]) -> String {
    let of = |verdict| judgements.iter().filter(move |judged| judged.verdict == verdict);
    let mut failures: Vec<&Judgement> = of(Verdict::Failed).collect();
    failures.sort_by(|a, b| b.miss.total_cmp(&a.miss));
    let hidden = failures.len().saturating_sub(ANNOTATIONS_MAX);
    let mut out = String::new();
    for (shown, judged) in failures.iter().take(ANNOTATIONS_MAX).enumerate() {
        let more = match hidden {
            1.. if shown + 1 == ANNOTATIONS_MAX => {
                format!("\n{hidden} more failed: see the job summary")
            }
            _ => String::new(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "::error file={},line={},title={}::{}",
            property(&judged.file),
            judged.line,
            property(&format!("{}: {}", judged.scenario, judged.text)),
            message(&format!("{}{more}", judged.detail))
        );
    }
    for judged in of(Verdict::NotJudged).take(ANNOTATIONS_MAX) {
        let title = property(&format!("{}: {}", judged.scenario, judged.text));
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "::notice file={},line={},title={title}::not judged: {}",
            property(&judged.file),
            judged.line,
            message(&judged.detail)
        );
    }
    out
}

/// The judgements as a Markdown table, failures first and worst first, for the job summary.
pub fn job_summary(judgements: &[Judgement]) -> String {
    let mut sorted: Vec<&Judgement> = judgements.iter().collect();
    let rank = |judged: &Judgement| match judged.verdict {
        Verdict::Failed => 0,
        Verdict::NotJudged => 1,
        Verdict::Held => 2,
    };
    sorted.sort_by(|a, b| rank(a).cmp(&rank(b)).then(b.miss.total_cmp(&a.miss)));
    let count = |verdict| sorted.iter().filter(|judged| judged.verdict == verdict).count();
    let (failed, unjudged) = (count(Verdict::Failed), count(Verdict::NotJudged));
    let mut out = match (failed, sorted.len() - unjudged) {
        (_, 0) if unjudged == 0 => return "No expectations.\n".to_owned(),
        (_, 0) => "**Nothing could be judged.**\n\n".to_owned(),
        (0, 1) => "**The one expectation holds.**\n\n".to_owned(),
        (0, all) => format!("**All {all} expectations hold.**\n\n"),
        (failed, all) => format!("**{failed} of {all} expectations failed.**\n\n"),
    };
    out.push_str("| | scenario | expected | found |\n| --- | --- | --- | --- |\n");
    for judged in sorted {
        let mark = match judged.verdict {
            Verdict::Held => "holds",
            Verdict::Failed => "**failed**",
            Verdict::NotJudged => "not judged",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {mark} | {} | {} | {} |",
            escaped(&judged.scenario),
            escaped(&judged.text),
            escaped(&judged.detail)
        );
    }
    out
}

/// Escapes the text of a workflow command.
fn message(text: &str) -> String {
    shown_lines(text).replace('%', "%25").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(miss: f64) -> Judgement {
        Judgement {
            scenario: "xero".to_owned(),
            file: "a,b.yaml".to_owned(),
            line: 3,
            text: format!("needed_person(a) <= {miss}%"),
            verdict: if miss == 0.0 { Verdict::Held } else { Verdict::Failed },
            detail: "found 7 %".to_owned(),
            miss,
        }
    }

    #[test]
    fn at_most_ten_worst_first_and_escaped() {
        let many: Vec<Judgement> = (0..13).map(|n| failure(f64::from(n))).collect();
        let text = annotations(&many);
        assert_eq!(text.lines().count(), 10);
        assert_eq!(
            text.lines().next().unwrap(),
            "::error file=a%2Cb.yaml,line=3,title=xero%3A needed_person(a) <= 12%25::found 7 %25"
        );
        assert!(text.ends_with("%0A2 more failed: see the job summary\n"));
    }

    #[test]
    fn the_job_summary_puts_failures_first() {
        let summary = job_summary(&[failure(0.0), failure(2.0)]);
        assert!(summary.starts_with("**1 of 2 expectations failed.**"));
        let failed = summary.find("**failed**").unwrap();
        assert!(failed < summary.find("| holds").unwrap());
    }
}
