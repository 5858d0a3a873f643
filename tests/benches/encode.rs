//! What encoding an event costs: `cargo bench -p sse-tests --bench encode`.
//!
//! Into a reused buffer it is compared with `serde_json` writing the same payload, which is
//! the least that any encoder does. As owned bytes it is compared with
//! `axum::response::sse::Event`, which is what one would use instead.
//!
//! The targets are those of the typical event: 200 bytes of JSON, an id and a name. The other
//! shapes show how much of the time is serde's, which both sides spend alike.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

mod harness;
#[path = "harness/turns.rs"]
mod turns;

use std::{
    convert::Infallible,
    hint::black_box,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use axum::{
    body::{Body, HttpBody as _},
    response::{IntoResponse as _, Sse, sse},
};
use bytes::Bytes;
use futures_util::stream;
use harness::verdict;
use serde::Serialize;
use sse_runtime::{EncodeEvent, EventId, FrameBuffer, SseEvent, encode, encode_into, event_id};
use turns::compare;

const ID: EventId = event_id!("evt_0000000000000000000001ab");

/// How many events one response of axum carries. Its own cost, some hundred nanoseconds,
/// is spread over them.
const A_RESPONSE: u32 = 1_000;

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum InventoryEvent {
    /// Strings and numbers.
    StockChanged {
        #[sse(id)]
        id: EventId,
        sku: String,
        warehouse: String,
        left: u32,
        reserved: u32,
        price: f64,
        changed_at: u64,
        by: String,
        note: String,
    },
    /// A payload of its own, beside the id.
    Counted {
        #[sse(id)]
        id: EventId,
        count: Count,
    },
    /// A payload of its own, alone.
    Recounted(Count),
}

/// What `StockChanged` carries, for serde.
#[derive(Serialize)]
struct StockChanged {
    id: EventId,
    sku: String,
    warehouse: String,
    left: u32,
    reserved: u32,
    price: f64,
    changed_at: u64,
    by: String,
    note: String,
}

/// What `Counted` carries, for serde.
#[derive(Serialize)]
struct Counted {
    id: EventId,
    count: Count,
}

#[derive(Serialize, Clone)]
struct Count {
    sku: String,
    shelves: Vec<u32>,
    complete: bool,
    counter: Option<String>,
    remarks: String,
}

fn main() {
    let event = InventoryEvent::StockChanged {
        id: ID,
        sku: "A-1".into(),
        warehouse: "Rotterdam".into(),
        left: 7,
        reserved: 2,
        price: 12.5,
        changed_at: 1_767_225_600_000,
        by: "scanner-12".into(),
        note: "moved to the lower shelf, row 14".into(),
    };
    let payload = StockChanged {
        id: ID,
        sku: "A-1".into(),
        warehouse: "Rotterdam".into(),
        left: 7,
        reserved: 2,
        price: 12.5,
        changed_at: 1_767_225_600_000,
        by: "scanner-12".into(),
        note: "moved to the lower shelf, row 14".into(),
    };
    let (encoding, owned) = shape(
        "the typical event, a struct of strings and numbers",
        "stock_changed",
        &event,
        payload,
    );

    let count = Count {
        sku: "A-1".into(),
        shelves: vec![7, 12, 0, 144, 9],
        complete: true,
        counter: Some("scanner-12".into()),
        remarks: "one box was open, and what lay in it was counted by hand".into(),
    };
    let event = InventoryEvent::Counted { id: ID, count: count.clone() };
    let payload = Counted { id: ID, count: count.clone() };
    shape("a struct in a struct", "counted", &event, payload);

    let count = Count { remarks: count.remarks.repeat(2), ..count };
    let event = InventoryEvent::Recounted(count.clone());
    shape("a newtype over a struct, without id", "recounted", &event, count);

    println!("\nthe typical event:");
    verdict("  encode_into / serde_json::to_writer", encoding, "<= 1.20", encoding <= 1.2);
    verdict("  axum / encode as owned bytes", owned, ">= 5.00", owned >= 5.0);
}

/// Both comparisons for one shape: how many times serde's time ours is, and how many times
/// ours axum's is.
fn shape<E: EncodeEvent, P: Serialize + Send + Sync + 'static>(
    shape: &str,
    name: &'static str,
    event: &E,
    payload: P,
) -> (f64, f64) {
    let json = serde_json::to_vec(&payload).expect("the payload is JSON");
    let frame = encode(event).expect("the event is encoded");
    assert_eq!(frame.data().as_bytes(), json, "both sides write the same payload");
    assert_eq!(frame.event(), Some(name));
    println!("\n{shape}: {} bytes of JSON, a frame of {}", json.len(), frame.as_bytes().len());

    let encoding = into_a_reused_buffer(event, &payload);
    let owned = as_owned_bytes(event, payload, name, frame.id().is_some());
    (encoding, owned)
}

fn into_a_reused_buffer<E: EncodeEvent, P: Serialize>(event: &E, payload: &P) -> f64 {
    let mut buffer = FrameBuffer::new();
    let mut out = Vec::new();
    let measured = compare(
        || {
            buffer.clear();
            encode_into(black_box(event), &mut buffer).expect("the event is encoded");
            black_box(buffer.as_bytes());
        },
        || {
            out.clear();
            serde_json::to_writer(&mut out, black_box(payload)).expect("the payload is JSON");
            black_box(out.as_slice());
        },
    );
    let ratio = measured.ours / measured.theirs;
    println!(
        "  reused buffer: encode_into {:.0} ns, serde_json::to_writer {:.0} ns, ratio {ratio:.2}",
        measured.ours, measured.theirs,
    );
    ratio
}

fn as_owned_bytes<E: EncodeEvent, P: Serialize + Send + Sync + 'static>(
    event: &E,
    payload: P,
    name: &'static str,
    with_id: bool,
) -> f64 {
    let payload = Arc::new(payload);
    let measured = compare(
        || -> Bytes { encode(black_box(event)).expect("the event is encoded").into_bytes() },
        || drain(axum_body(&payload, name, with_id)),
    );
    let theirs = measured.theirs / f64::from(A_RESPONSE);
    let ratio = theirs / measured.ours;
    println!(
        "  owned bytes: encode {:.0} ns, axum {theirs:.0} ns, {ratio:.1} times faster",
        measured.ours,
    );
    ratio
}

fn axum_event<P: Serialize>(payload: &P, name: &str, with_id: bool) -> sse::Event {
    let event = sse::Event::default();
    let event = if with_id { event.id(ID.as_str()) } else { event };
    event.event(name).json_data(payload).expect("the payload is JSON")
}

/// axum gives the bytes of an event to the body of a response alone. The stream makes each
/// event when the body asks for the next, is always ready, and nobody waits for it, so that
/// little is counted but the event itself.
fn axum_body<P: Serialize + Send + Sync + 'static>(
    payload: &Arc<P>,
    name: &'static str,
    with_id: bool,
) -> Body {
    let payload = Arc::clone(payload);
    let event = move |_| Ok::<_, Infallible>(axum_event(black_box(&*payload), name, with_id));
    Sse::new(stream::iter((0..A_RESPONSE).map(event))).into_response().into_body()
}

/// Takes every frame of a body that is always ready.
fn drain(mut body: Body) {
    let mut context = Context::from_waker(Waker::noop());
    let mut frames = 0;
    while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut context) {
        let bytes = frame.expect("the body does not fail").into_data();
        black_box(bytes.expect("a frame of data"));
        frames += 1;
    }
    assert_eq!(frames, A_RESPONSE, "each event is one frame");
}
