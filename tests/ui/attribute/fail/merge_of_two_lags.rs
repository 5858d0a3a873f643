use sse_runtime::{Channel, MergeError, Resume, SseEvent, Subscription};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn both(
    near: &Channel<InventoryEvent>,
    far: &Channel<InventoryEvent>,
    resume: &Resume,
) -> Result<Subscription<InventoryEvent>, MergeError> {
    Subscription::merge([near.subscribe(resume), far.subscribe(resume).end_when_slow()])
}

fn main() {}
