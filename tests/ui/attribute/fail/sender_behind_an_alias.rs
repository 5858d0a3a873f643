use sse_runtime::{Events, SendError, SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

type Out = Events<InventoryEvent>;

#[sse_handler]
async fn inventory(out: Out) -> Result<(), SendError> {
    out.open().await
}

fn main() {}
