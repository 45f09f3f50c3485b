//! What requests arrive on: sockets, or pipes in memory for tests.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{TcpListener, TcpStream};

/// A stream of bytes that can end in two ways.
pub trait Line: AsyncRead + AsyncWrite + Unpin {
    /// Makes the coming drop a reset instead of a close, where there is such a thing.
    fn reset_on_close(&self);
}

impl Line for TcpStream {
    fn reset_on_close(&self) {
        // Fails only on sockets that are gone already.
        let _ = self.set_zero_linger();
    }
}

/// A pipe knows no reset: the other end reads the end of the stream.
impl Line for DuplexStream {
    fn reset_on_close(&self) {}
}

/// Where lines come from.
pub trait Listener {
    /// What it accepts.
    type Line: Line + 'static;

    /// Waits for the next line and its other end. Dropping the future loses no line.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Line, SocketAddr)>>;
}

impl Listener for TcpListener {
    type Line = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // Answers are small and written at once; Nagle's algorithm would only hold them back, and
        // the first part of a cut answer with them.
        let _ = stream.set_nodelay(true);
        Ok((stream, peer))
    }
}
