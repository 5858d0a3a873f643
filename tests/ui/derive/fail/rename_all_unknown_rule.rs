use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", rename_all = "kebabcase")]
enum InventoryEvent {
    SoldOut,
}

fn main() {}
