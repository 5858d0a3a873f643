use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};
use std::rc::Rc;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory() -> impl Stream<Item = InventoryEvent> {
    let sku = Rc::new(String::from("A-1"));
    stream::iter([1]).map(move |_| InventoryEvent::SoldOut { sku: sku.to_string() })
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
