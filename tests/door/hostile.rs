//! Clients that nobody would write on purpose, or only on purpose. Each test ends with a normal
//! request to the same server.

use std::fmt::Write as _;
use std::time::Duration;

use amnesty::live::door::{Delivery, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::interval;

use crate::house::{End, HELLO, Server, get, see, visit};

/// Sends bytes and expects a refusal, then the end.
async fn is_refused(server: &Server, bytes: impl AsRef<[u8]>, status: &str) {
    let seen = server.see(bytes).await;
    assert!(seen.text().starts_with(&format!("HTTP/1.1 {status} ")), "{}", seen.text());
    assert_eq!(seen.count("HTTP/1.1"), 1, "{}", seen.text());
    assert_eq!(seen.end, End::Closed);
}

fn post(headers: &str, body: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}")
}

#[tokio::test]
async fn oversized_headers_are_refused() {
    visit(Limits::default(), async |server| {
        let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(300_000));
        is_refused(server, long, "431").await;
        let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(200));
        is_refused(server, many, "431").await;
        is_refused(server, get(&"/x".repeat(100_000)), "431").await;
        assert!(server.journal.handled.borrow().is_empty());
    })
    .await;
}

#[tokio::test]
async fn oversized_bodies_are_refused_and_the_client_can_read_it() {
    visit(Limits::default(), async |server| {
        // The announcement is enough: nothing more is waited for, and nobody is told to go on.
        let announced = "Content-Length: 70000\r\nExpect: 100-continue";
        is_refused(server, post(announced, ""), "413").await;
        let body = "x".repeat(500_000);
        is_refused(server, post("Content-Length: 500000", &body), "413").await;
        let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        is_refused(server, post("Transfer-Encoding: chunked", &chunked), "413").await;
        let small_chunks = "1\r\nx\r\n".repeat(70_000);
        is_refused(server, post("Transfer-Encoding: chunked", &small_chunks), "413").await;
        assert!(server.journal.handled.borrow().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_taken_in_pieces() {
    let limits = Limits { keep_alive: false, ..Limits::default() };
    visit(limits, async |server| {
        let body = "abcdefgh".repeat(limits.body_bytes / 8);
        let length = format!("Content-Length: {}", body.len());
        let seen = server.see(post(&length, &body)).await;
        assert_eq!(seen.parts().1, body);
        let mut chunks = String::new();
        for place in (0..body.len()).step_by(1000) {
            let chunk = &body[place..body.len().min(place + 1000)];
            write!(chunks, "{:x}\r\n{chunk}\r\n", chunk.len()).unwrap();
        }
        let chunked = format!("{chunks}0\r\nTrailer: x\r\n\r\n");
        let seen = server.see(post("Transfer-Encoding: chunked", &chunked)).await;
        assert_eq!(seen.parts().1, body);
    })
    .await;
}

#[tokio::test]
async fn a_slow_body_is_refused() {
    let limits = Limits { body_timeout: Some(Duration::from_millis(20)), ..Limits::default() };
    visit(limits, async |server| {
        is_refused(server, post("Content-Length: 10", "only"), "408").await;
        is_refused(server, post("Content-Length: 10", ""), "408").await;
        is_refused(server, post("Transfer-Encoding: chunked", "4\r\nonly"), "408").await;
    })
    .await;
}

#[tokio::test]
async fn a_broken_body_is_refused() {
    visit(Limits::default(), async |server| {
        is_refused(server, post("Transfer-Encoding: chunked", "zz\r\n"), "400").await;
        let endless = format!("{}\r\n", "f".repeat(40));
        is_refused(server, post("Transfer-Encoding: chunked", &endless), "400").await;
        let mut stream = server.connect().await;
        stream.write_all(post("Content-Length: 10", "only").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        assert!(see(&mut stream).await.text().starts_with("HTTP/1.1 400 "));
    })
    .await;
}

#[tokio::test]
async fn a_dribbled_head_runs_out_of_time() {
    let limits = Limits { header_timeout: Some(Duration::from_millis(60)), ..Limits::default() };
    visit(limits, async |server| {
        let mut stream = server.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
        let mut beat = interval(Duration::from_millis(5));
        let end = loop {
            tokio::select! {
                end = stream.read_u8() => break end,
                _ = beat.tick() => { let _ = stream.write_all(b"x").await; }
            }
        };
        assert!(end.is_err(), "no byte comes before the end");
        assert!(server.journal.handled.borrow().is_empty());
    })
    .await;
}

#[tokio::test]
async fn nonsense_is_refused() {
    let nonsense: [&[u8]; 14] = [
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / \r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTQ/1.1\r\n\r\n",
        b"G@(T / HTTP/1.1\r\n\r\n",
        b"GET /\x7f HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX : y\r\n\r\n",
        b"GET / HTTP/1.1\r\nX\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ];
    visit(Limits::default(), async |server| {
        for bytes in nonsense {
            is_refused(server, bytes, "400").await;
        }
        // The beginning of HTTP/2 gets no answer that its client could misread.
        let seen = server.see("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        assert_eq!((seen.bytes.len(), seen.end), (0, End::Closed));
        assert!(server.journal.handled.borrow().is_empty());
    })
    .await;
}

#[tokio::test]
async fn noise_of_all_kinds_ends_the_connection_and_nothing_else() {
    let mut state = 1_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33).to_le_bytes()[0]
    };
    let valid = post("Transfer-Encoding: chunked", "4\r\nbody\r\n0\r\n\r\n").into_bytes();
    visit(Limits::default(), async |server| {
        for _ in 0..300 {
            let mut bytes = valid.clone();
            for _ in 0..3 {
                let place = usize::from(random()) % bytes.len();
                bytes[place] = random();
            }
            let mut stream = server.connect().await;
            stream.write_all(&bytes).await.unwrap();
            stream.shutdown().await.unwrap();
            let seen = see(&mut stream).await;
            assert!(seen.bytes.is_empty() || seen.bytes.starts_with(b"HTTP/1.1 "), "{seen:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_smuggled_request_is_never_handled() {
    let hidden = get("/smuggled");
    let body = format!("0\r\n\r\n{hidden}");
    let length = format!("Content-Length: {}", body.len());
    visit(Limits::default(), async |server| {
        // Chunks count (RFC 9112 §6.3), and the connection ends behind them.
        let both = [
            format!("{length}\r\nTransfer-Encoding: chunked"),
            format!("Transfer-Encoding: chunked\r\n{length}"),
        ];
        for headers in both {
            let seen = server.see(post(&headers, &body)).await;
            assert!(seen.text().starts_with("HTTP/1.1 200 "), "{headers}: {}", seen.text());
            assert_eq!((seen.count("HTTP/1.1"), seen.end), (1, End::Closed), "{headers}");
        }
        let refused = [
            format!("{length}\r\nTransfer-Encoding: chunked, identity"),
            format!("{length}\r\nTransfer-Encoding: xchunked"),
            format!("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n{length}"),
            format!("{length}\r\nContent-Length: 5"),
            "Content-Length: 5, 6".to_owned(),
            "Content-Length: +5".to_owned(),
        ];
        for headers in refused {
            is_refused(server, post(&headers, &body), "400").await;
        }
        assert_eq!(*server.journal.handled.borrow(), ["/echo", "/echo"]);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_pipelines_and_never_reads_is_cut_off() {
    let limits = Limits { write_stall: Some(Duration::from_millis(50)), ..Limits::default() };
    visit(limits, async |server| {
        let mut stream = server.connect().await;
        stream.write_all(get("/big/1000000").repeat(1000).as_bytes()).await.unwrap();
        let broken = |last: &Delivery| *last == Delivery::Broken;
        server
            .journal
            .until(|journal| journal.deliveries.borrow().last().is_some_and(broken))
            .await;
        // Only what the kernel's buffers hold was made: one answer at a time, until one is stuck.
        let handled = server.journal.handled.borrow().len();
        assert!(handled < 100, "{handled} answers are in memory");
        assert_eq!(server.journal.deliveries.borrow().len(), handled);
        assert_eq!(see(&mut stream).await.end, End::Reset);
    })
    .await;
}

#[tokio::test]
async fn clients_may_leave_at_any_point() {
    let request = post("Content-Length: 9", "some body");
    // With room for one connection, those that left are seen to be gone.
    let limits = Limits { max_connections: 1, ..Limits::default() };
    visit(limits, async |server| {
        for sent in 0..=request.len() {
            for reset in [false, true] {
                let mut stream = server.connect().await;
                stream.write_all(&request.as_bytes()[..sent]).await.unwrap();
                if reset {
                    stream.set_zero_linger().unwrap();
                }
            }
        }
        let mut stream = server.connect().await;
        stream.write_all(get("/big/50000000").as_bytes()).await.unwrap();
        let mut some = [0; 1000];
        stream.read_exact(&mut some).await.unwrap();
        drop(stream);
    })
    .await;
}

#[tokio::test]
async fn connect_and_upgrade_are_requests_like_others() {
    let limits = Limits { keep_alive: false, ..Limits::default() };
    visit(limits, async |server| {
        let upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n";
        assert_eq!(server.see(upgrade).await.parts().1, HELLO);
        let seen = server.see("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!((seen.count("HTTP/1.1 200 OK"), seen.end), (1, End::Closed));
    })
    .await;
}
