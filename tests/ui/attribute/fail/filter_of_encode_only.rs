use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, Resume, SseEvent, Subscription, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum InventoryEvent {
    SoldOut { left: u32 },
}

#[sse_handler]
async fn inventory(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume).filter(|event| matches!(event, InventoryEvent::SoldOut { left: 0 }))
}

fn main() {
    let _: Router = Router::new().route("/", get(inventory)).with_state(Channel::new());
}
