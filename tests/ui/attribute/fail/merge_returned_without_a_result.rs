use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, Resume, SseEvent, Subscription, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

type App = [Channel<InventoryEvent>; 2];

#[sse_handler]
async fn both(State(channels): State<App>, resume: Resume) -> Subscription<InventoryEvent> {
    Subscription::merge(channels.iter().map(|channel| channel.subscribe(&resume)))
}

fn main() {
    let _: Router = Router::new().route("/", get(both)).with_state(App::default());
}
