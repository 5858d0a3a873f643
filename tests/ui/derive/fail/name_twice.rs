use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
    #[sse(name = "sold_out")]
    Gone { sku: String },
}

fn main() {}
