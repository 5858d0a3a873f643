use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", source = "stock")]
enum InventoryEvent {
    #[sse(name = "sold-out")]
    #[sse(name = "gone")]
    SoldOut {
        #[sse(topic, topic)]
        sku: String,
    },
}

fn main() {}
