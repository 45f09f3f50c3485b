//! What a handler is given, and what it can decide.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{HeaderMap, Method, Response, Uri};

/// A request that has arrived whole.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The target, as the client wrote it: usually a path and a query.
    pub uri: Uri,
    /// The header fields.
    pub headers: HeaderMap,
    /// The content, of at most [`body_bytes`](super::Limits::body_bytes) bytes.
    pub body: Bytes,
    /// The other end of the connection.
    pub peer: SocketAddr,
}

/// What becomes of one request on its connection.
#[derive(Debug)]
pub enum Verdict {
    /// The answer, whose status is final (not 1xx), is sent whole, and the receipt, if there is one, is
    /// told how that went.
    Answer(Response<Full<Bytes>>, Option<Receipt>),
    /// The answer is sent up to a byte, then the connection ends.
    Cut {
        /// What would have been sent.
        answer: Response<Full<Bytes>>,
        /// Where it stops.
        at: CutAt,
        /// How the connection ends.
        ending: Ending,
    },
    /// Nothing is sent and the connection ends at once.
    Hangup(Ending),
    /// Nothing is ever sent; the connection stays open until the client goes away or
    /// [`silence`](super::Limits::silence) passes. What the client sends meanwhile is thrown away.
    Silence,
}

/// Where an answer is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutAt {
    /// In the middle of the header block.
    Headers,
    /// In the middle of the body: all headers and the first ⌊n/2⌋ of n bytes. An answer without a
    /// body (also one to `HEAD`) is cut in its headers.
    Body,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By a TCP reset (RST): the client's read fails. What the kernel has not sent is discarded, so
    /// that a client that does not keep up with reading misses more than was meant to be cut.
    Reset,
    /// By a regular close (FIN): the client reads the end of the stream.
    Close,
}

/// Decides the verdicts of a server.
///
/// Handlers run on the thread of the connections and may wait as long as they like; other
/// connections go on meanwhile. Closures from [`Request`] to a future are handlers.
pub trait Handler: 'static {
    /// Decides what becomes of `request`. The future is polled to its end even if the client goes
    /// away; it is dropped only when a drain runs out of time.
    fn handle(&self, request: Request) -> impl Future<Output = Verdict>;

    /// A connection could not be accepted for want of descriptors or memory; it is tried again.
    fn not_accepted(&self, error: &io::Error) {
        let _ = error;
    }
}

impl<F, V> Handler for F
where
    F: Fn(Request) -> V + 'static,
    V: Future<Output = Verdict>,
{
    fn handle(&self, request: Request) -> impl Future<Output = Verdict> {
        self(request)
    }
}

/// How the sending of an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Every byte was handed to the kernel. Whether the client has read them is another matter.
    Whole,
    /// The client went away or stopped reading before the last byte was handed over.
    Broken,
}

/// Is told once how the sending of an answer ended, whatever happens: a receipt that is lost on the
/// way says [`Delivery::Broken`].
pub struct Receipt(Option<Box<dyn FnOnce(Delivery)>>);

impl Receipt {
    /// A receipt that calls `tell`, from within the connection: it should note and return.
    pub fn new(tell: impl FnOnce(Delivery) + 'static) -> Self {
        Self(Some(Box::new(tell)))
    }

    pub(super) fn whole(mut self) {
        self.tell(Delivery::Whole);
    }

    fn tell(&mut self, delivery: Delivery) {
        if let Some(tell) = self.0.take() {
            tell(delivery);
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt")
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.tell(Delivery::Broken);
    }
}
