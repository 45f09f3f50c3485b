//! The loop that accepts connections, and the drain that ends it.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::resume_unwind;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::serve_connection;
use super::limits::Limits;
use super::line::Listener;
use super::verdict::Handler;
use crate::live::clock::wall;

/// Serves connections until `shutdown`, then lets requests in flight end. Returns how many
/// connections were still open when the drain ran out of time and were dropped.
///
/// Connections beyond [`Limits::max_connections`] wait to be accepted. When accepting fails for
/// want of descriptors or memory, it is tried again after a pause that doubles from 5 ms to 1 s.
///
/// # Panics
///
/// If a handler panics; and outside of a [`LocalSet`](tokio::task::LocalSet).
pub async fn serve<L, H, S>(listener: L, handler: Rc<H>, limits: Limits, shutdown: S) -> usize
where
    L: Listener,
    H: Handler,
    S: Future<Output = ()>,
{
    let mut shutdown = pin!(shutdown);
    let drain = Rc::new(Drain::default());
    let mut open = JoinSet::new();
    let mut rest = Rest::default();
    loop {
        let free = open.len() < limits.max_connections;
        let next = async {
            rest.over().await;
            listener.accept().await
        };
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = open.join_next() => {
                expect_no_panic(ended);
                continue;
            }
            accepted = next, if free => accepted,
        };
        match accepted {
            Ok((line, peer)) => {
                rest = Rest::default();
                let (handler, drain) = (Rc::clone(&handler), Rc::clone(&drain));
                open.spawn_local(async move {
                    serve_connection(line, peer, &*handler, &limits, drain.begun()).await;
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                handler.not_accepted(&error);
                rest.begin();
            }
        }
    }
    drop(listener);
    drain.begin();
    let ends = async {
        while let Some(ended) = open.join_next().await {
            expect_no_panic(ended);
        }
    };
    match limits.drain {
        Some(limit) => drop(timeout(limit, ends).await),
        None => ends.await,
    }
    open.len()
}

/// A handler that panics is a defect of this program, and none that a client should be shown as a
/// fault.
fn expect_no_panic(ended: Result<(), JoinError>) {
    let panic: Option<Box<dyn Any + Send>> = ended.err().and_then(|e| e.try_into_panic().ok());
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

/// Tells all connections that the end is near.
#[derive(Default)]
struct Drain {
    has_begun: Cell<bool>,
    bell: Notify,
}

impl Drain {
    fn begin(&self) {
        self.has_begun.set(true);
        self.bell.notify_waiters();
    }

    async fn begun(self: Rc<Self>) {
        if !self.has_begun.get() {
            self.bell.notified().await;
        }
    }
}

/// Whether an accept failed for a reason that the next one need not meet.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// The pause after an accept that failed.
#[derive(Default)]
struct Rest {
    pause: Duration,
    until: Option<Instant>,
}

impl Rest {
    const FIRST: Duration = Duration::from_millis(5);
    const LONGEST: Duration = Duration::from_secs(1);

    fn begin(&mut self) {
        self.pause = (self.pause * 2).clamp(Self::FIRST, Self::LONGEST);
        self.until = Some(wall() + self.pause);
    }

    async fn over(&self) {
        if let Some(until) = self.until {
            sleep_until(until).await;
        }
    }
}
