use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Moved {
        from: u32,
        #[serde(rename = "from")]
        to: u32,
    },
}

fn main() {}
