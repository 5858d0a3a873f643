use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inven\u{200B}tory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {}
