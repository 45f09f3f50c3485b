//! Refreshes of both protocols in calm times, and what their tokens are worth.

use amnesty::protocol::{Conclusion, Generation, TokenKind};
use amnesty::world::Delivery;

use crate::client::Asked;
use crate::house::{House, Plan, named};

fn call(house: &House, generation: u32) -> Asked {
    let token = house.token(TokenKind::Access, 1, 0, generation);
    Asked::get("/api/organisation").header("Authorization", format!("Bearer {token}"))
}

#[test]
fn a_refresh_of_oauth2_rotates() {
    Plan::new().visit(async |house| {
        let mut line = house.line().await;
        let got = line.ask(&house.refresh(1, 0)).await;
        let (access, refresh) = (
            house.token(TokenKind::Access, 1, 0, 1),
            house.token(TokenKind::Refresh, 1, 0, 1),
        );
        let body = format!(
            r#"{{"access_token":"{access}","expires_in":1800,"token_type":"Bearer","refresh_token":"{refresh}"}}"#
        );
        let got = got.expect(200, &body);
        assert_eq!(got.header("content-type"), Some("application/json"));
        assert_eq!(got.header("cache-control"), Some("no-store"));
        assert_eq!(got.header("content-length"), Some(&*body.len().to_string()));
        assert_eq!(house.newest(1), 1);
        house.settle(1).await;
        let done = house.last_line();
        assert_eq!((done.org, done.presented, done.delivery), (1, Generation(0), Delivery::Answered));
        assert_eq!(done.commits[0].issued, Some(Generation(1)));
        assert_eq!(done.concluded.unwrap().1, Conclusion::Stored(Generation(1)));
    });
}

#[test]
fn a_renewal_of_oauth1_rotates() {
    Plan::new().visit(async |house| {
        let got = house.ask(&house.renewal(1, 0)).await;
        let (codec, named) = (house.codec(), named(TokenKind::Access, 1, 0, 1));
        let body = format!(
            "oauth_token={}&oauth_token_secret={}&oauth_expires_in=1800&oauth_session_handle={}\
             &oauth_authorization_expires_in=315360000&xero_org_muid={}",
            codec.token(named),
            codec.secret(named),
            codec.handle(1, 0),
            codec.muid(1)
        );
        let got = got.expect(200, &body);
        assert_eq!(got.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(house.newest(1), 1);
    });
}

/// Xero-Net sends all in the header, pyxero the handle in the query, the PHP clients ask by GET.
#[test]
fn a_renewal_may_be_spelt_in_many_ways() {
    Plan::new().visit(async |house| {
        let handle = house.codec().handle(1, 0);
        for (generation, way) in [(0, "header"), (1, "query"), (2, "GET")] {
            let token = house.token(TokenKind::Access, 1, 0, generation);
            let header = format!("OAuth realm=\"\", oauth_token=\"{token}\"");
            let asked = match way {
                "header" => Asked::post("/oauth/AccessToken", "").header(
                    "Authorization",
                    format!("{header}, oauth_session_handle=\"{handle}\""),
                ),
                "query" => {
                    let target = format!("/oauth/AccessToken?oauth_session_handle={handle}");
                    Asked::post(target, "").header("Authorization", header)
                }
                _ => Asked::get(format!(
                    "/oauth/AccessToken?oauth_token={token}&oauth_session_handle={handle}"
                )),
            };
            let got = house.ask(&asked).await;
            let next = house.token(TokenKind::Access, 1, 0, generation + 1);
            assert_eq!((got.status, got.field("oauth_token")), (200, next), "{way}");
        }
    });
}

#[test]
fn both_protocols_lead_to_the_same_grant() {
    Plan::new().visit(async |house| {
        assert_eq!(house.ask(&house.refresh(1, 0)).await.status, 200);
        assert_eq!(house.ask(&house.renewal(1, 1)).await.status, 200);
        assert_eq!(house.ask(&house.refresh(1, 1)).await.status, 400);
        assert_eq!(house.newest(1), 2);
    });
}

#[test]
fn an_access_token_works_until_the_next_rotation() {
    Plan::new().visit(async |house| {
        let got = house.ask(&call(&house, 0)).await;
        let muid = house.codec().muid(1);
        got.expect(200, &format!(r#"{{"org":1,"muid":"{muid}","name":"Org 1","cohort":"bigco"}}"#));
        house.ask(&house.refresh(1, 0)).await;
        assert_eq!(house.ask(&call(&house, 0)).await.status, 401);
        assert_eq!(house.ask(&call(&house, 1)).await.status, 200);
        let token = house.token(TokenKind::Access, 1, 0, 1);
        let list = Asked::get("/connections").header("Authorization", format!("bearer {token}"));
        let list = house.ask(&list).await;
        assert!(list.body.starts_with("[{\"org\":1,"), "{}", list.body);
        // OAuth 1.0a, in the query.
        let old = Asked::get(format!("/api.xro/2.0/Organisation?oauth_token={token}"));
        assert_eq!(house.ask(&old).await.json("org"), 1);
    });
}

#[test]
fn an_old_access_token_may_live_on() {
    let plan = Plan::new().set("server.old_access_token=lives_to_expiry");
    plan.visit(async |house| {
        house.ask(&house.refresh(1, 0)).await;
        for generation in [0, 1] {
            assert_eq!(house.ask(&call(&house, generation)).await.status, 200);
        }
        assert_eq!(house.ask(&call(&house, 2)).await.status, 401, "it was never issued");
    });
}

#[test]
fn connections_are_kept_or_not() {
    for keep in [true, false] {
        let plan = Plan::new().settings(|settings| settings.limits.keep_alive = keep);
        plan.visit(async |house| {
            let mut line = house.line().await;
            let first = line.ask(&house.refresh(1, 0)).await;
            let close = first.header("connection") == Some("close");
            assert_eq!((first.status, close), (200, !keep));
            if keep {
                assert_eq!(line.ask(&house.refresh(1, 1)).await.status, 200);
                line.send(&house.refresh(1, 2)).await;
                line.send(&house.refresh(1, 3)).await;
                assert_eq!((line.read().await.status, line.read().await.status), (200, 200));
            } else {
                assert!(line.is_ended().await);
            }
        });
    }
}

/// A real client lives by the wall clock: at a time scale of 60 a token of half an hour is good for
/// half a minute.
#[test]
fn lives_are_told_in_seconds_of_the_wall_clock() {
    for (scale, seconds) in [("1", 1_800), ("60", 30), ("7", 258), ("1000000", 1)] {
        Plan::new().scale(scale).visit(async |house| {
            let got = house.ask(&house.refresh(1, 0)).await;
            assert_eq!(got.json("expires_in"), seconds, "at {scale}");
            let got = house.ask(&house.renewal(2, 0)).await;
            assert_eq!(got.field("oauth_expires_in"), seconds.to_string());
        });
    }
}
