//! A client of HTTP/2 that is well behaved, unless it is told otherwise.

use std::net::SocketAddr;

use axum::http::{Method, Request, Response};
use bytes::Bytes;
use h2::{
    RecvStream,
    client::{Builder, SendRequest},
};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};

use super::server::PATIENCE;

/// One connection.
pub(crate) struct Client {
    pub(crate) requests: SendRequest<Bytes>,
    /// How the connection ended.
    pub(crate) ended: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::with(address, &Builder::new()).await
    }

    /// One that lets each stream have so much at once, and the connection as much as it likes.
    pub(crate) async fn narrow(address: SocketAddr, window: u32) -> Self {
        let mut builder = Builder::new();
        builder.initial_window_size(window).initial_connection_window_size(1 << 30);
        Self::with(address, &builder).await
    }

    async fn with(address: SocketAddr, builder: &Builder) -> Self {
        let socket = TcpStream::connect(address).await.expect("a connection");
        let (requests, connection) = builder.handshake(socket).await.expect("HTTP/2");
        Self { requests, ended: tokio::spawn(connection) }
    }

    /// The answer to a request, as soon as its head is there.
    pub(crate) async fn get(&self, path: &str, request_id: &str) -> Result<Answer, h2::Error> {
        let request = request(Method::GET, path, request_id);
        let mut requests = self.requests.clone().ready().await?;
        let (response, _) = requests.send_request(request, true)?;
        let response = timeout(PATIENCE, response).await.expect("in time")?;
        Ok(Answer::of(response))
    }

    /// The answer of a stream, up to its first event.
    pub(crate) async fn open(&self, path: &str, request_id: &str) -> Answer {
        let mut answer = self.get(path, request_id).await.expect("an answer");
        answer.read_until("sse.open").await;
        answer
    }
}

/// A request, as any client would send it.
pub(crate) fn request(method: Method, path: &str, request_id: &str) -> Request<()> {
    Request::builder()
        .method(method)
        .uri(format!("http://localhost{path}"))
        .header("x-request-id", request_id)
        .body(())
        .expect("a request")
}

/// An answer, and what of it has come.
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: RecvStream,
    text: String,
}

impl Answer {
    pub(crate) fn of(response: Response<RecvStream>) -> Self {
        let status = response.status().as_u16();
        Self { status, body: response.into_body(), text: String::new() }
    }

    /// Reads one piece.
    pub(crate) async fn read_piece(&mut self) {
        self.more().await.expect("it goes on").expect("it is well");
    }

    /// The next piece, which the other end may then fill again.
    async fn more(&mut self) -> Option<Result<usize, h2::Error>> {
        let piece = match timeout(PATIENCE, self.body.data()).await.expect("in time")? {
            Ok(piece) => piece,
            Err(error) => return Some(Err(error)),
        };
        self.text.push_str(std::str::from_utf8(&piece).expect("text"));
        let _gone = self.body.flow_control().release_capacity(piece.len());
        Some(Ok(piece.len()))
    }

    pub(crate) async fn read_until(&mut self, end: &str) {
        while !self.text.contains(end) {
            match self.more().await {
                Some(Ok(_)) => {}
                other => panic!("{other:?} after {}", self.text),
            }
        }
    }

    /// Everything; or how it ended instead.
    pub(crate) async fn rest(mut self) -> Result<String, h2::Error> {
        while let Some(more) = self.more().await {
            more?;
        }
        Ok(self.text)
    }

    /// How it ends, though its window is never opened again.
    pub(crate) async fn reset(&mut self) -> h2::Error {
        let reset = async {
            loop {
                match self.body.data().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return error,
                    None => panic!("an orderly end"),
                }
            }
        };
        timeout(PATIENCE, reset).await.expect("in time")
    }
}
