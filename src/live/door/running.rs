//! The request that is being handled on a connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::verdict::Verdict;

/// A place for one handler's future, outside of hyper.
///
/// hyper drops the future of a request when its client goes away. What it drops here is only the
/// waiting for the verdict: the handler itself stays in this place, to be run to its end. The place is
/// allocated once a connection.
pub(super) struct Running<F>(RefCell<Pin<Box<Option<F>>>>);

impl<F: Future<Output = Verdict>> Running<F> {
    pub(super) fn none() -> Self {
        Self(RefCell::new(Box::pin(None)))
    }

    pub(super) fn begin(&self, handling: F) {
        self.0.borrow_mut().set(Some(handling));
    }

    /// Runs what is there to its end, and waits for ever if there is nothing.
    pub(super) async fn verdict(&self) -> Verdict {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Runs what is there to its end; its verdict comes too late for anybody.
    pub(super) async fn finish(&self) {
        if self.0.borrow().is_some() {
            self.verdict().await;
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Verdict> {
        let mut place = self.0.borrow_mut();
        let Some(handling) = place.as_mut().as_pin_mut() else { return Poll::Pending };
        let verdict = ready!(handling.poll(cx));
        place.set(None);
        Poll::Ready(verdict)
    }
}
