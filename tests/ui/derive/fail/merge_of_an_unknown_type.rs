use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(merge)]
enum ShopEvent {
    Inventory(InventoryEvent),
}

fn main() {}
