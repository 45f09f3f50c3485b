//! `JUnit` XML: a suite for each scenario, a test case for each expectation.
//!
//! No times and no ids in it: the same results give the same bytes.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::base::text::shown;
use crate::experiment::{Judgement, Verdict};

/// The judgements as `JUnit` XML. Scenarios and expectations stay in the order given.
///
/// # Errors
/// The writer's own, which writing into memory does not meet.
pub fn junit(judgements: &[Judgement]) -> Result<String, SerializeError> {
    let mut report = Report::new("amnesty");
    let mut suites: Vec<(&str, TestSuite)> = Vec::new();
    for judged in judgements {
        let case = test_case(judged);
        let known = suites.iter().position(|(scenario, _)| *scenario == judged.scenario);
        let at = known.unwrap_or_else(|| {
            let suite = TestSuite::new(judged.scenario.as_str());
            suites.push((&judged.scenario, suite));
            suites.len() - 1
        });
        suites[at].1.add_test_case(case);
    }
    report.add_test_suites(suites.into_iter().map(|(_, suite)| suite));
    report.to_string()
}

fn test_case(judged: &Judgement) -> TestCase {
    let [file, text, detail] =
        [&judged.file, &judged.text, &judged.detail].map(|text| shown(text).into_owned());
    let status = match judged.verdict {
        Verdict::Held => TestCaseStatus::success(),
        Verdict::NotJudged => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(format!("not judged: {detail}"));
            skipped
        }
        Verdict::Failed => failure(judged),
    };
    let mut case = TestCase::new(text.as_str(), status);
    case.set_classname(judged.scenario.as_str());
    case.extra.insert("file".into(), file.as_str().into());
    case.extra.insert("line".into(), judged.line.to_string().into());
    if judged.verdict == Verdict::Held {
        case.set_system_out(detail.as_str());
    }
    case
}

fn failure(judged: &Judgement) -> TestCaseStatus {
    let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let [file, text, detail] = [&judged.file, &judged.text, &judged.detail].map(|text| shown(text));
    failure.set_type("expectation").set_message(detail.as_ref());
    failure.set_description(format!("{file}:{}: {text}\n{detail}", judged.line));
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_was_found_and_where_it_was_asked() {
        let judged = |text: &str, verdict| Judgement {
            scenario: "xero & co".to_owned(),
            file: "scenarios/xero.yaml".to_owned(),
            line: 41,
            text: text.to_owned(),
            verdict,
            detail: "25.1 %, expected at most 5 %".to_owned(),
            miss: 4.0,
        };
        let xml = junit(&[
            judged("needed_person(a) <= 5%", Verdict::Failed),
            judged("saved(b) >= 20%", Verdict::Held),
            judged("saved(c) >= 20%", Verdict::NotJudged),
        ])
        .unwrap();
        for part in [
            r#"<testsuites name="amnesty" tests="3" skipped="1" failures="1" errors="0">"#,
            r#"<testsuite name="xero &amp; co" tests="3""#,
            r#"name="needed_person(a) &lt;= 5%" classname="xero &amp; co""#,
            r#"message="25.1 %, expected at most 5 %""#,
            "scenarios/xero.yaml:41:",
        ] {
            assert!(xml.contains(part), "{part} is missing in\n{xml}");
        }
    }
}
