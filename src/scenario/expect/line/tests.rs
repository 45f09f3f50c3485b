//! Lines that read, and lines that do not.

use super::*;

fn parse(text: &str) -> Result<Expectation, Wrong> {
    let names = Names {
        arms: vec!["with", "without-it"],
        cohorts: vec!["xero-net", "30m"],
        lacks: Lacks::default(),
    };
    Cursor::new(text).expectation(&names)
}

#[test]
fn lines_read_as_they_are_meant() {
    let line = parse("needed_person(without-it) >= 20%").unwrap();
    assert_eq!(line.left.metric, Metric::NeededPerson);
    assert_eq!(line.left.arm, "without-it");
    assert_eq!(line.comparison, Comparison::AtLeast);
    assert_eq!(line.right, Quantity::Share(0.2));

    let line = parse("needed_person(with)-needed_person( without-it )<0 at 95%").unwrap();
    assert_eq!(line.minus.map(|term| term.arm), Some("without-it".to_owned()));
    assert_eq!(line.right, Quantity::Number(0.0));
    assert_eq!(line.confidence, Some(0.95));

    let line = parse("ever_disconnected(with, 30m) = 40.5% +/- 1.5% at 99%").unwrap();
    assert_eq!(line.left.cohort, Some("30m".to_owned()));
    assert_eq!(line.right, Quantity::Share(0.405));
    assert_eq!(line.tolerance, Some(Quantity::Share(0.015)));

    let line = parse("attempts(with) <= 1.5e6").unwrap();
    assert_eq!(line.right, Quantity::Number(1.5e6));

    for (text, right) in [
        ("utilisation(with) <= 90%", Quantity::Share(0.9)),
        ("utilisation(with) <= 0.9", Quantity::Number(0.9)),
        ("queue_peak(with) > 2000", Quantity::Number(2000.0)),
        ("rejected(with) = 0", Quantity::Number(0.0)),
        ("rejected(with) <= 0.1%", Quantity::Share(0.001)),
        ("goodput_after(with) >= 95%", Quantity::Share(0.95)),
        ("recovery_time(with) <= 1h30m at 95%", Quantity::Seconds(5_400.0)),
    ] {
        assert_eq!(parse(text).unwrap().right, right, "{text}");
    }
}

#[test]
#[rustfmt::skip]
fn errors_point_at_what_is_wrong() {
    for (text, range, message) in [
        ("", 0..0, "expected a metric"),
        (
            "need_person(with) < 1",
            0..11,
            "there is no metric `need_person`",
        ),
        ("needed_person < 1", 0..13, "a metric is of an arm"),
        ("needed_person(wiht) < 1", 14..18, "there is no arm `wiht`"),
        ("needed_person() < 1", 14..14, "expected the name of an arm"),
        (
            "needed_person(with, ) < 1",
            20..20,
            "expected the name of a cohort",
        ),
        (
            "needed_person(with, pyxero) < 1",
            20..26,
            "there is no cohort `pyxero`",
        ),
        ("needed_person(with < 1", 19..19, "expected `)`"),
        ("needed_person(with) 5%", 20..20, "expected a comparison"),
        (
            "needed_person(with) < many",
            22..26,
            "expected a value, found `many`",
        ),
        ("needed_person(with) <", 21..21, "expected a value"),
        (
            "attempts(with) < 5%",
            17..19,
            "this metric does not count orgs: it has no share",
        ),
        (
            "needed_person(with) < 5% ± 1%",
            24..27,
            "a tolerance goes only with `=`",
        ),
        (
            "needed_person(with) < 5% at 100%",
            28..32,
            "expected a confidence between 0% and 100%",
        ),
        (
            "needed_person(with) < 5% maybe",
            25..30,
            "more than an expectation",
        ),
        (
            "saved(with) - harmed(with) < 0",
            14..26,
            "a difference is taken between two arms, of one metric",
        ),
        (
            "saved(with) = closed_form(loss: 20%)",
            14..36,
            "`closed_form` is not complete",
        ),
        (
            "saved(with) = closed_form(lost: 20%)",
            26..30,
            "`closed_form` has no `lost`",
        ),
        (
            "saved(with) = closed_form(loss: 20, period: 5m)",
            32..34,
            "the share `20` is not between 0% and 100%",
        ),
    ] {
        points_at(text, range, message);
    }
}

fn points_at(text: &str, range: Range<usize>, message: &str) {
    let wrong = parse(text).unwrap_err();
    assert_eq!((wrong.range, wrong.message.as_str()), (range, message), "{text}");
}

#[test]
#[rustfmt::skip]
fn errors_about_the_server_point_at_what_is_wrong() {
    for (text, range, message) in [
        (
            "utilisation(with, 30m) < 50%",
            16..17,
            "`utilisation` has no cohorts: all share one server",
        ),
        (
            "recovery_time(with) < 30",
            22..24,
            "the duration `30` has no unit",
        ),
        (
            "recovery_time(with) - recovery_time(without-it) < 5m",
            22..47,
            "what never ends cannot be taken from what never ends",
        ),
        (
            "queue_peak(with) < 5%",
            19..21,
            "this metric does not count orgs: it has no share",
        ),
        (
            "goodput_after(with) < closed_form(loss: 20%, period: 30m, window: 70m)",
            22..70,
            "a closed form is a share of orgs: this metric does not count them",
        ),
    ] {
        points_at(text, range, message);
    }
}

/// The table of the closed form that the simulator is checked against.
#[test]
fn the_closed_form_is_the_published_table() {
    for (period, loss, percent) in [
        ("15m", "5%", 21.3),
        ("20m", "20%", 53.9),
        ("30m", "20%", 40.3),
        ("1h", "50%", 54.2),
        ("3h", "80%", 31.1),
        ("24h", "20%", 1.0),
        ("30m", "80%", 97.1),
        ("20m", "80%", 99.5),
    ] {
        let text = format!("saved(with) = closed_form(loss: {loss}, period={period}, window: 70m)");
        match parse(&text).map(|line| line.right) {
            Ok(Quantity::Share(share)) => {
                assert!((share * 100.0 - percent).abs() < 0.06, "{text}: {share}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}
