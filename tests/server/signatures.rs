//! Requests of OAuth 1.0a to a server where consumers are registered (RFC 5849 §3).

use amnesty::protocol::TokenKind;
use amnesty::protocol::oauth1::{Registration, RequestLine, RsaKey, SignedRequest, Signing};
use jiff::Timestamp;

use crate::client::{Asked, Got};
use crate::house::{House, Plan};

const HMAC: Signing<'_> = Signing::HmacSha1 { consumer_secret: "s&t" };
const PLAINTEXT: Signing<'_> = Signing::Plaintext { consumer_secret: "s&t" };

/// When the scenario starts by the calendar, in Unix time.
const OPENED_S: u64 = 1_520_897_400;

const REJECTED: &str = "oauth_problem=token_rejected&oauth_problem_advice=";

/// The public half of a key that was made for these tests; the other half is gone.
const PARTNER: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAy3Avnh6g16Bm4trvwYpG
fuHmccEezn+wY5TQd/g5Ebyy0umrNkqqADEOMep20QLgbvRnagmH1x1BeIRblniV
0ZEJcphU60BKWmu4E505pxF+VUvWlVp+CacNeH7t4OjGCX21S1FBlFKIdh83l56U
xErRdDaIQh+QSZW4dtX5QSYi9rI3oreAer+2sy59bdMGMiY6TLCBwb3y4W69GEb5
LYb1p61w16SDFOvjr7mxgwydOl7vai22ikt0KdfnEsRXF3fZaFdd0EifDlEIJ1A4
/Jdbv99xc2uQQ917oJsNE29S8CaA2PV/uzAiKnLlqNXLEd2cjYwEzMkd2HyLhiaX
SwIDAQAB
-----END PUBLIC KEY-----
";

/// Signatures by that key of the renewal of org 0 with its first token, with the nonces n1 and n2.
const SIGNATURES: [&str; 2] = [
    "krNzvDKjHZ5rmi1svpO9i9Ehuq3F2ehGsiMzfIgM6GqN32O9vH50bv1kJUqUpIIIYkGizFGlZ7L79BPmwIReYAidTsWFZndQ\
     teWjP8g6T8bwmgxmmxcfjC8L5N+y+QfVsoss0kfjqJtN4wGQArYZ3JAJkksMJWzsxbuUk2MEzBxiazGLvkNa7/fWGQWtgSIZ\
     mjYo/q/WQfgNde3qHzdcNxUeGlCJjnK/9ROkve1JwolPM7kRTYThjc13jSFolucJsIBmTsw7RrulYfwL9mYEbgaPEUhRjxT7\
     cosVWc7bh1bI9QXy/1e+HBXotFXsgVubVOLNhn9SmPg5qpzTlqtxwQ==",
    "o6bCF7VOUpUUI9eHu6tm7VWgHS9+vT5z3ZXuM5ecl7ixuH8RfMBdK7/vAMF/GPe0mSLQGwhLL1LBqM8ng7jiRIgJLFywkop5\
     2qLoY6+IX/fbH2cpdu848pf0gLyAvPPIvlZyolq0oA7OtpZRLgMDeCEWEoAQV8LLt2lmvpbDZcjcZHPYjirZ8tCMxPW+HMPl\
     HA+JUkV4g0k9x0zvwjVAu5dWiR67N0Qg2QagRChiR9tn6MVH5/VPwteSRDy2MbAgGnGYsnU+uGZYYIqCg8pi+5yT1yMf3QqL\
     g9X15st5PeskI2Y5XI8C3wMc5wnbYrm5ODLbzzPuuGp8ici/GTuL6A==",
];

fn registered() -> Plan {
    let opened = Timestamp::from_second(i64::try_from(OPENED_S).unwrap()).unwrap();
    Plan::new().settings(|settings| {
        settings.opened_at = Some(opened);
        settings.registrations = vec![
            Registration { key: "app".to_owned(), secret: Some("s&t".to_owned()), rsa: None },
            Registration {
                key: "partner".to_owned(),
                secret: None,
                rsa: Some(RsaKey::from_pem(PARTNER.as_bytes()).unwrap()),
            },
        ];
    })
}

/// Asks with a signed header. Every request has another nonce.
async fn signed(
    house: &House,
    target: &str,
    (token, secret): (Option<&str>, &str),
    further: &[(&'static str, &str)],
    (nonce, timestamp, signature): (&str, u64, Signing<'_>),
) -> Got {
    let line = RequestLine { method: "GET", scheme: "http", host: "api.example", target };
    let consumer_key = "app";
    let header = SignedRequest {
        consumer_key,
        token,
        token_secret: secret,
        further,
        timestamp,
        nonce,
        signature,
    };
    let header = header.authorization(&line).unwrap();
    house.ask(&Asked::get(target).header("Authorization", header)).await
}

/// Renews org 0 with a generation.
async fn renew(house: &House, generation: u32, how: (&str, u64, Signing<'_>)) -> Got {
    let codec = house.codec();
    let named = crate::house::named(TokenKind::Access, 0, 0, generation);
    let (token, secret) = (codec.token(named), codec.secret(named));
    let further = [("oauth_session_handle", &*codec.handle(0, 0))];
    signed(house, "/oauth/AccessToken", (Some(&token), &secret), &further, how).await
}

#[test]
fn the_three_legs_are_signed_each_with_its_secrets() {
    registered().visit(async |house| {
        for (round, signing) in [HMAC, PLAINTEXT].into_iter().enumerate() {
            let now = OPENED_S;
            let how = |nonce| (nonce, now, signing);
            let names = ["a", "b", "c", "d"].map(|name| format!("{name}{round}"));
            let [a, b, c, d] = names.each_ref().map(String::as_str);
            let callback = [("oauth_callback", "oob")];
            let leg = "/oauth/RequestToken";
            let got = signed(&house, leg, (None, ""), &callback, how(a)).await;
            assert_eq!(got.status, 200, "{}", got.body);
            let token = got.field("oauth_token");
            let secret = got.field("oauth_token_secret");
            let page = Asked::get(format!("/oauth/Authorize?oauth_token={token}"));
            let page = house.ask(&page).await.body;
            let verifier = page.trim_end().strip_prefix("oauth_verifier=").unwrap();
            let further = [("oauth_verifier", verifier)];
            let leg = "/oauth/AccessToken";
            let wrong = signed(&house, leg, (Some(&token), "wrong"), &further, how(b)).await;
            let failed = "oauth_problem=signature_invalid&oauth_problem_advice=Failed%20to%20validate\
                          %20signature";
            wrong.expect(401, failed);
            let got = signed(&house, leg, (Some(&token), &secret), &further, how(c)).await;
            assert_eq!(got.status, 200, "{}", got.body);
            let (token, secret) = (got.field("oauth_token"), got.field("oauth_token_secret"));
            let call = "/api/organisation?summary=a%20b";
            let got = signed(&house, call, (Some(&token), &secret), &[], how(d)).await;
            assert_eq!(got.json("org"), u32::try_from(round + 4).unwrap());
        }
        assert_eq!(house.meters.signature_failures(), 2);
    });
}

/// As it must be for an amnesty: what is stale is refused by policy, and not for its signature.
#[test]
fn a_stale_token_still_verifies() {
    registered().visit(async |house| {
        assert_eq!(renew(&house, 0, ("a", OPENED_S, HMAC)).await.status, 200);
        let stale = house.token(TokenKind::Access, 0, 0, 0);
        let unexpected = format!(
            "{REJECTED}Token%20{stale}%20does%20not%20match%20an%20expected%20REQUEST%20token"
        );
        renew(&house, 0, ("b", OPENED_S, HMAC)).await.expect(401, &unexpected);
        renew(&house, 0, ("c", OPENED_S, PLAINTEXT)).await.expect(401, &unexpected);
        assert_eq!(renew(&house, 1, ("d", OPENED_S, HMAC)).await.status, 200);
        assert_eq!(house.meters.signature_failures(), 0);
    });
}

#[test]
fn a_partner_signs_with_its_private_key() {
    registered().visit(async |house| {
        let ask = async |nonce: &str, signature: &str| {
            let token = house.token(TokenKind::Access, 0, 0, 0);
            let header = format!(
                "OAuth oauth_consumer_key=\"partner\", oauth_nonce=\"{nonce}\", \
                 oauth_session_handle=\"{}\", oauth_signature_method=\"RSA-SHA1\", \
                 oauth_timestamp=\"{OPENED_S}\", oauth_token=\"{token}\", oauth_version=\"1.0\", \
                 oauth_signature=\"{}\"",
                house.codec().handle(0, 0),
                signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
            );
            house.ask(&Asked::get("/oauth/AccessToken").header("Authorization", header)).await
        };
        let [first, second] = SIGNATURES;
        assert_eq!(ask("n2", first).await.field("oauth_problem"), "signature_invalid");
        assert_eq!(house.newest(0), 0);
        let got = ask("n1", first).await;
        assert_eq!(got.status, 200, "{}", got.body);
        assert_eq!(ask("n1", first).await.field("oauth_problem"), "nonce_used");
        // The same token once more, signed anew: stale, and refused by policy.
        assert_eq!(ask("n2", second).await.field("oauth_problem"), "token_rejected");
        assert_eq!(house.newest(0), 1);
    });
}

#[test]
fn what_is_not_accepted_commits_nothing() {
    registered().visit(async |house| {
        assert_eq!(renew(&house, 0, ("a", OPENED_S, HMAC)).await.status, 200);
        renew(&house, 1, ("a", OPENED_S, HMAC)).await.expect(
            401,
            "oauth_problem=nonce_used&oauth_problem_advice=The%20nonce%20value%20%22a%22%20has%20\
             already%20been%20used%20",
        );
        for timestamp in [OPENED_S - 301, OPENED_S + 400] {
            let got = renew(&house, 1, ("b", timestamp, HMAC)).await;
            assert_eq!((got.status, got.field("oauth_problem")), (401, "timestamp_refused".into()));
        }
        let other = Signing::HmacSha1 { consumer_secret: "other" };
        let got = renew(&house, 1, ("c", OPENED_S, other)).await;
        assert_eq!((got.status, got.field("oauth_problem")), (401, "signature_invalid".into()));
        let unsigned = house.ask(&house.renewal(0, 1)).await;
        assert_eq!(
            (unsigned.status, unsigned.field("oauth_parameters_absent")),
            (400, "oauth_consumer_key".into())
        );
        let token = house.token(TokenKind::Access, 0, 0, 1);
        let stranger = format!("oauth_consumer_key=stranger&oauth_token={token}");
        house
            .ask(&Asked::post("/oauth/AccessToken", stranger))
            .await
            .expect(401, &format!("{REJECTED}Unknown%20consumer"));
        assert_eq!((house.newest(0), house.meters.signature_failures()), (1, 6));
        assert_eq!(renew(&house, 1, ("d", OPENED_S, HMAC)).await.status, 200);
    });
}

/// A request token belongs to the consumer that asked for it.
#[test]
fn nobody_swaps_what_another_asked_for() {
    Plan::new().visit(async |house| {
        let got = house.ask(&Asked::get("/oauth/RequestToken?oauth_consumer_key=a")).await;
        let token = got.field("oauth_token");
        let page = Asked::get(format!("/oauth/Authorize?oauth_token={token}"));
        let page = house.ask(&page).await.body;
        for (consumer, status) in [("b", 400), ("a", 200)] {
            let target = format!(
                "/oauth/AccessToken?oauth_consumer_key={consumer}&oauth_token={token}&{}",
                page.trim_end()
            );
            assert_eq!(house.ask(&Asked::get(target)).await.status, status);
        }
    });
}

/// Behind a proxy that speaks TLS, clients sign what they see: `https`.
#[test]
fn the_scheme_of_an_issuer_is_signed() {
    let plan =
        registered().settings(|settings| settings.issuer = Some("https://api.example".into()));
    plan.visit(async |house| {
        let line = RequestLine {
            method: "GET",
            scheme: "https",
            host: "api.example",
            target: "/oauth/RequestToken",
        };
        let header = SignedRequest {
            consumer_key: "app",
            token: None,
            token_secret: "",
            further: &[("oauth_callback", "oob")],
            timestamp: OPENED_S,
            nonce: "a",
            signature: HMAC,
        };
        let header = header.authorization(&line).unwrap();
        let asked = Asked::get(line.target).header("Authorization", header);
        assert_eq!(house.ask(&asked).await.status, 200);
    });
}
