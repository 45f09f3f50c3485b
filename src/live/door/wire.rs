//! The tap between hyper and a socket, and the cells it shares with the service.
//!
//! ```text
//!            first byte        head parsed         body whole          verdict
//!   ┌──────┐ ───────► ┌──────┐ ─────────► ┌──────┐ ─────────► ┌─────────┐ ───► ┌────────┐
//!   │ Idle │          │ Head │            │ Body │            │ Handler │      │ Answer │
//!   └──────┘          └──────┘            └──────┘            └─────────┘      └───┬────┘
//!      ▲               (begins here)                                               │
//!      └─────────────────────── all taken by hyper, and flushed ───────────────────┘
//! ```

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::line::Line;
use super::verdict::{Ending, Receipt};

/// What a connection is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The first byte of a further request.
    Idle,
    /// The rest of a head.
    Head,
    /// The rest of a body.
    Body,
    /// A verdict.
    Handler,
    /// The sending of an answer.
    Answer,
}

/// What waits, and for which time: a deadline holds for as long as this stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) stage: Stage,
    /// Whether it is the client's turn to read.
    pub(super) stalled: bool,
    turn: u64,
}

/// How a connection goes on when it is no longer hyper's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It ends.
    End(Ending),
    /// It ends after the rest of a refused request has been read.
    Linger,
    /// It stays open and says nothing.
    Silence,
}

/// The part of an answer that passes the tap.
#[derive(Debug, Clone, Copy)]
enum Passes {
    /// All of it.
    All,
    /// A part that is known when the header block is: all of it and so many bytes, or half of it.
    Part(Option<usize>, Ending),
    /// So many more bytes.
    Bytes(usize, Ending),
}

/// What tap, service and driver of a connection know in common.
pub(super) struct Wire {
    stage: Cell<Stage>,
    /// Changes with every step forward, so that the same stage twice is two waits.
    turn: Cell<u64>,
    stalled: Cell<bool>,
    /// Whether the body of the answer has been taken by hyper.
    taken: Cell<bool>,
    late: Cell<bool>,
    refused: Cell<bool>,
    passes: Cell<Passes>,
    receipt: Cell<Option<Receipt>>,
    fate: Cell<Option<Fate>>,
}

impl Wire {
    pub(super) fn new() -> Self {
        Self {
            stage: Cell::new(Stage::Head),
            turn: Cell::new(0),
            stalled: Cell::new(false),
            taken: Cell::new(false),
            late: Cell::new(false),
            refused: Cell::new(false),
            passes: Cell::new(Passes::All),
            receipt: Cell::new(None),
            fate: Cell::new(None),
        }
    }

    pub(super) fn enter(&self, stage: Stage) {
        self.stage.set(stage);
        self.turn.set(self.turn.get() + 1);
    }

    pub(super) fn wait(&self) -> Wait {
        Wait { stage: self.stage.get(), stalled: self.stalled.get(), turn: self.turn.get() }
    }

    /// An answer follows, whole.
    pub(super) fn answer(&self, receipt: Option<Receipt>) {
        self.taken.set(false);
        self.receipt.set(receipt);
        self.enter(Stage::Answer);
    }

    /// An answer follows, of which a part is sent: the headers and so many bytes, or half the headers.
    pub(super) fn cut(&self, behind_headers: Option<usize>, ending: Ending) {
        self.answer(None);
        self.passes.set(Passes::Part(behind_headers, ending));
    }

    /// An answer follows that was given before the request had been read.
    pub(super) fn refuse(&self) {
        self.answer(None);
        self.refused.set(true);
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused.get()
    }

    /// hyper has the whole answer in its buffer.
    pub(super) fn taken(&self) {
        self.taken.set(true);
    }

    /// The body that is being collected took too long.
    pub(super) fn make_late(&self) {
        self.late.set(true);
    }

    pub(super) fn is_late(&self) -> bool {
        self.late.get()
    }

    /// The connection is over for hyper.
    pub(super) fn seal(&self, fate: Fate) {
        self.fate.set(Some(fate));
    }

    pub(super) fn fate(&self) -> Option<Fate> {
        self.fate.get()
    }

    /// How many of the coming bytes may pass, of which `next` are the first that hyper has not yet
    /// seen written; none at all is the end of the connection.
    fn allowance(&self, next: &[u8]) -> io::Result<usize> {
        let (left, ending) = match self.passes.get() {
            Passes::All => return Ok(next.len()),
            Passes::Part(behind_headers, ending) => {
                let (interim, headers) = header_block(next);
                let part =
                    behind_headers.map_or(headers / 2, |bytes| headers.saturating_add(bytes));
                (interim.saturating_add(part), ending)
            }
            Passes::Bytes(left, ending) => (left, ending),
        };
        self.passes.set(Passes::Bytes(left, ending));
        if left == 0 {
            return Err(self.end(ending));
        }
        Ok(left.min(next.len()))
    }

    fn end(&self, ending: Ending) -> io::Error {
        self.seal(Fate::End(ending));
        io::Error::other("the answer is cut here")
    }

    fn wrote(&self, bytes: usize) {
        if let Passes::Bytes(left, ending) = self.passes.get() {
            self.passes.set(Passes::Bytes(left.saturating_sub(bytes), ending));
        }
        if self.stalled.replace(false) {
            self.turn.set(self.turn.get() + 1);
        }
    }

    fn flushed(&self) -> io::Result<()> {
        if self.stage.get() != Stage::Answer || !self.taken.get() {
            return Ok(());
        }
        if let Passes::Part(_, ending) | Passes::Bytes(_, ending) = self.passes.get() {
            return Err(self.end(ending));
        }
        if let Some(receipt) = self.receipt.take() {
            receipt.whole();
        }
        self.enter(Stage::Idle);
        Ok(())
    }
}

/// The lengths of an interim answer at the head of `bytes`, if there is one, and of the header block
/// that follows. hyper keeps both in one buffer with what comes behind.
fn header_block(bytes: &[u8]) -> (usize, usize) {
    const INTERIM: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    const BLANK_LINE: &[u8] = b"\r\n\r\n";
    let block = bytes.strip_prefix(INTERIM).unwrap_or(bytes);
    let end = block.windows(BLANK_LINE.len()).position(|four| four == BLANK_LINE);
    (bytes.len() - block.len(), end.map_or(block.len(), |end| end + BLANK_LINE.len()))
}

/// A line that hyper reads and writes, and the wire has a say in.
pub(super) struct Tap<L> {
    line: L,
    wire: Rc<Wire>,
}

impl<L: Line> Tap<L> {
    pub(super) fn new(line: L, wire: &Rc<Wire>) -> Self {
        Self { line, wire: Rc::clone(wire) }
    }

    pub(super) fn into_line(self) -> L {
        self.line
    }
}

impl<L: Line> AsyncRead for Tap<L> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.line).poll_read(cx, buf))?;
        if buf.filled().len() > before && self.wire.stage.get() == Stage::Idle {
            self.wire.enter(Stage::Head);
        }
        Poll::Ready(Ok(()))
    }
}

impl<L: Line> AsyncWrite for Tap<L> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let allowed = self.wire.allowance(buf)?;
        let Poll::Ready(written) = Pin::new(&mut self.line).poll_write(cx, &buf[..allowed]) else {
            self.wire.stalled.set(true);
            return Poll::Pending;
        };
        let written = written?;
        self.wire.wrote(written);
        Poll::Ready(Ok(written))
    }

    /// hyper flushes when its own buffer is empty: whatever it has taken is with the kernel now.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.line).poll_flush(cx))?;
        Poll::Ready(self.wire.flushed())
    }

    /// How the line ends is decided when hyper has handed it back.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
