use axum::extract::State;
use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(State(all): State<bool>) -> impl Stream<Item = InventoryEvent> {
    if all { stream::empty() } else { stream::pending() }
}

fn main() {}
