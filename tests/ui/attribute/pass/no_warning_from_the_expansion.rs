//! Nothing that the attribute writes trips a lint.
#![deny(warnings, missing_docs, unused, unreachable_pub, unused_qualifications)]
#![deny(single_use_lifetimes, let_underscore_drop, trivial_casts, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]

use futures_util::stream::{self, Stream};
use axum::extract::State;
use sse_runtime::{
    Channel, Events, MergeError, Resume, SendError, SseEvent, Subscription, sse_handler,
};

/// Events.
#[derive(SseEvent)]
#[sse(source = "inventory")]
pub enum InventoryEvent {
    /// Nothing left.
    SoldOut,
}

/// Is documented.
#[sse_handler]
pub async fn inventory() -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::SoldOut])
}

/// Is deprecated, and may say so only where it is used.
#[deprecated(note = "use `inventory`")]
#[sse_handler]
pub async fn old(out: Events<InventoryEvent>) -> Result<(), SendError> {
    out.send(InventoryEvent::SoldOut).await
}

/// Allows what its own body does.
#[sse_handler]
#[allow(unused_variables)]
pub async fn careless() -> impl Stream<Item = InventoryEvent> {
    let unused = 7;
    stream::empty()
}

/// Expects it.
#[sse_handler]
#[expect(unused_variables)]
pub async fn expecting() -> impl Stream<Item = InventoryEvent> {
    let unused = 7;
    stream::empty()
}

/// Everything.
#[derive(SseEvent)]
#[sse(merge)]
pub enum AllEvent {
    /// The stock.
    Inventory(InventoryEvent),
}

/// Hears a channel.
#[sse_handler]
pub async fn subscribes(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}

/// Hears several.
#[sse_handler]
pub async fn merges(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Result<Subscription<AllEvent>, MergeError> {
    Subscription::merge([channel.subscribe(resume).lift()])
}

fn main() {
    let _router: axum::Router = axum::Router::new()
        .route("/", axum::routing::get(inventory))
        .route("/careless", axum::routing::get(careless).post(expecting))
        .route("/channel", axum::routing::get(subscribes).post(merges))
        .with_state(Channel::new());
}
