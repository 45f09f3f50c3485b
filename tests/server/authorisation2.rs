//! The authorization code flow, the credentials of clients, and the metadata.

use amnesty::protocol::TokenKind;
use amnesty::protocol::oauth1::Registration;
use amnesty::protocol::oauth2::basic;

use crate::client::{Asked, Got};
use crate::house::{House, Plan};

const AUTHORIZE: &str = "/connect/authorize?response_type=code&client_id=app&state=a%20b\
                         &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fx%3D1";

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn registered(secret: Option<&str>) -> Plan {
    let secret = secret.map(str::to_owned);
    let registration = Registration { key: "app".to_owned(), secret, rsa: None };
    Plan::new().settings(|settings| settings.registrations = vec![registration])
}

/// Goes to the authorization page, and comes back with a code.
async fn code(house: &House, more: &str) -> String {
    let got = house.ask(&Asked::get(format!("{AUTHORIZE}{more}"))).await;
    assert_eq!(got.status, 302, "{got:?}");
    got.parameter("code")
}

async fn swap(house: &House, code: &str, more: &str) -> Got {
    let form = format!(
        "grant_type=authorization_code&client_id=app&code={code}\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fx%3D1{more}"
    );
    house.ask(&Asked::post("/connect/token", form)).await
}

fn orgs(house: &House) -> usize {
    house.site.grants().holders().len()
}

#[test]
fn a_code_is_swapped_for_the_tokens_of_a_new_org() {
    Plan::new().visit(async |house| {
        let got = house.ask(&Asked::get(AUTHORIZE)).await;
        assert_eq!((got.status, got.parameter("state")), (302, "a b".to_owned()));
        let location = got.header("location").unwrap();
        assert!(location.starts_with("https://app.example/back?x=1&code="), "{location}");
        assert_eq!(orgs(&house), 4, "nobody is authorised before the swap");
        let got = swap(&house, &got.parameter("code"), "").await;
        assert_eq!((got.status, orgs(&house)), (200, 5));
        assert_eq!(got.text("refresh_token"), house.token(TokenKind::Refresh, 4, 0, 0));
        assert_eq!(
            (got.text("token_type"), got.json("expires_in")),
            ("Bearer".into(), 1_800.into())
        );
        assert_eq!(house.ask(&house.refresh(4, 0)).await.status, 200);
    });
}

#[test]
fn a_code_is_good_for_one_swap() {
    Plan::new().visit(async |house| {
        let code = code(&house, "").await;
        let mut line = house.line().await;
        assert_eq!(swap(&house, &code, "").await.status, 200);
        let grant = r#"{"error":"invalid_grant"}"#;
        swap(&house, &code, "").await.expect(400, grant);
        // Neither can a code be guessed from its number, nor be any token of ours.
        let numbered = house.token(TokenKind::Code, 1, 0, 0);
        swap(&house, &numbered, "").await.expect(400, grant);
        let other = house.token(TokenKind::Request, 0, 0, 0);
        swap(&house, &other, "").await.expect(400, grant);
        assert_eq!(orgs(&house), 5);
        // The oldest outstanding ones are forgotten.
        let mut first = None;
        for _ in 0..=4_096 {
            let got = line.ask(&Asked::get(AUTHORIZE)).await;
            first.get_or_insert(got.parameter("code"));
        }
        swap(&house, &first.unwrap(), "").await.expect(400, grant);
        assert_eq!(orgs(&house), 5);
    });
}

#[test]
fn hints_say_whom_a_person_authorises() {
    Plan::new().visit(async |house| {
        let again = code(&house, "&org=3").await;
        assert_eq!(house.ask(&house.refresh(3, 0)).await.status, 200, "not yet replaced");
        let got = swap(&house, &again, "").await;
        assert_eq!(got.text("refresh_token"), house.token(TokenKind::Refresh, 3, 1, 0));
        assert_eq!(house.ask(&house.refresh(3, 1)).await.status, 400, "the old family is dead");
        assert_eq!(house.ask(&house.refresh_of((3, 1), 0)).await.status, 200);
        let hinted = code(&house, "&login_hint=3").await;
        let got = swap(&house, &hinted, "").await;
        assert_eq!(got.text("refresh_token"), house.token(TokenKind::Refresh, 3, 2, 0));
        let new = code(&house, "&cohort=small").await;
        let bearer = format!("Bearer {}", swap(&house, &new, "").await.text("access_token"));
        let call = Asked::get("/api/organisation").header("Authorization", bearer);
        let got = house.ask(&call).await;
        assert_eq!((got.text("cohort"), got.json("org")), ("small".to_owned(), 4.into()));
        for (hint, sentence) in [
            ("&org=4294967294", "there is no org 4294967294\n"),
            ("&org=-1", "there is no org 4294967295\n"),
            ("&cohort=nobody", "the scenario has no such cohort\n"),
        ] {
            house.ask(&Asked::get(format!("{AUTHORIZE}{hint}"))).await.expect(400, sentence);
        }
    });
}

#[test]
fn a_code_belongs_to_a_client_and_its_redirection() {
    Plan::new().visit(async |house| {
        let code = code(&house, "").await;
        for form in [
            format!("grant_type=authorization_code&client_id=app&code={code}"),
            format!(
                "grant_type=authorization_code&client_id=app&code={code}&redirect_uri=https://x/"
            ),
            format!(
                "grant_type=authorization_code&client_id=other&code={code}\
                 &redirect_uri=https://app.example/back?x=1"
            ),
        ] {
            let got = house.ask(&Asked::post("/token", form)).await;
            got.expect(400, r#"{"error":"invalid_grant"}"#);
        }
        assert_eq!(swap(&house, &code, "").await.status, 200, "what fails spends nothing");
    });
}

#[test]
fn a_challenge_wants_its_verifier() {
    let hashed = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256");
    let plain = format!("&code_challenge={VERIFIER}");
    let (right, wrong) =
        (format!("&code_verifier={VERIFIER}"), format!("&code_verifier={CHALLENGE}"));
    Plan::new().visit(async |house| {
        for (challenge, verifier, status) in [
            (&hashed, &right, 200),
            (&hashed, &wrong, 400),
            (&hashed, &String::new(), 400),
            (&plain, &right, 200),
            (&plain, &wrong, 400),
            (&String::new(), &right, 400),
        ] {
            let code = code(&house, challenge).await;
            let got = swap(&house, &code, verifier).await;
            assert_eq!(got.status, status, "{challenge} {verifier}");
        }
        for wrong in [
            "&code_challenge=short",
            &format!("&code_challenge={CHALLENGE}&code_challenge_method=S512"),
        ] {
            let got = house.ask(&Asked::get(format!("{AUTHORIZE}{wrong}"))).await;
            assert_eq!((got.status, got.parameter("error")), (302, "invalid_request".to_owned()));
            assert_eq!(got.parameter("state"), "a b");
        }
    });
}

#[test]
fn a_request_that_names_no_redirection_is_shown_its_error() {
    registered(None).visit(async |house| {
        for (target, sentence) in [
            ("/authorize", "invalid_request: a parameter is missing, repeated or malformed\n"),
            (
                "/authorize?response_type=token&client_id=app&redirect_uri=https://a/",
                "unsupported_response_type: the response type is not supported\n",
            ),
            (
                "/authorize?response_type=code&client_id=app&redirect_uri=//a/",
                "invalid_request: a parameter is missing, repeated or malformed\n",
            ),
            (
                "/authorize?response_type=code&client_id=stranger&redirect_uri=https://a/",
                "unauthorized_client: the client may not ask for a code\n",
            ),
        ] {
            house.ask(&Asked::get(target)).await.expect(400, sentence);
        }
    });
}

#[test]
fn registered_clients_authenticate_themselves() {
    registered(Some("s e:c")).visit(async |house| {
        let token = |generation| house.token(TokenKind::Refresh, 0, 0, generation);
        let form =
            |generation| format!("grant_type=refresh_token&refresh_token={}", token(generation));
        let wrong = Asked::post("/token", form(0)).header("Authorization", basic("app", "wrong"));
        let got = house.ask(&wrong).await.expect(401, r#"{"error":"invalid_client"}"#);
        assert!(got.header("www-authenticate").is_some());
        let got =
            house.ask(&house.refresh(0, 0)).await.expect(401, r#"{"error":"invalid_client"}"#);
        assert_eq!(got.header("www-authenticate"), None);
        let nameless = house.ask(&Asked::post("/token", form(0))).await;
        nameless.expect(401, r#"{"error":"invalid_client"}"#);
        assert_eq!((house.newest(0), house.meters.client_failures()), (0, 3));
        let right = Asked::post("/token", form(0)).header("Authorization", basic("app", "s e:c"));
        assert_eq!(house.ask(&right).await.status, 200);
        let body = format!("{}&client_id=app&client_secret=s+e%3Ac", form(1));
        assert_eq!(house.ask(&Asked::post("/token", body)).await.status, 200);
    });
}

#[test]
fn a_client_asks_for_itself() {
    registered(Some("secret")).visit(async |house| {
        let asked = Asked::post("/token", "grant_type=client_credentials")
            .header("Authorization", basic("app", "secret"));
        let mut tokens = Vec::new();
        for _ in 0..3 {
            let got = house.ask(&asked).await;
            assert_eq!((got.status, got.json("refresh_token")), (200, serde_json::Value::Null));
            tokens.push(got.text("access_token"));
        }
        assert_eq!(orgs(&house), 5, "an org of its own, and one only");
        let call = |token: &str| {
            Asked::get("/api/organisation").header("Authorization", format!("Bearer {token}"))
        };
        assert_eq!(house.ask(&call(&tokens[2])).await.json("org"), 4);
        assert_eq!(house.ask(&call(&tokens[1])).await.status, 401, "killed at rotation");
    });
}

#[test]
fn the_server_describes_itself() {
    const TOLD: [&str; 2] =
        ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];
    Plan::new().visit(async |house| {
        for path in TOLD {
            let got = house.ask(&Asked::get(path)).await;
            assert_eq!(got.text("issuer"), "http://api.example");
            let endpoint = got.text("token_endpoint");
            let path = endpoint.strip_prefix("http://api.example").unwrap().to_owned();
            assert_eq!(house.ask(&Asked::post(path, "")).await.status, 400);
            let endpoint = got.text("authorization_endpoint");
            let path = endpoint.strip_prefix("http://api.example").unwrap().to_owned();
            assert_eq!(house.ask(&Asked::get(path)).await.status, 400);
            let keys = got.text("jwks_uri");
            let path = keys.strip_prefix("http://api.example").unwrap().to_owned();
            house.ask(&Asked::get(path)).await.expect(200, r#"{"keys":[]}"#);
        }
    });
    let plan =
        Plan::new().settings(|settings| settings.issuer = Some("https://login.example/x".into()));
    plan.visit(async |house| {
        for path in TOLD {
            let got = house.ask(&Asked::get(path)).await;
            assert_eq!(got.text("token_endpoint"), "https://login.example/x/connect/token");
        }
    });
}
