use sse_runtime::{Channel, SseEvent};

#[derive(SseEvent)]
#[sse(decode_only)]
enum TheirEvent {
    Message(String),
}

fn main() {
    let channel = Channel::<TheirEvent>::new();
}
