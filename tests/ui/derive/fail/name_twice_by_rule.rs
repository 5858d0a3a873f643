use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", rename_all = "lowercase")]
enum InventoryEvent {
    SoldOut,
    Soldout,
}

fn main() {}
