use axum::{Router, extract::{Path, State}, routing::get};
use sse_runtime::{Channel, Resume, SseEvent, Subscription, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(
    State(channel): State<Channel<InventoryEvent>>,
    Path(wanted): Path<String>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume).filter(|event| {
        let InventoryEvent::SoldOut { sku } = event;
        *sku == wanted
    })
}

fn main() {
    let _: Router = Router::new().route("/{wanted}", get(inventory)).with_state(Channel::new());
}
