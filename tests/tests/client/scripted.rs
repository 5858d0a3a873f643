//! A server that says what a test tells it to, byte for byte.

use std::{future::Future, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Mutex,
    task::JoinHandle,
};

/// The head of a stream of `inventory`, whose body ends with the connection.
pub(crate) const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                                 x-event-source: inventory\r\nconnection: close\r\n\r\n";
/// `sse.open` of a stream that begins anew.
pub(crate) const OPEN: &str = "event: sse.open\nretry: 10\ndata: {\"resume\":\"fresh\",\"missed\":0,\
                               \"heartbeat_ms\":15000,\"sources\":[\"inventory\"],\
                               \"request_id\":\"req_1\"}\n\n";

/// A server of which each connection is a request, and an answer by a function.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

/// A connection whose request has been read.
pub(crate) struct Asked {
    /// Which connection it is, from 0.
    pub(crate) number: usize,
    pub(crate) socket: TcpStream,
}

impl Scripted {
    /// Serves one connection after the other at once: none waits for another.
    pub(crate) async fn start<F, Fut>(answer: F) -> Self
    where
        F: Fn(Asked) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            loop {
                let Ok((mut socket, _)) = listener.accept().await else { return };
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Some(request) = read_request(&mut socket).await else { return };
                    let number = {
                        let mut seen = seen.lock().await;
                        seen.push(request);
                        seen.len() - 1
                    };
                    answer(Asked { number, socket }).await;
                });
            }
        });
        Self { address, requests, task }
    }

    /// One that says the same to everybody, and closes.
    pub(crate) async fn saying(text: &'static str) -> Self {
        Self::start(move |mut asked| async move { asked.say(text).await }).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events", self.address)
    }

    /// The requests that came, head and body, in the order in which they came.
    pub(crate) async fn requests(&self) -> Vec<String> {
        self.requests.lock().await.clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Asked {
    pub(crate) async fn say(&mut self, text: &str) {
        let _gone = self.socket.write_all(text.as_bytes()).await;
    }

    /// Waits until the other end has closed its socket.
    pub(crate) async fn until_gone(&mut self) {
        let mut more = [0; 256];
        while matches!(self.socket.read(&mut more).await, Ok(read) if read > 0) {}
    }
}

/// The head of a request in lower case, and the body that its length announces.
async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    while bytes.len() < head + length {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(text + &String::from_utf8_lossy(&bytes[head..]))
}
