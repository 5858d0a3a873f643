use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Moved {
        #[serde(skip_serializing_if = "is none?")]
        to: Option<u32>,
    },
}

fn main() {}
