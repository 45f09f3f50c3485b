//! Phases and the amnesty by hand.

use serde_json::{Value as Json, json};

use crate::house::{House, at, settings, site};

/// A phase as a path may have it.
const ON_FIRE: &str = "/phases/on%2Dfire";

#[test]
fn phases_are_told_with_what_they_do() {
    let house = House::with(site(false, &[]), settings());
    let phases = house.get("/phases");
    let expected = json!([
        {
            "name": "degraded",
            "running": false,
            "from": { "after": "10d", "utc": "2018-03-21T22:00:00Z" },
            "until": { "after": "10d1h", "utc": "2018-03-21T23:00:00Z" },
            "does": ["loses 100 % of answers after the commit"],
        },
        {
            "name": "on-fire",
            "running": false,
            "from": { "after": "12d", "utc": "2018-03-23T22:00:00Z" },
            "until": { "after": "12d1h", "utc": "2018-03-23T23:00:00Z" },
            "does": ["takes 3 times as long", "answers 503 to 25 %"],
        },
    ]);
    assert_eq!(phases["phases"], expected);
}

#[test]
fn a_phase_begins_and_ends_when_somebody_says_so() {
    let mut house = House::new();
    let asleep = &house.get("/phases")["phases"][0];
    assert_eq!((&asleep["running"], &asleep["from"]), (&json!(false), &Json::Null));
    assert_eq!(house.refresh(0, 0), Some(1));

    house.now = at(60);
    let started = house.post("/phases/degraded/start", "");
    assert_eq!((&started["running"], &started["from"]["after"]), (&json!(true), &json!("1m")));
    assert_eq!(started["until"], Json::Null, "until somebody ends it");
    assert_eq!(house.get("/status")["running_phases"], json!(["degraded"]));
    house.refresh(1, 0);
    assert_eq!(house.get("/orgs/1")["state"], "stale");

    house.now = at(120);
    let ended = house.post("/phases/degraded/end", "{}");
    assert_eq!((&ended["running"], &ended["until"]["after"]), (&json!(false), &json!("2m")));
    house.refresh(2, 0);
    assert_eq!(house.get("/orgs/2")["state"], "connected");

    let fire = house.post(&format!("{ON_FIRE}/start"), "");
    assert_eq!((&fire["name"], &fire["running"]), (&json!("on-fire"), &json!(true)));
    let unknown = house.ask("POST", "/phases/nope/start", "").error(404);
    assert_eq!(unknown, "there is no phase `nope`");
}

#[test]
fn an_amnesty_saves_and_has_the_terms_of_the_scenario() {
    let mut house = House::new();
    for org in [0, 3] {
        house.post(&format!("/orgs/{org}/fate"), r#"{ "fate": "lose_answer" }"#);
        house.refresh(org, 0);
    }
    assert_eq!(house.get("/status")["orgs"]["stale"], 2);
    assert_eq!(house.get("/amnesty")["open"], false);

    house.now = at(600);
    let open = house.post("/amnesty/start", "");
    let ten_minutes = json!({ "after": "10m", "utc": "2018-03-11T22:10:00Z" });
    let expected = json!({
        "open": true,
        "cohorts": [
            {
                "cohort": "bigco",
                "open": true,
                "from": ten_minutes,
                "reply": "current_pair",
                "unrevoke": false,
            },
            { "cohort": "small", "open": false },
        ],
    });
    assert_eq!(open, expected);
    assert_eq!(house.get("/status")["amnesty_for"], json!(["bigco"]));
    assert_eq!(house.get("/orgs/0")["state"], "connected", "its next refresh would be accepted");
    assert_eq!(house.get("/orgs/3")["state"], "stale", "it is not covered");
    assert_eq!(house.refresh(0, 0), Some(1), "the current pair");

    house.now = at(1_200);
    let over = house.post("/amnesty/end", "");
    assert_eq!(
        (&over["open"], &over["cohorts"][0]["until"]["after"]),
        (&json!(false), &json!("20m"))
    );

    let terms = r#"{ "reply": "new_pair", "scope": ["small"], "unrevoke": true }"#;
    let open = house.post("/amnesty/start", terms);
    let small = &open["cohorts"][1];
    assert_eq!((&small["reply"], &small["unrevoke"]), (&json!("new_pair"), &json!(true)));
    assert_eq!(house.get("/status")["amnesty_for"], json!(["small"]));
    assert_eq!(house.refresh(3, 0), Some(2), "a new pair");
}

#[test]
fn without_one_in_the_scenario_an_amnesty_is_for_all() {
    let house = House::with(site(true, &["server.amnesty=null"]), settings());
    let open = house.post("/amnesty/start", "");
    for cohort in open["cohorts"].as_array().unwrap() {
        assert_eq!((&cohort["open"], &cohort["reply"]), (&json!(true), &json!("new_pair")));
    }
}

#[test]
fn wrong_terms_change_nothing() {
    let house = House::new();
    for (terms, wrong) in [
        (r#"{ "scope": [] }"#, "`scope` names no cohort"),
        (
            r#"{ "scope": ["huge"] }"#,
            "there is no cohort `huge`: the scenario has `bigco`, `small`",
        ),
        (
            r#"{ "reply": "old_pair" }"#,
            "unknown variant `old_pair`, expected `current_pair` or `new_pair`",
        ),
        (
            r#"{ "unrevok": true }"#,
            "unknown field `unrevok`, expected one of `reply`, `scope`, `unrevoke`",
        ),
        (r#"{ "unrevoke": 1 }"#, "invalid type: integer `1`, expected a boolean"),
    ] {
        let got = house.ask("POST", "/amnesty/start", terms);
        let error = got.error(400);
        assert!(error.contains(wrong), "{terms}: {error}");
        assert_eq!(house.get("/amnesty")["open"], false);
    }
}

#[test]
fn a_reset_makes_it_calm_and_keeps_what_happened() {
    let mut house = House::new();
    house.post("/phases/degraded/start", "");
    house.post("/amnesty/start", "");
    house.post("/orgs/0/fate", r#"{ "fate": "duplicate", "times": 7 }"#);
    house.refresh(1, 0);
    house.now = at(5);
    let calmed = house.post("/reset", "");
    let expected = json!({
        "ended_phases": ["degraded"], "ended_amnesty_for": ["bigco"], "forgotten": 7,
    });
    assert_eq!(calmed, expected);
    let status = house.get("/status");
    assert_eq!((&status["running_phases"], &status["amnesty_for"]), (&json!([]), &json!([])));
    assert_eq!(status["waiting_fates"], 0);
    assert_eq!(status["totals"]["ledger_lines"], 1);
    assert_eq!(status["orgs"]["stale"], 1);
    assert_eq!(house.post("/reset", "")["forgotten"], 0, "once more does no harm");
}

#[test]
fn samples_tell_how_the_orgs_stood() {
    let mut house = House::new();
    assert_eq!(house.get("/history")["samples"], json!([]));
    house.api.sample(house.now);
    house.post("/orgs/0/fate", r#"{ "fate": "lose_answer" }"#);
    house.refresh(0, 0);
    house.now = at(1);
    house.api.sample(house.now);
    let samples = &house.get("/history")["samples"];
    assert_eq!(
        (&samples[0]["at"]["after"], &samples[0]["orgs"]["stale"]),
        (&json!("0s"), &json!(0))
    );
    assert_eq!(
        (&samples[1]["at"]["after"], &samples[1]["orgs"]["stale"]),
        (&json!("1s"), &json!(1))
    );
    for _ in 0..1_000 {
        house.api.sample(house.now);
    }
    assert_eq!(house.get("/history")["samples"].as_array().unwrap().len(), 600, "it is bounded");
}
