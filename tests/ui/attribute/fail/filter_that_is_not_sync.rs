use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, Resume, SseEvent, Subscription, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    let seen = std::cell::Cell::new(0);
    channel.subscribe(resume).filter(move |_| {
        seen.set(seen.get() + 1);
        seen.get() % 2 == 0
    })
}

fn main() {
    let _: Router = Router::new().route("/", get(inventory)).with_state(Channel::new());
}
