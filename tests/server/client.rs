//! A client of a few lines: what it sends is written out, and what it gets is taken apart.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than anything here takes: a test that hangs ends.
const PATIENCE: Duration = Duration::from_secs(30);

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// How the connection ended where the answer did not: `None` if all of it came.
    pub(crate) broke: Option<Broke>,
    /// How many bytes there were.
    pub(crate) bytes: usize,
}

/// How an answer broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broke {
    /// By the end of the stream.
    Closed,
    /// By a reset.
    Reset,
}

impl Asked {
    pub(crate) fn get(target: impl Into<String>) -> Self {
        let headers = vec![("Host".to_owned(), "api.example".to_owned())];
        Self { method: "GET", target: target.into(), headers, body: String::new() }
    }

    /// A form.
    pub(crate) fn post(target: impl Into<String>, body: impl Into<String>) -> Self {
        let body = body.into();
        let form = "application/x-www-form-urlencoded";
        let asked = Self::get(target).header("Content-Type", form);
        let asked = asked.header("Content-Length", body.len().to_string());
        Self { method: "POST", body, ..asked }
    }

    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        format!("{text}\r\n{}", self.body).into_bytes()
    }
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// A member of a JSON body.
    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        let body: serde_json::Value = serde_json::from_str(&self.body).expect("a body of JSON");
        body[name].clone()
    }

    /// A text of a JSON body.
    pub(crate) fn text(&self, name: &str) -> String {
        self.json(name).as_str().unwrap_or_else(|| panic!("{name} in {}", self.body)).to_owned()
    }

    /// A field of a form.
    pub(crate) fn field(&self, name: &str) -> String {
        let mut fields = form_urlencoded::parse(self.body.as_bytes());
        let field = fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        field.unwrap_or_else(|| panic!("{name} in {}", self.body))
    }

    /// A parameter of the URI that is redirected to.
    pub(crate) fn parameter(&self, name: &str) -> String {
        let location = self.header("Location").unwrap_or_else(|| panic!("a Location: {self:?}"));
        let query = location.split_once('?').map_or("", |(_, query)| query);
        let mut fields = form_urlencoded::parse(query.as_bytes());
        let field = fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        field.unwrap_or_else(|| panic!("{name} in {location}"))
    }

    /// Status and body.
    #[track_caller]
    pub(crate) fn expect(self, status: u16, body: &str) -> Self {
        assert_eq!((self.status, self.body.as_str()), (status, body));
        assert_eq!(self.broke, None);
        self
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Line(TcpStream);

impl Line {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("the server listens"))
    }

    pub(crate) async fn send(&mut self, asked: &Asked) {
        self.0.write_all(&asked.bytes()).await.expect("the server reads");
    }

    pub(crate) async fn ask(&mut self, asked: &Asked) -> Got {
        self.send(asked).await;
        self.read().await
    }

    /// Asks for headers: there is no body, whatever its length would be.
    pub(crate) async fn ask_head(&mut self, asked: &Asked) -> u16 {
        self.send(asked).await;
        let mut bytes = Vec::new();
        loop {
            if let Some((got, end)) = head(&bytes) {
                assert_eq!(end, bytes.len(), "no body follows");
                return got.status;
            }
            let read = self.0.read_buf(&mut bytes).await.expect("an answer");
            assert_ne!(read, 0, "the answer broke off");
        }
    }

    /// Reads one answer, or what there is of it.
    pub(crate) async fn read(&mut self) -> Got {
        let mut bytes = Vec::new();
        loop {
            if let Some(got) = whole(&bytes) {
                return got;
            }
            let mut piece = [0; 4096];
            let read = tokio::time::timeout(PATIENCE, self.0.read(&mut piece));
            match read.await.expect("an answer, or an end") {
                Ok(0) => return broken(&bytes, Broke::Closed),
                Ok(read) => bytes.extend_from_slice(&piece[..read]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return broken(&bytes, Broke::Reset);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Whether the server has ended the connection.
    pub(crate) async fn is_ended(&mut self) -> bool {
        let mut piece = [0; 16];
        matches!(tokio::time::timeout(PATIENCE, self.0.read(&mut piece)).await, Ok(Ok(0) | Err(_)))
    }

    /// Whether there is nothing to read, and nothing has ended, as far as can be seen now.
    pub(crate) fn is_silent(&self) -> bool {
        let mut piece = [0; 16];
        matches!(self.0.try_read(&mut piece), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

fn head(bytes: &[u8]) -> Option<(Got, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..end]).expect("headers are ASCII");
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let status = status.parse().expect("a status");
    let got = Got { status, headers, body: String::new(), broke: None, bytes: bytes.len() };
    Some((got, end + 4))
}

fn whole(bytes: &[u8]) -> Option<Got> {
    let (mut got, start) = head(bytes)?;
    let length: usize = got.header("Content-Length").map_or(0, |length| length.parse().unwrap());
    let body = bytes.get(start..start + length)?;
    got.body = String::from_utf8(body.to_vec()).expect("a body of text");
    Some(got)
}

fn broken(bytes: &[u8], broke: Broke) -> Got {
    let none = Got { status: 0, headers: Vec::new(), body: String::new(), broke: None, bytes: 0 };
    let (got, start) = head(bytes).unwrap_or((none, bytes.len()));
    let body = String::from_utf8_lossy(&bytes[start..]).into_owned();
    Got { body, broke: Some(broke), bytes: bytes.len(), ..got }
}
