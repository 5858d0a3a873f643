use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, MergeError, Resume, SseEvent, Subscription, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid,
}

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    Inventory(InventoryEvent),
    Orders(OrderEvent),
}

type App = (Channel<InventoryEvent>, Channel<OrderEvent>);

#[sse_handler]
async fn shop(
    State((inventory, orders)): State<App>,
    resume: Resume,
) -> Result<Subscription<ShopEvent>, MergeError> {
    Subscription::merge([inventory.subscribe(&resume), orders.subscribe(&resume)])
}

fn main() {
    let _: Router = Router::new().route("/", get(shop)).with_state(App::default());
}
