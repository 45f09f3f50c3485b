//! Whatever comes in, the server answers for it and goes on.

use amnesty::base::SimDuration;
use amnesty::live::grants::Order;
use amnesty::measure::OrgState;
use amnesty::protocol::TokenKind;

use crate::client::Asked;
use crate::house::Plan;

#[test]
fn hostile_parameters_are_refused() {
    Plan::new().visit(async |house| {
        let handle = house.codec().handle(0, 0);
        let long = "x".repeat(60_000);
        let many = "a=1&".repeat(65);
        let nul = house.token(TokenKind::Refresh, 0, 0, 0).replace('A', "%00");
        for (asked, status) in [
            (
                Asked::post(
                    "/token",
                    format!("grant_type=refresh_token&client_id=a&refresh_token={long}"),
                ),
                400,
            ),
            (
                Asked::post(
                    "/token",
                    format!("grant_type=refresh_token&client_id=a&refresh_token={nul}x"),
                ),
                400,
            ),
            (Asked::post("/token", format!("{many}grant_type=refresh_token")), 400),
            (Asked::post("/token", "=&=&&&"), 400),
            (Asked::post("/token", "x".repeat(70_000)), 413),
            (
                Asked::post(
                    "/token",
                    format!("grant_type=client_credentials&client_secret=s&client_id={long}"),
                ),
                400,
            ),
            (
                Asked::post(
                    "/oauth/AccessToken",
                    format!("oauth_token={long}&oauth_session_handle={handle}"),
                ),
                401,
            ),
            (
                Asked::post(
                    "/oauth/AccessToken",
                    format!("oauth_token=%F0%9F%92%A9&oauth_session_handle={handle}"),
                ),
                401,
            ),
            (Asked::get(format!("/oauth/AccessToken?{many}")), 400),
            (
                Asked::get("/oauth/AccessToken").header("Authorization", "OAuth oauth_token=\"a"),
                400,
            ),
            (Asked::get("/oauth/AccessToken").header("Authorization", "OAuth \u{fffd}"), 400),
            (Asked::post("/oauth/RequestToken", format!("oauth_callback=https://{long}")), 400),
            (Asked::post("/oauth/RequestToken", format!("oauth_consumer_key={long}")), 400),
            (Asked::get(format!("/oauth/Authorize?oauth_token={}", "y".repeat(9_000))), 400),
            (
                Asked::get(format!(
                    "/authorize?response_type=code&client_id=a&redirect_uri=https://{}",
                    "y".repeat(9_000)
                )),
                400,
            ),
            (Asked::get("/api/organisation").header("Authorization", "Bearer \u{fffd}"), 401),
            (Asked::get("/api/organisation?oauth_token=%"), 400),
            (Asked::get("/connections?oauth_token=a&oauth_token=b"), 400),
            (Asked::get("/nothing?%"), 404),
        ] {
            let got = house.ask(&asked).await;
            assert_eq!(got.status, status, "{}", String::from_utf8_lossy(&asked.bytes()[..60]));
        }
        assert_eq!((house.newest(0), house.meters.in_flight()), (0, 0));
        assert_eq!(house.site.grants().holders().len(), 4);
        assert_eq!(house.ask(&house.refresh(0, 0)).await.status, 200);
    });
}

/// A name cannot make one attempt of another, nor a client overwrite what is under way.
#[test]
fn odd_names_of_attempts_are_none() {
    Plan::new().visit(async |house| {
        for (generation, name) in
            (0..).zip(["", "1", "1.", ".1", "-1.0", "1.99999", "1.0.0", "9".repeat(99).as_str()])
        {
            let asked = house.refresh(0, generation).header("amnesty-attempt", name);
            assert_eq!(house.ask(&asked).await.status, 200, "{name}");
        }
        house.settle(8).await;
        assert_eq!(house.last_line().attempt.refresh, 8, "they are counted through");
    });
}

/// A name that is taken is none: no attempt is lost from the ledger, and no org is stuck.
#[test]
fn a_name_that_is_taken_is_none() {
    Plan::new().scale("1000").visit(async |house| {
        let mut lines = Vec::new();
        for generation in 0..3 {
            house.order(0, Order::Delay(SimDuration::from_secs(10 + 10 * generation)));
            let generation = u32::try_from(generation).unwrap();
            let mut line = house.line().await;
            line.send(&house.refresh(0, generation).header("amnesty-attempt", "1.0")).await;
            while house.meters.in_flight() <= u64::from(generation) {
                tokio::task::yield_now().await;
            }
            lines.push(line);
        }
        for mut line in lines {
            assert_eq!(line.read().await.status, 200);
        }
        house.settle(3).await;
        let names: Vec<_> = {
            let grants = house.site.grants();
            grants.pages().done().map(|entry| entry.attempt.refresh).collect()
        };
        assert_eq!(names, [1, 2, 3]);
        house.order(0, Order::LoseRequest);
        house.line().await.send(&house.refresh(0, 0)).await;
        house.settle(4).await;
        let now = house.site.now();
        assert_eq!(house.site.grants().state(0, now), Some(OrgState::Stale));
    });
}

#[test]
fn a_host_is_taken_as_it_is_and_nothing_breaks_out_of_it() {
    Plan::new().visit(async |house| {
        let path = "/.well-known/openid-configuration";
        let asked = Asked::get(path).method("HEAD");
        assert_eq!(house.ask_head(&asked).await, 200);
        let asked = Asked::get(format!("http://other.example{path}"));
        assert_eq!(house.ask(&asked).await.text("issuer"), "http://other.example");
    });
}
