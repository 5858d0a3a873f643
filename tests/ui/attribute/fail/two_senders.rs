use sse_runtime::{Events, SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(one: Events<InventoryEvent>, two: Events<InventoryEvent>) {
    drop((one, two));
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
