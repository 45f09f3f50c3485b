//! What the server's owner learns of its answers.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use amnesty::live::door::{Delivery, Limits, Receipt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::house::{End, get, see, visit};

#[test]
fn a_lost_receipt_says_broken() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let receipt = Receipt::new({
        let told = Rc::clone(&told);
        move |delivery| told.borrow_mut().push(delivery)
    });
    drop(receipt);
    assert_eq!(*told.borrow(), [Delivery::Broken]);
}

#[tokio::test]
async fn each_answer_is_confirmed_when_it_is_out() {
    visit(Limits::default(), async |server| {
        let mut stream = server.connect().await;
        let pipeline = [get("/one"), get("/big/50000000"), get("/wait")].concat();
        stream.write_all(pipeline.as_bytes()).await.unwrap();
        // The third is not even decided; a client that does not read holds back the second.
        server.journal.until(|journal| journal.handled.borrow().len() == 2).await;
        assert_eq!(*server.journal.deliveries.borrow(), [Delivery::Whole]);
        server.journal.gate.notify_one();
        stream.take(50_000_000).read_to_end(&mut Vec::new()).await.unwrap();
        server.journal.until(|journal| journal.deliveries.borrow().len() == 3).await;
        assert_eq!(*server.journal.deliveries.borrow(), [Delivery::Whole; 3]);
    })
    .await;
}

#[tokio::test]
async fn a_request_is_handled_if_its_client_has_left_already() {
    let post = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody".to_owned();
    visit(Limits::default(), async |server| {
        for request in [get("/hello"), post] {
            // An answer that fills the socket lets the end of the stream arrive before the request
            // behind it is looked at.
            let mut stream = server.connect().await;
            let pipeline = get("/big/50000000") + &request;
            stream.write_all(pipeline.as_bytes()).await.unwrap();
            server.journal.until(|journal| journal.handled.borrow().len() == 1).await;
            stream.shutdown().await.unwrap();
            let seen = see(&mut stream).await;
            assert_eq!((seen.parts().1.len(), seen.end), (50_000_000, End::Closed));
            assert_eq!(server.journal.handled.take().len(), 2);
            assert_eq!(server.journal.deliveries.take(), [Delivery::Whole, Delivery::Broken]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_is_handled_to_the_end_without_its_client() {
    visit(Limits::default(), async |server| {
        let mut stream = server.connect().await;
        stream.write_all(get("/wait").as_bytes()).await.unwrap();
        server.journal.until(|journal| journal.handled.borrow().len() == 1).await;
        drop(stream);
        // Another connection is served while the first is noticed to be gone.
        server.is_well().await;
        assert_eq!(server.journal.finished.get(), 1);
        server.journal.gate.notify_one();
        server.journal.until(|journal| journal.deliveries.borrow().len() == 2).await;
        assert_eq!(*server.journal.deliveries.borrow(), [Delivery::Whole, Delivery::Broken]);
        assert_eq!(server.journal.finished.get(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_the_client_does_not_take_is_broken() {
    let limits = Limits { write_stall: Some(Duration::from_millis(50)), ..Limits::default() };
    visit(limits, async |server| {
        let mut stream = server.connect().await;
        stream.write_all(get("/big/500000000").as_bytes()).await.unwrap();
        server.journal.until(|journal| !journal.deliveries.borrow().is_empty()).await;
        assert_eq!(*server.journal.deliveries.borrow(), [Delivery::Broken]);
        assert_eq!(see(&mut stream).await.end, End::Reset);
    })
    .await;
}
