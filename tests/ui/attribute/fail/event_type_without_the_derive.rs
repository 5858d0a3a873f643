use sse_runtime::{Events, SendError, sse_handler};

enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(out: Events<InventoryEvent>) -> Result<(), SendError> {
    out.send(InventoryEvent::SoldOut { sku: "A-1".into() }).await?;
    out.send(InventoryEvent::SoldOut { sku: "A-2".into() }).await
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
