//! One connection of the swarm, and one exchange on it.
//!
//! hyper splits a connection into a sender and a driver that is meant to run as a task of its own. Here
//! the attempt that has the connection polls both: that spares two switches of tasks per request, and a
//! connection that nobody has costs nothing. So nobody notices either when the server closes an
//! idle connection, until somebody wants it: [`Connection::is_usable`] looks.
//!
//! There is no retry. A request leaves this machine once or not at all.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::header::HeaderMap;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::gauge::Open;
use super::requests::Outgoing;
use crate::base::SimTime;

/// Bytes of an answer that are read: tokens are short, and JWTs under ten KB.
const BODY_BYTES_MAX: usize = 256 << 10;

/// Bytes of buffers a connection has at most.
const BUFFER_BYTES_MAX: usize = 32 << 10;

/// An open connection.
pub(super) struct Connection<Io: AsyncRead + AsyncWrite + Unpin> {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: http1::Connection<TokioIo<Io>, Full<Bytes>>,
    /// Whether the driver has ended.
    ended: bool,
    /// Since when nobody has had it; never, while somebody has.
    pub(super) idle_since: SimTime,
    /// Whether it has carried a request before.
    pub(super) is_used: bool,
    _open: Open,
}

/// An answer that arrived whole.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection had ended before a byte of the request was written: here it is.
    Unsent(Box<Outgoing>),
    /// It ended before the header block was complete.
    Reset,
    /// It ended within the body, or the body went on beyond all bounds.
    Truncated,
}

impl<Io: AsyncRead + AsyncWrite + Unpin + 'static> Connection<Io> {
    /// Takes a line. Nothing is sent.
    pub(super) async fn open(io: Io, open: Open) -> Option<Self> {
        let mut builder = http1::Builder::new();
        // One buffer for head and body: requests are small, and a copy is cheaper than a list.
        builder.max_buf_size(BUFFER_BYTES_MAX).writev(false);
        let (sender, driver) = builder.handshake(TokioIo::new(io)).await.ok()?;
        let idle_since = SimTime::NEVER;
        Some(Self { sender, driver, ended: false, idle_since, is_used: false, _open: open })
    }

    /// Whether a request can be sent: the server has not closed it, as far as has come to this machine.
    pub(super) fn is_usable(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        !self.ended && self.sender.is_ready()
    }

    /// Sends a request and reads the answer to its end.
    pub(super) async fn exchange(&mut self, request: Outgoing) -> Result<Reply, Broken> {
        self.is_used = true;
        let mut answer = pin!(self.sender.try_send_request(request));
        let head = poll_fn(|cx| {
            if !self.ended {
                self.ended = Pin::new(&mut self.driver).poll(cx).is_ready();
            }
            match answer.as_mut().poll(cx) {
                Poll::Ready(Ok(head)) => Poll::Ready(Ok(head)),
                Poll::Ready(Err(mut failed)) => {
                    let unsent = failed.take_message().map(Box::new);
                    Poll::Ready(Err(unsent.map_or(Broken::Reset, Broken::Unsent)))
                }
                Poll::Pending if self.ended => Poll::Ready(Err(Broken::Reset)),
                Poll::Pending => Poll::Pending,
            }
        });
        let (head, body) = head.await?.into_parts();
        let body = self.body(body).await.ok_or(Broken::Truncated)?;
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Reads a body whole; one that came in a piece is not copied. `None` if it broke off.
    async fn body(&mut self, mut body: Incoming) -> Option<Bytes> {
        let first = match self.piece(&mut body).await {
            Some(piece) => piece.ok()?,
            None => return Some(Bytes::new()),
        };
        if body.is_end_stream() {
            return Some(first);
        }
        let mut whole = BytesMut::from(first);
        while let Some(piece) = self.piece(&mut body).await {
            whole.extend_from_slice(&piece.ok()?);
            if whole.len() > BODY_BYTES_MAX {
                return None;
            }
        }
        Some(whole.freeze())
    }

    /// The next piece of a body, or that it broke off; `None` at its end.
    async fn piece(&mut self, body: &mut Incoming) -> Option<Result<Bytes, ()>> {
        loop {
            let frame = poll_fn(|cx| {
                // Most bodies have come with their headers.
                let mut frame = Pin::new(&mut *body).poll_frame(cx);
                if frame.is_pending() {
                    self.drive(cx);
                    frame = Pin::new(&mut *body).poll_frame(cx);
                }
                if frame.is_pending() && self.ended {
                    return Poll::Ready(Some(Err(())));
                }
                frame.map_err(drop)
            });
            match frame.await?.map(Frame::into_data) {
                Ok(Ok(data)) => return Some(Ok(data)),
                // Trailers say nothing here.
                Ok(Err(_trailers)) => {}
                Err(()) => return Some(Err(())),
            }
        }
    }

    /// Whether it can carry a further request, as far as is known without looking.
    pub(super) fn is_open(&self) -> bool {
        !self.ended && !self.sender.is_closed()
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.ended {
            self.ended = Pin::new(&mut self.driver).poll(cx).is_ready();
        }
    }
}
