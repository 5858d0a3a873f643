//! What a store in a file costs: `cargo bench -p sse-tests --bench store`.
//!
//! How many events a second are acknowledged where 256 publish at once, against SQLite by itself
//! with the same rows in batches of the same size; how long a server takes that comes back with
//! a million events; and what a delivery costs with a store behind the channel and without.
//!
//! Learned here: the sync is not what takes the time, but two rows and their checksums; a batch
//! is what has gathered during the sync before it, and so about half of those who wait.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

#[path = "store/counting.rs"]
mod counting;
mod harness;
#[path = "store/raw.rs"]
mod raw;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::join_all};
use harness::{median, verdict};
use sse_runtime::{
    Channel, ChannelConfig, ChannelName, Position, Resume, SseEvent, store::SqliteStore,
};

use counting::Counting;

const PUBLISHERS: usize = 256;
const EACH: usize = 400;
const ROUNDS: usize = 5;
const KEPT: u32 = 1_000_000;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    StockChanged { sku: String, left: u32, note: String },
}

type Inventory = Channel<InventoryEvent>;

/// Of 256 bytes on the wire.
fn event(left: u32) -> InventoryEvent {
    let note = "moved to the lower shelf, row 14, by the early shift of the day, as always, and \
                counted twice there";
    InventoryEvent::StockChanged { sku: "A-10815".into(), left: left % 10_000, note: note.into() }
}

fn config() -> ChannelConfig {
    ChannelConfig::new().history(u64::MAX).history_bytes(u64::MAX).retention(Duration::MAX)
}

fn channel(store: Arc<dyn sse_runtime::store::Store>) -> Inventory {
    let name = ChannelName::new("bench", "inventory").expect("a name");
    Channel::with_store(config(), &name, store).expect("a configuration")
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = Folder::new();
    acknowledged(&runtime, &folder);
    restart(&runtime, &folder);
    delivered(&runtime, &folder);
}

/// Both sides in turns, because a disk is never the same twice.
fn acknowledged(runtime: &tokio::runtime::Runtime, folder: &Folder) {
    let events = PUBLISHERS * EACH;
    let (mut ours, mut theirs, mut batches) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let store = SqliteStore::open(folder.file(&format!("ours-{round}"))).expect("a store");
        let counting = Arc::new(Counting::new(store));
        let channel = channel(Arc::clone(&counting) as _);
        let took = runtime.block_on(publish(&channel));
        ours.push(events as f64 / took.as_secs_f64());
        let batch = events / counting.batches();
        batches.push(batch as f64);
        let took = raw::write(&folder.file(&format!("raw-{round}")), events, batch);
        theirs.push(events as f64 / took.as_secs_f64());
    }
    let (ours, theirs, batch) = (median(ours), median(theirs), median(batches));
    println!("{PUBLISHERS} publishers, events of 256 bytes, {batch:.0} in a batch:");
    println!("  acknowledged {ours:.0} a second, SQLite by itself {theirs:.0}");
    verdict("  acknowledged a second", ours, ">= 40000", ours >= 40_000.0);
    let ratio = ours / theirs;
    verdict("  of SQLite by itself", ratio, ">= 0.60", ratio >= 0.6);
}

async fn publish(channel: &Inventory) -> Duration {
    channel.ready().await.expect("a store");
    let begin = Instant::now();
    let publishers = (0..PUBLISHERS).map(|publisher| {
        let channel = channel.clone();
        tokio::spawn(async move {
            for number in 0..EACH {
                let event = event((publisher * EACH + number) as u32);
                channel.publish(&event).await.expect("it is published");
            }
        })
    });
    join_all(publishers).await.into_iter().for_each(|joined| joined.expect("a publisher"));
    begin.elapsed()
}

/// From a process that is not there to the first event of a reader that comes back: one that is
/// half of all events behind.
fn restart(runtime: &tokio::runtime::Runtime, folder: &Folder) {
    let file = folder.file("million");
    let position = runtime.block_on(async {
        let channel = channel(SqliteStore::open(&file).expect("a store"));
        fill(&channel).await
    });
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        runtime.block_on(async {
            let channel = channel(SqliteStore::open(&file).expect("a store"));
            let mut events = channel.subscribe(position).events();
            let next = events.next().await.expect("an event").expect("no gap");
            assert_eq!(next.position.expect("a position").seq(), position.seq() + 1);
        });
        times.push(begin.elapsed().as_secs_f64());
    }
    let took = median(times);
    println!("\n{KEPT} events kept:");
    verdict("  seconds from the start to a reader's first event", took, "<= 1.00", took <= 1.0);
}

async fn fill(channel: &Inventory) -> Position {
    channel.ready().await.expect("a store");
    let mut middle = channel.position();
    for thousand in 0..KEPT / 1_000 {
        let events: Vec<_> = (0..1_000).map(|number| event(thousand * 1_000 + number)).collect();
        let published = join_all(events.iter().map(|event| channel.publish(event))).await;
        for published in published {
            let position = published.expect("it is published").position;
            if position.seq() == u64::from(KEPT / 2) {
                middle = position;
            }
        }
    }
    middle
}

/// What a delivery costs where the events have come: the time of the process that a thousand
/// subscribers take for each, with a store behind the channel and without.
fn delivered(runtime: &tokio::runtime::Runtime, folder: &Folder) {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let store = SqliteStore::open(folder.file(&format!("live-{round}"))).expect("a store");
        with.push(runtime.block_on(deliver(&channel(store))));
        without.push(runtime.block_on(deliver(&Channel::with_config(config()).expect("one"))));
    }
    let (with, without) = (median(with), median(without));
    println!("\n1000 subscribers, a batch of 64 events for all of them:");
    println!("  a delivery: {with:.0} ns with a store, {without:.0} ns in memory");
    verdict("  with a store / in memory", with / without, "<= 1.05", with / without <= 1.05);
}

/// How long this thread has had a core, in nanoseconds: what the thread of the store does
/// meanwhile is no part of a delivery.
fn on_cpu() -> u64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    spent.split(' ').next().and_then(|spent| spent.parse().ok()).expect("nanoseconds")
}

/// Nanoseconds for each delivery, after the events were published.
async fn deliver(channel: &Inventory) -> f64 {
    channel.ready().await.expect("a store");
    let (batches, each) = (50, 64);
    let mut readers: Vec<_> =
        (0..1_000).map(|_| channel.subscribe(Resume::fresh()).events()).collect();
    let mut took = 0;
    for batch in 0..batches {
        let events: Vec<_> = (0..each).map(|number| event(batch * each + number)).collect();
        join_all(events.iter().map(|event| channel.publish(event))).await;
        // Until what lingers is there as well.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let begin = on_cpu();
        for reader in &mut readers {
            for _ in 0..each {
                reader.next().await.expect("an event").expect("no gap");
            }
        }
        took += on_cpu() - begin;
    }
    took as f64 / f64::from(batches * each) / readers.len() as f64
}

/// Gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    /// In the folder of the build: that for temporary files may be memory, which has no sync.
    fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store-bench");
        let _not_there = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name).with_extension("db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}
