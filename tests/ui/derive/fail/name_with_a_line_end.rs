use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(name = "sold\nid: forged")]
    SoldOut,
}

fn main() {}
