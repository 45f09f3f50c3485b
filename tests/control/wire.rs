//! A client of a few lines: one request a connection, written by hand.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value as Json;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A header field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (field, value) = line.split_once(": ")?;
            field.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Its JSON; the status must be this one.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Json {
        assert_eq!(self.status, status, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Asks with these header fields beside `Content-Length` and `Connection`. `Ok(None)`: the connection was
/// closed without a whole head.
pub(crate) fn ask(
    address: SocketAddr,
    line: &str,
    fields: &[(&str, &str)],
    body: &str,
) -> io::Result<Option<Answer>> {
    let mut connection = TcpStream::connect(address)?;
    // Longer than anything here takes: a test that hangs ends.
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    let fields = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let fields = fields.collect::<Vec<_>>().concat();
    let length = body.len();
    write!(
        connection,
        "{line} HTTP/1.1\r\n{fields}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut text = String::new();
    connection.read_to_string(&mut text)?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Ok(None) };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok(Some(Answer { status, head: head.to_owned(), body: body.to_owned() }))
}
