//! Events that borrow are sent as well, as long as what they borrow lives for ever.

use futures_util::stream::{self, Stream};
use sse_runtime::{Events, SendError, SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum InventoryEvent<'a> {
    SoldOut { sku: &'a str },
}

#[sse_handler]
async fn inventory() -> impl Stream<Item = InventoryEvent<'static>> {
    stream::iter([InventoryEvent::SoldOut { sku: "A-1" }])
}

#[sse_handler]
async fn sends(out: Events<InventoryEvent<'static>>) -> Result<(), SendError> {
    out.send(InventoryEvent::SoldOut { sku: "A-1" }).await
}

fn main() {
    let _: axum::Router =
        axum::Router::new().route("/", axum::routing::get(inventory).post(sends));
}
