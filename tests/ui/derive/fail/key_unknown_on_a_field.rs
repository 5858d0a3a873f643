use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut {
        #[sse(secret)]
        sku: String,
    },
}

fn main() {}
