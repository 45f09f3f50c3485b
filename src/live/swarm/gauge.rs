//! How many connections are open, were, and can be.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::Notify;

/// Counts connections.
#[derive(Debug)]
pub(super) struct Gauge {
    open: Cell<usize>,
    peak: Cell<usize>,
    opened: Cell<u64>,
    limit: Cell<usize>,
    /// How often the system had no descriptor left.
    starved: Cell<u64>,
    closed: Notify,
    starving: Notify,
}

/// One open connection; dropping it counts it as closed.
#[derive(Debug)]
pub(super) struct Open(Rc<Gauge>);

impl Gauge {
    pub(super) fn new(limit: usize) -> Rc<Self> {
        Rc::new(Self {
            open: Cell::new(0),
            peak: Cell::new(0),
            opened: Cell::new(0),
            limit: Cell::new(limit.max(1)),
            starved: Cell::new(0),
            closed: Notify::new(),
            starving: Notify::new(),
        })
    }

    /// One more.
    pub(super) fn open(self: &Rc<Self>) -> Open {
        self.open.set(self.open.get() + 1);
        self.opened.set(self.opened.get() + 1);
        self.peak.set(self.peak.get().max(self.open.get()));
        Open(Rc::clone(self))
    }

    /// The system gives no more: from now on, so many as there are now must do. Whether there are any,
    /// so that waiting for one to close makes sense.
    pub(super) fn starve(&self) -> bool {
        self.starved.set(self.starved.get() + 1);
        self.starving.notify_one();
        self.limit.set(self.open.get().max(1));
        self.open.get() > 0
    }

    /// Waits until the system gives no more.
    pub(super) async fn starvation(&self) {
        self.starving.notified().await;
    }

    /// Waits until a connection has closed or was put by, since the last time that somebody waited.
    pub(super) async fn freed(&self) {
        self.closed.notified().await;
    }

    /// A connection has closed or was put by.
    pub(super) fn free(&self) {
        if self.starved.get() > 0 {
            self.closed.notify_one();
        }
    }

    /// How many are open.
    pub(super) fn now(&self) -> usize {
        self.open.get()
    }

    /// How many may be.
    pub(super) fn limit(&self) -> usize {
        self.limit.get()
    }

    /// How many were open at once, at most.
    pub(super) fn peak(&self) -> usize {
        self.peak.get()
    }

    /// How many were opened.
    pub(super) fn opened(&self) -> u64 {
        self.opened.get()
    }

    /// How often the system had no descriptor left.
    pub(super) fn starved(&self) -> u64 {
        self.starved.get()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
        self.0.free();
    }
}
