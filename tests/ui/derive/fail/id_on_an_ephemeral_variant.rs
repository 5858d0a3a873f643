use sse_runtime::{EventId, SseEvent};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(ephemeral)]
    Viewers {
        #[sse(id)]
        id: EventId,
        count: u32,
    },
}

fn main() {}
