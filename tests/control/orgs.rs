//! Orgs: lists, sheets, credentials, and fates by order.

use amnesty::protocol::TokenKind;
use serde_json::{Value as Json, json};

use crate::house::{House, at, settings, site};

fn numbers(page: &Json) -> Vec<u64> {
    page["orgs"].as_array().unwrap().iter().map(|org| org["org"].as_u64().unwrap()).collect()
}

#[test]
fn a_calm_server_says_so() {
    let mut house = House::new();
    house.now = at(90);
    let status = house.get("/status");
    assert_eq!(status["scenario"], "house");
    assert_eq!(status["arm"], "as_is");
    assert_eq!(status["verified"], false);
    let clock = json!({
        "now": { "after": "1m30s", "utc": "2018-03-11T22:01:30Z" },
        "time_scale": 1.0,
        "by_hand": true,
    });
    assert_eq!(status["clock"], clock);
    let orgs = json!({
        "total": 5, "connected": 5, "stale": 0, "stopped": 0, "abandoned": 0, "revoked": 0,
    });
    assert_eq!(status["orgs"], orgs);
    assert_eq!(status["running_phases"], json!([]));
    assert_eq!(status["amnesty_for"], json!([]));
    assert_eq!(status["waiting_fates"], 0);
    assert_eq!(status["totals"]["attempts"], 0);
}

#[test]
fn a_committed_refresh_without_an_answer_disconnects_an_org() {
    let mut house = House::new();
    let waiting = house.post("/orgs/1/fate", r#"{ "fate": "lose_answer", "seen_as": "closed" }"#);
    let order = json!([{ "fate": "lose_answer", "seen_as": "closed", "times": 1 }]);
    assert_eq!(waiting, json!({ "org": 1, "waiting": order }));
    assert_eq!(house.get("/status")["waiting_fates"], 1);

    house.now = at(60);
    assert_eq!(house.refresh(1, 0), Some(1), "it is committed");
    let org = house.get("/orgs/1");
    assert_eq!(
        (&org["state"], &org["newest"], &org["stored"]),
        (&json!("stale"), &json!("T1"), &json!("T0"))
    );
    assert_eq!(org["credentials"]["generation"], "T0", "the client holds the old token");
    assert_eq!(org["waiting"], json!([]));
    let line = &org["ledger"][0];
    let minute = json!({ "after": "1m", "utc": "2018-03-11T22:01:00Z" });
    assert_eq!(line["delivery"], "lost_closed");
    assert_eq!(line["commits"], json!([{ "at": minute, "issued": "T1" }]));
    assert_eq!((&line["presented"], &line["conclusion"]), (&json!("T0"), &json!("reset")));

    assert_eq!(house.refresh(1, 0), None, "the old token is refused");
    let stale = house.get("/orgs?state=stale");
    assert_eq!(numbers(&stale), [1]);
    let totals = &house.get("/status")["totals"];
    assert_eq!((&totals["attempts"], &totals["committed_and_lost"]), (&json!(2), &json!(1)));
    assert_eq!((&totals["ended"]["reset"], &totals["ended"]["refused"]), (&json!(1), &json!(1)));
}

#[test]
fn fates_come_in_the_order_in_which_they_were_given() {
    let house = House::new();
    for (fate, delivery, issued) in [
        (json!({ "fate": "lose_request" }), "request_lost", None),
        (json!({ "fate": "fail" }), "failed_503", None),
        (json!({ "fate": "fail", "status": 500 }), "failed_500", None),
        (json!({ "fate": "throttle", "retry_after": "1m30s" }), "throttled", None),
        (json!({ "fate": "delay", "by": "250ms" }), "answered", Some(1)),
        (json!({ "fate": "lose_answer", "seen_as": "502" }), "lost_502", Some(2)),
        (json!({ "fate": "lose_answer" }), "lost_silence", Some(3)),
        (json!({ "fate": "lose_answer", "seen_as": "truncated" }), "lost_truncated", Some(4)),
        (json!({ "fate": "lose_answer", "seen_as": "cut_headers" }), "lost_cut_headers", Some(5)),
        (json!({ "fate": "lose_answer", "seen_as": "reset" }), "lost_reset", Some(6)),
    ] {
        house.post("/orgs/0/fate", &fate.to_string());
        let newest = house.get("/orgs/0")["newest"].as_str().unwrap()[1..].parse().unwrap();
        assert_eq!(house.refresh(0, newest), issued, "{fate}");
        let line = &house.get("/ledger?org=0&limit=1")["lines"][0];
        assert_eq!(line["delivery"], delivery, "{fate}");
    }
    assert_eq!(house.get("/orgs/0/fate"), json!({ "org": 0, "waiting": [] }));
}

#[test]
fn waiting_fates_are_counted_and_taken_back() {
    let house = House::new();
    house.post("/orgs/0/fate", r#"{ "fate": "duplicate", "times": 3 }"#);
    house.post("/orgs/0/fate", r#"{ "fate": "delay", "by": "1h 30m" }"#);
    house.post("/orgs/0/fate", r#"{ "fate": "duplicate" }"#);
    let waiting = json!([
        { "fate": "duplicate", "times": 3 },
        { "fate": "delay", "by": "1h30m", "times": 1 },
        { "fate": "duplicate", "times": 1 },
    ]);
    assert_eq!(house.get("/orgs/0/fate")["waiting"], waiting);
    assert_eq!(house.get("/orgs/0")["waiting"], waiting);
    assert_eq!(house.get("/orgs?limit=1")["orgs"][0]["waiting_fates"], 5);
    let full = house.ask("POST", "/orgs/0/fate", r#"{ "fate": "duplicate", "times": 996 }"#);
    assert_eq!(full.error(409), "1000 fates wait for org 0 already");
    assert_eq!(house.ask("DELETE", "/orgs/0/fate", "").json(200), json!({ "forgotten": 5 }));
    assert_eq!(house.ask("DELETE", "/orgs/0/fate", "").json(200), json!({ "forgotten": 0 }));
}

#[test]
fn what_is_wrong_with_a_fate_is_said() {
    let house = House::new();
    for (body, wrong) in [
        ("", "missing field `fate`"),
        ("{", "EOF while parsing an object at line 1 column 1"),
        (
            r#"{ "fate": "loose_answer" }"#,
            "unknown variant `loose_answer`, expected one of `lose_answer`,",
        ),
        (
            r#"{ "fate": "lose_answer", "seen": "reset" }"#,
            "unknown field `seen`, expected `seen_as` or `times`",
        ),
        (
            r#"{ "fate": "lose_answer", "seen_as": "500" }"#,
            "unknown variant `500`, expected one of `silence`",
        ),
        (r#"{ "fate": "fail", "status": 404 }"#, "`status` is from 500 to 599, not 404"),
        (r#"{ "fate": "duplicate", "times": 0 }"#, "`times` is from 1 to 1000, not 0"),
        (r#"{ "fate": "duplicate", "times": 1001 }"#, "`times` is from 1 to 1000, not 1001"),
        (r#"{ "fate": "throttle" }"#, "missing field `retry_after`"),
        (r#"{ "fate": "delay", "by": 30 }"#, "invalid type: integer `30`, expected a string"),
        (r#"{ "fate": "delay", "by": "30" }"#, "the duration `30` has no unit"),
    ] {
        let error = house.ask("POST", "/orgs/0/fate", body).error(400);
        assert!(error.contains(wrong), "{body}: {error}");
    }
    let unknown = house.ask("POST", "/orgs/5/fate", r#"{ "fate": "duplicate" }"#);
    assert_eq!(unknown.error(404), "there is no org 5");
    assert_eq!(house.get("/status")["waiting_fates"], 0);
}

#[test]
fn orgs_are_listed_page_by_page() {
    let house = House::new();
    let first = house.get("/orgs?limit=2");
    assert_eq!((numbers(&first), &first["next"]), (vec![0, 1], &json!(1)));
    let second = house.get("/orgs?limit=2&after=1");
    assert_eq!((numbers(&second), &second["next"]), (vec![2, 3], &json!(3)));
    let last = house.get("/orgs?limit=2&after=3");
    assert_eq!((numbers(&last), &last["next"]), (vec![4], &Json::Null));
    assert_eq!(numbers(&house.get("/orgs?after=4")), [0; 0]);
    assert_eq!(numbers(&house.get("/orgs?after=4294967295")), [0; 0]);
    assert_eq!(numbers(&house.get("/orgs")), [0, 1, 2, 3, 4]);
    let small = house.get("/orgs?cohort=small&limit=1");
    assert_eq!((numbers(&small), &small["next"]), (vec![3], &json!(3)));
    assert_eq!(numbers(&house.get("/orgs?state=revoked")), [0; 0]);
    for (query, wrong) in [
        ("limit=0", "`limit` is from 1 to 1000, not 0"),
        ("limit=1001", "`limit` is from 1 to 1000, not 1001"),
        ("limit=x", "`limit` is a whole number, not `x`"),
        ("state=lost", "`state`: unknown variant `lost`, expected one of `connected`, `stale`,"),
        ("cohort=huge", "there is no cohort `huge`: the scenario has `bigco`, `small`"),
        ("color=red", "unknown field `color`, expected one of `state`, `cohort`, `limit`, `after`"),
    ] {
        let error = house.ask("GET", &format!("/orgs?{query}"), "").error(400);
        assert!(error.contains(wrong), "{query}: {error}");
    }
}

#[test]
fn credentials_are_those_that_the_server_reads() {
    let mut house = House::new();
    house.now = at(10);
    let fresh = house.ask("POST", "/orgs", r#"{ "cohort": "small" }"#).json(201);
    assert_eq!((&fresh["org"], &fresh["family"]), (&json!(5), &json!(0)));
    let codec = house.site.grants().codec();
    let credentials = &fresh["credentials"];
    let text =
        |protocol: &str, name: &str| credentials[protocol][name].as_str().unwrap().to_owned();
    let access = codec.read(&text("oauth2", "access_token")).unwrap();
    assert_eq!((access.kind, access.org, access.generation.0), (TokenKind::Access, 5, 0));
    let refresh = codec.read(&text("oauth2", "refresh_token")).unwrap();
    assert_eq!((refresh.kind, refresh.org), (TokenKind::Refresh, 5));
    assert_eq!(text("oauth1", "oauth_token"), text("oauth2", "access_token"));
    assert_eq!(text("oauth1", "oauth_token_secret"), codec.secret(access));
    assert_eq!(codec.read_handle(&text("oauth1", "oauth_session_handle")), Some((5, 0)));
    assert_eq!(house.get("/orgs/5")["credentials"], *credentials);
    assert_eq!(house.get("/orgs/5")["cohort"], "small");
    assert_eq!(house.get("/status")["orgs"]["total"], 6);

    // Without content it is the first cohort's.
    let another = house.ask("POST", "/orgs", "").json(201);
    assert_eq!(house.get(&format!("/orgs/{}", another["org"]))["cohort"], "bigco");
    let wrong = house.ask("POST", "/orgs", r#"{ "cohort": "huge" }"#).error(400);
    assert_eq!(wrong, "there is no cohort `huge`: the scenario has `bigco`, `small`");
}

#[test]
fn a_person_can_authorise_an_org_anew() {
    let mut house = House::new();
    house.post("/orgs/2/fate", r#"{ "fate": "lose_answer" }"#);
    house.now = at(60);
    house.refresh(2, 0);
    assert_eq!(house.get("/orgs/2")["state"], "stale");
    let fresh = house.post("/orgs/2/authorise", "");
    assert_eq!((&fresh["org"], &fresh["family"]), (&json!(2), &json!(1)));
    let org = house.get("/orgs/2");
    assert_eq!(
        (&org["state"], &org["stored"], &org["newest"]),
        (&json!("connected"), &json!("T0"), &json!("T0"))
    );
    assert_eq!(org["credentials"], fresh["credentials"]);
    assert!(org["session_until"]["utc"].as_str() > Some("2018-03-11"), "{org}");
    assert_eq!(house.ask("POST", "/orgs/99/authorise", "").error(404), "there is no org 99");
}

#[test]
fn a_revoked_family_is_shown_as_such() {
    let changes = ["server.policy={ strict: { on_reuse: revoke_family } }"];
    let house = House::with(site(true, &changes), settings());
    house.refresh(0, 0);
    assert_eq!(house.refresh(0, 0), None);
    let org = house.get("/orgs/0");
    assert_eq!((&org["state"], &org["revoked"]), (&json!("revoked"), &json!(true)));
    assert_eq!(house.get("/status")["orgs"]["revoked"], 1);
}

#[test]
fn paths_lead_somewhere_or_nowhere() {
    let house = House::new();
    for target in
        ["/orgs/", "/org", "/orgs/1/", "/orgs/1/fates", "//orgs", "/STATUS", "", "/orgs//fate"]
    {
        let error = house.ask("GET", target, "").error(404);
        assert!(error.starts_with("there is nothing here"), "{target}: {error}");
    }
    for target in ["/orgs/abc", "/orgs/-1", "/orgs/1.5", "/orgs/4294967296"] {
        let error = house.ask("GET", target, "").error(404);
        assert!(error.contains("org"), "{target}: {error}");
    }
    assert_eq!(house.ask("GET", "/orgs/99", "").error(404), "there is no org 99");
    let wrong = house.ask("DELETE", "/orgs", "");
    assert_eq!(wrong.allow.as_deref(), Some("GET, POST, HEAD"));
    assert_eq!(wrong.error(405), "DELETE is not allowed here, but GET, POST, HEAD");
    assert_eq!(house.ask("PATCH", "/reset", "").allow.as_deref(), Some("POST"));
    assert_eq!(house.ask("HEAD", "/status", "").status, 200);
    let wrong = house.ask("GET", "/status?verbose=1", "").error(400);
    assert!(wrong.contains("`verbose`"), "{wrong}");
    let wrong = house.ask("POST", "/reset", r#"{ "all": true }"#).error(400);
    assert!(wrong.contains("unknown field `all`"), "{wrong}");
}
