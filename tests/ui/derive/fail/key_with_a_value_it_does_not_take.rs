use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only = true)]
enum InventoryEvent {
    #[sse(ephemeral = "yes")]
    Viewers(u32),
    #[sse(terminal())]
    Closed,
}

fn main() {}
