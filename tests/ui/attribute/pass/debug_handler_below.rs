//! What is asked of the item is asked of the handler that it becomes.

use axum::{debug_handler, extract::State};
use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

#[sse_handler]
#[debug_handler(state = u32)]
async fn inventory(State(_): State<u32>) -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::SoldOut])
}

fn main() {
    let _: axum::Router =
        axum::Router::new().route("/", axum::routing::get(inventory)).with_state(7);
}
