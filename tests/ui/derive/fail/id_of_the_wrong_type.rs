use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid {
        #[sse(id)]
        order: String,
    },
}

fn main() {}
