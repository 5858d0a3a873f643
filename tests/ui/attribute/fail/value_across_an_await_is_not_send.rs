use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};
use std::rc::Rc;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

async fn load() {}

#[sse_handler]
async fn inventory() -> impl Stream<Item = InventoryEvent> {
    let shelf = Rc::new(1);
    load().await;
    drop(shelf);
    stream::empty()
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
