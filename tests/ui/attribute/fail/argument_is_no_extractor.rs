use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

struct Shop;

#[sse_handler]
async fn inventory(shop: Shop) -> impl Stream<Item = InventoryEvent> {
    drop(shop);
    stream::empty()
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
