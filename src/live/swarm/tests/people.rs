//! Persons who authorise anew, access tokens that are used, and access tokens that die.

use tokio::sync::mpsc::unbounded_channel;

use super::*;
use crate::authority::{CommitOnUse, ConfirmBy, Siblings};
use crate::base::Probability;
use crate::client::{OnRefusal, Person};
use crate::protocol::oauth1::{AccessAnswer, RequestAnswer};

/// An app that stops when it is refused, and somebody who comes 20 µs later.
fn watched() -> Profile {
    let delay = Distribution::exactly(micros(20));
    let person = Some(Person { probability: Probability::ALWAYS, delay });
    Profile { on_refusal: OnRefusal::Stop, person, ..app() }
}

fn redirect(location: &str) -> Verdict {
    let mut found = respond(302, "");
    found.headers_mut().insert(hyper::header::LOCATION, location.parse().unwrap());
    Verdict::Answer(found, None)
}

fn of_family(kind: TokenKind, family: u16) -> String {
    let named = Named { kind, org: 0, family, generation: Generation(0) };
    crate::protocol::TokenCodec::new(SEED.0).token(named)
}

#[test]
fn a_person_goes_the_way_of_oauth_2() {
    let scene = Scene { profile: watched(), ..Scene::new() };
    let (book, finished) = scene.play(|_, call| async move {
        let body = String::from_utf8(call.request.body.to_vec()).unwrap();
        match (call.request.uri.path(), call.n) {
            ("/connect/token", 0) => answer(400, r#"{"error":"invalid_grant"}"#),
            ("/connect/authorize", 1) => {
                let query = call.request.uri.query().unwrap();
                assert!(query.contains("response_type=code") && query.contains("org=0"), "{query}");
                redirect("http://localhost/back?code=K%2F1&state=0")
            }
            ("/connect/token", 2) => {
                assert!(body.contains("grant_type=authorization_code&code=K%2F1"), "{body}");
                let body = TokenAnswer {
                    access_token: of_family(TokenKind::Access, 1).into(),
                    expires_in: 1_800,
                    refresh_token: Some(of_family(TokenKind::Refresh, 1).into()),
                    scope: None,
                };
                answer(200, body.body())
            }
            _ => {
                assert_eq!(presented(&call.request).unwrap().family, 1);
                Verdict::Silence
            }
        }
    });
    assert_eq!(book.arrivals(), [0, 20, 20, 100, 200]);
    let fresh = Credentials { stored: Some(Generation(0)), is_trying: true };
    assert_eq!(*book.authorised.borrow(), [(0, fresh, at(20))]);
    assert_eq!((finished.authorised, finished.gave_up), (1, 0));
    // One connection served all of them, up to the silence.
    assert_eq!(book.connects.get(), 2);
}

#[test]
fn a_person_goes_the_way_of_oauth_1() {
    let scene = Scene { protocol: Protocol::Oauth1a, profile: watched(), ..Scene::new() };
    let scene = Scene { end: at(150), ..scene };
    let (book, finished) = scene.play(|_, call| async move {
        let authorization = call.request.headers.get("authorization");
        let authorization = authorization.map_or("", |header| header.to_str().unwrap());
        let access = |family| {
            let codec = crate::protocol::TokenCodec::new(SEED.0);
            let answer = AccessAnswer {
                token: of_family(TokenKind::Access, family).into(),
                secret: "S".into(),
                expires_in: 1_800,
                handle: codec.handle(0, family).into(),
                authorization_expires_in: 9,
                muid: None,
            };
            answer.body()
        };
        match call.n {
            0 => answer(401, "oauth_problem=token_rejected"),
            1 => {
                assert!(authorization.contains("oauth_callback=\"http%3A%2F%2Flocalhost%2Fback\""));
                let token = RequestAnswer { token: "R".into(), secret: "RS".into() };
                answer(200, token.body())
            }
            2 => redirect("http://localhost/back?oauth_token=R&oauth_verifier=V"),
            3 => {
                assert!(authorization.contains("oauth_verifier=\"V\""), "{authorization}");
                assert!(authorization.contains("oauth_token=\"R\""), "{authorization}");
                answer(200, access(1))
            }
            _ => {
                let token = of_family(TokenKind::Access, 1);
                assert!(authorization.contains(&format!("oauth_token=\"{token}\"")));
                answer(200, access(1))
            }
        }
    });
    assert_eq!(
        book.paths(),
        [
            "/connect/token",
            "/oauth/RequestToken",
            "/oauth/Authorize?oauth_token=R&org=0",
            "/connect/token",
            "/connect/token"
        ]
    );
    assert_eq!(book.arrivals(), [0, 20, 20, 20, 100]);
    assert_eq!(finished.authorised, 1);
}

#[test]
fn a_person_tries_three_times() {
    let end = SimTime::ZERO + SimDuration::from_mins(10);
    let day = SimDuration::from_hours(24);
    let trigger = Trigger::Periodic { every: day, schedule: Schedule::Aligned };
    let scene = Scene { profile: Profile { trigger, ..watched() }, end, ..Scene::new() };
    let (book, finished) =
        scene.play(|_, call| async move { answer(if call.n == 0 { 400 } else { 500 }, "") });
    let minute = 60_000_000;
    assert_eq!(book.arrivals(), [0, 20, 20 + minute, 20 + 2 * minute]);
    assert_eq!((finished.authorised, finished.gave_up), (0, 1));
    assert!(book.authorised.borrow().is_empty());
}

#[test]
fn a_new_authorisation_ends_what_is_under_way() {
    let person =
        Person { probability: Probability::ALWAYS, delay: Distribution::exactly(micros(120)) };
    let on_refusal = OnRefusal::KeepTrying { every: None };
    let profile = Profile { on_refusal, person: Some(person), ..app() };
    let scene = Scene { profile, end: at(190), ..Scene::new() };
    let (book, finished) = scene.play(|_, call| async move {
        match (call.n, call.request.uri.path()) {
            (0, _) => answer(400, ""),
            (_, "/connect/authorize") => redirect("http://localhost/back?code=K"),
            (3, _) => token(0, 0),
            _ => Verdict::Silence,
        }
    });
    assert_eq!(book.arrivals(), [0, 100, 120, 120]);
    // The attempt of 100 would have waited until 130.
    assert_eq!(book.conclusions(), [(0, Conclusion::Refused), (120, Conclusion::BrokenOff)]);
    assert_eq!(*book.ends.borrow(), [at(120)]);
    assert_eq!((finished.authorised, finished.concluded), (1, 2));
}

#[test]
fn a_token_is_used_once_where_that_matters() {
    let policy = Policy::CommitOnUse(CommitOnUse {
        confirm_by: ConfirmBy::AccessUse,
        siblings: Siblings::default(),
        on_reuse: OnReuse::None,
    });
    let scene = Scene { rules: Rules { policy, ..rules() }, end: at(90), ..Scene::new() };
    let (book, finished) = scene.play(|_, call| async move {
        if call.n == 0 {
            return token(0, 1);
        }
        let bearer = call.request.headers["authorization"].to_str().unwrap().to_owned();
        let named = crate::protocol::TokenCodec::new(SEED.0).read(&bearer[7..]).unwrap();
        assert_eq!((named.kind, named.generation), (TokenKind::Access, Generation(1)));
        answer(401, "")
    });
    assert_eq!(book.paths(), ["/connect/token", "/api.xro/2.0/Organisation"]);
    assert_eq!(book.arrivals(), [0, 0]);
    assert_eq!((finished.uses, finished.sent), (1, 1));
}

#[test]
fn an_access_token_that_dies_wakes_its_client() {
    let (sender, killed) = unbounded_channel();
    let next_call = Distribution::exactly(micros(5));
    let trigger = Trigger::OnUnauthorized;
    let profile = Profile { trigger, next_call, ..app() };
    let ttl = SimDuration::from_mins(30);
    let end = SimTime::ZERO + ttl + ttl;
    let scene = Scene { profile, end, killed: Some(killed), ..Scene::new() };
    let sender = Rc::new(sender);
    let (book, _) = scene.play(move |book, call| {
        let sender = Rc::clone(&sender);
        async move {
            if call.n == 0 {
                spawn_local(async move {
                    book.wait(micros(50)).await;
                    let now = book.clock.now();
                    sender.send(Killed { org: 0, at: now }).unwrap();
                    // Nobody's.
                    sender.send(Killed { org: 9, at: now }).unwrap();
                });
            }
            token(0, 1 + u32::try_from(call.n).unwrap())
        }
    });
    let arrivals = book.arrivals();
    assert_eq!(arrivals[1], arrivals[0] + 55, "{arrivals:?}");
}
