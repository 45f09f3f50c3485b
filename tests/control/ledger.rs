//! The ledger as JSON and CSV.

use amnesty::world::{Row, ledger_csv};
use serde_json::json;

use crate::house::{House, at};

#[test]
fn the_last_lines_come_oldest_first() {
    let mut house = House::new();
    for second in 0..5 {
        house.now = at(u64::from(second));
        house.refresh(second % 2, second / 2);
    }
    let ledger = house.get("/ledger?limit=3");
    let orgs: Vec<_> =
        ledger["lines"].as_array().unwrap().iter().map(|line| &line["org"]).collect();
    assert_eq!(orgs, [&json!(0), &json!(1), &json!(0)]);
    assert_eq!(ledger["written"], 5);
    assert_eq!(ledger["lines"][2]["sent_at"]["after"], "4s");
    assert_eq!(ledger["lines"][2]["conclusion"], "stored_T3");
    let of_one = house.get("/ledger?org=1");
    assert_eq!(of_one["lines"].as_array().unwrap().len(), 2);
    assert_eq!(house.get("/ledger?org=4")["lines"], json!([]));
    for (target, status, wrong) in [
        ("/ledger?org=99", 404, "there is no org 99"),
        ("/ledger?limit=1001", 400, "`limit` is from 1 to 1000, not 1001"),
        ("/ledger.csv?limit=100001", 400, "`limit` is from 1 to 100000, not 100001"),
        ("/ledger.csv?org=99", 404, "there is no org 99"),
    ] {
        assert_eq!(house.ask("GET", target, "").error(status), wrong);
    }
}

#[test]
fn attempts_under_way_come_last() {
    let house = House::new();
    house.refresh(0, 0);
    let presented = amnesty::live::grants::Presented {
        org: 1,
        family: 0,
        generation: amnesty::protocol::Generation(0),
    };
    house.site.grants().arrive(presented, None, house.now).unwrap();
    house.refresh(2, 0);
    let lines = &house.get("/ledger")["lines"];
    assert_eq!(
        (&lines[0]["org"], &lines[1]["org"], &lines[2]["org"]),
        (&json!(0), &json!(2), &json!(1))
    );
    assert_eq!(lines[2].get("conclusion"), None);
    assert_eq!(lines[2]["commits"], json!([]));
    assert_eq!(lines[2]["delivery"], "pending", "nothing has been sent back");
    assert!(house.ask("GET", "/ledger.csv?org=1", "").text.contains(",,,pending,,unfinished,"));
    assert_eq!(house.get("/ledger?limit=1")["lines"][0]["org"], 1);
}

#[test]
fn the_csv_is_the_one_that_a_run_writes() {
    let house = House::new();
    house.refresh(0, 0);
    house.post("/orgs/1/fate", r#"{ "fate": "lose_answer" }"#);
    house.refresh(1, 0);
    let csv = house.ask("GET", "/ledger.csv", "");
    assert_eq!((csv.status, csv.content_type), (200, "text/csv; charset=utf-8; header=present"));
    let grants = house.site.grants();
    let mut spelling = ledger_csv::Spelling::new("as_is", 0, "0123456789ab.11");
    let lines = grants.pages().done().map(|entry| spelling.line(&Row::Attempt(entry.clone())));
    let expected = ledger_csv::HEADING.to_owned() + &lines.collect::<String>();
    assert_eq!(csv.text, expected);
    drop(grants);
    let of_one = house.ask("GET", "/ledger.csv?org=1&limit=5", "").text;
    assert_eq!(of_one.lines().count(), 2);
    assert!(of_one.contains(",T1,lost_silence,"), "{of_one}");
}
