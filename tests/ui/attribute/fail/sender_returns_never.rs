use sse_runtime::{Events, SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

#[sse_handler]
async fn inventory(out: Events<InventoryEvent>) -> ! {
    loop {
        let _ = out.send(InventoryEvent::SoldOut).await;
    }
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
