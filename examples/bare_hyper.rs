//! The least that an HTTP server can do: hyper, one thread, a constant answer. `benches/serve.sh` measures
//! the mock OAuth server against it.
//!
//! `cargo run --release --example bare_hyper -- 127.0.0.1:9001`
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    reason = "an example tells where it listens"
)]

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// As long as the server's answer to a refresh.
const BODY: &str = r#"{"access_token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","expires_in":1800,"token_type":"Bearer","refresh_token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;

/// Reads the request whole, as any token endpoint must, and answers.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // A request that breaks off is answered like any other.
    drop(request.into_body().collect().await);
    let response = Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .header(CACHE_CONTROL, "no-store")
        .body(Full::new(Bytes::from_static(BODY.as_bytes())));
    Ok(response.unwrap_or_default())
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(&address).await?;
        println!("serving http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(async move { drop(connection.await) });
        }
    })
}
