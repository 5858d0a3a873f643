//! A server that says what a test tells it to, byte for byte.

use std::{future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use sse_runtime::{
    DecodeEvent,
    client::{Client, ClientConfig, EventSource, Failure, Item, StopReason, StreamError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

/// The head of a stream of `inventory`, whose body ends with the connection.
pub(crate) const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                                 x-event-source: inventory\r\nconnection: close\r\n\r\n";
/// `sse.open` of a stream that begins anew.
pub(crate) const OPEN: &str = "event: sse.open\nretry: 10\ndata: {\"resume\":\"fresh\",\"missed\":0,\
                               \"heartbeat_ms\":15000,\"sources\":[\"inventory\"],\
                               \"request_id\":\"req_1\"}\n\n";

/// The same of one that goes on.
pub(crate) fn resumed() -> String {
    OPEN.replace("fresh", "exact")
}

/// More than anything takes on a machine that has much to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server of which each connection is a request, and an answer by a function.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    seen: watch::Sender<Seen>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<Request>,
    gone: usize,
}

/// A connection whose request has been read.
pub(crate) struct Asked {
    /// Which connection it is, from 0.
    pub(crate) number: usize,
    pub(crate) request: Request,
    pub(crate) socket: TcpStream,
    seen: watch::Sender<Seen>,
}

/// A request as it came, the names of its headers in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    head: String,
    pub(crate) body: String,
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
        let (answer, seen) = (Arc::new(answer), watch::Sender::default());
        let told = seen.clone();
        let task = tokio::spawn(async move {
            loop {
                let Ok((mut socket, _)) = listener.accept().await else { return };
                let (seen, answer) = (told.clone(), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Some(request) = read_request(&mut socket).await else { return };
                    let mut number = 0;
                    seen.send_modify(|seen: &mut Seen| {
                        number = seen.requests.len();
                        seen.requests.push(request.clone());
                    });
                    answer(Asked { number, request, socket, seen }).await;
                });
            }
        });
        Self { address, seen, task }
    }

    /// One that says the same to everybody, and closes.
    pub(crate) async fn saying(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::start(move |mut asked| {
            let text = text.clone();
            async move {
                asked.say(&text).await;
            }
        })
        .await
    }

    /// One that says one thing after the other, each to one connection. All but the last are
    /// closed when it is said; the last, and those that come after it without being told
    /// anything, stay open until the other end leaves.
    pub(crate) async fn answering<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        let texts: Arc<[String]> = texts.into_iter().map(Into::into).collect();
        Self::start(move |mut asked| {
            let texts = Arc::clone(&texts);
            async move {
                if let Some(text) = texts.get(asked.number) {
                    asked.say(text).await;
                }
                if asked.number + 1 >= texts.len() {
                    asked.until_gone().await;
                }
            }
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        self.at("/events")
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests that came, in the order in which they came.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.borrow().requests.clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn until_asked(&self, count: usize) {
        self.wait(|seen| seen.requests.len() >= count).await;
    }

    /// Waits until so many connections that were held open were closed by the other end.
    pub(crate) async fn until_gone(&self, count: usize) {
        self.wait(|seen| seen.gone >= count).await;
    }

    async fn wait(&self, is_so: impl FnMut(&Seen) -> bool) {
        let mut seen = self.seen.subscribe();
        let _seen = in_time(seen.wait_for(is_so)).await;
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Asked {
    /// Whether there is still somebody to be told.
    pub(crate) async fn say(&mut self, text: impl AsRef<[u8]>) -> bool {
        self.socket.write_all(text.as_ref()).await.is_ok()
    }

    /// Waits until the other end has closed its socket.
    pub(crate) async fn until_gone(&mut self) {
        let mut more = [0; 256];
        while matches!(self.socket.read(&mut more).await, Ok(read) if read > 0) {}
        self.seen.send_modify(|seen| seen.gone += 1);
    }
}

impl Request {
    /// The method and the path.
    pub(crate) fn line(&self) -> &str {
        let line = self.head.lines().next().unwrap_or_default();
        line.strip_suffix(" HTTP/1.1").unwrap_or(line)
    }

    /// The value of a header; all of them where it comes several times.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let values: Vec<&str> =
            values.filter(|(found, _)| *found == name).map(|(_, value)| value).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn position(&self) -> Option<String> {
        self.header("last-event-id")
    }
}

async fn read_request(socket: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let lines = text.lines().map(|line| match line.split_once(": ") {
        Some((name, value)) => format!("{}: {value}\n", name.to_lowercase()),
        None => format!("{line}\n"),
    });
    let mut request = Request { head: lines.collect(), body: String::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    while bytes.len() < end + length.unwrap_or(0) {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    request.body = String::from_utf8_lossy(&bytes[end..]).into_owned();
    Some(request)
}

/// The position of this number in a channel, as an id.
pub(crate) fn id(seq: u32) -> String {
    format!("evt_{}", digits("kanalEin", seq))
}

/// Its 24 characters, in the log of this name of 8.
pub(crate) fn digits(log: &str, seq: u32) -> String {
    assert!(seq < 10 && log.len() == 8, "the numbers are of base 62");
    format!("{log}{seq:011}tag00")
}

impl Asked {
    /// `sse.open` of a server that knows every position.
    pub(crate) fn open(&self) -> String {
        if self.request.position().is_some() { resumed() } else { OPEN.to_owned() }
    }
}

/// `sse.open` as a channel says it, whose ids are positions: the reader stands at this one.
pub(crate) fn open_at(id: &str) -> String {
    format!("id: {id}\n{OPEN}")
}

/// An event of `inventory` with an id.
pub(crate) fn left(id: &str, left: u32) -> String {
    format!("id: {id}\n{}", unnumbered(left))
}

/// The same without one.
pub(crate) fn unnumbered(left: u32) -> String {
    format!("event: left\nsource: inventory\ndata: {left}\n\n")
}

/// An answer that is no stream, and the end of its connection.
pub(crate) fn status(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n{headers}\r\n")
}

/// A client that asks nobody on the way, and waits as little as can be.
pub(crate) fn client() -> Client {
    client_of(quick())
}

pub(crate) fn client_of(config: ClientConfig) -> Client {
    Client::with_transport(config, |transport| transport.no_proxy()).expect("a client")
}

pub(crate) fn quick() -> ClientConfig {
    let shortest = Duration::from_millis(10);
    ClientConfig::new().first_delay(shortest).max_delay(shortest)
}

/// What comes of this in real time, whatever has been done to the clock.
pub(crate) async fn in_time<F: Future>(what: F) -> F::Output {
    let begin = std::time::Instant::now();
    let mut what = pin!(what);
    loop {
        match timeout(PATIENCE, &mut what).await {
            Ok(output) => return output,
            Err(_) => assert!(begin.elapsed() < PATIENCE, "it takes too long"),
        }
    }
}

/// What comes next, which is not the end.
pub(crate) async fn next<E: DecodeEvent>(
    events: &mut EventSource<E>,
) -> Result<Item<E>, StreamError> {
    in_time(events.next()).await.expect("not the end")
}

/// The next event, where nothing but `sse.open` comes before it.
pub(crate) async fn event<E: DecodeEvent>(
    events: &mut EventSource<E>,
) -> sse_runtime::client::Received<E> {
    loop {
        match next(events).await {
            Ok(Item::Opened(_)) => {}
            Ok(Item::Event(received)) => return received,
            Ok(_) => panic!("something else than an event came"),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Why the stream ends, whatever comes before. There must be nothing behind the end.
pub(crate) async fn end<E: DecodeEvent>(events: &mut EventSource<E>) -> StopReason {
    in_time(async { while events.next().await.is_some() {} }).await;
    assert!(events.next().await.is_none());
    events.stop_reason().expect("it is over").clone()
}

/// What it failed of, for good.
pub(crate) async fn fatal<E: DecodeEvent>(events: &mut EventSource<E>) -> Failure {
    match end(events).await {
        StopReason::Failed(sse_runtime::client::ClientError::Fatal(failure)) => failure,
        other => panic!("{other}"),
    }
}
