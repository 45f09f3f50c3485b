//! The life of one connection.
//!
//! ```text
//!   hyper, request by request ──► silence ──► running request ──► reset, or close, or
//!   (watch, shutdown, verdicts)   (if so)     (without client)    close after the rest is read
//! ```

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use super::limits::Limits;
use super::line::Line;
use super::running::Running;
use super::service::Service;
use super::verdict::{Ending, Handler};
use super::watch::Watch;
use super::wire::{Fate, Stage, Tap, Wire};

/// hyper's smallest buffer.
const BUFFER_BYTES_MIN: usize = 8 << 10;

/// How much of a refused request is read for the sake of its refusal.
const LINGER_BYTES_MAX: usize = 1 << 20;

/// Serves the requests of one connection until it ends.
///
/// After `shutdown`, the request in flight is the last. Nothing here needs a `LocalSet`, but the future
/// is not `Send`.
pub async fn serve_connection<L, H, S>(
    line: L,
    peer: SocketAddr,
    handler: &H,
    limits: &Limits,
    shutdown: S,
) where
    L: Line,
    H: Handler,
    S: Future<Output = ()>,
{
    let wire = Rc::new(Wire::new());
    let service = Service {
        wire: &wire,
        handle: |request| handler.handle(request),
        body_bytes: limits.body_bytes,
        peer,
    };
    let running = Running::nothing();
    let mut connection = http1::Builder::new()
        .keep_alive(limits.keep_alive)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(BUFFER_BYTES_MIN))
        // One buffer for head and body: answers are small, and a copy is cheaper than a list.
        .writev(false)
        .serve_connection(
            TokioIo::new(Tap::new(line, &wire)),
            service_fn(|request| {
                running.begin(service.decide(request));
                service.answer(&running)
            }),
        );
    let mut shutdown = Shutdown { signal: pin!(shutdown), begun: false };
    let mut watch = Watch::new(limits);
    let mut fate = poll_fn(|cx| {
        loop {
            if let Poll::Ready(result) = Pin::new(&mut connection).poll(cx) {
                return Poll::Ready(wire.fate().unwrap_or_else(|| left(&wire, result.err())));
            }
            if let Some(fate) = wire.fate() {
                return Poll::Ready(fate);
            }
            if !shutdown.begun && shutdown.poll(cx).is_ready() {
                Pin::new(&mut connection).graceful_shutdown();
                continue;
            }
            let wait = wire.wait();
            if watch.poll(wait, cx).is_pending() {
                return Poll::Pending;
            }
            match wait.stage {
                // A close would leave the kernel with bytes to send, for as long as it likes.
                _ if wait.stalled => return Poll::Ready(Fate::End(Ending::Reset)),
                Stage::Body => wire.make_late(),
                Stage::Idle | Stage::Head | Stage::Handler | Stage::Answer => {
                    return Poll::Ready(Fate::End(Ending::Close));
                }
            }
        }
    })
    .await;
    let mut line = connection.into_parts().io.into_inner().into_line();
    if fate == Fate::Silence {
        stay_silent(&mut line, limits.silence, &mut shutdown).await;
        fate = Fate::End(Ending::Close);
    }
    running.finish().await;
    leave(line, fate, limits.linger).await;
}

/// The fate of a connection that hyper has ended.
fn left(wire: &Wire, error: Option<hyper::Error>) -> Fate {
    if wire.is_refused() || error.is_some_and(|error| error.is_parse()) {
        Fate::Linger
    } else {
        Fate::End(Ending::Close)
    }
}

/// The wish to end, which is heard once.
struct Shutdown<'a, S> {
    signal: Pin<&'a mut S>,
    begun: bool,
}

impl<S: Future<Output = ()>> Shutdown<'_, S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.begun && self.signal.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.begun = true;
        Poll::Ready(())
    }
}

/// Holds a line open, throwing away what comes, until the client has gone.
async fn stay_silent<L: Line, S: Future<Output = ()>>(
    line: &mut L,
    limit: Option<Duration>,
    shutdown: &mut Shutdown<'_, S>,
) {
    let silence = async {
        tokio::select! {
            () = read_away(line, usize::MAX) => {}
            () = poll_fn(|cx| shutdown.poll(cx)) => {}
        }
    };
    within(limit, silence).await;
}

/// Ends a line.
async fn leave<L: Line>(mut line: L, fate: Fate, linger: Option<Duration>) {
    match fate {
        Fate::End(Ending::Reset) => line.reset_on_close(),
        Fate::End(Ending::Close) | Fate::Silence => {
            let _ = line.shutdown().await;
            read_what_is_there(&mut line).await;
        }
        Fate::Linger => {
            let _ = line.shutdown().await;
            within(linger, read_away(&mut line, LINGER_BYTES_MAX)).await;
        }
    }
}

async fn within(limit: Option<Duration>, what: impl Future<Output = ()>) {
    match limit {
        Some(limit) => drop(timeout(limit, what).await),
        None => what.await,
    }
}

/// Reads until the client has nothing more to say, has gone, or has said too much.
async fn read_away<L: Line>(line: &mut L, bytes_max: usize) {
    let mut scrap = [0; 1024];
    let mut bytes = 0_usize;
    while let Ok(read) = line.read(&mut scrap).await
        && read > 0
        && bytes < bytes_max
    {
        bytes = bytes.saturating_add(read);
    }
}

/// Reads what has already arrived: a socket that is closed on unread bytes resets its connection.
async fn read_what_is_there<L: Line>(line: &mut L) {
    let mut scrap = [0; 1024];
    let mut bytes = 0;
    poll_fn(|cx| {
        loop {
            let mut buffer = ReadBuf::new(&mut scrap);
            match Pin::new(&mut *line).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && bytes < LINGER_BYTES_MAX => {
                    bytes += buffer.filled().len();
                }
                Poll::Ready(_) | Poll::Pending => return Poll::Ready(()),
            }
        }
    })
    .await;
}
