use sse_runtime::SseEvent;

use std::num::NonZero;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Viewers {
        #[serde(default)]
        count: NonZero<u32>,
    },
}

fn main() {}
