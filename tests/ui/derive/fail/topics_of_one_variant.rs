use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Moved(#[sse(topic)] String, #[sse(topic)] String),
}

fn main() {}
