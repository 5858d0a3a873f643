use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(ephemeral name = "viewers")]
    Viewers(u32),
}

fn main() {}
