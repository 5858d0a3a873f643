//! A server on a real socket, and clients that speak HTTP/1.1 by hand: what stands on the wire is
//! seen as it is, cut ends included.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use sse_runtime::{
    serve,
    serve::{Serve, ServeConfig, ServeError, ServeHandle, ServeReport},
};
use sse_tests::parser::{Event, Parser};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Server {
    pub address: SocketAddr,
    pub handle: ServeHandle,
    ended: JoinHandle<Result<ServeReport, ServeError>>,
}

impl Server {
    pub async fn start(config: ServeConfig, app: Router) -> Self {
        Self::start_as(config, app, |server| server).await
    }

    /// With something said about the server before it runs.
    pub async fn start_as(
        config: ServeConfig,
        app: Router,
        with: impl FnOnce(Serve<TcpListener>) -> Serve<TcpListener>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self::start_on(listener, config, app, with)
    }

    /// By a listener that is bound already.
    pub fn start_on(
        listener: TcpListener,
        config: ServeConfig,
        app: Router,
        with: impl FnOnce(Serve<TcpListener>) -> Serve<TcpListener>,
    ) -> Self {
        let address = listener.local_addr().expect("an address");
        let server = with(serve(listener, app).config(config));
        let handle = server.handle();
        Self { address, handle, ended: tokio::spawn(server.into_future()) }
    }

    /// How it ended.
    pub async fn report(self) -> ServeReport {
        let ended = timeout(PATIENCE, self.ended).await.expect("an end in time");
        ended.expect("no panic").expect("it ran")
    }

    /// Drops it while it runs.
    pub async fn drop_it(self) {
        self.ended.abort();
        assert!(self.ended.await.is_err_and(|error| error.is_cancelled()));
    }

    /// Sends a request by a connection of its own.
    pub async fn ask(&self, request: &Ask) -> Client {
        Client::ask(self.address, request).await
    }

    /// Opens a stream by a connection of its own, up to its `sse.open`.
    pub async fn listen(&self, request: &Ask) -> Client {
        let mut client = self.ask(request).await;
        let head = client.head().await;
        assert_eq!(head.status, 200, "{head:?}");
        client.until("sse.open").await;
        client
    }

    /// Waits until that many streams are open.
    pub async fn has_open(&self, streams: usize) {
        let holds = || self.handle.streams().open == streams;
        eventually(holds, || format!("{streams} streams, not {:?}", self.handle.streams())).await;
    }
}

/// Waits until something holds, and not for ever.
pub async fn eventually(holds: impl Fn() -> bool, what: impl Fn() -> String) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{}", what());
        sleep(Duration::from_millis(5)).await;
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct Ask {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
}

impl Ask {
    /// A `GET` for `localhost`.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), headers: Vec::new() }.header("host", "localhost")
    }

    /// For another path.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// As another method; without a body.
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// With a header, in place of one of that name.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// As a browser asks for a stream.
    pub fn by_browser(self) -> Self {
        self.header("sec-fetch-mode", "cors").header("sec-fetch-site", "same-origin")
    }

    pub fn id(self, id: impl Into<String>) -> Self {
        self.header("x-request-id", id)
    }

    fn text(&self) -> String {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text + "\r\n"
    }
}

/// The head of a response.
#[derive(Debug, Clone)]
pub struct Head {
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    /// The values of a header, joined as the standard says.
    pub fn get(&self, name: &str) -> Option<String> {
        let values = self.headers.iter().filter(|(known, _)| known == name);
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

/// One end of a connection, at which the answers are read one after the other.
pub struct Client {
    socket: TcpStream,
    bytes: Vec<u8>,
    /// What the stream has said so far.
    pub said: Parser,
    has_no_body: bool,
}

impl Client {
    pub async fn ask(address: SocketAddr, request: &Ask) -> Self {
        Self::over(TcpStream::connect(address).await.expect("a connection"), request).await
    }

    /// By a connection whose end here takes as little as can be.
    pub async fn ask_narrow(address: SocketAddr, request: &Ask) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(2048).expect("a small buffer");
        Self::over(socket.connect(address).await.expect("a connection"), request).await
    }

    async fn over(socket: TcpStream, request: &Ask) -> Self {
        let mut client =
            Self { socket, bytes: Vec::new(), said: Parser::new(), has_no_body: false };
        client.send(request).await;
        client
    }

    /// Sends another request by the same connection.
    pub async fn send(&mut self, request: &Ask) {
        self.said = Parser::new();
        self.has_no_body = request.method == "HEAD";
        self.socket.write_all(request.text().as_bytes()).await.expect("sent");
    }

    /// More bytes; false at the end of the connection.
    async fn read(&mut self) -> io::Result<bool> {
        let read = timeout(PATIENCE, self.socket.read_buf(&mut self.bytes)).await;
        Ok(read.expect("bytes in time")? > 0)
    }

    /// A line, without its end.
    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|two| two == b"\r\n") {
                let line = String::from_utf8_lossy(&self.bytes[..end]).into_owned();
                self.bytes.drain(..end + 2);
                return Ok(line);
            }
            if !self.read().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn exactly(&mut self, bytes: usize) -> io::Result<Vec<u8>> {
        while self.bytes.len() < bytes {
            if !self.read().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.bytes.drain(..bytes).collect())
    }

    pub async fn head(&mut self) -> Head {
        self.try_head().await.expect("a head")
    }

    pub async fn try_head(&mut self) -> io::Result<Head> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            match line.split_once(':') {
                Some((name, value)) => {
                    headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                None => return Ok(Head { status: status.expect("a status"), headers }),
            }
        }
    }

    /// The next chunk of the body; none at the end that the server has written, an error where
    /// the connection is cut before.
    pub async fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let size = self.line().await?;
        let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
        let chunk = self.exactly(size).await?;
        self.exactly(2).await?;
        self.said.feed(&chunk);
        Ok((size > 0).then_some(chunk))
    }

    /// Everything up to the end that the server has written.
    pub async fn rest(&mut self) -> io::Result<()> {
        // As a whole as well: a stream that does not end has heartbeats.
        let whole = async {
            while self.chunk().await?.is_some() {}
            Ok(())
        };
        timeout(PATIENCE, whole).await.expect("an end in time")
    }

    /// Reads until there was an event of this name, and gives the last of them.
    pub async fn until(&mut self, name: &str) -> Event {
        loop {
            if let Some(event) = self.said.events().iter().rfind(|event| event.name == name) {
                return event.clone();
            }
            let chunk = self.chunk().await.expect("more of the stream");
            assert!(chunk.is_some(), "the end instead of {name}: {:?}", self.said.events());
        }
    }

    /// The whole answer to the request that was sent last, whatever carries its body.
    pub async fn answer(&mut self) -> Head {
        let head = self.head().await;
        self.body(&head).await;
        head
    }

    /// The whole body behind a head.
    pub async fn body(&mut self, head: &Head) {
        match head.get("content-length") {
            _ if self.has_no_body || head.status == 204 => {}
            Some(length) => {
                let bytes = self.exactly(length.parse().expect("a length")).await;
                self.said.feed(&bytes.expect("a body"));
            }
            None => self.rest().await.expect("a body"),
        }
    }

    /// Reads the stream to its end, which the server has to write: why it ended, and after how
    /// many milliseconds the reader is to come back.
    pub async fn bye(&mut self) -> (String, u64) {
        self.rest().await.expect("an end of the stream");
        self.said_bye()
    }

    /// The same, of a stream that was read to its end.
    pub fn said_bye(&self) -> (String, u64) {
        let last = self.said.events().last().expect("an event");
        assert_eq!(last.name, "sse.bye", "{:?}", self.said.events());
        let reason = last.data.strip_prefix(r#"{"reason":""#).and_then(|r| r.strip_suffix(r#""}"#));
        let retry = last.block.retries.last().expect("a retry").parse().expect("a number");
        (reason.expect("a reason").to_owned(), retry)
    }

    /// Whether the server has closed the connection, in an orderly way.
    pub async fn is_closed(&mut self) -> bool {
        assert!(self.bytes.is_empty(), "something is left");
        matches!(self.read().await, Ok(false))
    }
}
