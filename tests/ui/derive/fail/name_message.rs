use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "chat")]
enum ChatEvent {
    Message(String),
}

fn main() {}
