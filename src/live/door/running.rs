//! The request that is being worked on, on one connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A place for the future that takes a request from its head to its verdict, outside of hyper.
///
/// hyper drops the future of a request when its client goes away, and does so even before it has
/// polled it once, if the end of the stream comes with the request. What it drops here is only the
/// waiting for the verdict: the work stays in this place, to be run to its end. The place is allocated
/// once a connection.
pub(super) struct Running<F>(RefCell<Pin<Box<Option<F>>>>);

impl<F: Future> Running<F> {
    pub(super) fn nothing() -> Self {
        Self(RefCell::new(Box::pin(None)))
    }

    pub(super) fn begin(&self, work: F) {
        self.0.borrow_mut().set(Some(work));
    }

    /// Runs what is there to its end; for ever, if there is nothing.
    pub(super) async fn end(&self) -> F::Output {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Runs what is there, if anything, to its end, which comes too late for anybody.
    pub(super) async fn finish(&self) {
        if self.0.borrow().is_some() {
            self.end().await;
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut place = self.0.borrow_mut();
        let Some(work) = place.as_mut().as_pin_mut() else { return Poll::Pending };
        let output = ready!(work.poll(cx));
        place.set(None);
        Poll::Ready(output)
    }
}
