//! The page in a real browser: what it shows is what the server holds, and its buttons change that.

use amnesty::live::control::Settings;
use serde_json::json;

use crate::browser::Browser;
use crate::house::{refresh, settings};
use crate::port::Ports;

const TOKEN: (&str, &str) = ("Authorization", "Bearer sesame");

fn get(ports: &Ports, path: &str) -> serde_json::Value {
    ports.ask(&format!("GET {path}"), &[TOKEN], "").json(200)
}

#[test]
fn the_page_shows_the_server_and_its_buttons_change_it() {
    let test = "page::the_page_shows_the_server_and_its_buttons_change_it";
    let Some(mut browser) = Browser::open(test) else { return };
    let ports = Ports::open(settings());
    browser.go(&format!("http://{}/", ports.control));
    browser
        .wait_for("document.querySelector('#headline').innerText === 'All 5 orgs are connected.'");
    browser.wait_for("document.querySelector('#pulse').innerText === 'live'");
    assert!(
        browser.text("#no-attempts").starts_with("No attempts yet. Point a client at http://127")
    );
    assert!(browser.text("#chart-empty").starts_with("Nobody was disconnected"));
    assert!(browser.text("header").contains("house, arm as_is"));

    orders_fates(&mut browser, &ports);
    shows_a_loss(&mut browser, &ports);
    turns_phases(&mut browser, &ports);
    turns_the_amnesty(&mut browser, &ports);
    adds_and_authorises(&mut browser, &ports);
    assert_eq!(browser.complaints(), [""; 0], "the page is at peace with its policy");

    drop(ports);
    browser.wait_for("document.querySelector('#pulse').innerText === 'no answer'");
    assert!(browser.text("#trouble").contains("The control port does not answer."));
}

fn orders_fates(browser: &mut Browser, ports: &Ports) {
    browser.fill("#fate", "throttle");
    browser.fill("#retry_after", "45");
    browser.click("#fate-form button");
    browser.wait_for("document.querySelector('#trouble').innerText.includes('`45` has no unit')");
    browser.complaints();
    browser.fill("#retry_after", "45s");
    browser.fill("#times", "2");
    browser.click("#fate-form button");
    browser.wait_for("document.querySelector('#waiting').innerText.includes('retry after 45s ×2')");
    let waiting = json!([{ "fate": "throttle", "retry_after": "45s", "times": 2 }]);
    assert_eq!(get(ports, "/orgs/0/fate")["waiting"], waiting);
    assert_eq!(browser.text("#trouble"), "", "the complaint is gone");
    browser.click("#forget");
    browser.wait_for("document.querySelector('#waiting-row').hidden");
    assert_eq!(get(ports, "/orgs/0/fate")["waiting"], json!([]));
    browser.fill("#fate", "lose_answer");
    browser.fill("#seen_as", "cut_headers");
    browser.fill("#times", "1");
    browser.click("#fate-form button");
    browser.wait_for("document.querySelector('#waiting').innerText.includes('(cut_headers)')");
}

fn shows_a_loss(browser: &mut Browser, ports: &Ports) {
    refresh(&ports.site, 0, 0, ports.site.now());
    let headline = "1 of 5 orgs is disconnected.";
    browser.wait_for(&format!("document.querySelector('#headline').innerText === {headline:?}"));
    browser.wait_for("document.querySelector('#attempts tbody tr.lost')");
    let row = browser.text("#attempts tbody tr.lost");
    let cells: Vec<_> = row.split('\t').map(str::trim).collect();
    assert_eq!(cells[1..], ["0", "T0", "committed T1", "lost: cut headers", "reset"]);
    assert_eq!(browser.text(".tile[data-state=stale]").replace('\n', " "), "1 stale");
    assert!(
        browser.text("#org-state").starts_with("stale · its client holds T0, the newest is T1")
    );
    browser.wait_for("document.querySelector('#chart path[data-state=stale]')");
}

fn turns_phases(browser: &mut Browser, ports: &Ports) {
    let button = "[data-phase=degraded] button";
    assert_eq!(browser.text(button), "Start");
    browser.click(button);
    browser.wait_for("document.querySelector('[data-phase=degraded].on')");
    assert_eq!(get(ports, "/status")["running_phases"], json!(["degraded"]));
    assert_eq!(browser.text(button), "End");
    browser.click(button);
    browser.wait_for("!document.querySelector('[data-phase=degraded].on')");
    assert_eq!(get(ports, "/status")["running_phases"], json!([]));
}

fn turns_the_amnesty(browser: &mut Browser, ports: &Ports) {
    browser.click("#terms summary");
    browser.fill("#amnesty-reply", "new_pair");
    browser.fill("#amnesty-scope", "*");
    browser.click("#amnesty-turn");
    browser.wait_for("document.querySelector('#amnesty-title').innerText === 'open'");
    assert_eq!(get(ports, "/amnesty")["cohorts"][1]["reply"], "new_pair");
    assert_eq!(browser.text("#headline"), "All 5 orgs are connected.");
    assert!(browser.text("#amnesty-text").starts_with("for everybody, since 22:00:"));
    browser.click("[data-phase=degraded] button");
    browser.wait_for("document.querySelector('[data-phase=degraded].on')");
    browser.click("#reset");
    browser.wait_for("document.querySelector('#amnesty-title').innerText === 'closed'");
    let status = get(ports, "/status");
    assert_eq!((&status["amnesty_for"], &status["running_phases"]), (&json!([]), &json!([])));
}

fn adds_and_authorises(browser: &mut Browser, ports: &Ports) {
    browser.click("#authorise");
    browser.wait_for("document.querySelector('#org-state').dataset.state === 'connected'");
    assert_eq!(get(ports, "/orgs/0")["family"], 1);
    browser.fill("#cohort", "small");
    browser.click("#add");
    browser
        .wait_for("document.querySelector('#headline').innerText === 'All 6 orgs are connected.'");
    browser.wait_for("document.querySelector('#org').value === '5'");
    browser.wait_for("document.querySelector('#org-state').innerText.endsWith('· small')");
    let org = get(ports, "/orgs/5");
    assert_eq!(org["cohort"], "small");
    browser.click("#held summary");
    let token = org["credentials"]["oauth2"]["refresh_token"].as_str().unwrap();
    assert!(browser.text("#credentials").contains(token));
    browser.click("#attempts tbody tr.lost button");
    browser.wait_for("document.querySelector('#org').value === '0'");
}

#[test]
fn a_guarded_page_asks_for_the_token() {
    let Some(mut browser) = Browser::open("page::a_guarded_page_asks_for_the_token") else {
        return;
    };
    let ports = Ports::open(Settings { token: Some("sesame".to_owned()), ..settings() });
    browser.go(&format!("http://{}/", ports.control));
    browser.wait_for("!document.querySelector('#token-form').hidden");
    assert_eq!(browser.text("#main"), "", "nothing is shown");
    browser.fill("#token", "sesam");
    browser.click("#token-form button");
    browser.wait_for("document.querySelector('#trouble').innerText.includes('not the one')");
    browser.fill("#token", "sesame");
    browser.click("#token-form button");
    browser
        .wait_for("document.querySelector('#headline').innerText === 'All 5 orgs are connected.'");
    browser.wait_for("document.querySelector('#token-form').hidden");
    browser.click("[data-phase=degraded] button");
    browser.wait_for("document.querySelector('[data-phase=degraded].on')");
    assert_eq!(get(&ports, "/status")["running_phases"], json!(["degraded"]));
    browser.go(&format!("http://{}/?again", ports.control));
    browser.wait_for("!document.querySelector('#main').hidden");
    let refused = browser.complaints().into_iter().filter(|complaint| !complaint.contains("401"));
    assert_eq!(refused.count(), 0, "the page is at peace with its policy");
}
