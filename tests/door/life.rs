//! Kept connections, caps, drains, and accepts that fail.

use std::fs::read_to_string;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use amnesty::live::door::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::house::{End, HELLO, get, open, see, see_hello, visit};

#[tokio::test]
async fn a_kept_connection_carries_requests_one_after_another() {
    visit(Limits::default(), async |server| {
        let mut stream = server.connect().await;
        for _ in 0..3 {
            stream.write_all(get("/hello").as_bytes()).await.unwrap();
            let answer = see_hello(&mut stream).await;
            assert!(!answer.contains("connection:"), "{answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn without_keep_alive_every_answer_closes() {
    let limits = Limits { keep_alive: false, ..Limits::default() };
    visit(limits, async |server| {
        let seen = server.see(get("/one") + &get("/never")).await;
        assert!(seen.parts().0.contains("\r\nconnection: close\r\n"), "{}", seen.text());
        assert_eq!((seen.parts().1, seen.end), (HELLO, End::Closed));
        assert_eq!(*server.journal.handled.borrow(), ["/one"]);
    })
    .await;
}

#[tokio::test]
async fn an_old_client_is_closed_on() {
    visit(Limits::default(), async |server| {
        let seen = server.see("GET /old HTTP/1.0\r\n\r\n").await;
        assert_eq!((seen.parts().1, seen.end), (HELLO, End::Closed));
    })
    .await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_so_is_one_that_never_begins() {
    let short = Some(Duration::from_millis(20));
    let limits = Limits { idle_timeout: short, header_timeout: short, ..Limits::default() };
    visit(limits, async |server| {
        let seen = server.see(get("/hello")).await;
        assert_eq!((seen.parts().1, seen.end), (HELLO, End::Closed));
        let seen = server.see("").await;
        assert_eq!((seen.bytes.len(), seen.end), (0, End::Closed));
    })
    .await;
}

/// How many sockets this process may open, of which a connection takes two.
fn connections_max() -> usize {
    let limits = read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = files.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    soft.map_or(100, |files: usize| files.saturating_sub(200) / 2)
}

#[tokio::test]
async fn connections_over_the_cap_wait_and_are_served_later() {
    let all = connections_max().min(2_000);
    // A kernel may keep no more than 128 in its backlog.
    let cap = all - 50;
    let limits = Limits { max_connections: cap, ..Limits::default() };
    visit(limits, async |server| {
        let mut streams = Vec::new();
        for _ in 0..all {
            let mut stream = server.connect().await;
            stream.write_all(get("/hello").as_bytes()).await.unwrap();
            streams.push(stream);
        }
        let mut late = streams.split_off(cap);
        for stream in &mut streams {
            see_hello(stream).await;
        }
        for stream in &mut late {
            let read = stream.try_read(&mut [0]).map_err(|error| error.kind());
            assert_eq!(read, Err(io::ErrorKind::WouldBlock), "accepted over the cap");
        }
        assert_eq!(server.journal.handled.borrow().len(), cap);
        drop(streams);
        for stream in &mut late {
            see_hello(stream).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_drain_closes_what_is_idle_and_waits_for_what_is_in_flight() {
    let drain = async {
        let server = open(Limits::default()).await;
        let mut idle = server.connect().await;
        idle.write_all(get("/hello").as_bytes()).await.unwrap();
        see_hello(&mut idle).await;
        let mut silent = server.connect().await;
        silent.write_all(get("/silence").as_bytes()).await.unwrap();
        let mut busy = server.connect().await;
        busy.write_all(get("/wait").as_bytes()).await.unwrap();
        server.journal.until(|journal| journal.handled.borrow().len() == 3).await;

        let (journal, address) = (Rc::clone(&server.journal), server.address);
        let served = server.stop();
        assert_eq!(see(&mut idle).await.end, End::Closed);
        assert_eq!(see(&mut silent).await.end, End::Closed);
        let refused = TcpStream::connect(address).await.map_err(|error| error.kind());
        assert_eq!(refused.err(), Some(io::ErrorKind::ConnectionRefused));
        journal.gate.notify_one();
        let seen = see(&mut busy).await;
        assert!(seen.parts().0.contains("\r\nconnection: close\r\n"), "{}", seen.text());
        assert_eq!((seen.parts().1, seen.end), (HELLO, End::Closed));
        assert_eq!(served.await, 0);
    };
    LocalSet::new().run_until(drain).await;
}

#[tokio::test]
async fn a_drain_gives_up_in_the_end() {
    let drain = async {
        let limits = Limits { drain: Some(Duration::from_millis(20)), ..Limits::default() };
        let server = open(limits).await;
        let mut busy = server.connect().await;
        busy.write_all(get("/wait").as_bytes()).await.unwrap();
        server.journal.until(|journal| journal.handled.borrow().len() == 1).await;
        assert_eq!(server.stop().await, 1);
        let seen = see(&mut busy).await;
        assert_eq!((seen.bytes.len(), seen.end), (0, End::Closed));
    };
    LocalSet::new().run_until(drain).await;
}
