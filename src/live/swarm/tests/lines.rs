//! Connections: kept, closed, counted, and never used twice for one attempt.

use super::*;

#[test]
fn a_connection_is_kept_and_used_again() {
    let (book, finished) =
        Scene::new().play(|_, call| async move { token(0, 1 + u32::try_from(call.n).unwrap()) });
    assert_eq!(book.requests.borrow().len(), 3);
    assert_eq!(book.connects.get(), 1);
    assert_eq!((finished.connections.opened, finished.connections.peak), (1, 1));
}

#[test]
fn a_connection_that_was_idle_for_long_is_not_used_again() {
    let bounds = Bounds { idle: Some(Duration::from_millis(50)), ..Bounds::none() };
    let (book, finished) =
        Scene { bounds, ..Scene::new() }.play(|_, _| async move { answer(503, "") });
    assert_eq!((book.connects.get(), finished.connections.opened), (3, 3));
    assert_eq!(finished.connections.peak, 1);
}

#[test]
fn a_client_that_gives_up_hangs_up() {
    let (book, finished) = Scene::new().play(|_, _| async { Verdict::Silence });
    assert_eq!(book.arrivals(), [0, 100, 200]);
    assert_eq!(*book.ends.borrow(), [at(30), at(130), at(230)]);
    assert_eq!(book.connects.get(), 3);
    assert_eq!(finished.raw.len(), 3);
    assert_eq!((finished.raw.min(), finished.raw.max()), (30, 30));
}

#[test]
fn a_connection_that_the_server_closed_while_idle_costs_no_attempt() {
    let limits = Limits { idle_timeout: Some(Duration::from_millis(40)), ..Limits::none() };
    let scene = Scene { limits, ..Scene::new() };
    let (book, finished) =
        scene.play(|_, call| async move { token(0, 1 + u32::try_from(call.n).unwrap()) });
    let stored = [(0, 1), (100, 2), (200, 3)];
    assert_eq!(book.conclusions(), stored.map(|(t, n)| (t, Conclusion::Stored(Generation(n)))));
    assert_eq!(book.connects.get(), 3);
    assert_eq!(finished.connections.crossed, 0);
}

#[test]
fn a_request_that_meets_the_end_of_a_used_connection_is_not_repeated() {
    let (book, finished) = Scene::new().play(|_, call| async move {
        if call.n == 1 { Verdict::Hangup(Ending::Close) } else { token(0, 1) }
    });
    let token = Conclusion::Stored(Generation(1));
    assert_eq!(book.conclusions(), [(0, token), (100, Conclusion::Reset), (200, token)]);
    assert_eq!(book.arrivals(), [0, 100, 200]);
    assert_eq!(finished.connections.crossed, 1);
}

#[test]
fn attempts_wait_for_a_connection_and_their_lag_is_counted() {
    let bounds = Bounds { connections: 2, ..Bounds::none() };
    let scene = Scene { orgs: 5, bounds, end: at(90), ..Scene::new() };
    let (book, finished) = scene.play(|book, call| async move {
        book.wait(micros(10)).await;
        token(presented(&call.request).unwrap().org, 1)
    });
    assert_eq!(book.arrivals(), [0, 0, 10, 10, 20]);
    assert_eq!((finished.connections.peak, finished.connections.opened), (2, 2));
    let sent: Vec<_> = book
        .sent
        .borrow()
        .iter()
        .map(|sent| (sent.org, sent.intended_at.as_micros(), sent.sent_at.as_micros()))
        .collect();
    assert_eq!(sent, [(0, 0, 0), (1, 0, 0), (2, 0, 10), (3, 0, 10), (4, 0, 20)]);
    assert_eq!((finished.lag.max(), finished.raw.max(), finished.corrected.max()), (20, 10, 30));
    assert_eq!(finished.late, 1, "more than 10 µs late");
    assert!(finished.fell_behind().is_some());
}

#[test]
fn a_client_that_gives_up_before_its_turn_has_attempted_nothing() {
    let bounds = Bounds { connections: 1, ..Bounds::none() };
    let scene = Scene { orgs: 2, bounds, end: at(90), ..Scene::new() };
    let (book, finished) = scene.play(|_, _| async { Verdict::Silence });
    assert_eq!(book.arrivals(), [0]);
    assert_eq!((finished.sent, finished.concluded, finished.unsent), (1, 1, 1));
    let sent: Vec<_> = book.concluded.borrow().iter().map(|end| end.sent_at).collect();
    assert_eq!(sent, [Some(at(0)), None]);
}

#[test]
fn at_the_end_everything_is_cut_off() {
    let scene = Scene { end: at(110), ..Scene::new() };
    let (book, finished) = scene.play(|book, call| async move {
        book.wait(micros(10)).await;
        token(0, 1 + u32::try_from(call.n).unwrap())
    });
    assert_eq!(book.conclusions(), [(10, Conclusion::Stored(Generation(1)))]);
    assert_eq!((finished.sent, finished.unfinished), (2, 1));
    assert_eq!((finished.ended_at, finished.interrupted), (at(110), false));
}

#[test]
fn a_swarm_that_is_stopped_awaits_what_is_under_way() {
    let scene = Scene { orgs: 3, ..Scene::new() };
    let house = |book: Rc<Book>, call: Call| async move {
        let org = presented(&call.request).unwrap().org;
        match org {
            0 => book.wait(micros(20)).await,
            1 => return Verdict::Silence,
            _ => {}
        }
        token(org, 1)
    };
    let stop = |clock: Clock| async move { clock.sleep_until(at(10)).await };
    let (book, finished) = scene.play_until(house, stop);
    let stored = Conclusion::Stored(Generation(1));
    assert_eq!(book.conclusions(), [(0, stored), (20, stored), (30, Conclusion::TimedOut)]);
    assert_eq!((finished.sent, finished.concluded, finished.unfinished), (3, 3, 0));
    assert_eq!((finished.ended_at, finished.interrupted), (at(30), true));
}

#[test]
fn the_wait_for_what_is_under_way_is_bounded() {
    let bounds = Bounds { drain: Duration::from_millis(5), ..Bounds::none() };
    let stop = |clock: Clock| async move { clock.sleep_until(at(10)).await };
    let (_, finished) =
        Scene { bounds, ..Scene::new() }.play_until(|_, _| async { Verdict::Silence }, stop);
    assert_eq!((finished.sent, finished.unfinished, finished.ended_at), (1, 1, at(15)));
}

/// Over sockets, where a reset is a reset and a port can be closed.
#[test]
fn sockets_that_break_or_do_not_open_are_resets() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let orgs = Distribution::exactly(micros(1));
        let swarm = Swarm::draw(SEED, [(1, &orgs)]).unwrap();
        // One attempt, at the start; it ends when it ends.
        let patient = Profile { timeout: None, ..app() };
        let day = SimDuration::from_hours(24);
        let trigger = Trigger::Periodic { every: day, schedule: Schedule::Aligned };
        let scene = Scene { profile: Profile { trigger, ..patient }, ..Scene::new() };
        let mut outcomes = Vec::new();
        let mut listener = Some(listener);
        for _ in 0..2 {
            let clock = Clock::start(TimeScale::REAL);
            let book = Book::new(clock);
            let drive = Drive {
                stage: scene.stage(),
                swarm: &swarm,
                seed: SEED,
                replication: 0,
                clock,
                end: SimTime::ZERO + day,
                target: target(Protocol::Oauth2),
                unix_s: 0,
                credentials: Vec::new(),
                killed: None,
                bounds: Bounds::default(),
                progress: Arc::default(),
            };
            if let Some(listener) = listener.take() {
                spawn_local(async move {
                    let (mut socket, _) = listener.accept().await.unwrap();
                    let mut request = [0; 64];
                    tokio::io::AsyncReadExt::read(&mut socket, &mut request).await.unwrap();
                    socket.set_zero_linger().unwrap();
                });
            }
            let done = Rc::clone(&book);
            let stop = async move {
                while done.concluded.borrow().is_empty() {
                    tokio::task::yield_now().await;
                }
            };
            let watch = Rc::clone(&book);
            let finished = super::drive(drive, Tcp(address), watch, stop).await.unwrap();
            let end = book.concluded.borrow()[0].conclusion;
            outcomes.push((end, finished.connections.failed));
        }
        assert_eq!(outcomes, [(Conclusion::Reset, 0), (Conclusion::Reset, 1)]);
    });
}
