//! From a head to a verdict: collects the body, asks the handler, and leaves on the wire what hyper
//! must not know.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Method, Response, StatusCode};

use super::payload::Payload;
use super::running::Running;
use super::verdict::{CutAt, Ending, Request, Verdict};
use super::wire::{Fate, Stage, Wire};

/// What the requests of one connection have in common.
pub(super) struct Service<'a, H> {
    pub(super) wire: &'a Rc<Wire>,
    pub(super) handle: H,
    pub(super) body_bytes: usize,
    pub(super) peer: SocketAddr,
}

/// What has been decided about a request.
pub(super) struct Decision {
    /// The verdict of the handler, or the status with which the request was refused before.
    verdict: Result<Verdict, StatusCode>,
    /// Whether it was a `HEAD` request, whose answer has no body whatever it says.
    to_head: bool,
}

impl<H, F> Service<'_, H>
where
    H: Fn(Request) -> F,
    F: Future<Output = Verdict>,
{
    /// From a head to the decision: this is what goes on without the client.
    pub(super) async fn decide(&self, request: hyper::Request<Incoming>) -> Decision {
        let (head, body) = request.into_parts();
        let to_head = head.method == Method::HEAD;
        let body = match self.collect(body).await {
            Ok(body) => body,
            Err(status) => return Decision { verdict: Err(status), to_head },
        };
        self.wire.enter(Stage::Handler);
        let request = Request {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body,
            peer: self.peer,
        };
        Decision { verdict: Ok((self.handle)(request).await), to_head }
    }

    /// From the decision to the answer, unless it is that there be none: then this waits to be dropped.
    pub(super) async fn answer<D>(
        &self,
        running: &Running<D>,
    ) -> Result<Response<Payload>, Infallible>
    where
        D: Future<Output = Decision>,
    {
        let Decision { verdict, to_head } = running.end().await;
        let fate = match verdict {
            Err(status) => return Ok(self.refuse(status)),
            Ok(Verdict::Answer(answer, receipt)) => {
                self.wire.answer(receipt);
                return Ok(self.send(answer));
            }
            Ok(Verdict::Cut { answer, at, ending }) => {
                self.cut(&answer, at, ending, to_head);
                return Ok(self.send(answer));
            }
            Ok(Verdict::Hangup(ending)) => Fate::End(ending),
            Ok(Verdict::Silence) => Fate::Silence,
        };
        self.wire.seal(fate);
        pending().await
    }

    /// Reads a body whole. One that came in a piece is not copied.
    async fn collect(&self, mut body: Incoming) -> Result<Bytes, StatusCode> {
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        // A length that is declared too large is refused before the client is asked to go on.
        if body.size_hint().lower() > self.body_bytes as u64 {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        self.wire.enter(Stage::Body);
        let Some(first) = self.piece(&mut body).await? else { return Ok(Bytes::new()) };
        if first.len() > self.body_bytes {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if body.is_end_stream() {
            return Ok(first);
        }
        let Some(second) = self.piece(&mut body).await? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        let mut next = Some(second);
        while let Some(piece) = next {
            if whole.len() + piece.len() > self.body_bytes {
                return Err(StatusCode::PAYLOAD_TOO_LARGE);
            }
            whole.extend_from_slice(&piece);
            next = if body.is_end_stream() { None } else { self.piece(&mut body).await? };
        }
        Ok(whole.freeze())
    }

    /// The next piece of data of a body that is neither broken nor late.
    async fn piece(&self, body: &mut Incoming) -> Result<Option<Bytes>, StatusCode> {
        loop {
            let frame = poll_fn(|cx| match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Ready(None) => Poll::Ready(Ok(None)),
                Poll::Ready(Some(Ok(frame))) => Poll::Ready(Ok(Some(frame))),
                Poll::Ready(Some(Err(_))) => Poll::Ready(Err(StatusCode::BAD_REQUEST)),
                // The driver of this connection polls again when it finds the body late.
                Poll::Pending if self.wire.is_late() => {
                    Poll::Ready(Err(StatusCode::REQUEST_TIMEOUT))
                }
                Poll::Pending => Poll::Pending,
            });
            match frame.await?.map(hyper::body::Frame::into_data) {
                None => return Ok(None),
                Some(Ok(data)) => return Ok(Some(data)),
                Some(Err(_trailers)) => {}
            }
        }
    }

    fn refuse(&self, status: StatusCode) -> Response<Payload> {
        self.wire.refuse();
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = status;
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        self.send(answer)
    }

    fn cut(&self, answer: &Response<Full<Bytes>>, at: CutAt, ending: Ending, to_head: bool) {
        let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        let body = match answer.body().size_hint().exact() {
            Some(length) if !to_head && !bodiless.contains(&answer.status()) => length,
            _ => 0,
        };
        let behind_headers = match at {
            CutAt::Body if body > 0 => Some(usize::try_from(body / 2).unwrap_or(usize::MAX)),
            CutAt::Body | CutAt::Headers => None,
        };
        self.wire.cut(behind_headers, ending);
    }

    fn send(&self, answer: Response<Full<Bytes>>) -> Response<Payload> {
        assert!(!answer.status().is_informational(), "an answer is final");
        answer.map(|body| Payload::new(body, self.wire))
    }
}
