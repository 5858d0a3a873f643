use sse_runtime::{EventId, SseEvent};

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid {
        #[sse(id)]
        order: EventId,
        #[sse(id)]
        payment: EventId,
    },
}

fn main() {}
