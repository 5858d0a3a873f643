use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, SseEvent, Subscription, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(
    State(channel): State<Channel<InventoryEvent>>,
) -> Subscription<InventoryEvent> {
    channel.subscribe()
}

fn main() {
    let _: Router = Router::new().route("/", get(inventory)).with_state(Channel::new());
}
