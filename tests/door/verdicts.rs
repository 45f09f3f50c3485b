//! What the client sees of each verdict, to the byte.

use std::time::Duration;

use amnesty::live::door::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::house::{End, HELLO, get, see, see_hello, visit};

/// The words of a target for an end.
const ENDS: [(&str, End); 2] = [("reset", End::Reset), ("close", End::Closed)];

#[tokio::test]
async fn an_answer_arrives_whole() {
    visit(Limits::default(), async |server| {
        let mut stream = server.connect().await;
        stream.write_all(get("/hello").as_bytes()).await.unwrap();
        let answer = see_hello(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\ncontent-length: 18\r\n"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_hangup_sends_nothing_and_ends_at_once() {
    visit(Limits::default(), async |server| {
        for (word, end) in ENDS {
            let seen = server.see(get(&format!("/hangup/{word}"))).await;
            assert_eq!((seen.bytes.len(), seen.end), (0, end));
        }
    })
    .await;
}

#[tokio::test]
async fn cut_headers_are_half_a_block() {
    visit(Limits::default(), async |server| {
        let mut stream = server.connect().await;
        stream.write_all(get("/hello").as_bytes()).await.unwrap();
        let block = see_hello(&mut stream).await.len() - HELLO.len();
        for (word, end) in ENDS {
            let seen = server.see(get(&format!("/cut/headers/{word}"))).await;
            assert_eq!((seen.bytes.len(), seen.end), (block / 2, end));
            assert!(seen.text().starts_with("HTTP/1.1 200 OK\r\n"), "{}", seen.text());
            assert_eq!(seen.count("\r\n\r\n"), 0);
        }
    })
    .await;
}

#[tokio::test]
async fn a_cut_body_is_half_of_what_its_headers_announce() {
    visit(Limits::default(), async |server| {
        for (word, end) in ENDS {
            let seen = server.see(get(&format!("/cut/body/{word}"))).await;
            let (headers, body) = seen.parts();
            assert!(headers.contains("\r\ncontent-length: 18\r\n"), "{headers}");
            assert_eq!((body, seen.end), ("hello, wh", end));
        }
        let seen = server.see(get("/cut-big/3000001")).await;
        let (headers, body) = seen.parts();
        assert!(headers.contains("\r\ncontent-length: 3000001\r\n"), "{headers}");
        assert_eq!((body.len(), seen.end), (1_500_000, End::Closed));
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_a_body_is_cut_in_its_headers() {
    let head = "HEAD /cut/body/close HTTP/1.1\r\nHost: x\r\n\r\n".to_owned();
    visit(Limits::default(), async |server| {
        for request in [get("/cut-empty/body/close"), head] {
            let seen = server.see(request).await;
            assert!(seen.text().starts_with("HTTP/1.1 200 OK\r\n"), "{}", seen.text());
            assert_eq!((seen.count("\r\n\r\n"), seen.end), (0, End::Closed));
        }
    })
    .await;
}

#[tokio::test]
async fn an_interim_answer_does_not_move_the_cut() {
    let request = "POST /cut/body/close HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\
                   Expect: 100-continue\r\n\r\nbody";
    visit(Limits::default(), async |server| {
        let seen = server.see(request).await;
        let answer = seen.text().strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        assert!(answer.ends_with("\r\n\r\nhello, wh"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_silence_keeps_the_connection_and_ends_with_the_client() {
    // With room for one connection, the next is served when the silent one is gone.
    let limits = Limits { max_connections: 1, ..Limits::default() };
    visit(limits, async |server| {
        let mut stream = server.connect().await;
        stream.write_all(get("/silence").as_bytes()).await.unwrap();
        server.journal.until(|journal| journal.finished.get() == 1).await;
        // A request behind the silence is no reason to miss the client's leaving.
        stream.write_all(get("/never").as_bytes()).await.unwrap();
        let read = timeout(Duration::from_millis(50), stream.read_u8()).await;
        assert!(read.is_err(), "neither a byte nor an end: {read:?}");
        drop(stream);
        server.is_well().await;
        assert_eq!(*server.journal.handled.borrow(), ["/silence", "/well"]);
    })
    .await;
}

#[tokio::test]
async fn a_silence_ends_at_its_limit() {
    let limits = Limits { silence: Some(Duration::from_millis(20)), ..Limits::default() };
    visit(limits, async |server| {
        let seen = server.see(get("/silence") + &get("/never")).await;
        assert_eq!((seen.bytes.len(), seen.end), (0, End::Closed));
        assert_eq!(*server.journal.handled.borrow(), ["/silence"]);
    })
    .await;
}

#[tokio::test]
async fn a_fault_hits_its_own_request_only() {
    let faults = [
        ("/hangup/reset", End::Reset, 2),
        ("/hangup/close", End::Closed, 2),
        ("/cut/headers/reset", End::Reset, 3),
        ("/cut/headers/close", End::Closed, 3),
        ("/cut/body/reset", End::Reset, 3),
        ("/cut/body/close", End::Closed, 3),
    ];
    visit(Limits::default(), async |server| {
        for (fault, end, status_lines) in faults {
            server.journal.handled.borrow_mut().clear();
            let pipeline = [get("/one"), get("/two"), get(fault), get("/never")].concat();
            let seen = server.see(pipeline).await;
            assert_eq!(seen.end, end, "{fault}");
            assert_eq!(seen.count(HELLO), 2, "{fault}: {}", seen.text());
            assert_eq!(seen.count("HTTP/1.1 200 OK"), status_lines, "{fault}");
            assert_eq!(*server.journal.handled.borrow(), ["/one", "/two", fault]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_answer_before_a_fault_arrives_whole() {
    visit(Limits::default(), async |server| {
        let mut stream = server.connect().await;
        let pipeline = get("/big/5000000") + &get("/hangup/close");
        stream.write_all(pipeline.as_bytes()).await.unwrap();
        let seen = see(&mut stream).await;
        assert_eq!((seen.parts().1.len(), seen.end), (5_000_000, End::Closed));
    })
    .await;
}
