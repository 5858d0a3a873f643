//! An enum of enums on one stream.

use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Placed,
    #[sse(terminal)]
    Closed,
}

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    Inventory(InventoryEvent),
    Order(OrderEvent),
}

#[sse_handler(finite)]
async fn shop() -> impl Stream<Item = ShopEvent> {
    stream::iter([
        ShopEvent::Inventory(InventoryEvent::SoldOut),
        ShopEvent::Order(OrderEvent::Placed),
        ShopEvent::Order(OrderEvent::Closed),
    ])
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(shop));
}
