use std::collections::HashMap;

use axum::{Router, routing::get};
use futures_util::stream::{self, Stream};
use sse_runtime::{Cx, SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(
    _prices: &HashMap<String, u32>,
    _cx: &Cx,
) -> impl Stream<Item = InventoryEvent> {
    stream::empty()
}

fn main() {
    let _: Router = Router::new().route("/", get(inventory));
}
