//! A client for tests: asks over whatever connection there is, and reads a stream up to a part.

#![allow(dead_code, reason = "each test file uses a part")]

use std::time::Duration;

use axum::http::{HeaderMap, Request, StatusCode, header::HOST};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

/// Longer than anything here takes on a slow machine; nothing waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request that is ready to be sent: `GET /prices`, with these headers.
pub(crate) fn request(line: &str, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::default()).unwrap()
}

/// Asks over HTTP/1.1.
pub(crate) async fn ask<I>(io: I, mut request: Request<Full<Bytes>>) -> Answer
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    request.headers_mut().insert(HOST, "localhost".parse().unwrap());
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.unwrap();
    tokio::spawn(connection);
    Answer::of(timeout(PATIENCE, sender.send_request(request)).await.unwrap().unwrap())
}

/// Asks over HTTP/2.
pub(crate) async fn ask_http2<I>(io: I, mut request: Request<Full<Bytes>>) -> Answer
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let uri = format!("https://localhost{}", request.uri());
    *request.uri_mut() = uri.parse().unwrap();
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(io)).await.unwrap();
    tokio::spawn(connection);
    Answer::of(timeout(PATIENCE, sender.send_request(request)).await.unwrap().unwrap())
}

/// An answer, with what was read of it.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    text: String,
}

impl Answer {
    fn of(response: axum::http::Response<Incoming>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body, text: String::new() }
    }

    /// Everything so far, once this is in it.
    pub(crate) async fn until(&mut self, part: &str) -> &str {
        while !self.text.contains(part) {
            assert!(self.more().await, "the end, and no `{part}`: {}", self.text);
        }
        &self.text
    }

    /// Everything, once it has ended.
    pub(crate) async fn whole(&mut self) -> &str {
        while self.more().await {}
        &self.text
    }

    async fn more(&mut self) -> bool {
        let Some(frame) = timeout(PATIENCE, self.body.frame()).await.unwrap() else { return false };
        if let Ok(data) = frame.unwrap().into_data() {
            self.text.push_str(std::str::from_utf8(&data).unwrap());
        }
        true
    }
}
