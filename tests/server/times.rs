//! When things happen: commits that come after the client has gone or has been answered, delays.

use std::sync::Arc;

use amnesty::base::{SimDuration, SimTime};
use amnesty::fault::SeenAs;
use amnesty::live::door::Limits;
use amnesty::live::grants::Order;
use amnesty::live::server::{App, Settings, serve_pipe};
use amnesty::protocol::{Conclusion, Generation, TokenKind};
use amnesty::world::Delivery;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::LocalSet;

use crate::house::{Plan, named, refresh};

/// A second of the scenario is a millisecond here.
const FAST: &str = "1000";

#[test]
fn a_commit_happens_though_its_client_has_gone() {
    Plan::new().scale(FAST).visit(async |house| {
        house.order(0, Order::Delay(SimDuration::from_secs(20)));
        house.order(1, Order::Delay(SimDuration::from_secs(60)));
        let mut line = house.line().await;
        line.send(&house.refresh(0, 0)).await;
        // The same, twice as slow, is answered after the first would have been.
        let mut patient = house.line().await;
        patient.send(&house.refresh(1, 0)).await;
        while house.meters.in_flight() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(house.newest(0), 0, "it is not due yet");
        drop(line);
        assert_eq!(patient.read().await.status, 200);
        assert_eq!(house.newest(0), 1);
        house.settle(2).await;
        let pages = house.site.grants().pages().done().cloned().collect::<Vec<_>>();
        let gone = pages.iter().find(|entry| entry.org == 0).unwrap();
        assert_eq!(gone.commits[0].issued, Some(Generation(1)));
        assert_eq!(gone.commits[0].at, gone.sent_at + SimDuration::from_secs(20));
        assert_eq!(gone.concluded.unwrap().1, Conclusion::TimedOut);
        assert_eq!(house.meters.undelivered(), 1);
    });
}

#[test]
fn a_gateway_gives_up_and_the_worker_commits_all_the_same() {
    Plan::new().scale(FAST).set("server.gateway_timeout=20s").visit(async |house| {
        house.order(0, Order::Delay(SimDuration::from_secs(60)));
        let mut line = house.line().await;
        let got = line.ask(&house.refresh(0, 0)).await;
        assert_eq!((got.status, got.header("server")), (504, Some("gateway")));
        assert_eq!(house.newest(0), 0, "the worker is still at it");
        // The connection goes on meanwhile, and even leads to the same org.
        assert_eq!(line.ask(&house.refresh(1, 0)).await.status, 200);
        drop(line);
        for generation in 1..5 {
            house.order(1, Order::Delay(SimDuration::from_secs(19)));
            assert_eq!(house.ask(&house.refresh(1, generation)).await.status, 200);
        }
        assert_eq!(house.newest(0), 1);
        let pages = house.site.grants().pages().done().cloned().collect::<Vec<_>>();
        let lost = pages.iter().find(|entry| entry.org == 0).unwrap();
        assert_eq!(lost.delivery, Delivery::Lost(SeenAs::Status(504)));
        assert_eq!(lost.concluded.unwrap().1, Conclusion::ServerError);
        assert_eq!(lost.commits[0].at, lost.sent_at + SimDuration::from_secs(60));
    });
}

/// However late a timer fires: the ledger says when it was due.
#[test]
fn commits_happen_at_their_instants() {
    let plan = Plan::new().scale("1000000").set("server.service_time=30s");
    plan.visit(async |house| {
        house.order(0, Order::Duplicate);
        assert_eq!(house.ask(&house.refresh(0, 0)).await.status, 400);
        house.settle(1).await;
        let line = house.last_line();
        let due = [30, 60].map(|seconds| line.sent_at + SimDuration::from_secs(seconds));
        let commits: Vec<_> = line.commits.iter().map(|commit| commit.at).collect();
        assert_eq!(commits, due);
    });
}

#[test]
fn what_a_person_replaces_under_way_is_refused() {
    Plan::new().scale(FAST).visit(async |house| {
        house.order(0, Order::Delay(SimDuration::from_secs(600)));
        let mut line = house.line().await;
        line.send(&house.renewal(0, 0)).await;
        while house.meters.in_flight() < 1 {
            tokio::task::yield_now().await;
        }
        let now = house.site.now();
        house.site.grants().reauthorise(0, now).unwrap();
        let got = line.read().await;
        assert!(got.status == 401 && got.body.contains("has%20not%20been%20authorized"));
        house.settle(1).await;
        let commits = house.last_line().commits;
        let issued: Vec<_> = commits.iter().map(|commit| commit.issued).collect();
        assert_eq!(issued, [None], "a refusal is all that the old family gets");
        assert_eq!(house.newest(0), 0, "the new family is as it was");
        assert_eq!(house.ask(&house.refresh_of((0, 1), 0)).await.status, 200);
    });
}

/// Times on a paused clock, a thousand times slower than the wall's: exact to the microsecond.
fn exactly(plan: Plan, order: Order, asked: &[u8], expected: (u16, u64, &[u64])) {
    let (status, answered_us, commits_us) = expected;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let site = plan.scale("0.001").site();
        site.grants().order(0, order, 1).unwrap();
        let app = App::new(Arc::clone(&site), &Settings::default());
        let (mut near, far) = tokio::io::duplex(4096);
        let limits = Limits::none();
        tokio::select! {
            () = serve_pipe(far, &app, &limits) => panic!("the pipe is open"),
            read = ask(&mut near, asked) => {
                let found: u16 = read[9..12].parse().unwrap();
                let at = SimTime::from_micros(answered_us);
                assert_eq!((found, site.now()), (status, at), "{order:?}: {read}");
            }
        }
        // Whatever is still to be committed is.
        site.clock().sleep_until(SimTime::from_micros(1_000)).await;
        let grants = site.grants();
        let entry = grants.pages().done().next().expect("one line").clone();
        let commits: Vec<_> = entry.commits.iter().map(|commit| commit.at.as_micros()).collect();
        assert_eq!(commits, commits_us, "{order:?}");
    });
}

async fn ask(pipe: &mut DuplexStream, asked: &[u8]) -> String {
    pipe.write_all(asked).await.unwrap();
    let mut bytes = vec![0; 4096];
    let read = pipe.read(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

#[test]
fn times_are_exact() {
    let micros = SimDuration::from_micros;
    let codec = Plan::new().site().grants().codec();
    let asked = refresh(&codec.token(named(TokenKind::Refresh, 0, 0, 0))).bytes();
    let gateway = || Plan::new().set("server.gateway_timeout=50us");
    let calm = Plan::new;
    exactly(calm(), Order::Delay(micros(0)), &asked, (200, 0, &[0]));
    exactly(calm(), Order::Delay(micros(7)), &asked, (200, 7, &[7]));
    exactly(gateway(), Order::Delay(micros(50)), &asked, (200, 50, &[50]));
    exactly(gateway(), Order::Delay(micros(51)), &asked, (504, 50, &[51]));
    exactly(calm(), Order::Duplicate, &asked, (400, 0, &[0, 0]));
    exactly(calm(), Order::LoseAnswer(SeenAs::Status(502)), &asked, (502, 0, &[0]));
    let wait = SimDuration::from_secs(1);
    exactly(calm(), Order::Throttle { retry_after: wait }, &asked, (429, 0, &[]));
    exactly(calm().set("server.service_time=30us"), Order::Duplicate, &asked, (400, 60, &[30, 60]));
    // The gateway gives up between the two.
    exactly(
        gateway().set("server.service_time=30us"),
        Order::Duplicate,
        &asked,
        (504, 50, &[30, 60]),
    );
    exactly(
        calm().set("server.service_time=30us"),
        Order::Fail { status: 500 },
        &asked,
        (500, 30, &[]),
    );
}
