//! What publishing costs where nobody listens: `cargo bench -p sse-tests --bench publish`.
//!
//! One event published is compared with the same event encoded as owned bytes, which is the
//! least that anybody must do who is to keep it. And what a channel costs that does nothing: a
//! hub has one for each order, tenant or user.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

mod harness;
#[path = "harness/turns.rs"]
mod turns;

use std::{collections::VecDeque, fs, hint::black_box};

use bytes::Bytes;
use futures_util::FutureExt as _;
use harness::verdict;
use sse_runtime::{Channel, ChannelName, Hub, SseEvent, encode};
use turns::compare;

/// How many events a channel keeps by default.
const HISTORY: u32 = 1_024;
const CHANNELS: usize = 100_000;

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum InventoryEvent {
    StockChanged { sku: String, left: u32, warehouse: String, note: String, changed_at: u64 },
    SoldOut(u32),
}

fn main() {
    // First, while no memory lies free that the channels could take without a trace.
    idle_channels();
    let event = InventoryEvent::StockChanged {
        sku: "A-10815".into(),
        left: 1_234,
        warehouse: "Rotterdam".into(),
        note: "moved to the lower shelf, row 14, by the early shift of the day, as always".into(),
        changed_at: 1_767_225_600_000,
    };
    let bytes = owned(&event).len();
    println!("\none event into a channel without subscribers, {bytes} bytes without its id:");
    filling(&event);
    full(&event);
}

fn owned(event: &InventoryEvent) -> Bytes {
    encode(event).expect("the event is encoded").into_bytes()
}

fn publish(channel: &Channel<InventoryEvent>, event: &InventoryEvent) {
    let published = channel.publish(event).now_or_never().expect("in memory nothing is waited for");
    black_box(published.expect("the event is published"));
}

/// A new channel, until its history is full. The other side keeps what it encodes as well.
fn filling(event: &InventoryEvent) {
    let measured = compare(
        || {
            let channel = Channel::new();
            (0..HISTORY).for_each(|_| publish(&channel, black_box(event)));
            channel
        },
        || (0..HISTORY).map(|_| owned(black_box(event))).collect::<Vec<_>>(),
    );
    let (ours, theirs) = (measured.ours / f64::from(HISTORY), measured.theirs / f64::from(HISTORY));
    let ratio = ours / theirs;
    println!("  until the history is full: publish {ours:.0} ns, encode {theirs:.0} ns and keep");
    verdict("  publish / encode as owned bytes", ratio, "<= 2.00", ratio <= 2.0);
}

/// A channel whose history is full: each event takes the oldest away. What is encoded and let
/// go at once lies in memory that is still warm, so this is also compared with keeping as many.
fn full(event: &InventoryEvent) {
    let channel = Channel::new();
    (0..2 * HISTORY).for_each(|_| publish(&channel, event));
    let measured = compare(|| publish(&channel, black_box(event)), || owned(black_box(event)));
    let (ours, theirs) = (measured.ours, measured.theirs);
    let mut kept: VecDeque<Bytes> = (0..HISTORY).map(|_| owned(event)).collect();
    let keeping = compare(
        || publish(&channel, black_box(event)),
        || {
            kept.pop_front();
            kept.push_back(owned(black_box(event)));
        },
    );
    println!(
        "  with a full history: publish {ours:.0} ns, encode {theirs:.0} ns, ratio {:.2}; \
         encode and keep as many {:.0} ns, ratio {:.2}",
        ours / theirs,
        keeping.theirs,
        keeping.ours / keeping.theirs,
    );
}

/// What the process grows by for each channel of a hub.
fn idle_channels() {
    println!("{CHANNELS} channels in a hub:");
    // Made before, so that the names are not counted twice.
    let names = (0..CHANNELS).map(|at| ChannelName::new("tenant-7", &format!("order.{at:06}")));
    let names: Vec<ChannelName> = names.collect::<Result<_, _>>().expect("good names");
    let Some(before) = resident() else {
        println!("  not measured: this system does not tell");
        return;
    };
    let hub = Hub::new();
    let made = names.iter().map(|name| hub.get_or_create(name));
    // Held by nobody, as they are between two events.
    made.for_each(|made| drop(made.expect("there is room")));
    each("without an event", before);
    for name in &names {
        publish(&hub.get(name).expect("it was made"), &InventoryEvent::SoldOut(7));
    }
    each("with one small event", before);
    drop(hub);
}

fn each(name: &str, before: f64) {
    let bytes = (resident().unwrap_or(f64::NAN) - before) / CHANNELS as f64;
    verdict(&format!("  bytes of a channel {name}"), bytes, "< 1024", bytes < 1_024.0);
}

/// Bytes of this process that are in memory.
fn resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"))?;
    Some(kib.trim().parse::<f64>().ok()? * 1_024.0)
}
