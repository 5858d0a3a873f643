//! `#[instrument]` before and after: the span is around the user's own code.

use axum::extract::State;
use futures_util::stream::{self, Stream};
use sse_runtime::{Events, SendError, SseEvent, sse_handler};
use tracing::instrument;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

#[instrument(skip(shop))]
#[sse_handler]
async fn before(State(shop): State<u32>) -> impl Stream<Item = InventoryEvent> {
    let _ = shop;
    stream::iter([InventoryEvent::SoldOut])
}

#[sse_handler]
#[instrument(skip_all, fields(shop = shop))]
async fn after(State(shop): State<u32>) -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::SoldOut])
}

#[sse_handler(retry = "1s")]
#[tracing::instrument(skip_all)]
async fn sends(out: Events<InventoryEvent>) -> Result<(), SendError> {
    out.send(InventoryEvent::SoldOut).await
}

#[instrument(skip_all)]
#[sse_handler]
async fn sends_too(out: Events<InventoryEvent>) -> Result<(), SendError> {
    out.send(InventoryEvent::SoldOut).await
}

fn main() {
    let _: axum::Router = axum::Router::new()
        .route("/before", axum::routing::get(before))
        .route("/after", axum::routing::get(after))
        .route("/sends", axum::routing::get(sends).post(sends_too))
        .with_state(7);
}
