//! What a replay costs: `cargo bench -p sse-tests --bench replay`.
//!
//! A reader comes back and gets 100,000 events. The least that a server could do is to send the
//! same bytes as one body that lies ready. Both sides are behind one `axum::serve`, and the log is
//! behind `sse_runtime::serve` as well, whose buffers are bounded; they have the same client, and
//! take turns.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

mod harness;

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router, extract::State, http::header, response::IntoResponse as _, routing::get,
    serve::ListenerExt as _,
};
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use harness::{median, verdict};
use http_body_util::BodyExt as _;
use sse_runtime::{
    Channel, ChannelConfig, EventId, Resume, SseEvent, Subscription, call, sse_handler,
};

const EVENTS: usize = 100_000;
const ROUNDS: usize = 21;

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum InventoryEvent {
    StockChanged { sku: String, left: u32, warehouse: String, note: String },
}

#[derive(Clone)]
struct App {
    /// One whose events came while nobody listened, and one with a listener for each of them.
    logs: [Channel<InventoryEvent>; 2],
    /// What a replay sends, as one.
    body: Bytes,
}

fn main() -> io::Result<()> {
    let (at_once, first) = filled(false);
    let (trickled, first_trickled) = filled(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let body = runtime.block_on(replay_of(&at_once, &first));
    let mib = body.len() as f64 / (1024.0 * 1024.0);
    let app = App { logs: [at_once, trickled], body };
    let (axum, ours) = (serve(app.clone(), false)?, serve(app, true)?);

    let sides = [
        ("one body", axum, request("/body", &first)),
        ("log", axum, request("/log/0", &first)),
        ("log, filled piece by piece", axum, request("/log/1", &first_trickled)),
        ("log, behind serve", ours, request("/log/0", &first)),
    ];
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for ((_, address, request), times) in sides.iter().zip(&mut times) {
            times.push(read(*address, request)?);
        }
    }
    println!("a replay of {EVENTS} events, {mib:.1} MiB, to one client:");
    for ((name, ..), times) in sides.iter().zip(&times) {
        println!("  {name:<26} {:>5.0} MiB/s", mib / median(times.clone()));
    }
    let [body, logs @ ..] = &times;
    for ((name, ..), log) in sides.iter().skip(1).zip(logs) {
        let ratio = median(body.iter().zip(log).map(|(body, log)| body / log).collect());
        verdict(&format!("  {name} / one body"), ratio, ">= 0.60", ratio >= 0.6);
    }
    Ok(())
}

/// A channel that keeps one event and those that a reader misses who has seen it, and the id of
/// the first.
fn filled(with_a_listener: bool) -> (Channel<InventoryEvent>, String) {
    let config = ChannelConfig::new().history(EVENTS as u64 + 1).history_bytes(u64::MAX);
    let channel = Channel::with_config(config).expect("a good configuration");
    // Without a runtime nothing lingers: each event is shown by itself.
    let listener = with_a_listener.then(|| channel.subscribe(Resume::fresh()));
    let positions = (0..=EVENTS).map(|at| {
        let event = InventoryEvent::StockChanged {
            sku: format!("A-{at:06}"),
            left: 1_234,
            warehouse: "Rotterdam".into(),
            note: "moved to the lower shelf, row 14, by the early shift of the day, as always"
                .into(),
        };
        let published = channel.publish(&event).now_or_never().expect("memory does not wait");
        published.expect("the event is published").position
    });
    let first = positions.reduce(|first, _| first).expect("there are events").id();
    drop(listener);
    (channel, first.to_string())
}

/// All that a reader gets who comes back, `sse.open` included.
async fn replay_of(channel: &Channel<InventoryEvent>, after: &str) -> Bytes {
    let resume = Resume::after(&after.parse::<EventId>().expect("an id"));
    let answer = call!(replayed(State(channel.clone()), resume)).await;
    let mut body = answer.into_response().into_body();
    let (mut bytes, mut ends) = (BytesMut::new(), Ends::default());
    while ends.count <= EVENTS {
        let frame = body.frame().await.expect("more comes").expect("streams do not fail");
        let data = frame.into_data().expect("streams have no trailers");
        ends.read(&data);
        bytes.extend_from_slice(&data);
    }
    bytes.freeze()
}

#[sse_handler]
async fn replayed(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}

/// Serves in a thread of its own until the process ends.
fn serve(app: App, by_ours: bool) -> io::Result<SocketAddr> {
    let whole = move || async move { ([(header::CONTENT_TYPE, "text/event-stream")], app.body) };
    let [at_once, trickled] = app.logs;
    let router = Router::new()
        .route("/body", get(whole))
        .route("/log/0", get(replayed).with_state(at_once))
        .route("/log/1", get(replayed).with_state(trickled));
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            if by_ours {
                return sse_runtime::serve(listener, router).await.map(drop).map_err(Into::into);
            }
            let listener = listener.tap_io(|socket| {
                let _ = socket.set_nodelay(true);
            });
            axum::serve(listener, router).await
        })
    });
    Ok(address)
}

fn request(path: &str, last_event_id: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {last_event_id}\r\n\r\n")
}

/// Seconds from the request to the end of the last event.
fn read(from: SocketAddr, request: &str) -> io::Result<f64> {
    let mut socket = TcpStream::connect(from)?;
    socket.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (mut buffer, mut ends) = (vec![0; 256 * 1024], Ends::default());
    let start = Instant::now();
    socket.write_all(request.as_bytes())?;
    while ends.count <= EVENTS {
        match socket.read(&mut buffer)? {
            0 => return Err(io::Error::other("the server closed the stream")),
            read => ends.read(&buffer[..read]),
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

/// Counts the ends of frames, which a read may cut in two. A head and what is between chunks
/// have none: their lines end otherwise.
#[derive(Default)]
struct Ends {
    count: usize,
    after_a_line: bool,
}

impl Ends {
    fn read(&mut self, bytes: &[u8]) {
        let is_cut = self.after_a_line && bytes.starts_with(b"\n");
        self.count += usize::from(is_cut) + memchr::memmem::find_iter(bytes, b"\n\n").count();
        self.after_a_line = bytes.ends_with(b"\n");
    }
}
