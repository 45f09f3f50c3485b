//! What is counted.

use amnesty::fault::SeenAs;
use amnesty::live::grants::Order;
use amnesty::live::server::{Outcome, Route};
use amnesty::protocol::Protocol;

use crate::client::Asked;
use crate::house::Plan;

#[test]
fn requests_and_attempts_are_counted() {
    Plan::new().visit(async |house| {
        house.ask(&house.refresh(0, 0)).await;
        house.ask(&house.refresh(0, 0)).await;
        house.ask(&house.renewal(1, 0)).await;
        house.order(1, Order::LoseAnswer(SeenAs::Reset));
        house.ask(&house.renewal(1, 1)).await;
        house.ask(&Asked::get("/oauth/Authorize")).await;
        house.ask(&Asked::get("/connections")).await;
        house.ask(&Asked::get("/")).await;
        house.settle(4).await;
        let meters = &house.meters;
        for (route, requests) in [
            (Route::Token, 2),
            (Route::AccessToken, 2),
            (Route::Authorize, 1),
            (Route::Resource, 1),
            (Route::RequestToken, 0),
            (Route::Metadata, 0),
        ] {
            assert_eq!(meters.requests(route), requests, "{}", route.name());
        }
        let (one, two) = (Protocol::Oauth1a, Protocol::Oauth2);
        for (protocol, outcome, attempts) in [
            (one, Outcome::Token, 1),
            (one, Outcome::AnswerLost, 1),
            (one, Outcome::Refused, 0),
            (two, Outcome::Token, 1),
            (two, Outcome::Refused, 1),
        ] {
            assert_eq!(meters.attempts(protocol, outcome), attempts, "{}", outcome.name());
        }
        assert_eq!((meters.in_flight(), meters.undelivered(), meters.unknown_tokens()), (0, 0, 0));
        // All but the lost one had a last byte.
        assert!(meters.latency().len() >= 6);
    });
}
