//! Servers that never stop: whatever they say, it does not stay in memory, and the stream goes
//! on behind it.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use sse_runtime::client::{ClientConfig, EventSource, Item, StreamRequest};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::timeout,
};

use super::{
    scripted::{OPEN, STREAM, Scripted, client_of, unnumbered},
    stream::InventoryEvent,
};

pub(crate) const MIB: usize = 1 << 20;
/// How much a process may grow while it reads.
const GROWTH: u64 = 32 << 20;
/// One GiB.
const MANY: usize = 1_024;
/// The same, but in a debug build, which would read at each of them for ten seconds.
pub(crate) const LESS: usize = if cfg!(debug_assertions) { 128 } else { MANY };
/// Of all kinds together.
const TINY: usize = 10_000_000;

/// The memory is that of the process: one flood at a time.
static ONE: Mutex<()> = Mutex::const_new(());

/// What the process grows by, sampled by the server between two chunks.
#[derive(Clone)]
pub(crate) struct Growth {
    before: Option<u64>,
    most: Arc<AtomicU64>,
}

impl Growth {
    pub(crate) async fn measure() -> (MutexGuard<'static, ()>, Self) {
        let one = ONE.lock().await;
        (one, Self { before: resident(), most: Arc::default() })
    }

    pub(crate) fn sample(&self) {
        if let (Some(before), Some(now)) = (self.before, resident()) {
            self.most.fetch_max(now.saturating_sub(before), Relaxed);
        }
    }

    #[track_caller]
    pub(crate) fn assert_bounded(&self) {
        let most = self.most.load(Relaxed);
        assert!(most < GROWTH, "it grew by {} MiB", most >> 20);
    }
}

/// What the process has in memory, in bytes, where the system tells.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}

/// A server that says the same chunk so many times, between a start and an end.
async fn flood(growth: &Growth, start: &str, chunk: Vec<u8>, times: usize, end: &str) -> Scripted {
    let start = format!("{STREAM}{OPEN}{start}");
    let (chunk, end) = (Arc::new(chunk), Arc::new(end.to_owned()));
    let growth = growth.clone();
    Scripted::start(move |mut asked| {
        let (start, chunk, end) = (start.clone(), Arc::clone(&chunk), Arc::clone(&end));
        let growth = growth.clone();
        async move {
            asked.say(&start).await;
            for _ in 0..times {
                asked.say(chunk.as_slice()).await;
                growth.sample();
            }
            asked.say(end.as_str()).await;
            asked.until_gone().await;
        }
    })
    .await
}

/// All that comes before the first event.
async fn before(request: StreamRequest<InventoryEvent>) -> Vec<Item<InventoryEvent>> {
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    let read = async {
        let mut items = Vec::new();
        loop {
            match events.next().await.unwrap().unwrap() {
                Item::Opened(_) | Item::Heartbeat => {}
                Item::Event(event) => {
                    assert_eq!(event.event, InventoryEvent::Left(7));
                    return items;
                }
                item => items.push(item),
            }
        }
    };
    timeout(Duration::from_secs(60), read).await.unwrap()
}

fn ask(server: &Scripted) -> StreamRequest<InventoryEvent> {
    client_of(ClientConfig::new()).request(server.url())
}

#[tokio::test]
async fn a_line_without_an_end_is_told_with_its_size() {
    let (_one, growth) = Growth::measure().await;
    let end = format!("\n\n{}", unnumbered(7));
    let server = flood(&growth, "data: ", vec![b'x'; MIB], MANY, &end).await;
    let items = before(ask(&server)).await;
    let [Item::Oversized(dropped)] = &items[..] else { panic!("{items:?}") };
    assert_eq!(dropped.bytes, MANY * MIB);
    assert_eq!(server.requests().len(), 1);
    growth.assert_bounded();
}

#[tokio::test]
async fn a_comment_without_an_end_is_nothing() {
    for heartbeats in [false, true] {
        let (_one, growth) = Growth::measure().await;
        let end = format!("\n{}", unnumbered(7));
        let server = flood(&growth, ": ", vec![b'x'; MIB], LESS, &end).await;
        let request = ask(&server);
        let request = if heartbeats { request.heartbeats() } else { request };
        assert!(before(request).await.is_empty());
        growth.assert_bounded();
    }
}

#[tokio::test]
async fn millions_of_tiny_fields_are_nothing() {
    let fields = ["id: 1\n", "event: e\n", "source: s\n", "retry\n", "x\n", ":\n", "\n"];
    for field in fields {
        let (_one, growth) = Growth::measure().await;
        let repeats = 20_000;
        let end = format!("\nid\n\n{}", unnumbered(7));
        let times = TINY / fields.len() / repeats;
        let server = flood(&growth, "", field.repeat(repeats).into_bytes(), times, &end).await;
        let items = before(ask(&server)).await;
        assert!(items.is_empty(), "{field:?}: {items:?}");
        growth.assert_bounded();
    }
}
