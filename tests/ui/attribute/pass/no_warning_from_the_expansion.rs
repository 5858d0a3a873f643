//! Nothing that the attribute writes trips a lint.
#![deny(warnings, missing_docs, unused, unreachable_pub, unused_qualifications)]
#![deny(single_use_lifetimes, let_underscore_drop, trivial_casts, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]

use futures_util::stream::{self, Stream};
use sse_runtime::{Events, SendError, SseEvent, sse_handler};

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

fn main() {
    let _router: axum::Router = axum::Router::new()
        .route("/", axum::routing::get(inventory))
        .route("/careless", axum::routing::get(careless).post(expecting));
}
