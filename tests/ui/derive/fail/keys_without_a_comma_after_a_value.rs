use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory" rename_all = "kebab-case")]
enum InventoryEvent {
    SoldOut,
}

fn main() {}
