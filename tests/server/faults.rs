//! Every fault by hand: what the client sees, what was committed, and what the ledger says.

use amnesty::base::SimDuration;
use amnesty::fault::SeenAs;
use amnesty::live::grants::Order;
use amnesty::live::server::Outcome;
use amnesty::protocol::{Conclusion, Generation, Protocol, TokenKind};
use amnesty::world::Delivery;

use crate::client::{Asked, Broke, Got};
use crate::house::{House, Plan};

const ORG: u32 = 2;

/// The first refresh of an org, in either protocol.
fn first(house: &House, protocol: Protocol) -> Asked {
    match protocol {
        Protocol::Oauth1a => house.renewal(ORG, 0),
        Protocol::Oauth2 => house.refresh(ORG, 0),
    }
}

/// Orders a fate, and asks for a refresh in both protocols. `judge` sees the answer; the ledger must
/// say the rest.
fn meet(
    order: Order,
    (commits, delivery, conclusion): (usize, Delivery, Conclusion),
    outcome: Outcome,
    judge: fn(&House, Protocol, Got),
) {
    for protocol in [Protocol::Oauth1a, Protocol::Oauth2] {
        Plan::new().visit(async |house| {
            house.order(ORG, order);
            let got = house.ask(&first(&house, protocol)).await;
            house.settle(1).await;
            judge(&house, protocol, got);
            let line = house.last_line();
            assert_eq!((line.org, line.presented), (u64::from(ORG), Generation(0)));
            assert_eq!((line.commits.len(), line.delivery), (commits, delivery), "{order:?}");
            assert_eq!(line.concluded.unwrap().1, conclusion, "{order:?}");
            assert_eq!(house.newest(ORG as usize), u32::from(commits > 0), "{order:?}");
            assert_eq!(house.meters.attempts(protocol, outcome), 1, "{order:?}");
            assert_eq!(house.meters.in_flight(), 0);
            // What was committed and lost cannot be had again; what was not can.
            let again = house.ask(&first(&house, protocol)).await;
            assert_eq!(again.status == 200, commits == 0, "{order:?}");
        });
    }
}

fn lose(seen: SeenAs, conclusion: Conclusion, judge: fn(&House, Protocol, Got)) {
    let line = (1, Delivery::Lost(seen), conclusion);
    meet(Order::LoseAnswer(seen), line, Outcome::AnswerLost, judge);
}

#[test]
fn a_reset_after_the_commit() {
    lose(SeenAs::Reset, Conclusion::Reset, |_, _, got| {
        assert_eq!((got.bytes, got.broke), (0, Some(Broke::Reset)));
    });
}

#[test]
fn a_close_after_the_commit() {
    lose(SeenAs::Closed, Conclusion::Reset, |_, _, got| {
        assert_eq!((got.bytes, got.broke), (0, Some(Broke::Closed)));
    });
}

#[test]
fn headers_that_break_off() {
    lose(SeenAs::CutHeaders, Conclusion::Reset, |_, _, got| {
        assert_eq!((got.status, got.broke), (0, Some(Broke::Closed)));
        assert!(got.bytes > 20, "{got:?}");
    });
}

#[test]
fn a_body_that_breaks_off() {
    lose(SeenAs::Truncated, Conclusion::Truncated, |house, protocol, got| {
        assert_eq!((got.status, got.broke), (200, Some(Broke::Closed)));
        let length: usize = got.header("content-length").unwrap().parse().unwrap();
        assert_eq!(got.body.len(), length / 2);
        let token = house.token(TokenKind::Access, ORG, 0, 1);
        let begins = match protocol {
            Protocol::Oauth1a => format!("oauth_token={token}&"),
            Protocol::Oauth2 => format!("{{\"access_token\":\"{token}\","),
        };
        assert!(got.body.starts_with(&begins), "it is half of the real answer: {}", got.body);
    });
}

#[test]
fn gateways_answer_in_the_place_of_the_server() {
    for (status, title) in [
        (502, "502 Bad Gateway"),
        (503, "503 Service Temporarily Unavailable"),
        (504, "504 Gateway Time-out"),
    ] {
        let seen = SeenAs::Status(status);
        lose(seen, Conclusion::ServerError, |_, _, got| {
            assert_eq!((got.header("server"), got.broke), (Some("gateway"), None));
            assert_eq!(got.header("content-type"), Some("text/html; charset=utf-8"));
        });
        Plan::new().visit(async |house| {
            house.order(ORG, Order::LoseAnswer(seen));
            let got = house.ask(&first(&house, Protocol::Oauth2)).await;
            got.expect(
                status,
                &format!(
                    "<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1><hr>gateway\
                     </body>\n</html>\n"
                ),
            );
        });
    }
}

#[test]
fn a_request_that_is_lost_and_an_answer_that_is_swallowed_look_alike() {
    for (order, commits, delivery, outcome) in [
        (Order::LoseRequest, 0, Delivery::RequestLost, Outcome::RequestLost),
        (
            Order::LoseAnswer(SeenAs::Silence),
            1,
            Delivery::Lost(SeenAs::Silence),
            Outcome::AnswerLost,
        ),
    ] {
        Plan::new().visit(async |house| {
            house.order(ORG, order);
            let mut line = house.line().await;
            line.send(&first(&house, Protocol::Oauth2)).await;
            house.settle(1).await;
            assert!(line.is_silent(), "{order:?}");
            let done = house.last_line();
            assert_eq!((done.commits.len(), done.delivery), (commits, delivery));
            assert_eq!(done.concluded.unwrap().1, Conclusion::TimedOut);
            assert_eq!(house.meters.attempts(Protocol::Oauth2, outcome), 1);
            assert_eq!(house.newest(ORG as usize), u32::from(commits > 0));
        });
    }
}

#[test]
fn the_server_fails_before_it_commits() {
    for (status, body) in
        [(500, "Internal Server Error"), (507, "Insufficient Storage"), (599, "Server Error")]
    {
        let line = (0, Delivery::Failed(status), Conclusion::ServerError);
        meet(Order::Fail { status }, line, Outcome::Failed, |_, _, got| {
            assert_eq!(got.header("content-type"), Some("text/plain; charset=utf-8"));
        });
        Plan::new().visit(async |house| {
            house.order(ORG, Order::Fail { status });
            house.ask(&first(&house, Protocol::Oauth1a)).await.expect(status, body);
        });
    }
    let line = (0, Delivery::Failed(503), Conclusion::ServerError);
    meet(Order::Fail { status: 503 }, line, Outcome::Failed, |_, _, got| {
        assert_eq!((got.status, got.header("server")), (503, Some("gateway")));
    });
}

#[test]
fn throttled_clients_are_told_how_long_to_wait() {
    let order = Order::Throttle { retry_after: SimDuration::from_millis(29_001) };
    let line = (0, Delivery::Throttled, Conclusion::Throttled);
    meet(order, line, Outcome::Throttled, |_, protocol, got| {
        assert_eq!((got.status, got.header("retry-after")), (429, Some("30")));
        for (name, value) in [
            ("x-rate-limit-problem", "minute"),
            ("x-minlimit-remaining", "0"),
            ("x-daylimit-remaining", "4999"),
            ("x-appminlimit-remaining", "9999"),
        ] {
            assert_eq!(got.header(name), Some(value), "{name}");
        }
        match protocol {
            Protocol::Oauth1a => assert_eq!(
                got.body,
                "oauth_problem=rate%20limit%20exceeded&oauth_problem_advice=please%20wait%20before\
                 %20retrying%20the%20xero%20api"
            ),
            Protocol::Oauth2 => assert_eq!(got.text("Detail"), "RateLimitExceeded"),
        }
    });
    // Seconds of the wall clock, rounded up.
    Plan::new().scale("60").visit(async |house| {
        house.order(ORG, order);
        let got = house.ask(&first(&house, Protocol::Oauth2)).await;
        assert_eq!(got.header("retry-after"), Some("1"));
    });
}

/// A strict server refuses the second delivery, and that is what the client sees.
#[test]
fn a_repeated_delivery_is_refused_and_the_refusal_is_seen() {
    for protocol in [Protocol::Oauth1a, Protocol::Oauth2] {
        Plan::new().visit(async |house| {
            house.order(ORG, Order::Duplicate);
            let got = house.ask(&first(&house, protocol)).await;
            assert_eq!(got.status, protocol.refusal_status());
            house.settle(1).await;
            let line = house.last_line();
            let issued: Vec<_> = line.commits.iter().map(|commit| commit.issued).collect();
            assert_eq!(issued, [Some(Generation(1)), None]);
            assert_eq!(line.concluded.unwrap().1, Conclusion::Refused);
            assert_eq!(house.newest(ORG as usize), 1);
        });
    }
}

#[test]
fn a_fault_hits_one_request_and_the_connection_goes_on() {
    Plan::new().visit(async |house| {
        let mut line = house.line().await;
        house.order(ORG, Order::Fail { status: 500 });
        assert_eq!(line.ask(&house.refresh(ORG, 0)).await.status, 500);
        house.order(ORG, Order::LoseAnswer(SeenAs::Status(502)));
        assert_eq!(line.ask(&house.refresh(ORG, 0)).await.status, 502);
        assert_eq!(line.ask(&house.refresh(ORG, 0)).await.status, 400);
        assert_eq!(line.ask(&house.refresh(ORG, 1)).await.status, 200);
    });
}

/// One answer of two is never used. By this policy its token stays valid, 70 generations later too.
#[test]
fn a_sibling_that_stays_valid_is_accepted_at_any_age() {
    let policy = "server.policy={ commit_on_use: { confirm_by: refresh_use, siblings: keep } }";
    Plan::new().set(policy).visit(async |house| {
        let mut line = house.line().await;
        for presented in [0, 0].into_iter().chain(2..70) {
            assert_eq!(line.ask(&house.refresh(ORG, presented)).await.status, 200, "T{presented}");
        }
        assert_eq!(house.newest(ORG as usize), 70);
        assert_eq!(line.ask(&house.refresh(ORG, 1)).await.status, 200);
        assert_eq!(line.ask(&house.refresh(ORG, 2)).await.status, 400, "that one was confirmed");
    });
}
