use sse_runtime::{Events, SendError, SseEvent, sse_handler};
use std::rc::Rc;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(out: Events<InventoryEvent>) -> Result<(), SendError> {
    let shelf = Rc::new(1);
    out.open().await?;
    drop(shelf);
    Ok(())
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
