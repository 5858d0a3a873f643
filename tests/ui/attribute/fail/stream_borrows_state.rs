use axum::extract::State;
use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[derive(Clone)]
struct Shop {
    skus: Vec<String>,
}

#[sse_handler]
async fn inventory(State(shop): State<Shop>) -> impl Stream<Item = InventoryEvent> {
    stream::iter(shop.skus.iter().map(|sku| InventoryEvent::SoldOut { sku: sku.clone() }))
}

fn main() {
    let shop = Shop { skus: Vec::new() };
    let _: axum::Router =
        axum::Router::new().route("/", axum::routing::get(inventory)).with_state(shop);
}
