//! The body of an answer, which reports when hyper has taken all of it.

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

use super::wire::Wire;

/// A body that marks its wire when it is dropped, which hyper does as soon as it has copied the last
/// byte, or knows that it needs none.
pub(super) struct Payload {
    body: Full<Bytes>,
    wire: Rc<Wire>,
}

impl Payload {
    pub(super) fn new(body: Full<Bytes>, wire: &Rc<Wire>) -> Self {
        Self { body, wire: Rc::clone(wire) }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.wire.taken();
    }
}
