//! The three legs of OAuth 1.0a (RFC 5849 §2), unsigned.

use amnesty::protocol::TokenKind;

use crate::client::{Asked, Got};
use crate::house::{House, Plan};

async fn request_token(house: &House, callback: &str) -> Got {
    let form = format!("oauth_consumer_key=app&oauth_callback={callback}");
    house.ask(&Asked::post("/oauth/RequestToken", form)).await
}

async fn authorize(house: &House, token: &str, more: &str) -> Got {
    house.ask(&Asked::get(format!("/oauth/Authorize?oauth_token={token}{more}"))).await
}

async fn swap(house: &House, token: &str, verifier: &str) -> Got {
    let form = format!("oauth_consumer_key=app&oauth_token={token}&oauth_verifier={verifier}");
    house.ask(&Asked::post("/oauth/AccessToken", form)).await
}

fn orgs(house: &House) -> usize {
    house.site.grants().holders().len()
}

#[test]
fn a_person_is_sent_back_with_a_verifier() {
    Plan::new().visit(async |house| {
        let requested = request_token(&house, "https%3A%2F%2Fapp.example%2Fback%3Fx%3D1").await;
        assert_eq!(
            (requested.status, requested.field("oauth_callback_confirmed")),
            (200, "true".into())
        );
        let token = requested.field("oauth_token");
        assert_eq!(token, house.token(TokenKind::Request, 0, 0, 0));
        let back = authorize(&house, &token, "").await;
        let location = back.header("location").unwrap();
        let begins = format!("https://app.example/back?x=1&oauth_token={token}&oauth_verifier=");
        assert!(back.status == 302 && location.starts_with(&begins), "{location}");
        assert_eq!(orgs(&house), 4, "nobody is authorised before the swap");
        let got = swap(&house, &token, &back.parameter("oauth_verifier")).await;
        assert_eq!((got.status, orgs(&house)), (200, 5));
        assert_eq!(got.field("oauth_token"), house.token(TokenKind::Access, 4, 0, 0));
        assert_eq!(got.field("oauth_session_handle"), house.codec().handle(4, 0));
        assert_eq!(got.field("oauth_authorization_expires_in"), "315360000");
        assert_eq!(house.ask(&house.renewal(4, 0)).await.status, 200);
    });
}

#[test]
fn a_request_token_is_good_for_one_swap() {
    Plan::new().visit(async |house| {
        let token = request_token(&house, "oob").await.field("oauth_token");
        let early = swap(&house, &token, "V").await;
        assert_eq!(
            (early.status, early.field("oauth_problem")),
            (401, "permission_unknown".into())
        );
        let page = authorize(&house, &token, "&cohort=small").await;
        assert_eq!(page.status, 200);
        let verifier = page.body.trim_end().strip_prefix("oauth_verifier=").unwrap().to_owned();
        let wrong = swap(&house, &token, "V").await;
        assert_eq!(
            (wrong.status, wrong.field("oauth_parameters_rejected")),
            (400, "oauth_verifier".into())
        );
        assert_eq!(swap(&house, &token, &verifier).await.status, 200, "what fails spends nothing");
        swap(&house, &token, &verifier).await.expect(
            401,
            "oauth_problem=token_used&oauth_problem_advice=The%20request%20token%20has%20already%20\
             been%20used",
        );
        authorize(&house, &token, "")
            .await
            .expect(400, "this request token was used, or is forgotten\n");
        assert_eq!(orgs(&house), 5);
        // One that was never issued; a verifier that is missing.
        let unknown = house.token(TokenKind::Request, 77, 0, 0);
        let got = swap(&house, &unknown, &verifier).await;
        assert_eq!((got.status, got.field("oauth_problem")), (401, "token_rejected".into()));
        let token = request_token(&house, "oob").await.field("oauth_token");
        let got =
            house.ask(&Asked::post("/oauth/AccessToken", format!("oauth_token={token}"))).await;
        assert_eq!(
            (got.status, got.field("oauth_parameters_absent")),
            (400, "oauth_verifier".into())
        );
    });
}

#[test]
fn hints_say_whom_a_person_authorises() {
    Plan::new().visit(async |house| {
        let token = request_token(&house, "oob").await.field("oauth_token");
        authorize(&house, &token, "&org=99").await.expect(400, "there is no org 99\n");
        authorize(&house, &token, "&cohort=x")
            .await
            .expect(400, "the scenario has no such cohort\n");
        // Who comes twice changes their mind.
        authorize(&house, &token, "&cohort=small").await;
        let page = authorize(&house, &token, "&org=1").await;
        let verifier = page.body.trim_end().strip_prefix("oauth_verifier=").unwrap().to_owned();
        let got = swap(&house, &token, &verifier).await;
        assert_eq!(got.field("oauth_token"), house.token(TokenKind::Access, 1, 1, 0));
        assert_eq!(got.field("oauth_session_handle"), house.codec().handle(1, 1));
        assert_eq!(house.ask(&house.renewal(1, 0)).await.status, 401, "the old family is dead");
        assert_eq!(orgs(&house), 4);
    });
}

#[test]
fn callbacks_are_absolute_and_tokens_are_ours() {
    Plan::new().visit(async |house| {
        for callback in ["/back", "x", "https%3A%2F%2Fa%2F%0d%0aX:y", "https://a/%23f"] {
            let got = request_token(&house, callback).await;
            assert_eq!(
                (got.status, got.field("oauth_parameters_rejected")),
                (400, "oauth_callback".into())
            );
        }
        let never = "this request token was never issued\n";
        for token in ["", "T", &house.token(TokenKind::Access, 0, 0, 0)] {
            authorize(&house, token, "").await.expect(400, never);
        }
        house.ask(&Asked::get("/oauth/Authorize")).await.expect(400, never);
        // Without a callback it is out of band, as before 1.0a; also by GET.
        let got = house.ask(&Asked::get("/oauth/RequestToken?oauth_consumer_key=app")).await;
        assert_eq!(authorize(&house, &got.field("oauth_token"), "").await.status, 200);
    });
}
