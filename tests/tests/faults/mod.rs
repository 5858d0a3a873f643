//! Both ends of the proxy by hand: a server that says what it was told to, and a client that
//! tells apart how a connection ends.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const REQUEST: &str = "GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n";
pub(crate) const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
    transfer-encoding: chunked\r\n\r\n";
pub(crate) const BLOCKS: [&str; 4] = [
    "event: sse.open\nretry: 3000\ndata: {}\n\n",
    ": ping\n\n",
    "id: evt_12345678\ndata: 1\n\n",
    "id: evt_12345679\nevent: done\ndata: null\n\n",
];

/// The blocks behind the head, in chunks of this size.
pub(crate) fn response(chunk: usize) -> Vec<u8> {
    let mut response = HEAD.as_bytes().to_vec();
    for data in BLOCKS.concat().as_bytes().chunks(chunk) {
        response.extend_from_slice(format!("{:X}\r\n", data.len()).as_bytes());
        response.extend_from_slice(data);
        response.extend_from_slice(b"\r\n");
    }
    response.extend_from_slice(b"0\r\n\r\n");
    response
}

/// What is in the chunks of a response, and whether the last one came. Fails on anything that
/// is no chunk, and on bytes behind the last.
#[track_caller]
pub(crate) fn decode(response: &[u8]) -> (String, bool) {
    let text = std::str::from_utf8(response).expect("text");
    let mut rest = text.strip_prefix(HEAD).expect("the head as it was");
    let mut body = String::new();
    while !rest.is_empty() {
        let (size, chunk) = rest.split_once("\r\n").expect("the size of a chunk");
        let size = usize::from_str_radix(size, 16).expect("a size");
        body.push_str(&chunk[..size]);
        rest = chunk[size..].strip_prefix("\r\n").expect("the end of a chunk");
        if size == 0 {
            assert_eq!(rest, "", "behind the last chunk");
            return (body, true);
        }
    }
    (body, false)
}

/// What a server does once it has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Closes,
    /// Until the client leaves.
    Waits,
}

/// A server with one answer to all requests.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: watch::Receiver<Seen>,
    /// Stops with it.
    _accepting: JoinSet<()>,
}

/// What has come to a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    /// The requests, in the order in which they were whole.
    pub(crate) requests: Vec<String>,
    pub(crate) answered: usize,
    /// How many clients have left.
    pub(crate) left: usize,
}

impl Upstream {
    pub(crate) async fn start(answer: Vec<u8>, then: Then) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, seen) = watch::channel(Seen::default());
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let (sender, answer) = (Arc::new(sender), Arc::new(answer));
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.expect("a connection");
                sender.send_modify(|seen| seen.connections += 1);
                let (sender, answer) = (Arc::clone(&sender), Arc::clone(&answer));
                connections.spawn(async move {
                    // A client that leaves early has left.
                    let _ = serve(socket, &answer, then, &sender).await;
                    sender.send_modify(|seen| seen.left += 1);
                });
            }
        });
        Self { address, seen, _accepting: accepting }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    pub(crate) async fn wait_until(&self, wanted: impl FnMut(&Seen) -> bool) {
        let mut seen = self.seen.clone();
        let waited = timeout(PATIENCE, seen.wait_for(wanted)).await;
        waited.expect("it in time").expect("a server");
    }
}

async fn serve(
    mut socket: TcpStream,
    answer: &[u8],
    then: Then,
    seen: &watch::Sender<Seen>,
) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(socket.read_u8().await?);
    }
    let request = String::from_utf8(request).expect("text");
    seen.send_modify(|seen| seen.requests.push(request));
    socket.write_all(answer).await?;
    if then == Then::Closes {
        socket.shutdown().await?;
    }
    seen.send_modify(|seen| seen.answered += 1);
    socket.read_u8().await?;
    panic!("more than one request");
}

/// An address at which nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    listener.local_addr().expect("an address")
}

/// How a connection ended for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Fin,
    Reset,
}

/// A client that sees every byte.
#[derive(Debug)]
pub(crate) struct Reader(pub(crate) TcpStream);

impl Reader {
    /// Connects and asks.
    pub(crate) async fn ask(address: SocketAddr) -> Self {
        let mut socket = TcpStream::connect(address).await.expect("a connection");
        socket.write_all(REQUEST.as_bytes()).await.expect("a request");
        Self(socket)
    }

    /// So many bytes.
    pub(crate) async fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        let read = timeout(PATIENCE, self.0.read_exact(&mut bytes)).await;
        read.expect("the bytes in time").expect("all of them");
        bytes
    }

    /// Everything up to the end.
    pub(crate) async fn rest(&mut self) -> (Vec<u8>, Ended) {
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match timeout(PATIENCE, self.0.read(&mut buffer)).await.expect("an end in time") {
                Ok(0) => return (bytes, Ended::Fin),
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    return (bytes, Ended::Reset);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Whether neither a byte nor an end comes for so long. Nothing shows that something will
    /// never come, and so a test that asks can only be as sure as it is patient.
    pub(crate) async fn is_silent_for(&mut self, time: Duration) -> bool {
        timeout(time, self.0.read_u8()).await.is_err()
    }
}
