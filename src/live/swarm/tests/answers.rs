//! What a client makes of all that can come back, or not come back.

use super::*;
use crate::base::Probability;
use crate::client::{CircuitBreaker, Concurrency, Per, PoolSize, RetryOn};

/// One attempt at 0 that meets this verdict: when and how it ended.
fn conclusion(verdict: impl Fn() -> Verdict + 'static) -> (u64, Conclusion) {
    let scene = Scene { end: at(90), ..Scene::new() };
    let (book, finished) = scene.play(move |book, _| {
        let verdict = verdict();
        async move {
            book.wait(micros(5)).await;
            verdict
        }
    });
    assert_eq!(book.arrivals(), [0], "one attempt is one request");
    assert_eq!((finished.sent, finished.concluded, finished.unfinished), (1, 1, 0));
    let conclusions = book.conclusions();
    assert_eq!(conclusions.len(), 1);
    conclusions[0]
}

fn cut(at: CutAt) -> Verdict {
    Verdict::Cut { answer: respond(200, token_body(0, 1)), at, ending: Ending::Close }
}

#[test]
fn every_answer_is_heard_when_it_comes() {
    let stored = Conclusion::Stored(Generation(1));
    assert_eq!(conclusion(|| token(0, 1)), (5, stored));
    assert_eq!(
        conclusion(|| answer(400, r#"{"error":"invalid_grant"}"#)),
        (5, Conclusion::Refused)
    );
    assert_eq!(conclusion(|| answer(401, "")), (5, Conclusion::Refused));
    assert_eq!(conclusion(|| answer(503, "down")), (5, Conclusion::ServerError));
    assert_eq!(conclusion(|| answer(429, "")), (5, Conclusion::Throttled));
    assert_eq!(conclusion(|| answer(200, "<html>")), (5, Conclusion::Truncated));
    assert_eq!(conclusion(|| cut(CutAt::Headers)), (5, Conclusion::Reset));
    assert_eq!(conclusion(|| cut(CutAt::Body)), (5, Conclusion::Truncated));
    assert_eq!(conclusion(|| Verdict::Hangup(Ending::Close)), (5, Conclusion::Reset));
    assert_eq!(conclusion(|| Verdict::Silence), (30, Conclusion::TimedOut));
}

#[test]
fn what_no_token_endpoint_says_is_counted() {
    let (_, finished) = Scene::new().play(|_, _| async { answer(404, "") });
    assert_eq!((finished.odd, finished.first_odd), (3, Some(404)));
    assert_eq!(finished.sent, 3);
}

#[test]
fn the_next_attempt_presents_what_was_received() {
    let (book, _) = Scene::new().play(|book, call| async move {
        let presented = presented(&call.request).unwrap();
        assert_eq!(presented.kind, TokenKind::Refresh);
        assert_eq!(presented.generation.0 as usize, call.n);
        book.wait(micros(7)).await;
        token(0, presented.generation.0 + 1)
    });
    assert_eq!(book.arrivals(), [0, 100, 200]);
    assert_eq!(book.names(), ["1.0", "2.0", "3.0"]);
    let generations = [(7, 1), (107, 2), (207, 3)];
    assert_eq!(
        book.conclusions(),
        generations.map(|(t, n)| (t, Conclusion::Stored(Generation(n))))
    );
    let presented: Vec<_> = book.sent.borrow().iter().map(|sent| sent.presented.0).collect();
    assert_eq!(presented, [0, 1, 2]);
}

#[test]
fn an_answer_that_is_lost_leaves_the_old_token() {
    let (book, _) = Scene::new().play(|_, call| async move {
        let presented = presented(&call.request).unwrap().generation;
        if call.n == 0 {
            Verdict::Silence
        } else {
            assert_eq!(presented, Generation(0), "T1 never arrived");
            answer(400, r#"{"error":"invalid_grant"}"#)
        }
    });
    let (lost, refused) = (Conclusion::TimedOut, Conclusion::Refused);
    assert_eq!(book.conclusions(), [(30, lost), (100, refused), (200, refused)]);
}

#[test]
fn a_timeout_beats_an_answer_of_the_same_instant() {
    let scene = Scene { end: at(90), ..Scene::new() };
    let (book, _) = scene.play(|book, _| async move {
        book.wait(micros(30)).await;
        token(0, 1)
    });
    assert_eq!(book.conclusions(), [(30, Conclusion::TimedOut)]);
}

#[test]
fn retry_after_is_wall_time() {
    let retry_on = RetryOn { throttled: true, ..RetryOn::default() };
    let profile = Profile { retry_on, max_attempts: 2, ..app() };
    let (book, _) = Scene { profile, ..Scene::new() }.play(|_, call| async move {
        let mut throttled = respond(429, "");
        // A microsecond of the scenario lasts a millisecond here.
        throttled.headers_mut().insert(RETRY_AFTER, "0".parse().unwrap());
        if call.n == 0 {
            return Verdict::Answer(throttled, None);
        }
        token(0, 1)
    });
    assert_eq!(book.arrivals(), [0, 0, 100, 200]);
    assert_eq!(book.names(), ["1.0", "1.1", "2.0", "3.0"]);
    let heard = TimeScale::EXACT.compress(Duration::from_secs(2));
    assert_eq!(heard, micros(2_000));
}

#[test]
fn the_orgs_of_a_partner_share_its_breaker() {
    let (failures, open_for) = (Probability::ALWAYS, micros(150));
    let breaker = CircuitBreaker { failures, over: 2, open_for, per: Per::Partner };
    let profile = Profile { circuit_breaker: Some(breaker), ..app() };
    let scene = Scene { profile, orgs: 4, orgs_per_partner: 2, end: at(350), ..Scene::new() };
    let (book, finished) = scene.play(|book, call| async move {
        let named = presented(&call.request).unwrap();
        // The first partner, of the orgs 0 and 1, meets a server that is down until 200.
        if named.org < 2 && book.clock.now() < at(200) {
            answer(500, "")
        } else {
            token(named.org, 1)
        }
    });
    let short_circuited = book.short_circuited.borrow().clone();
    assert_eq!(short_circuited, [(0, 100), (1, 100), (1, 200)], "the probe is that of org 0");
    assert_eq!(finished.short_circuited, 3);
    let sent: Vec<_> = book.sent.borrow().iter().filter(|sent| sent.org < 2).copied().collect();
    let sent: Vec<_> = sent.iter().map(|sent| (sent.org, sent.sent_at.as_micros())).collect();
    assert_eq!(sent, [(0, 0), (1, 0), (0, 200), (0, 300), (1, 300)]);
}

#[test]
fn the_orgs_of_a_partner_wait_for_its_connections() {
    let profile = Profile { pool: Some(PoolSize(1)), ..app() };
    let scene = Scene { profile, orgs: 4, orgs_per_partner: 4, end: at(90), ..Scene::new() };
    let (book, finished) = scene.play(|book, call| async move {
        book.wait(micros(12)).await;
        token(presented(&call.request).unwrap().org, 1)
    });
    let sent: Vec<_> = book.sent.borrow().iter().map(|sent| (sent.org, sent.sent_at)).collect();
    assert_eq!(sent, [(0, at(0)), (1, at(12)), (2, at(24))]);
    let stored = |at| (at, Conclusion::Stored(Generation(1)));
    let given_up = (30, Conclusion::TimedOut);
    assert_eq!(book.conclusions(), [stored(12), stored(24), given_up, given_up]);
    assert_eq!((finished.sent, finished.kept_waiting, finished.unsent), (3, 1, 0));
    assert_eq!(finished.lag.max(), 0, "the generator is not to blame");
    assert_eq!(finished.corrected.max(), 30, "a client waits from when it meant to send");
}

#[test]
fn racing_workers_present_what_the_first_one_read() {
    let concurrency = Concurrency::Racing { workers: 2, spread: micros(1) };
    let profile = Profile { concurrency, ..app() };
    let (book, _) = Scene { profile, end: at(90), ..Scene::new() }.play(|book, call| async move {
        let presented = presented(&call.request).unwrap().generation;
        assert_eq!(presented, Generation(0));
        book.wait(micros(3 * call.n as u64)).await;
        token(0, 1 + u32::try_from(call.n).unwrap())
    });
    assert_eq!(book.requests.borrow().len(), 2);
    assert_eq!(book.conclusions().len(), 2);
}

#[test]
fn opaque_tokens_are_counted() {
    let credentials = vec![Texts::oauth2("first")];
    let (book, _) = Scene { credentials, ..Scene::new() }.play(|_, call| async move {
        let expected = ["first", "a", "a"][call.n];
        let body = String::from_utf8(call.request.body.to_vec()).unwrap();
        assert!(body.ends_with(&format!("refresh_token={expected}")));
        let renewal = ["a", "a", "b"][call.n];
        answer(
            200,
            format!(
                r#"{{"access_token":"x","expires_in":1,"token_type":"Bearer","refresh_token":"{renewal}"}}"#
            ),
        )
    });
    let generations: Vec<_> = book.conclusions().into_iter().map(|(_, end)| end).collect();
    assert_eq!(generations, [1, 1, 2].map(|n| Conclusion::Stored(Generation(n))));
}

#[test]
fn more_orgs_than_credentials_are_refused() {
    let scene = Scene { orgs: 2, ..Scene::new() };
    let error = paused(async {
        let clock = Clock::start(TimeScale::EXACT);
        let book = Book::new(clock);
        let orgs = Distribution::exactly(micros(1));
        let drive = Drive {
            stage: scene.stage(),
            swarm: &Swarm::draw(SEED, [(2, &orgs)]).unwrap(),
            seed: SEED,
            replication: 0,
            clock,
            end: scene.end,
            target: target(Protocol::Oauth2),
            unix_s: 0,
            credentials: vec![Texts::oauth2("only")],
            killed: None,
            bounds: Bounds::none(),
            progress: Arc::default(),
        };
        let connect = Pipes::new(&book, Limits::none(), |_, _| async { Verdict::Silence });
        super::drive(drive, connect, book, std::future::pending()).await.unwrap_err()
    });
    assert_eq!(error.to_string(), "2 orgs cannot share 1 credentials");
}
