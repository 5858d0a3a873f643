use axum::extract::State;
use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(#[cfg(unix)] _left: State<u32>) -> impl Stream<Item = InventoryEvent> {
    stream::empty()
}

fn main() {
    let _: axum::Router<u32> = axum::Router::new().route("/", axum::routing::get(inventory));
}
