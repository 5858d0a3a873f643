use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid {
        #[sse(topic)]
        tenant: u64,
    },
}

fn main() {}
