use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, Events, Resume, SseEvent, Subscription, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
    out: Events<InventoryEvent>,
) -> Subscription<InventoryEvent> {
    drop(out);
    channel.subscribe(resume)
}

fn main() {
    let _: Router = Router::new().route("/", get(inventory)).with_state(Channel::new());
}
