use sse_runtime::{Events, SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

struct ShopError;

#[sse_handler]
async fn inventory(out: Events<InventoryEvent>) -> Result<(), ShopError> {
    out.open().await.map_err(|_| ShopError)
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
