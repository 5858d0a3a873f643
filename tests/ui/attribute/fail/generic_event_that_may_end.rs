use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, EncodeEvent, Resume, SseEvent, Subscription, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[sse_handler]
async fn any<E>(State(channel): State<Channel<E>>, resume: Resume) -> Subscription<E>
where
    E: EncodeEvent + 'static,
{
    channel.subscribe(resume)
}

fn main() {
    let _: Router =
        Router::new().route("/", get(any::<InventoryEvent>)).with_state(Channel::new());
}
