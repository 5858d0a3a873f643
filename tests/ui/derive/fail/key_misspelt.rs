use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(sorce = "inventory")]
enum InventoryEvent {
    #[sse(nmae = "sold-out", retyr = "5s")]
    SoldOut {
        #[sse(topci)]
        sku: String,
    },
}

fn main() {}
