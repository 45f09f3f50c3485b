//! Every refusal, byte for byte.

use amnesty::base::{SimDuration, SimTime};
use amnesty::protocol::TokenKind;
use jiff::Timestamp;

use crate::client::Asked;
use crate::house::{House, Plan};

const REJECTED: &str = "oauth_problem=token_rejected&oauth_problem_advice=";
const NOT_VALID: &str = "The%20access%20token%20is%20not%20valid";
const NOT_AUTHORIZED: &str = "The%20access%20token%20has%20not%20been%20authorized%2C%20or%20has\
                              %20been%20revoked%20by%20the%20user";

/// A renewal with these texts.
fn renewal(token: &str, handle: &str) -> Asked {
    Asked::post("/oauth/AccessToken", format!("oauth_token={token}&oauth_session_handle={handle}"))
}

fn reauthorise(house: &House, org: u32) {
    let now = house.site.now();
    house.site.grants().reauthorise(org, now).unwrap();
}

#[test]
fn renewals_of_oauth1_are_refused_in_the_words_of_2018() {
    Plan::new().visit(async |house| {
        let codec = house.codec();
        house.ask(&house.renewal(0, 0)).await;
        reauthorise(&house, 1);
        let access = |org, generation| house.token(TokenKind::Access, org, 0, generation);
        let unexpected = |token: &str| {
            format!(
                "{REJECTED}Token%20{token}%20does%20not%20match%20an%20expected%20REQUEST%20token"
            )
        };
        let (own, other) = (codec.handle(0, 0), codec.handle(1, 0));
        let stale = access(0, 0);
        let refresh = house.token(TokenKind::Refresh, 0, 0, 1);
        for (token, handle, body) in [
            // Superseded; never issued; with another org's handle; with no handle of ours; another
            // kind of token; nobody's; an org that does not exist; replaced by a person.
            (&*stale, &*own, unexpected(&stale)),
            (&*access(0, 9), &*own, unexpected(&access(0, 9))),
            (&*access(0, 1), &*other, unexpected(&access(0, 1))),
            (&*access(0, 1), "HANDLE", unexpected(&access(0, 1))),
            (&*refresh, &*own, unexpected(&refresh)),
            ("TOKEN", &*own, format!("{REJECTED}{NOT_VALID}")),
            (&*access(99, 0), &*codec.handle(99, 0), format!("{REJECTED}{NOT_VALID}")),
            (&*access(1, 0), &*other, format!("{REJECTED}{NOT_AUTHORIZED}")),
        ] {
            let got = house.ask(&renewal(token, handle)).await.expect(401, &body);
            assert_eq!(got.header("content-type"), Some("text/html; charset=utf-8"));
            let challenge = got.header("www-authenticate").unwrap();
            let begins = "OAuth realm=\"amnesty\", oauth_problem=\"token_rejected\", ";
            assert!(challenge.starts_with(begins), "{challenge}");
        }
        assert_eq!((house.newest(0), house.newest(1)), (1, 0));
        // Nobody's, two bad pairs, the other kind, the missing org and the replaced family.
        assert_eq!(house.meters.unknown_tokens(), 6);
    });
}

#[test]
fn what_is_missing_or_malformed_in_oauth1_is_named() {
    Plan::new().visit(async |house| {
        let token = house.token(TokenKind::Access, 0, 0, 0);
        let absent = |name| {
            let advice = "A%20required%20parameter%20is%20missing";
            format!(
                "oauth_problem=parameter_absent&oauth_problem_advice={advice}&oauth_parameters_absent={name}"
            )
        };
        let malformed = "oauth_problem=parameter_rejected&oauth_problem_advice=A%20parameter%20is%20\
                         malformed%20or%20repeated";
        for (form, body) in [
            (String::new(), absent("oauth_token")),
            (format!("oauth_token={token}"), absent("oauth_session_handle")),
            ("oauth_token=%".to_owned(), malformed.to_owned()),
            (
                "oauth_token=a&oauth_token=b".to_owned(),
                format!("{malformed}&oauth_parameters_rejected=oauth_token"),
            ),
        ] {
            house.ask(&Asked::post("/oauth/AccessToken", form)).await.expect(400, &body);
        }
    });
}

#[test]
fn errors_of_oauth2_are_those_of_rfc_6749() {
    Plan::new().visit(async |house| {
        reauthorise(&house, 1);
        let token = |kind, org| house.token(kind, org, 0, 0);
        let refresh =
            |token: &str| format!("grant_type=refresh_token&client_id=app&refresh_token={token}");
        let described =
            |text| format!(r#"{{"error":"invalid_request","error_description":"{text}"}}"#);
        let grant = r#"{"error":"invalid_grant"}"#.to_owned();
        for (form, status, body) in [
            (refresh("TOKEN"), 400, grant.clone()),
            (refresh(&token(TokenKind::Access, 0)), 400, grant.clone()),
            (refresh(&token(TokenKind::Refresh, 99)), 400, grant.clone()),
            (refresh(&token(TokenKind::Refresh, 1)), 400, grant.clone()),
            (refresh(""), 400, described("refresh_token is missing")),
            ("grant_type=authorization_code&client_id=app&code=K".to_owned(), 400, grant.clone()),
            (String::new(), 400, described("grant_type is missing")),
            ("grant_type=%zz".to_owned(), 400, described("a percent-encoding is malformed")),
            (format!("{}&client_id=app", refresh("T")), 400, described("a parameter is repeated")),
            (
                "grant_type=password&client_id=app".to_owned(),
                400,
                r#"{"error":"unsupported_grant_type"}"#.to_owned(),
            ),
            (
                "grant_type=client_credentials&client_id=app".to_owned(),
                401,
                r#"{"error":"invalid_client"}"#.to_owned(),
            ),
            // Where nobody is registered, nobody has to name itself.
            ("grant_type=refresh_token&refresh_token=T".to_owned(), 400, grant),
        ] {
            let got = house.ask(&Asked::post("/token", form)).await.expect(status, &body);
            assert_eq!(got.header("content-type"), Some("application/json"));
            assert_eq!(got.header("cache-control"), Some("no-store"));
        }
        let json = Asked::get("/token").method("POST").header("Content-Type", "application/json");
        house.ask(&json).await.expect(400, &described("the body is not a form"));
        let basic = Asked::post("/token", refresh("T")).header("Authorization", "Basic ?");
        let got = house.ask(&basic).await.expect(401, r#"{"error":"invalid_client"}"#);
        assert_eq!(
            got.header("www-authenticate"),
            Some("Basic realm=\"token\", charset=\"UTF-8\"")
        );
    });
}

#[test]
fn api_calls_of_oauth1_are_refused_in_the_words_of_xero() {
    Plan::new().visit(async |house| {
        house.ask(&house.refresh(0, 0)).await;
        reauthorise(&house, 1);
        let access = |org, generation| house.token(TokenKind::Access, org, 0, generation);
        for (token, problem) in [
            (access(0, 0), format!("{REJECTED}{NOT_VALID}")),
            (access(0, 5), format!("{REJECTED}{NOT_VALID}")),
            (access(99, 0), format!("{REJECTED}{NOT_VALID}")),
            (house.token(TokenKind::Refresh, 0, 0, 1), format!("{REJECTED}{NOT_VALID}")),
            ("TOKEN".to_owned(), format!("{REJECTED}{NOT_VALID}")),
            (access(1, 0), format!("{REJECTED}{NOT_AUTHORIZED}")),
        ] {
            let header = format!("OAuth oauth_token=\"{token}\"");
            let call = Asked::get("/api.xro/2.0/organisation").header("Authorization", header);
            house.ask(&call).await.expect(401, &problem);
        }
    });
}

#[test]
fn api_calls_of_bearers_are_refused_in_the_words_of_xero() {
    Plan::new().visit(async |house| {
        house.ask(&house.refresh(0, 0)).await;
        for header in [
            format!("Bearer {}", house.token(TokenKind::Access, 0, 0, 0)),
            "Bearer x".to_owned(),
            "Bearer ".to_owned(),
            "Basic eA==".to_owned(),
        ] {
            let call = Asked::get("/api/organisation").header("Authorization", header.clone());
            let got = house.ask(&call).await;
            assert_eq!((got.status, got.json("Status").as_u64()), (401, Some(401)), "{header}");
            assert_eq!(got.text("Title"), "Unauthorized");
            assert_eq!(got.text("Detail"), "AuthenticationUnsuccessful");
            let (start, end) = got.body.split_once("\"Instance\":\"").unwrap();
            assert_eq!(
                start,
                r#"{"Title":"Unauthorized","Status":401,"Detail":"AuthenticationUnsuccessful","#
            );
            assert_eq!(end.len(), 38, "a UUID, and what closes it");
            let challenge = "Bearer realm=\"amnesty\", error=\"invalid_token\"";
            assert_eq!(got.header("www-authenticate"), Some(challenge));
        }
    });
}

/// The scenario's protocol decides how a call is refused that carries nothing at all.
#[test]
fn a_call_without_a_token_is_refused_in_the_protocol_of_the_scenario() {
    Plan::new().visit(async |house| {
        let got = house.ask(&Asked::get("/connections")).await;
        assert_eq!(
            (got.status, got.text("Detail")),
            (401, "AuthenticationUnsuccessful".to_owned())
        );
    });
    Plan::new().set("server.protocol=oauth1a").visit(async |house| {
        let got = house.ask(&Asked::get("/connections")).await;
        assert_eq!(got.status, 400);
        assert!(got.body.ends_with("&oauth_parameters_absent=oauth_token"), "{}", got.body);
    });
}

#[test]
fn an_expired_access_token_is_told_from_a_bad_one() {
    // The four minutes of a token are a quarter of a millisecond.
    let opened: Timestamp = "2020-01-23T18:21:15.5Z".parse().unwrap();
    let plan = Plan::new().set("server.access_token_ttl=4m").scale("1000000");
    plan.settings(|settings| settings.opened_at = Some(opened)).visit(async |house| {
        house.wait_until(SimTime::ZERO + SimDuration::from_mins(4)).await;
        let token = house.token(TokenKind::Access, 0, 0, 0);
        let bearer = format!("Bearer {token}");
        let call = Asked::get("/api/organisation").header("Authorization", bearer);
        let got = house.ask(&call).await;
        let begins = r#"{"Title":"Unauthorized","Status":401,"Detail":"TokenExpired: token expired at 01/23/2020 18:21:15","Instance":""#;
        assert!(got.status == 401 && got.body.starts_with(begins), "{}", got.body);
        let call = Asked::get(format!("/api/organisation?oauth_token={token}"));
        house.ask(&call).await.expect(
            401,
            "oauth_problem=token_expired&oauth_problem_advice=The%20access%20token%20has%20expired",
        );
    });
}

#[test]
fn there_are_no_other_paths_and_no_other_methods() {
    Plan::new().visit(async |house| {
        for path in
            ["/", "/nothing", "/connect", "/connect/token/", "//token", "/oauth/accesstoken"]
        {
            house.ask(&Asked::get(path)).await.expect(404, "there is nothing here\n");
        }
        for (path, method, allowed) in [
            ("/token", "GET", "POST"),
            ("/connect/token", "PUT", "POST"),
            ("/connect/authorize", "POST", "GET"),
            ("/oauth/Authorize", "POST", "GET"),
            ("/oauth/AccessToken", "PUT", "GET, POST"),
            ("/oauth/RequestToken", "DELETE", "GET, POST"),
            ("/api/organisation", "POST", "GET, HEAD"),
            ("/.well-known/openid-configuration", "POST", "GET, HEAD"),
        ] {
            let got = house.ask(&Asked::get(path).method(method)).await;
            assert_eq!((got.status, got.header("allow")), (405, Some(allowed)), "{method} {path}");
        }
    });
}
