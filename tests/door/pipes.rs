//! The same door in memory, on a virtual clock: every deadline to the millisecond.
#![expect(clippy::disallowed_methods, reason = "the clock is paused, and the test looks at it")]

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use amnesty::live::door::{Limits, Listener, serve, serve_connection};
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use crate::house::{End, HELLO, House, Journal, get, see, see_hello};

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// Runs a client on one end of a pipe and the door on the other, until the client lets go.
async fn on_a_pipe(limits: Limits, client: impl AsyncFnOnce(DuplexStream)) {
    let (near, far) = duplex(1 << 10);
    let house = House(Rc::new(Journal::default()));
    let server = serve_connection(far, PEER, &house, &limits, std::future::pending());
    tokio::join!(server, client(near));
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test(start_paused = true)]
async fn a_pipe_shows_what_a_socket_shows() {
    let seen = async |target: &str| {
        let mut all = None;
        on_a_pipe(Limits::none(), async |mut pipe| {
            pipe.write_all(get(target).as_bytes()).await.unwrap();
            all = Some(see(&mut pipe).await);
        })
        .await;
        all.unwrap()
    };
    for ending in ["reset", "close"] {
        assert_eq!(seen(&format!("/hangup/{ending}")).await.bytes, b"");
        assert_eq!(seen(&format!("/cut/headers/{ending}")).await.count("\r\n\r\n"), 0);
        assert_eq!(seen(&format!("/cut/body/{ending}")).await.parts().1, "hello, wh");
    }
    assert_eq!(seen("/cut-big/100001").await.parts().1.len(), 50_000);
}

#[tokio::test(start_paused = true)]
async fn without_limits_only_the_handler_takes_time() {
    on_a_pipe(Limits::none(), async |mut pipe| {
        let start = Instant::now();
        for requests in 1..=3 {
            pipe.write_all(get("/after/1000000").as_bytes()).await.unwrap();
            see_hello(&mut pipe).await;
            assert_eq!(start.elapsed(), seconds(requests * 1_000_000));
        }
        // Nothing to wait for: the clock would jump to any timer that were left.
        pipe.write_all(b"GET").await.unwrap();
        sleep(seconds(1_000_000)).await;
        pipe.write_all(b" / HTTP/1.1\r\n\r\n").await.unwrap();
        see_hello(&mut pipe).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_has_its_own_time_between_requests() {
    let limits = Limits {
        header_timeout: Some(seconds(10)),
        idle_timeout: Some(seconds(60)),
        ..Limits::default()
    };
    on_a_pipe(limits, async |mut pipe| {
        for _ in 0..3 {
            pipe.write_all(get("/hello").as_bytes()).await.unwrap();
            see_hello(&mut pipe).await;
            sleep(seconds(59)).await;
            pipe.write_all(b"\r\n").await.unwrap();
            sleep(seconds(9)).await;
        }
        pipe.write_all(get("/hello").as_bytes()).await.unwrap();
        see_hello(&mut pipe).await;
        let idle = Instant::now();
        assert_eq!(see(&mut pipe).await.end, End::Closed);
        assert_eq!(idle.elapsed(), seconds(60));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_head_has_its_time_from_its_first_byte() {
    on_a_pipe(Limits::default(), async |mut pipe| {
        pipe.write_all(get("/hello").as_bytes()).await.unwrap();
        see_hello(&mut pipe).await;
        sleep(seconds(20)).await;
        let start = Instant::now();
        for letter in get("/").as_bytes().chunks(1).take(9) {
            pipe.write_all(letter).await.unwrap();
            sleep(seconds(1)).await;
        }
        assert_eq!(see(&mut pipe).await.bytes, b"");
        assert_eq!(start.elapsed(), seconds(10));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_body_has_its_time_from_the_end_of_its_head() {
    on_a_pipe(Limits::default(), async |mut pipe| {
        let start = Instant::now();
        pipe.write_all(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n").await.unwrap();
        for _ in 0..29 {
            pipe.write_all(b"x").await.unwrap();
            sleep(seconds(1)).await;
        }
        let status = b"HTTP/1.1 408 Request Timeout\r\n";
        assert!(see(&mut pipe).await.bytes.starts_with(status));
        assert_eq!(start.elapsed(), seconds(30));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_a_little_is_not_stalled() {
    on_a_pipe(Limits::default(), async |mut pipe| {
        pipe.write_all(get("/big/3000").as_bytes()).await.unwrap();
        sleep(seconds(29)).await;
        let mut some = [0; 512];
        tokio::io::AsyncReadExt::read_exact(&mut pipe, &mut some).await.unwrap();
        sleep(seconds(29)).await;
        let start = Instant::now();
        tokio::io::AsyncReadExt::read_exact(&mut pipe, &mut some).await.unwrap();
        sleep(seconds(31)).await;
        // It had begun to wait when it was last read from.
        assert_eq!(start.elapsed(), seconds(31));
        assert!(see(&mut pipe).await.bytes.len() <= 1 << 10, "the rest was not waited for");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_service_time_is_no_reason_to_close() {
    on_a_pipe(Limits::default(), async |mut pipe| {
        pipe.write_all(get("/after/100000").as_bytes()).await.unwrap();
        assert!(see_hello(&mut pipe).await.ends_with(HELLO));
    })
    .await;
}

/// A listener that has no descriptors for an hour, and then one pipe.
struct Exhausted {
    tries: Rc<Cell<u32>>,
    since: Instant,
    pipe: Cell<Option<DuplexStream>>,
}

impl Listener for Exhausted {
    type Line = DuplexStream;

    async fn accept(&self) -> io::Result<(DuplexStream, SocketAddr)> {
        self.tries.set(self.tries.get() + 1);
        if self.since.elapsed() < seconds(3600) {
            return Err(io::Error::other("too many open files"));
        }
        match self.pipe.take() {
            Some(pipe) => Ok((pipe, PEER)),
            None => std::future::pending().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn accepts_that_fail_are_not_hurried() {
    let test = async {
        let (mut near, far) = duplex(1 << 10);
        let tries = Rc::new(Cell::new(0));
        let listener = Exhausted {
            tries: Rc::clone(&tries),
            since: Instant::now(),
            pipe: Cell::new(Some(far)),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let house = Rc::new(House(Rc::new(Journal::default())));
        let shutdown = async { stopped.await.unwrap() };
        let served = tokio::task::spawn_local(serve(listener, house, Limits::none(), shutdown));
        near.write_all(get("/hello").as_bytes()).await.unwrap();
        see_hello(&mut near).await;
        assert!((3600..3620).contains(&tries.get()), "{} tries in an hour", tries.get());
        stop.send(()).unwrap();
        assert_eq!(see(&mut near).await.end, End::Closed);
        assert_eq!(served.await.unwrap(), 0);
    };
    LocalSet::new().run_until(test).await;
}
