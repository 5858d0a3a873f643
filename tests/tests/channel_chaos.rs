//! Connections that break everywhere: nothing is lost, repeated or out of order, and no gap is
//! left untold.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "channel_chaos/event.rs"]
mod event;
#[path = "channel_chaos/publisher.rs"]
mod publisher;
#[path = "channel_chaos/reader.rs"]
mod reader;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::State, routing::get};
use event::{Chaos, ChaosEvent};
use publisher::Publisher;
use reader::Reader;
use sse_runtime::{
    ChannelConfig, Position, Resume, Resumed, Subscription, sse_handler, testing::TestServer,
};
use sse_tests::checker::{Counts, Finding, History, Op};
use tokio::{select, sync::Barrier, task::JoinSet};

#[sse_handler]
async fn chaos(State(channel): State<Chaos>, resume: Resume) -> Subscription<ChaosEvent> {
    channel.subscribe(resume)
}

fn server(channel: &Chaos) -> TestServer {
    TestServer::new(Router::new().route("/", get(chaos)).with_state(channel.clone()))
}

const PUBLISHERS: u32 = 10;
const READERS: u64 = 10;
/// How often the connection of each reader breaks: a thousand times together.
const BREAKS: u32 = 100;

/// Ten publishers, ten readers whose connections break a hundred times each.
///
/// Whatever the history, a reader that comes back is never fresh and never reset. Everything
/// else is for the checker to say, and all of it can happen here: a reader stands where its
/// first `sse.open` says, so that what is missing after that is a lost prefix; the last
/// connection of each is read for as long as anything is missing, so that what then has not come
/// is a lost suffix; and as all of them read to the same end, what one has got since another
/// stood there must have come to the other.
async fn storm(config: ChannelConfig) -> (Counts, Vec<Finding>) {
    let config = config.largest_event(event::LARGEST);
    let channel = Chaos::with_config(config).expect("a good configuration");
    let (stop, head) = (Arc::new(AtomicBool::new(false)), Arc::new(OnceLock::new()));
    let mut publishers = JoinSet::new();
    for number in 0..PUBLISHERS {
        publishers.spawn(Publisher::new(&channel, number).run(Arc::clone(&stop)));
    }
    let enough = Arc::new(Barrier::new(READERS as usize + 1));
    let mut readers = JoinSet::new();
    for seed in 0..READERS {
        readers.spawn(unlucky(server(&channel), seed, Arc::clone(&enough), Arc::clone(&head)));
    }
    select! {
        // Every connection has broken as often as it was to break.
        _ = enough.wait() => {}
        // Nobody ends before, unless it fails.
        Some(failed) = readers.join_next() => panic!("a reader: {:?}", failed.err()),
        Some(failed) = publishers.join_next() => panic!("a publisher: {:?}", failed.err()),
    }
    stop.store(true, Ordering::Relaxed);
    let mut history = History::default();
    for ops in publishers.join_all().await {
        history.publisher(ops);
    }
    history.publisher(publish(&channel, PUBLISHERS, 0).await);
    let head = *head.get_or_init(|| channel.position());
    // Wakes whoever has had everything, and did not know it.
    channel.publish(&ChaosEvent::Whispered(0)).await.expect("published");
    for reader in readers.join_all().await {
        history.reader(0, reader.steps);
    }
    (history.counts(), history.check(head))
}

/// Breaks the connection again and again, at random bytes, and reads on to the end.
async fn unlucky(
    server: TestServer,
    seed: u64,
    enough: Arc<Barrier>,
    head: Arc<OnceLock<Position>>,
) -> Reader {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut reader = Reader::connect(server.get("/")).await;
    reader.open().await;
    for _ in 0..BREAKS {
        reader = reader.reconnect_broken(&mut random).await;
        if let Some(resumed) = reader.open().await {
            assert!(!matches!(resumed, Resumed::Fresh | Resumed::Reset(_)), "{resumed:?}");
            assert!(reader.read(|| None).await, "the connection did not break");
        }
        tokio::task::yield_now().await;
    }
    reader.cut();
    enough.wait().await;
    reader = reader.reconnect().await;
    reader.open().await;
    reader.read(|| head.get().copied()).await;
    reader
}

async fn publish(channel: &Chaos, publisher: u32, number: u32) -> [Op; 2] {
    let published = channel.publish(&ChaosEvent::said(publisher, number)).await;
    let value = (publisher, number);
    [Op::Invoke(value), Op::Ok(value, published.expect("published").position)]
}

fn assert_right(findings: &[Finding], whose: &str) {
    let (count, some) = (findings.len(), Finding::one_of_each(findings));
    assert!(findings.is_empty(), "{whose}: {count} findings, the first of each kind {some:#?}");
}

/// Whether what the publishers try was tried, with every outcome that it can have.
fn assert_all_was_tried(counts: &Counts) {
    println!("{counts:?}");
    assert!(counts.ok > 1_000 && counts.failed > 100 && counts.unknown > 20, "{counts:?}");
    assert!((1..counts.unknown).contains(&counts.unknown_read), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_broken_connections_lose_and_repeat_nothing() {
    let (counts, findings) = storm(ChannelConfig::new().history(1_000_000)).await;
    assert_right(&findings, "a long history");
    assert_eq!(counts.told, 0, "everything is kept, and so nothing is missing");
    assert_all_was_tried(&counts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_short_history_every_gap_is_told() {
    let (counts, findings) = storm(ChannelConfig::new().history(20)).await;
    assert_right(&findings, "a short history");
    assert!(counts.told > 0, "nobody was away for long enough");
    assert_all_was_tried(&counts);
}

/// Their frames are a little more than 4 KiB.
const EVENTS: u32 = 30;

/// The events, and the reader of them that is cut at one byte.
async fn cut_at(byte: u64, with_position: bool) -> u64 {
    let (channel, mut history) = (Chaos::new(), History::default());
    let (begin, mut request) = (channel.position(), server(&channel).get("/").cut_at(byte));
    if with_position {
        request = request.last_event_id(&begin.id());
    }
    let mut reader = Reader::connect(request).await;
    if with_position {
        reader.stands_at(begin);
    }
    let was_opened = reader.open().await.is_some();
    for number in 0..EVENTS {
        history.publisher(publish(&channel, 0, number).await);
    }
    let head = channel.position();
    reader.read(|| Some(head)).await;
    let bytes = reader.bytes();

    reader = reader.reconnect().await;
    let resumed = reader.open().await;
    reader.read(|| Some(head)).await;
    let (repeats, steps) = (reader.repeats(), reader.steps);
    history.reader(0, steps);
    if was_opened || with_position {
        assert_eq!(resumed, Some(Resumed::Exact), "byte {byte}");
        assert_eq!((history.counts().delivered, repeats), (EVENTS as usize, 0), "byte {byte}");
    } else {
        // It never heard where it stood, and so it is new.
        assert_eq!(resumed, Some(Resumed::Fresh), "byte {byte}");
    }
    assert_right(&history.check(head), &format!("byte {byte}"));
    bytes
}

#[tokio::test(start_paused = true)]
async fn at_every_byte_of_four_kibibytes() {
    let whole = cut_at(u64::MAX, true).await;
    assert!((4_096..5_000).contains(&whole), "{whole} bytes");
    for byte in 0..whole {
        assert_eq!(cut_at(byte, true).await, byte);
        assert_eq!(cut_at(byte, false).await, byte);
    }
}
