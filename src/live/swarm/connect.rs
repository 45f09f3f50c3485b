//! What connections are made of: sockets in earnest, pipes in memory where a test pauses the clock.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};

use super::target::Target;

/// Opens connections to one server.
pub trait Connect: 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + 'static;

    /// Opens one. Dropping the future gives up.
    fn connect(&self) -> impl Future<Output = io::Result<Self::Io>>;
}

/// Sockets to one address. The name was looked up once: a look-up per connection would be measured
/// as the server's latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tcp(pub SocketAddr);

impl Tcp {
    /// The first address that the target's host has.
    ///
    /// # Errors
    /// Those of the look-up, or that the host has no address.
    pub async fn resolve(target: &Target) -> io::Result<Self> {
        let mut addresses = lookup_host(target.host_and_port()).await?;
        addresses.next().map(Self).ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))
    }
}

impl Connect for Tcp {
    type Io = TcpStream;

    async fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.0).await?;
        // A request is written at once; Nagle's algorithm could only hold back the next one.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}
