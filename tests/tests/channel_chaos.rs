//! Connections that break everywhere: nothing is lost, repeated or out of order, and no gap is
//! left untold.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::State, routing::get};
use sse_runtime::{
    Channel, ChannelConfig, Missed, Position, Resume, Resumed, SseEvent, Subscription, sse_handler,
    testing::{TestError, TestReader, TestRequest, TestServer},
};
use sse_tests::checker::{Faults, History, Step};
use tokio::{
    sync::Barrier,
    task::{JoinSet, yield_now},
};

#[derive(Debug, Clone, PartialEq, Eq, SseEvent)]
#[sse(source = "chaos")]
enum ChaosEvent {
    Said {
        publisher: u32,
        number: u32,
        padding: String,
    },
    #[sse(ephemeral)]
    Whispered(u32),
}

type Chaos = Channel<ChaosEvent>;

#[sse_handler]
async fn chaos(State(channel): State<Chaos>, resume: Resume) -> Subscription<ChaosEvent> {
    channel.subscribe(resume)
}

fn server(channel: &Chaos) -> TestServer {
    TestServer::new(Router::new().route("/", get(chaos)).with_state(channel.clone()))
}

fn said(publisher: u32, number: u32) -> ChaosEvent {
    let padding = "漢字\u{1f44d}".repeat((number % 7) as usize);
    ChaosEvent::Said { publisher, number, padding }
}

/// Reads until the connection breaks, or everything up to `until` has come.
async fn read(
    reader: &mut TestReader,
    steps: &mut Vec<Step>,
    until: impl Fn() -> Option<Position>,
) {
    loop {
        if let (Some(until), Some(at)) = (until(), reader.last_event_id())
            && Position::try_from(at).is_ok_and(|at| at.seq() >= until.seq())
        {
            return;
        }
        match reader.next::<ChaosEvent>().await {
            Ok(got) => {
                if let ChaosEvent::Said { publisher, number, padding } = got.event {
                    assert_eq!(
                        said(publisher, number),
                        ChaosEvent::Said { publisher, number, padding }
                    );
                    steps.push(Step::Delivered(got.id.expect("an id"), (publisher, number)));
                }
            }
            Err(TestError::Missed(missed)) => {
                steps.push(Step::Told(missed));
                steps.extend(stands(reader));
            }
            Err(TestError::Cut) => return,
            Err(error) => panic!("{error}"),
        }
    }
}

fn stands(reader: &TestReader) -> Option<Step> {
    let at = reader.last_event_id().and_then(|id| Position::try_from(id).ok());
    at.map(Step::Stands)
}

/// Notes what a new connection says of the position.
async fn open(reader: &mut TestReader, steps: &mut Vec<Step>) -> Option<Resumed> {
    let resumed = reader.opened().await.ok()?.resumed;
    match resumed {
        Resumed::Fresh | Resumed::Exact => {}
        Resumed::Gap { missed } => steps.push(Step::Told(Missed::Gap { missed })),
        Resumed::Reset(reason) => steps.push(Step::Told(Missed::Reset(reason))),
    }
    steps.extend(stands(reader));
    Some(resumed)
}

/// Breaks the connection `times` times, at random bytes, and reads on to the end.
async fn unlucky(
    server: TestServer,
    seed: u64,
    times: u32,
    enough: Arc<Barrier>,
    head: impl Fn() -> Option<Position>,
) -> Vec<Step> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut steps = Vec::new();
    let mut reader = server.get("/").connect().await.expect("a stream");
    open(&mut reader, &mut steps).await;
    for _ in 0..times {
        let byte = random.u64(..12_000);
        let (dribbles, repeats, at) = (random.u8(..8) == 0, random.bool(), random.u64(..byte + 1));
        let faults = move |request: TestRequest| {
            let request = request.cut_at(byte);
            let request = if dribbles { request.dribble() } else { request };
            if repeats { request.repeat_at(at) } else { request }
        };
        reader = reader.reconnect_with(faults).await.expect("a stream");
        if let Some(resumed) = open(&mut reader, &mut steps).await {
            assert!(!matches!(resumed, Resumed::Fresh | Resumed::Reset(_)), "{resumed:?}");
            // What comes within one connection may never end; the bytes until its cut do.
            read(&mut reader, &mut steps, || None).await;
        }
        yield_now().await;
    }
    reader.cut();
    enough.wait().await;
    reader = reader.reconnect().await.expect("a stream");
    open(&mut reader, &mut steps).await;
    loop {
        read(&mut reader, &mut steps, &head).await;
        if head().is_some() {
            return steps;
        }
    }
}

const PUBLISHERS: u32 = 10;
const READERS: u64 = 10;

/// Ten publishers, ten readers whose connections break a hundred times each.
///
/// Whatever the history, a reader that comes back is never fresh and never reset.
async fn storm(config: ChannelConfig) -> (History, Faults) {
    let channel = Chaos::with_config(config).expect("a good configuration");
    let (stop, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let mut publishers = JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let (channel, stop) = (channel.clone(), Arc::clone(&stop));
        publishers.spawn(async move {
            let mut published = Vec::new();
            for number in 0.. {
                let position = channel.publish(&said(publisher, number)).await.expect("published");
                published.push(((publisher, number), position.position));
                if number % 5 == 0 {
                    channel.publish(&ChaosEvent::Whispered(number)).await.expect("published");
                }
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // The readers are to keep up, mostly.
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            published
        });
    }
    let enough = Arc::new(Barrier::new(READERS as usize + 1));
    let mut readers = JoinSet::new();
    for seed in 0..READERS {
        let (server, channel, ended) = (server(&channel), channel.clone(), Arc::clone(&ended));
        let head = move || ended.load(Ordering::Acquire).then(|| channel.position());
        readers.spawn(unlucky(server, seed, 100, Arc::clone(&enough), head));
    }
    // Every connection has broken as often as it was to break.
    enough.wait().await;
    stop.store(true, Ordering::Relaxed);
    let mut history = History::default();
    for (value, position) in publishers.join_all().await.into_iter().flatten() {
        history.publish(value, position);
    }
    ended.store(true, Ordering::Release);
    // Wakes whoever waits for more.
    let last = channel.publish(&said(PUBLISHERS, 0)).await.expect("published");
    history.publish((PUBLISHERS, 0), last.position);
    for steps in readers.join_all().await {
        history.reader(steps);
    }
    let faults = history.check(channel.position());
    (history, faults)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_broken_connections_lose_and_repeat_nothing() {
    let (history, faults) = storm(ChannelConfig::new().history(1_000_000)).await;
    assert_eq!(faults, Faults::default());
    assert_eq!(history.told(), 0, "everything is kept, and so nothing is missing");
    assert!(history.published() > 1_000, "{} published", history.published());
    println!("{} published, {} delivered", history.published(), history.delivered());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_short_history_every_gap_is_told() {
    let (history, faults) = storm(ChannelConfig::new().history(20)).await;
    assert_eq!(faults, Faults::default());
    assert!(history.told() > 0, "nobody was away for long enough");
    println!("{} published, {} delivered", history.published(), history.delivered());
}

/// Their frames are a little more than 4 KiB.
const EVENTS: u32 = 30;

/// The events, and the reader of them that is cut at one byte.
async fn cut_at(byte: u64, with_position: bool) -> u64 {
    let channel = Chaos::new();
    let mut request = server(&channel).get("/").cut_at(byte);
    if with_position {
        request = request.last_event_id(&channel.position().id());
    }
    let (mut history, mut steps) = (History::default(), Vec::new());
    let mut reader = request.connect().await.expect("a stream");
    let was_opened = open(&mut reader, &mut steps).await.is_some();
    for number in 0..EVENTS {
        let published = channel.publish(&said(0, number)).await.expect("published");
        history.publish((0, number), published.position);
    }
    let head = channel.position();
    read(&mut reader, &mut steps, || Some(head)).await;
    let bytes = reader.bytes();

    let mut reader = reader.reconnect().await.expect("a stream");
    let resumed = open(&mut reader, &mut steps).await;
    read(&mut reader, &mut steps, || Some(head)).await;
    history.reader(steps);
    if was_opened || with_position {
        assert_eq!(resumed, Some(Resumed::Exact), "byte {byte}");
        assert_eq!((history.delivered(), reader.repeats()), (EVENTS as usize, 0), "byte {byte}");
    } else {
        // It never heard where it stood, and so it is new.
        assert_eq!(resumed, Some(Resumed::Fresh), "byte {byte}");
    }
    assert_eq!(history.check(head), Faults::default(), "byte {byte}");
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
