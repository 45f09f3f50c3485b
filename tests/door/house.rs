//! A server whose targets name verdicts, and clients that speak bytes.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use amnesty::live::door::{
    CutAt, Delivery, Ending, Handler, Limits, Receipt, Request, Verdict, serve,
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};
use tokio::time::sleep;

pub(crate) const HELLO: &str = "hello, whole world";

/// What has happened behind the door, and the gate at which `/wait` waits.
#[derive(Default)]
pub(crate) struct Journal {
    pub(crate) handled: RefCell<Vec<String>>,
    pub(crate) finished: Cell<usize>,
    pub(crate) deliveries: RefCell<Vec<Delivery>>,
    pub(crate) gate: Notify,
}

impl Journal {
    /// Lets connections run until something has become true.
    pub(crate) async fn until(&self, true_now: impl Fn(&Self) -> bool) {
        while !true_now(self) {
            yield_now().await;
        }
    }
}

/// The target of a request names its verdict.
pub(crate) struct House(pub Rc<Journal>);

impl Handler for House {
    async fn handle(&self, request: Request) -> Verdict {
        let target = request.uri.path().to_owned();
        self.0.handled.borrow_mut().push(target.clone());
        let hello = || Response::new(Full::from(HELLO));
        let words: Vec<_> = target.split('/').skip(1).collect();
        let verdict = match words[..] {
            ["cut", at, ending] => {
                Verdict::Cut { answer: hello(), at: cut_at(at), ending: end(ending) }
            }
            ["cut-empty", at, ending] => {
                let answer = Response::new(Full::default());
                Verdict::Cut { answer, at: cut_at(at), ending: end(ending) }
            }
            ["cut-big", bytes] => {
                let answer = Response::new(zeros(bytes));
                Verdict::Cut { answer, at: CutAt::Body, ending: Ending::Close }
            }
            ["hangup", ending] => Verdict::Hangup(end(ending)),
            ["silence"] => Verdict::Silence,
            ["echo"] => self.answer(Response::new(Full::new(request.body))),
            ["big", bytes] => self.answer(Response::new(zeros(bytes))),
            ["wait"] => {
                self.0.gate.notified().await;
                self.answer(hello())
            }
            ["after", seconds] => {
                sleep(Duration::from_secs(seconds.parse().unwrap())).await;
                self.answer(hello())
            }
            _ => self.answer(hello()),
        };
        self.0.finished.set(self.0.finished.get() + 1);
        verdict
    }
}

impl House {
    fn answer(&self, answer: Response<Full<Bytes>>) -> Verdict {
        let journal = Rc::clone(&self.0);
        let receipt = Receipt::new(move |delivery| journal.deliveries.borrow_mut().push(delivery));
        Verdict::Answer(answer, Some(receipt))
    }
}

fn zeros(bytes: &str) -> Full<Bytes> {
    Full::from(vec![b'0'; bytes.parse().unwrap()])
}

fn cut_at(word: &str) -> CutAt {
    if word == "headers" { CutAt::Headers } else { CutAt::Body }
}

fn end(word: &str) -> Ending {
    if word == "reset" { Ending::Reset } else { Ending::Close }
}

/// A house on loopback that is open.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) journal: Rc<Journal>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<usize>,
}

impl Server {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and sees what comes back, until the end of the connection.
    pub(crate) async fn see(&self, bytes: impl AsRef<[u8]>) -> Seen {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        see(&mut stream).await
    }

    /// A server that is well answers a request and ends the connection if asked to.
    pub(crate) async fn is_well(&self) {
        let request = "GET /well HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let seen = self.see(request).await;
        assert_eq!(seen.end, End::Closed);
        assert!(seen.text().starts_with("HTTP/1.1 200 OK\r\n"), "{}", seen.text());
        assert!(seen.text().ends_with(HELLO), "{}", seen.text());
    }

    /// Ends the server, and counts the connections that the drain dropped.
    pub(crate) fn stop(self) -> impl Future<Output = usize> {
        self.stop.send(()).unwrap();
        async { self.served.await.unwrap() }
    }
}

/// Opens a house on loopback.
pub(crate) async fn open(limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let journal = Rc::new(Journal::default());
    let house = Rc::new(House(Rc::clone(&journal)));
    let (stop, stopped) = oneshot::channel::<()>();
    let served = spawn_local(serve(listener, house, limits, async { stopped.await.unwrap() }));
    Server { address, journal, stop, served }
}

/// Runs a test against a house, which must be well in the end.
pub(crate) async fn visit(limits: Limits, test: impl AsyncFnOnce(&Server)) {
    let visit = async {
        let server = open(limits).await;
        test(&server).await;
        server.is_well().await;
        server.stop().await;
    };
    LocalSet::new().run_until(visit).await;
}

/// Everything a client has read, and how it ended.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
}

impl Seen {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    /// The header block, with its blank line, and the body.
    pub(crate) fn parts(&self) -> (&str, &str) {
        let text = self.text();
        text.split_at(text.find("\r\n\r\n").unwrap() + 4)
    }

    /// How many times something stands in it.
    pub(crate) fn count(&self, words: &str) -> usize {
        self.text().matches(words).count()
    }
}

/// Reads to the end.
pub(crate) async fn see(stream: &mut (impl AsyncRead + Unpin)) -> Seen {
    let mut bytes = Vec::new();
    let end = end_of(stream.read_to_end(&mut bytes).await);
    Seen { bytes, end }
}

fn end_of(result: io::Result<usize>) -> End {
    match result.map_err(|error| error.kind()) {
        Ok(_) => End::Closed,
        Err(ErrorKind::ConnectionReset) => End::Reset,
        Err(kind) => panic!("an end of another kind: {kind}"),
    }
}

/// Reads one answer of [`HELLO`], and not a byte more.
pub(crate) async fn see_hello(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(HELLO.as_bytes()) {
        bytes.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

/// A request for a target.
pub(crate) fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n")
}
