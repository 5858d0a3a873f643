use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(State(channel): State<Channel<InventoryEvent>>) -> Channel<InventoryEvent> {
    channel
}

fn main() {
    let _: Router = Router::new().route("/", get(inventory)).with_state(Channel::new());
}
