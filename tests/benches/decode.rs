//! What decoding a stream costs: `cargo bench -p sse-tests --bench decode`.
//!
//! Side by side with the decoders that one would use instead, on the same chunks, each as its
//! authors mean it to be driven: `sse-core` by its own loop, the two streams by polling them
//! over chunks that are always ready. Ours lends what it decoded and the peers give it away, so
//! that a second figure shows ours where each event is copied into strings of its own. The
//! peers drop comments, and so does ours here; a third figure is with comments handed out.
//!
//! The chunks have 1,460 bytes, the payload of a TCP segment, and 10 bytes in the last row.
//! Typed decoding, from bytes to the event of an enum, is held against `serde_json` reading
//! the same payloads where they lie, which is the least that it could be.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

mod harness;
#[path = "decode/peers.rs"]
mod peers;
#[path = "harness/turns.rs"]
mod turns;

use std::{fmt::Write as _, hint::black_box};

use harness::verdict;
use serde::{Deserialize, de::DeserializeOwned};
use sse_runtime::{DecodeEvent, Decoded, Decoder, SseEvent, decode};
use turns::compare;

/// The payload of a TCP segment on an Ethernet.
const SEGMENT: usize = 1_460;

#[derive(SseEvent)]
#[sse(source = "inventory", decode_only)]
#[allow(dead_code, reason = "read by nobody but the optimiser")]
enum InventoryEvent {
    StockChanged {
        sku: String,
        warehouse: String,
        left: u32,
        reserved: u32,
        price: f64,
        changed_at: u64,
        by: String,
        note: String,
    },
    SoldOut {
        sku: String,
    },
}

/// The same in another order than the sender's, with a field that it leaves out.
#[derive(SseEvent)]
#[sse(source = "inventory", decode_only)]
#[allow(dead_code, reason = "read by nobody but the optimiser")]
enum ShuffledEvent {
    StockChanged {
        note: String,
        by: String,
        changed_at: u64,
        price: f64,
        hint: Option<String>,
        reserved: u32,
        left: u32,
        warehouse: String,
        sku: String,
    },
    SoldOut {
        sku: String,
    },
}

/// Half of the fields, as an older reader knows them.
#[derive(SseEvent)]
#[sse(source = "inventory", decode_only)]
#[allow(dead_code, reason = "read by nobody but the optimiser")]
enum OlderEvent {
    StockChanged { sku: String, left: u32, price: f64, by: String },
    SoldOut { sku: String },
}

#[derive(SseEvent)]
#[sse(source = "inventory", decode_only)]
#[allow(dead_code, reason = "read by nobody but the optimiser")]
enum WrappedEvent {
    StockChanged(StockChanged),
    SoldOut(String),
}

/// What `StockChanged` carries, for serde.
#[derive(Deserialize)]
#[allow(dead_code, reason = "read by nobody but the optimiser")]
struct StockChanged {
    sku: String,
    warehouse: String,
    left: u32,
    reserved: u32,
    price: f64,
    changed_at: u64,
    by: String,
    note: String,
}

/// What the older `StockChanged` carries, for serde.
#[derive(Deserialize)]
#[allow(dead_code, reason = "read by nobody but the optimiser")]
struct OlderStockChanged {
    sku: String,
    left: u32,
    price: f64,
    by: String,
}

fn main() {
    row("9-byte events", &"data: 1\n\n".repeat(16_384), SEGMENT, 16_384, 1.3);
    row("200-byte JSON events with id and name", &typical(512), SEGMENT, 512, 1.3);
    row("40 KiB events", &large(8, 40 << 10), SEGMENT, 8, 1.0);
    row("comments alone, heartbeats", &": ping\n\n".repeat(16_384), SEGMENT, 0, 1.3);
    let comments: String = (0..8_192).map(|number| format!(": {number:09}\n\n")).collect();
    // For comparison: the same where no comment is like the one before.
    row("comments alone, no two alike", &comments, SEGMENT, 0, None);
    row("4 KiB events in 10-byte chunks", &large(16, 4 << 10), 10, 16, 1.3);
    let stream = typical(512);
    let worst = [
        typed::<InventoryEvent, StockChanged>(&stream, "a variant with fields"),
        typed::<ShuffledEvent, StockChanged>(&stream, "its fields in another order, one left out"),
        typed::<OlderEvent, OlderStockChanged>(&stream, "half of its fields, the others skipped"),
        typed::<WrappedEvent, StockChanged>(&stream, "a variant over a struct"),
    ]
    .into_iter()
    .fold(0.0, f64::max);
    verdict("\ntyped, the worst of them", worst, "<= 1.50", worst <= 1.5);
}

/// One input: how much faster ours is than the best peer.
fn row(name: &str, stream: &str, chunk: usize, events: usize, target: impl Into<Option<f64>>) {
    let chunks = cut(stream, chunk);
    println!("\n{name}: {} bytes in chunks of {chunk}", stream.len());
    let mut best = f64::INFINITY;
    let mut ours = Vec::new();
    for (peer, read) in peers::ALL {
        assert_eq!(read(&chunks), events, "{peer} reads the events");
        let measured = compare(|| lent(&chunks), || read(&chunks));
        println!("  {peer} {}", speed(measured.theirs, stream.len()));
        best = best.min(measured.theirs / measured.ours);
        ours.push(measured.ours);
    }
    assert_eq!(lent(&chunks), events, "ours reads the events");
    let copied = compare(|| lent(&chunks), || owned(&chunks));
    println!("  ours {}", speed(harness::median(ours), stream.len()));
    println!("  ours, copied {}", speed(copied.theirs, stream.len()));
    let comments = compare(|| lent(&chunks), || lent_with_comments(&chunks));
    println!("  ours, with comments {}", speed(comments.theirs, stream.len()));
    match target.into() {
        Some(target) => {
            verdict("  best peer / ours", best, &format!(">= {target:.2}"), best >= target);
        }
        None => println!("  best peer / ours: {best:.2}"),
    }
}

/// How many times as long the way from bytes to an event takes as serde alone, which reads the
/// same fields. One limit holds for every shape, and so the worst of them is held against it.
fn typed<E: DecodeEvent, P: DeserializeOwned>(stream: &str, shape: &str) -> f64 {
    let chunks = cut(stream, SEGMENT);
    let payloads: Vec<&[u8]> =
        stream.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::as_bytes).collect();
    let measured = compare(
        || {
            let mut decoder = Decoder::new();
            for chunk in &chunks {
                let mut input = *chunk;
                while let Some(decoded) = decoder.next(&mut input) {
                    if let Decoded::Event(event) = decoded {
                        black_box(decode::<E>(event.event, event.data).expect("it is an event"));
                    }
                }
            }
        },
        || {
            for payload in &payloads {
                let payload: P =
                    serde_json::from_slice(black_box(payload)).expect("the payload is JSON");
                black_box(payload);
            }
        },
    );
    let each = |nanoseconds: f64| nanoseconds / 512.0;
    let ratio = measured.ours / measured.theirs;
    println!(
        "\ntyped, {shape}: {:.0} ns an event, serde_json::from_slice {:.0} ns",
        each(measured.ours),
        each(measured.theirs)
    );
    println!("  ours / serde_json::from_slice: {ratio:.2}");
    ratio
}

/// Reads the events where they lie.
fn lent(chunks: &[&[u8]]) -> usize {
    read(Decoder::new().without_comments(), chunks)
}

/// The same, with the comments.
fn lent_with_comments(chunks: &[&[u8]]) -> usize {
    read(Decoder::new(), chunks)
}

fn read(mut decoder: Decoder, chunks: &[&[u8]]) -> usize {
    let mut events = 0;
    for chunk in chunks {
        let mut input = *chunk;
        while let Some(decoded) = decoder.next(&mut input) {
            events += usize::from(matches!(decoded, Decoded::Event(_)));
            black_box(decoded);
        }
    }
    events
}

/// Reads the events, and copies each.
fn owned(chunks: &[&[u8]]) -> usize {
    let mut decoder = Decoder::new();
    let mut events = 0;
    for chunk in chunks {
        let mut input = *chunk;
        while let Some(decoded) = decoder.next(&mut input) {
            if let Decoded::Event(event) = decoded {
                events += 1;
                black_box((event.event.to_owned(), event.data.to_owned(), event.id.to_owned()));
            }
        }
    }
    events
}

fn cut(stream: &str, length: usize) -> Vec<&[u8]> {
    stream.as_bytes().chunks(length).collect()
}

/// 200 bytes of JSON each, with the id of a position and a name.
fn typical(events: usize) -> String {
    let mut stream = String::new();
    for number in 0..events {
        let json = format!(
            concat!(
                r#"{{"sku":"A-{:05}","warehouse":"Rotterdam","left":{},"reserved":2,"price":12.5,"#,
                r#""changed_at":1767225600000,"by":"scanner-12","note":"moved to the lower shelf, row 14, "#,
                r#"one box was open"}}"#
            ),
            number,
            number % 10
        );
        writeln!(
            stream,
            "id: evt_{number:024}\nevent: stock_changed\nsource: inventory\ndata: {json}\n"
        )
        .expect("a string takes everything");
    }
    stream
}

fn large(events: usize, bytes: usize) -> String {
    format!("data: {}\n\n", "x".repeat(bytes)).repeat(events)
}

fn speed(nanoseconds: f64, bytes: usize) -> String {
    let bytes = f64::from(u32::try_from(bytes).expect("a stream of a benchmark is small"));
    format!("{:.0} µs, {:.0} MB/s", nanoseconds / 1e3, bytes / nanoseconds * 1e3)
}
